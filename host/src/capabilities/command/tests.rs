use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use super::*;
use crate::capabilities::parts::{Encoding, Part};
use crate::model::{Error, Kind, Meter, Secret};
use crate::policy::admin::{Keeper, PolicyFile, PolicySet};
use crate::policy::{Argument, CommandGrant, CommandLimits, CommandNeed, Needs};
use crate::scrub::Scrubber;

const SECRET: &str = "hunter2-canary";

/// A program and what may be done with it.
struct Site {
    folder: tempfile::TempDir,
    need: CommandNeed,
    grant: CommandGrant,
    limits: CommandLimits,
    policy: PolicySet,
    knows: Knows,
    places: PathBuf,
    meter: Meter,
}

impl Site {
    /// A script that is run by `sh`, and is granted what it needs.
    fn new(script: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let program = folder.path().join("acme");
        fs_err::write(&program, format!("#!/bin/sh\n{script}\n")).unwrap();
        set_mode(&program, 0o700);
        let places = folder.path().join("runs");
        fs_err::create_dir(&places).unwrap();
        let needs = Needs::parse(
            r#"
contract = "1.1.0"
[[command]]
name = "ctl"
why = "asks"
program = "acme"
args = [["get", "-n", "{name}"], ["apply", "-f", "{file}"], ["apply", "-f", "{file}", "--force"], ["read"]]
secrets-in = ["/data/*", "/other"]
environment = ["ACME_HOME", "ACME_TOKEN"]
input = true
"#,
        )
        .unwrap();
        let need = needs.commands[0].clone();
        let grant = CommandGrant {
            program: program.display().to_string(),
            args: [["get", "-n", "{name}"], ["apply", "-f", "{file}"]]
                .map(|shape| shape.map(str::to_owned).to_vec())
                .into_iter()
                .chain([vec!["read".to_owned()]])
                .collect(),
            secrets_in: vec!["/data/*".to_owned()],
            environment: vec!["ACME_HOME".to_owned(), "PATH".to_owned()],
            input: true,
            source: "plugins.toml:9".to_owned(),
        };
        let limits = CommandLimits { runs: 3, time: Duration::from_secs(20), output: 100 };
        Self {
            folder,
            need,
            grant,
            limits,
            policy: PolicySet::default(),
            knows: Knows::Handles,
            places,
            meter: Meter::default(),
        }
    }

    fn config(&self) -> CommandConfig {
        let policy = Arc::new(self.policy.clone());
        CommandConfig {
            name: "ctl".to_owned(),
            place: ProgramPlace::new(&self.grant.program, None),
            access: Access::compile("x", &self.need, &self.grant, policy).unwrap(),
            environment: vec![("ACME_HOME".to_owned(), OsString::from("/acme"))],
            folders: vec![self.places.clone()],
            limits: self.limits,
            document: 2000,
            on_trial: false,
        }
    }

    async fn run(&self, invocation: Invocation) -> Result<Outcome, Error> {
        let state = CommandState::new("x", vec![self.config()]);
        let mut call = state.for_call(&self.meter);
        let mut scrubber = Scrubber::default();
        scrubber.add(&Secret::from(SECRET.to_owned()));
        let outcome = call.run("ctl", &invocation, self.knows, &mut scrubber).await;
        assert_eq!(fs_err::read_dir(&self.places).unwrap().count(), 0, "something is left over");
        outcome.map_err(Error::from)
    }

    async fn refused(&self, invocation: Invocation, words: &str) {
        let marks = self.folder.path().join("ran");
        let error = self.run(invocation).await.unwrap_err();
        let hints = error.hints.join(" ");
        assert!(format!("{} {hints}", error.message).contains(words), "{} {hints}", error.message);
        assert!(!format!("{error:?}").contains(SECRET), "{error:?}");
        assert!(!marks.exists(), "it was run all the same");
    }
}

fn set_mode(path: &Path, mode: u32) {
    use std::os::unix::fs::PermissionsExt as _;
    fs_err::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
}

fn texts(arguments: &[&str]) -> Invocation {
    let arguments = arguments.iter().map(|text| Argument::Text((*text).to_owned())).collect();
    Invocation { arguments, ..Invocation::default() }
}

