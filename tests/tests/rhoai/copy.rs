//! Copies between a project and the local store, and manifests that are applied to a project.

use serde_json::json;

use crate::S3;
use crate::project::Project;

/// A connection in the local store that has more than a project can hold.
#[track_caller]
fn local_lake(project: &Project) -> String {
    let secret = project.env.secret("secret_access_key");
    let more = ["-b=local", "-n=default", "path_style=true", "--label=team=risk"];
    project.create("lake", &S3, &more).stdin(secret.as_str()).run().succeeds();
    secret
}

#[test]
fn a_copy_brings_the_secret_and_says_what_cannot_be_held() {
    let project = Project::new();
    let secret = local_lake(&project);
    let target = format!("rhoai/{}/lake", project.name());
    let copy = ["copy", "local/default/lake", &target];
    project.asks(&[], || project.run(&copy).fails(2, "path_style"));
    assert_eq!(project.find("lake"), None);
    let words = [&copy[..], &["--drop-unsupported"]].concat();
    let outcome = project.run(&words).succeeds();
    assert!(outcome.stderr.contains("cannot hold path_style"), "{outcome}");
    let there = project.shape("lake");
    assert_eq!(there["data"]["AWS_SECRET_ACCESS_KEY"], secret);
    assert_eq!(there["labels"]["team"], "risk");
    // And back, under another name.
    project.run(&["copy", &target, "local/archive/back"]).succeeds();
    let keep = ["-b=local", "-n=archive", "--if-exists=keep", "-o=json"];
    let kept = project.create("back", &S3, &keep).stdin(secret).run().succeeds().json();
    let differences = kept["differences"].as_array().expect("a list");
    assert!(!differences.contains(&json!("secret_access_key")), "{kept}");
    assert_eq!(kept["connection"]["labels"], json!({"team": "risk"}));
}

#[test]
fn a_name_or_a_type_that_the_project_refuses_writes_nothing() {
    let project = Project::new();
    local_lake(&project);
    let target = format!("rhoai/{}/The_Lake", project.name());
    let copy = ["copy", "local/default/lake", &target, "--unset", "path_style"];
    project.asks(&[], || project.run(&copy).fails(2, "use `the-lake`"));
}

#[test]
fn a_manifest_is_applied_once_and_then_unchanged() {
    let project = Project::new();
    let secret = project.env.secret("key");
    project.env.file("key", &secret);
    let text = "name: sales\ntype: s3\nlabels: {team: risk}\nfields: {endpoint: https://s3.example.com, bucket: \
                raw, access_key_id: AKIAEXAMPLE}\nsecrets: {secret_access_key: {fromFile: key}}\n---\n\
                name: model\ntype: uri\nfields: {uri: https://example.com/1}\n";
    let file = project.env.file("two.yaml", text).display().to_string();
    let apply = ["apply", "-f", &file, "-o", "json"];
    let outcomes = || {
        let applied = project.run(&apply).succeeds().json();
        [applied["items"][0]["outcome"].clone(), applied["items"][1]["outcome"].clone()]
    };
    assert_eq!(outcomes(), [json!("created"), json!("created")]);
    let before = project.object("sales");
    assert_eq!(outcomes(), [json!("unchanged"), json!("unchanged")]);
    assert_eq!(project.object("sales"), before, "nothing was written");
    project.run(&["diff", "-f", &file]).exits_with(0);
    project.env.file("key", project.env.secret("new"));
    project.run(&["diff", "-f", &file]).exits_with(1);
    assert_eq!(outcomes(), [json!("replaced"), json!("unchanged")]);
    // What is printed can be applied again.
    let yaml = project.run(&["list", "-o", "yaml"]).succeeds().stdout;
    let again = project.env.command(["apply", "-f", "-", "-o", "json"]).stdin(yaml);
    let again = again.run().succeeds().json();
    assert_eq!(again["items"][0]["outcome"], "unchanged", "{again}");
}

#[test]
fn what_another_program_keeps_is_imported_into_a_project() {
    let project = Project::new();
    let secret = project.env.secret("key");
    let one = |name: &str, more: &str| {
        format!(
            "[{name}]\naws_access_key_id = AKIAEXAMPLE\naws_secret_access_key = {secret}\n{more}"
        )
    };
    let more = "endpoint_url = https://s3.example.com\ns3 =\n  addressing_style = path\n";
    let text = one("sales", more) + &one("The_Lake", more);
    let file = project.env.file("credentials", text).display().to_string();
    let import = ["import", "aws", &file, "--yes"];
    let outcome = project.run(&import).exits_with(2);
    assert!(outcome.stderr.contains("`rhoai` has no place for it: path_style"), "{outcome}");
    assert!(outcome.stderr.contains("the-lake"), "{outcome}");
    let there = project.shape("sales");
    assert_eq!(there["data"]["AWS_SECRET_ACCESS_KEY"], secret);
    let rename = ["--rename", "The_Lake=the-lake"];
    let outcome = project.run(&[&import[..], &rename].concat()).succeeds();
    assert!(outcome.stderr.contains("1 connection: 1 created"), "{outcome}");
    project.run(&[&import[..], &rename].concat()).succeeds();
    // And everything of the project into a backup, and back under other names.
    project.env.file("pw", "correct horse\n");
    let command = ["--passphrase-command", "cat pw"];
    let export = [&["export", "--backup", "b.age"][..], &command].concat();
    project.run(&export).fails(4, "name one with `-n SCOPE`");
    project.run(&[&export[..], &["-n", project.name()]].concat()).succeeds();
    let back = ["import", "backup", "b.age", "--yes", "--prefix", "old-"];
    project.run(&[&back[..], &command].concat()).succeeds();
    assert_eq!(project.shape("old-sales")["data"]["AWS_SECRET_ACCESS_KEY"], secret);
}
