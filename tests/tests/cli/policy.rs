//! `connhub policy` and `connhub plugin why-denied`.

use super::*;

/// A policy file of the user's, which is enough to look at.
fn with_policy(text: &str) -> (TestEnv, String) {
    let env = TestEnv::new();
    env.file("policy.toml", text);
    // Relative to the folder of the user's files, in which commands run.
    (env, "policy.toml".to_owned())
}

/// An outcome for a snapshot: whoever runs the tests owns the files.
fn shown(outcome: &Outcome) -> String {
    let uid = rustix::process::geteuid().as_raw();
    outcome.to_string().replace(&format!("with the id {uid}"), "with the id [UID]")
}

const POLICY: &str = "version = 1
contact = \"security@example.com\"
forbid = [\"reveal\"]

[[allow]]
connectors = [\"local\"]

[[ceiling]]
connectors = [\"rhoai\"]
origins = [\"https://api.*.example.com:6443\"]
allow = [\"GET /api/**\"]
[ceiling.limits]
memory-mib = 32
";

#[test]
fn nothing_is_in_force_by_default() {
    let env = TestEnv::new();
    let outcome = env.run(["policy", "show"]).succeeds();
    assert!(
        outcome.stdout.is_empty() && outcome.stderr.contains("no policy is in force"),
        "{outcome}"
    );
    let json = env.run(["policy", "show", "-o", "json"]).succeeds().json();
    assert_eq!((&json["kind"], &json["files"]), (&"Policy".into(), &serde_json::json!([])));
    let json = env.run(["policy", "explain", "local", "-o", "json"]).succeeds().json();
    assert_eq!((&json["allowed"], &json["rules"]), (&true.into(), &serde_json::json!([])));
}

#[test]
fn the_policy_in_force_is_shown_with_its_lines() {
    let (env, file) = with_policy(POLICY);
    insta::assert_snapshot!(shown(&env.run(["policy", "show", "--policy", &file])), @"
    exit code: 0
    --- stdout ---
    Policy: [SHA256]

    policy.toml (further)
    sha256 [SHA256]; the user with the id [UID], who owns the file, can change it; it is in force because `--policy` or `CONNHUB_POLICY` names it; ask security@example.com

    LINE   RULE      SAYS
    3      forbid    reveal
    5      allow     local
    8      ceiling   rhoai; origins: https://api.*.example.com:6443; allow: GET /api/**; limits: memory-mib 32
    ");
    let json = env.run(["policy", "show", "--policy", &file, "-o", "json"]).succeeds().json();
    assert_eq!(json["hash"].as_str().unwrap().len(), 64);
    assert_eq!(json["files"][0]["rules"][0]["source"], format!("{file}:3"));
}

#[test]
fn every_rule_is_explained() {
    let (env, file) = with_policy(POLICY);
    insta::assert_snapshot!(shown(&env.run(["policy", "explain", "rhoai", "--policy", &file])), @"
    exit code: 0
    --- stdout ---
    Connector:     rhoai
    Component:     $CONNECTORS/rhoai.wasm
    SHA-256:       [SHA256]
    Comes from:    file://$CONNECTORS/rhoai.wasm
    Policy:        [SHA256]
    May run:       no: policy does not let connector `rhoai` run: no `[[allow]]` is about it
    Hint:          `allow` in policy.toml:1 says so; the user with the id [UID], who owns the file, can change it; it is in force because `--policy` or `CONNHUB_POLICY` names it; ask security@example.com

    VERDICT    RULE      WHERE           WHY
    allows     forbid    policy.toml:3   it does not need `reveal`
    no match   allow     policy.toml:5   it is about local
    denies     allow     policy.toml:1   no `[[allow]]` is about it
    limits     ceiling   policy.toml:8   origins: https://api.*.example.com:6443; allow: GET /api/**; limits: memory-mib 32

    CAPABILITY     NEEDS      GRANTED                POLICY                      EFFECTIVE   WHY
    vault          -          -                      -                           -           -
    reveal         -          -                      forbidden (policy.toml:3)   -           -
    http cluster   33 rules   kubernetes, 33 rules   ceiling (policy.toml:8)     -           reads and writes connections, which are Secrets with the metadata of the product, looks for what uses them and takes them out of it if asked, and asks who is calling, what is installed, and which connection types there are

    LIMIT        AT MOST   EFFECT
    memory-mib   32        lowers what is configured
    ");
    let explained = |name: &str| {
        env.run(["policy", "explain", name, "--policy", &file, "-o", "json"]).succeeds().json()
    };
    let (local, rhoai) = (explained("local"), explained("rhoai"));
    assert_eq!((&local["allowed"], &rhoai["allowed"]), (&true.into(), &false.into()));
    assert_eq!(
        rhoai["limits"][0],
        serde_json::json!({"key": "memory-mib", "most": 32, "lowers": true})
    );
    env.run(["policy", "explain", "nobody"]).fails(3, "there is no connector `nobody`");
}

#[test]
fn why_a_connector_is_denied() {
    let (env, file) = with_policy(POLICY);
    insta::assert_snapshot!(shown(&env.run(["plugin", "why-denied", "rhoai", "--policy", &file])), @"
    exit code: 0
    --- stdout ---
    policy: policy does not let connector `rhoai` run: no `[[allow]]` is about it
      `allow` in policy.toml:1 says so; the user with the id [UID], who owns the file, can change it; it is in force because `--policy` or `CONNHUB_POLICY` names it; ask security@example.com
    ");
    insta::assert_snapshot!(shown(&env.run(["plugin", "why-denied", "local", "--policy", &file])), @"
    exit code: 0
    --- stdout ---
    nothing keeps connector `local` from running
    ");
    let words = ["plugin", "why-denied", "rhoai", "--policy", &file, "-o", "json"];
    let json = env.run(words).succeeds().json();
    assert_eq!((&json["denied"], &json["reasons"][0]["by"]), (&true.into(), &"policy".into()));
}

#[test]
fn a_refusal_names_the_rule_and_who_may_change_it() {
    let (env, file) =
        with_policy("version = 1\nforbid = [\"vault\"]\n[[allow]]\nconnectors = [\"*\"]\n");
    let listed = env.run(["list", "--policy", &file]);
    insta::assert_snapshot!(shown(&listed), @"
    exit code: 8
    --- stderr ---
    error: policy does not let connector `local` run: it needs `vault`, which is forbidden

    hint: `forbid` in policy.toml:2 says so; the user with the id [UID], who owns the file, can change it; it is in force because `--policy` or `CONNHUB_POLICY` names it
    hint: `connhub policy explain local` shows every rule
    ");
    let mut inspected = env.run(["plugin", "inspect", "local", "--policy", &file]);
    let table = inspected.stdout.find("Imports").unwrap();
    inspected.stdout.truncate(table);
    insta::assert_snapshot!(shown(&inspected), @"
    exit code: 0
    --- stdout ---
    Connector:     local
    Component:     $CONNECTORS/local.wasm
    Configured in: $CONNECTORS/plugins.toml:8
    SHA-256:       [SHA256] (locked)
    Size:          [SIZE] bytes
    Signed by:     nobody; there is no signature beside it
    Version:       [VERSION]
    Contract:      1.1.0
    Made with:     [TOOLS]
    SBOM:          [COUNT] packages
    Policy:        [SHA256]
    May start:     no: policy does not let connector `local` run: it needs `vault`, which is forbidden
    Hint:          `forbid` in policy.toml:2 says so; the user with the id [UID], who owns the file, can change it; it is in force because `--policy` or `CONNHUB_POLICY` names it
    At worst:      nothing, since it may not start; with everything that it needs it reads, changes and deletes its own records in the sealed store; reaches nothing else

    CAPABILITY   NEEDS   GRANTED   POLICY                      EFFECTIVE   WHY
    vault        yes     yes       forbidden (policy.toml:2)   -           keeps connections and their secrets, sealed, for this user on this machine
    reveal       -       -         -                           -           -
    ");
}

#[test]
fn a_file_is_checked_without_being_used() {
    let (env, file) = with_policy(POLICY);
    insta::assert_snapshot!(env.run(["policy", "check", &file]), @"
    exit code: 0
    --- stdout ---
    policy.toml:5: advice: the rule knows connectors by name alone, and users can give any component that name; add `digests` or `signed-by`, or say `user-connectors = false`
    policy.toml is valid
    ");
    let wrong = env
        .file("wrong.toml", "version = 1\nforbid = [\"revael\"]\n[[ceiling]]\norigins = [\"a\"]\n");
    let wrong = wrong.to_str().unwrap();
    insta::assert_snapshot!(env.run(["policy", "check", wrong]), @"
    exit code: 2
    --- stdout ---
    $FILES/wrong.toml:2: error: `revael` is not known here; did you mean `reveal`?
    $FILES/wrong.toml:4: error: `a` is not an origin: it must have a scheme, as in `https://*.example.com`
    $FILES/wrong.toml is not valid
    ");
    let json = env.run(["policy", "check", wrong, "-o", "json"]).exits_with(2).json();
    assert_eq!(
        (&json["valid"], &json["problems"][0]["hint"]),
        (&false.into(), &"did you mean `reveal`?".into())
    );
    env.run(["policy", "check", "/no/such/file"]).exits_with(3);
}

#[test]
fn the_template_is_a_policy() {
    let env = TestEnv::new();
    let template = env.run(["policy", "init"]).succeeds().stdout;
    let file = env.file("policy.toml", template);
    let file = file.to_str().unwrap();
    env.run(["policy", "check", file]).succeeds();
    env.run(["list", "--policy", file]).succeeds();
}