fn secret() -> Part {
    Part::Secret { value: Secret::from(SECRET.to_owned()), encoding: Encoding::JsonString }
}

fn bytes(text: &str) -> Part {
    Part::Bytes(text.as_bytes().to_vec())
}

fn apply(name: &str, content: Vec<Part>) -> Invocation {
    let mut invocation = texts(&["apply", "-f"]);
    invocation.arguments.push(Argument::File(name.to_owned()));
    invocation.files.push(Handed { name: name.to_owned(), content });
    invocation
}

fn manifest(key: &str) -> Vec<Part> {
    vec![bytes(&format!("{{\"{key}\":{{\"k\":")), secret(), bytes("}}")]
}

/// Leaves a mark if it is run.
const MARKS: &str = "touch \"$(dirname \"$0\")/ran\"";

#[tokio::test]
async fn a_program_gets_what_is_granted_and_its_output_is_scrubbed() {
    let site = Site::new("/usr/bin/env; /bin/cat \"$3\"; echo \"$2\" >&2; exit 7");
    let outcome = site.run(apply("a.yaml", manifest("data"))).await.unwrap();
    let (stdout, truncated) = &outcome.stdout;
    assert!(stdout.contains("ACME_HOME=/acme") && !*truncated, "{stdout}");
    assert!(stdout.contains("{\"data\":{\"k\":\"***\"}}"), "{stdout}");
    assert!(!stdout.contains("PATH=/") && !stdout.contains("HOME=/root"), "{stdout}");
    assert_eq!((outcome.stderr.0.as_str(), outcome.code), ("-f\n", Some(7)));
    let used = &site.meter.usage().commands["ctl"];
    assert_eq!(used.runs, 1);
    assert!(used.program.ends_with("/acme") && used.sent > 20 && used.received > 20);
}

#[tokio::test]
async fn files_are_the_users_alone() {
    let site = Site::new("/usr/bin/stat -c %a . \"$3\"");
    let outcome = site.run(apply("a.yaml", vec![bytes("{}")])).await.unwrap();
    assert_eq!(outcome.stdout.0, "700\n600\n");
}

#[tokio::test]
async fn secrets_go_by_the_standard_input_where_that_is_granted() {
    let mut site = Site::new("n=$(/usr/bin/wc -c); echo $n");
    let invocation = Invocation { input: manifest("data"), ..texts(&["read"]) };
    let length = "{\"data\":{\"k\":\"hunter2-canary\"}}".len();
    assert_eq!(site.run(invocation.clone()).await.unwrap().stdout.0, format!("{length}\n"));
    site.grant.input = false;
    site.refused(invocation.clone(), "`input = true`").await;
    site.need.input = false;
    site.refused(invocation, "does not declare").await;
}

#[tokio::test]
async fn other_arguments_are_refused() {
    let site = Site::new(MARKS);
    let mut forced = apply("a", vec![]);
    forced.arguments.push(Argument::Text("--force".to_owned()));
    site.refused(forced, "add `[\"apply\", \"-f\", \"{file}\", \"--force\"]` to `args`").await;
    for evil in [
        &["delete", "-n", "a"][..],
        &["get", "-n", "--force"],
        &["get", "-n", "../../etc/passwd"],
        &["get", "-n", "a", "--all"],
        &["get", "-n=a"],
        &["get"],
        &[],
        &["apply", "-f", "/etc/passwd"],
        &["get", "-n", "a\0b"],
        &["get", "-n", "a;id"],
        &["get", "-n", "$(id)"],
    ] {
        site.refused(texts(evil), "does not declare that it runs command `ctl`").await;
    }
    site.refused(texts(&["a"; 5000]), "does not declare").await;
    let state = CommandState::new("x", vec![site.config()]);
    let mut call = state.for_call(&site.meter);
    let other = call.run("sh", &texts(&["-c"]), Knows::Handles, &mut Scrubber::default()).await;
    assert!(other.unwrap_err().to_string().contains("has no command `sh`"));
}

