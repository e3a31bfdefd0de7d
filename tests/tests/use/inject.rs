//! `connhub inject`.

use std::os::unix::fs::PermissionsExt as _;

use super::*;

#[test]
fn references_are_replaced_and_everything_else_stays() {
    let env = TestEnv::new();
    let secret = s3(&env, "lake", &["bucket=raw"]);
    let template = "a: {{ .Values.x }}\nk: {{ connhub://local/lake#secret_access_key }}\nb: {{connhub:///lake#bucket}} \
        {{ connhub://local/default/lake#AWS_ACCESS_KEY_ID }}\n";
    let expected = format!("a: {{{{ .Values.x }}}}\nk: {secret}\nb: raw AKIAEXAMPLE\n");
    let outcome = env.command(["inject"]).stdin(template).revealing().run().succeeds();
    assert_eq!(outcome.stdout, expected);
    let (from, to) = (env.file("t", template), env.files().join("out"));
    let words = ["inject", "-i", from.to_str().unwrap(), "--out-file", to.to_str().unwrap()];
    let outcome = env.run(words).succeeds();
    assert_eq!(outcome.stdout, "");
    assert_eq!(fs_err::read_to_string(&to).unwrap(), expected);
    assert_eq!(fs_err::metadata(&to).unwrap().permissions().mode() & 0o777, 0o600);
}

#[test]
fn what_leads_nowhere_is_said_with_its_place_and_nothing_is_written() {
    let env = TestEnv::new();
    s3(&env, "lake", &[]);
    let to = env.files().join("out");
    let check = |template: &str, code, words: &str| {
        let from = env.file("t.yaml", template);
        let command = ["inject", "-i", from.to_str().unwrap(), "--out-file", to.to_str().unwrap()];
        let place = format!("t.yaml:{words}");
        env.run(command).fails(code, &place);
        assert!(!to.exists());
    };
    let good = "{{ connhub://local/lake#secret_access_key }}\n";
    check(
        &format!("{good} {{{{ connhub://local/lake#nope }}}}"),
        3,
        "2:2: `connhub://local/lake` has no field `nope`",
    );
    check(&format!("{good}{{{{ connhub://local/sea#x }}}}"), 3, "2:1: ");
    check(
        &format!("{good}{{{{ connhub://nowhere/sea#x }}}}"),
        3,
        "2:1: there is no backend `nowhere`",
    );
    check(
        &format!("{good}x {{{{ connhub://local/lake }}}}"),
        2,
        "2:3: the reference names no field",
    );
    check(&format!("{good}{{{{ connhub://local/lake#x"), 2, "2:1: the reference has no `}}`");
    let from = env.file("t.yaml", good);
    let file = from.to_str().unwrap();
    env.run(["inject", "-i", file, "--out-file", file]).fails(2, "would replace the template");
    env.run(["inject", "-i", "nothing"]).fails(3, "cannot be read");
    env.run(["inject", "-i", file, "--out-file", "/dev/null"]).fails(2, "is not a file");
}
