//! The life of a connection in the local store.

use super::*;

#[test]
fn a_connection_lives_and_leaves_nothing() {
    let env = TestEnv::new();
    let (first, second) = (env.secret("first"), env.secret("second"));
    create(&env, "sales", &first).run().succeeds();
    assert_whole(&env, "sales", "v0", &first);
    let shown = env.run(["get", "sales", "-o", "json"]).succeeds().json();
    assert_eq!(shown["fields"]["bucket"], "sales");
    assert_eq!(shown["secrets"], serde_json::json!(["secret_access_key"]));
    let update = ["update", "sales", "prefix=v1", "secret_access_key=-"];
    env.command(update).stdin(second.as_str()).run().succeeds();
    assert_whole(&env, "sales", "v1", &second);
    assert!(!is_same(&compare(&env, "sales", "v1", &first)), "the old secret still matches");
    env.run(["delete", "sales", "--yes"]).succeeds();
    assert_eq!(names(&env), [""; 0]);
    env.run(["get", "sales"]).fails(3, "sales");
}

#[test]
fn no_command_says_a_secret_however_talkative() {
    let env =
        TestEnv::new().with_variable("RUST_LOG", "trace").with_variable("RUST_BACKTRACE", "1");
    let secret = env.secret("key");
    let talkative = |words: &[&str]| {
        let outcome = env.command(words.iter().chain(&["-vvv"])).stdin(secret.as_str()).run();
        (words.join(" "), outcome)
    };
    let key = "secret_access_key=-";
    let mut codes = Vec::new();
    for words in [
        &["create", "a", "--type", "s3", "access_key_id=AKIA", key][..],
        &["create", "a", "--type", "s3", "access_key_id=AKIA", key],
        &["create", "a", "--type", "s3", "access_key_id=AKIA", key, "--if-exists", "replace"],
        &["create", "b", "--type", "s3", "access_key_id=/", "nonsense=1", key],
        &["create", "b", "--type", "s3", "access_key_id=AKIA", key, "--dry-run=client"],
        &["create", "b", "--type", "s3", "access_key_id=AKIA", key, "--dry-run=server"],
        &["create", "c", "--type", "homemade", "color=blue", "token=-"],
        &["update", "a", key],
        &["update", "nobody", key],
        &["update", "c", "token=-", "-o", "json"],
        &["get", "a"],
        &["get", "a", "-o", "json"],
        &["get", "a", "-o", "yaml"],
        &["get", "c", "-o", "wide"],
        &["list", "-o", "wide"],
        &["list", "-o", "json"],
        &["check"],
        &["plugin", "inspect", "local"],
        &["delete", "a", "c", "--yes"],
    ] {
        let (command, outcome) = talkative(words);
        codes.push(format!("{} {command}", outcome.code));
    }
    insta::assert_snapshot!(codes.join("\n"), @"
    0 create a --type s3 access_key_id=AKIA secret_access_key=-
    5 create a --type s3 access_key_id=AKIA secret_access_key=-
    0 create a --type s3 access_key_id=AKIA secret_access_key=- --if-exists replace
    2 create b --type s3 access_key_id=/ nonsense=1 secret_access_key=-
    0 create b --type s3 access_key_id=AKIA secret_access_key=- --dry-run=client
    0 create b --type s3 access_key_id=AKIA secret_access_key=- --dry-run=server
    0 create c --type homemade color=blue token=-
    0 update a secret_access_key=-
    3 update nobody secret_access_key=-
    0 update c token=- -o json
    0 get a
    0 get a -o json
    0 get a -o yaml
    0 get c -o wide
    0 list -o wide
    0 list -o json
    0 check
    0 plugin inspect local
    0 delete a c --yes
    ");
}

#[test]
fn folders_keep_equal_names_apart() {
    let env = TestEnv::new();
    let (one, other) = (env.secret("one"), env.secret("other"));
    let within = |folder, secret: &str| {
        create_in(&env, "sales", folder, secret, &["-n", folder]).run().succeeds();
    };
    within("north", &one);
    within("south", &other);
    assert_eq!(names(&env), [""; 0], "the default folder has none");
    let all = env.run(["list", "-A", "-o", "json"]).succeeds().json();
    let scopes: Vec<_> = all["items"].as_array().unwrap().iter().map(|i| &i["scope"]).collect();
    assert_eq!(scopes, ["north", "south"]);
    env.run(["delete", "sales", "-n", "north", "--yes"]).succeeds();
    env.run(["get", "sales", "-n", "north"]).exits_with(3);
    let kept = ["--if-exists", "keep", "-o", "json", "-n", "south"];
    let outcome = create_in(&env, "sales", "south", &other, &kept).run().succeeds();
    assert!(is_same(&outcome), "{outcome}");
}

#[test]
fn what_others_can_read_is_only_ours() {
    let env = TestEnv::new();
    create(&env, "sales", &env.secret("key")).run().succeeds();
    for folder in [env.home().join("data"), vault(&env)] {
        assert_eq!(mode(&folder) & 0o077, 0, "{}", folder.display());
    }
    for file in files_below(&vault(&env)).into_iter().chain([key_file(&env)]) {
        assert_eq!(mode(&file), 0o600, "{}", file.display());
    }
}

#[test]
fn nothing_about_a_connection_is_readable_in_the_store() {
    let env = TestEnv::new();
    create(&env, "quarterly-figures", &env.secret("key")).run().succeeds();
    let files = Backup::of(&vault(&env));
    assert!(files.0.keys().any(|file| file.ends_with("store.db")));
    for (file, bytes) in &files.0 {
        for word in ["quarterly-figures", "s3.example.com", "AKIAEXAMPLE", "secret_access_key"] {
            let found = bytes.windows(word.len()).any(|window| window == word.as_bytes());
            assert!(!found, "`{word}` stands in {}", file.display());
        }
    }
}

#[test]
fn secrets_of_any_bytes_and_sizes_are_kept() {
    let env = TestEnv::new();
    let large = env.secret("large").repeat(3000);
    let blanks = format!("  {}\t ", env.secret("blanks"));
    for (name, value) in [("large", &large), ("blanks", &blanks), ("short", &"x".to_owned())] {
        let create = ["create", name, "--type", "homemade", "token=-"];
        env.command(create).stdin(value.as_str()).run().succeeds();
        let again = create.iter().chain(&["--if-exists", "keep", "-o", "json"]);
        let outcome = env.command(again).stdin(value.as_str()).run().succeeds();
        assert!(is_same(&outcome), "{outcome}");
        let other = create.iter().chain(&["--if-exists", "keep", "-o", "json"]);
        let outcome = env.command(other).stdin(format!("{value}x")).run().succeeds();
        assert!(!is_same(&outcome), "{outcome}");
    }
}

#[test]
fn binary_secrets_are_kept_to_the_byte() {
    let env = TestEnv::new();
    // All 256 values, in an order that stands nowhere else, and a line end of a sort at the end.
    let bytes: Vec<u8> = (0..=255_u8).map(|n| n.wrapping_mul(37)).chain([0, 10, 13]).collect();
    env.watch("bytes", &bytes);
    let file = env.file("bytes", &bytes);
    let value = format!("token=@{}", file.display());
    let create = ["create", "bytes", "--type", "homemade", &value];
    env.run(create).succeeds();
    let keep = ["--if-exists", "keep", "-o", "json"];
    let same = env.run(create.iter().chain(&keep)).succeeds();
    assert!(is_same(&same), "{same}");
    fs_err::write(&file, &bytes[..bytes.len() - 1]).unwrap();
    let other = env.run(create.iter().chain(&keep)).succeeds();
    assert!(!is_same(&other), "{other}");
}