#[tokio::test]
async fn files_have_plain_names_and_are_those_of_the_call() {
    let site = Site::new(MARKS);
    for evil in
        ["../a", "/etc/passwd", "a/b", "", ".", "..", ".hidden", "-f", "a\0", &"a".repeat(65)]
    {
        site.refused(apply(evil, vec![]), "no plain name of a file").await;
    }
    let mut other = apply("a", vec![]);
    other.files.clear();
    site.refused(other, "names the file `a`, which it does not have").await;
    let mut twice = apply("a", vec![]);
    twice.files.push(twice.files[0].clone());
    site.refused(twice, "two files `a`").await;
    let mut many = apply("a", vec![]);
    many.files =
        (0..17).map(|index| Handed { name: format!("a{index}"), content: Vec::new() }).collect();
    site.refused(many, "more than 16 files").await;
}

#[tokio::test]
async fn secrets_stand_where_the_grant_says() {
    let mut site = Site::new(MARKS);
    site.refused(apply("a", manifest("elsewhere")), "does not declare that it places").await;
    site.refused(apply("a", vec![bytes("{\"other\":"), secret(), bytes("}")]), "\"/other\"").await;
    site.refused(apply("a", vec![bytes("key: "), secret()]), "in a file that is not JSON").await;
    let key = vec![bytes("{\"data\":{"), secret(), bytes(":1}}")];
    site.refused(apply("a", key), "not a whole JSON string value").await;
    site.refused(apply("a", vec![bytes(&" ".repeat(3000))]), "more than 2000 bytes").await;
    site.grant.secrets_in = vec![String::new()];
    site.refused(apply("a", vec![bytes("key: "), secret()]), "in a file that is not JSON").await;
    site.need.secrets_in = vec![String::new()];
    assert!(site.run(apply("a", vec![bytes("key: "), secret()])).await.is_ok());
}

#[tokio::test]
async fn a_file_may_be_a_secret_where_both_keys_say_so() {
    let mut site = Site::new(MARKS);
    let whole = || {
        let mut call = apply("a", manifest("data"));
        let Part::Secret { value, .. } = secret() else { panic!("it is one") };
        let raw = Part::Secret { value, encoding: Encoding::Raw };
        call.files.push(Handed { name: "key".to_owned(), content: vec![raw] });
        call
    };
    site.refused(whole(), "does not declare that it gives command `ctl` files").await;
    site.need.secrets_in.push("whole-file".to_owned());
    site.refused(whole(), "add `\"whole-file\"` to `secrets-in`").await;
    site.grant.secrets_in.push("whole-file".to_owned());
    assert!(site.run(whole()).await.is_ok());
    let mut more = whole();
    more.files[1].content.insert(0, bytes("key: "));
    let _ = fs_err::remove_file(site.folder.path().join("ran"));
    site.refused(more, "in a file that is not JSON").await;
    site.refused(apply("a", vec![bytes("{\"other\":"), secret(), bytes("}")]), "\"/other\"").await;
}

#[tokio::test]
async fn a_secret_that_was_revealed_is_no_argument() {
    let mut site = Site::new(MARKS);
    site.knows = Knows::Bytes;
    site.refused(texts(&["get", "-n", SECRET]), "may not pass a secret as an argument").await;
    site.refused(texts(&["get", "-n", &format!("a{SECRET}b")]), "may not pass a secret").await;
}

#[tokio::test]
async fn too_much_output_is_cut_without_cutting_a_secret_in_two() {
    let site =
        Site::new(&format!("printf '%095d{SECRET}'; /usr/bin/yes | /usr/bin/head -c 900000"));
    let (stdout, truncated) = site.run(texts(&["read"])).await.unwrap().stdout;
    assert!(truncated && stdout.len() <= 100, "{stdout}");
    assert!(!stdout.contains("hunt"), "{stdout}");
    assert!(site.meter.usage().limits.contains("command-output-kib"));
    let site = Site::new("printf '\\033[2Jred\\377'");
    let outcome = site.run(texts(&["read"])).await.unwrap();
    assert!(!outcome.stdout.0.contains('\x1b'), "{outcome:?}");
}

#[tokio::test]
async fn no_piece_of_a_secret_is_left_where_reading_stopped() {
    // Every secret that is whole becomes shorter, so that what was read last comes within the limit.
    for filler in 0..SECRET.len() {
        let script = format!(
            "printf '%0{}d' 0; /usr/bin/yes {SECRET} | /usr/bin/tr -d '\\n' | /usr/bin/head -c 900000",
            filler + 1
        );
        let (stdout, truncated) = Site::new(&script).run(texts(&["read"])).await.unwrap().stdout;
        assert!(truncated, "{stdout}");
        assert!(!stdout.contains("hunt") && !stdout.contains("canary"), "{filler}: {stdout}");
    }
}

#[tokio::test]
async fn a_program_learns_by_which_name_it_was_called() {
    let mut site = Site::new("");
    let link = site.folder.path().join("acme-link");
    std::os::unix::fs::symlink("/bin/sh", &link).unwrap();
    site.grant.program = link.display().to_string();
    // The shell finds no script `read`, and complains in the name that it was given.
    let outcome = site.run(texts(&["read"])).await.unwrap();
    assert!(outcome.stderr.0.contains("acme-link"), "{outcome:?}");
}

#[tokio::test]
async fn a_program_that_never_ends_is_ended_and_leaves_nothing() {
    let mut site = Site::new("/bin/sleep 60 & /bin/sleep 60");
    site.limits.time = Duration::from_millis(300);
    let error = site.run(apply("a", manifest("data"))).await.unwrap_err();
    assert_eq!((error.kind, error.limit), (Kind::Unavailable, Some("command-seconds")));
}

#[tokio::test]
async fn one_call_runs_so_many_programs() {
    let site = Site::new("");
    let state = CommandState::new("x", vec![site.config()]);
    let mut call = state.for_call(&site.meter);
    let mut scrubber = Scrubber::default();
    for _ in 0..3 {
        call.run("ctl", &texts(&["read"]), Knows::Handles, &mut scrubber).await.unwrap();
    }
    let error =
        call.run("ctl", &texts(&["read"]), Knows::Handles, &mut scrubber).await.unwrap_err();
    assert_eq!(error.limit(), Some("command-runs"));
}

#[tokio::test]
async fn what_others_can_change_or_policy_does_not_name_is_not_run() {
    let mut site = Site::new(MARKS);
    let program = PathBuf::from(&site.grant.program);
    let policy = |program: &str| {
        let text = format!("version = 1\n[[ceiling]]\nprograms = [{program:?}]\n");
        let mut set = PolicySet::default();
        set.add(PolicyFile::parse("/p.toml", Keeper::System, &text).unwrap());
        set
    };
    site.policy = policy("/usr/bin/acme");
    site.refused(texts(&["read"]), "policy does not allow the program").await;
    site.policy = policy(&fs_err::canonicalize(&program).unwrap().display().to_string());
    assert!(site.run(texts(&["read"])).await.is_ok());
    fs_err::remove_file(site.folder.path().join("ran")).unwrap();
    set_mode(&program, 0o777);
    site.refused(texts(&["read"]), "every user of the machine can change it").await;
    assert!(!site.config().is_installed());
    set_mode(&program, 0o700);
    set_mode(site.folder.path(), 0o777);
    site.refused(texts(&["read"]), "every user of the machine can change it").await;
    set_mode(site.folder.path(), 0o700);
    set_mode(&program, 0o600);
    site.refused(texts(&["read"]), "is not installed").await;
}

#[test]
fn a_program_is_found_in_absolute_folders_and_not_on_trial() {
    let site = Site::new("");
    let folder = site.folder.path();
    let find = |search: String| CommandConfig {
        place: ProgramPlace::new("acme", Some(OsString::from(search))),
        ..site.config()
    };
    assert!(find(format!("/no:{}", folder.display())).is_installed());
    assert!(!find("/no:.:relative:".to_owned()).is_installed());
    let on_trial = CommandConfig { on_trial: true, ..site.config() };
    assert!(site.config().is_installed() && !on_trial.is_installed());
    assert!(on_trial.program().unwrap_err().to_string().contains("on trial"));
}
