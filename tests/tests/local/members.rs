//! A store with members: each opens it with their own identity, and who was removed reads nothing later.
//!
//! Two homes with one folder of a store play two users.

use std::os::unix::fs::symlink;

use super::*;

const SETTINGS: &str = "version = 1\n[vault]\nkey = \"file\"\nmembers = true\n";

/// `ada`, who made the store, and `bob`, who has a home of his own.
struct Team {
    env: TestEnv,
    bob: PathBuf,
}

impl Team {
    fn new() -> Self {
        let env = TestEnv::new().with_variable("USER", "ada");
        let bob = env.folder("bob");
        for home in [env.home(), bob.clone()] {
            write_private(&home.join("plugins.toml"), SETTINGS.as_bytes());
        }
        let team = Self { env, bob };
        create(&team.env, "sales", &team.env.secret("sales")).run().succeeds();
        fs_err::create_dir(team.bob.join("data")).unwrap();
        symlink(vault(&team.env), team.bob.join("data/vault")).unwrap();
        team
    }

    /// A command of `bob`.
    fn bob<'env>(&'env self, words: &[&str]) -> Run<'env> {
        self.env.command(words).at_home(&self.bob)
    }

    fn key_of_bob(&self) -> String {
        self.bob(&["vault", "identity"]).run().succeeds().stdout.trim().to_owned()
    }

    fn add_bob(&self, right: &str) -> Outcome {
        let key = self.key_of_bob();
        self.env.run(["vault", "add-member", "bob", "--key", &key, "--right", right])
    }
}

/// An outcome with every public key and number that differs each time made the same.
fn shown(outcome: &Outcome, keys: &[&str]) -> String {
    let mut text = outcome.to_string();
    for (number, key) in keys.iter().enumerate() {
        text = text.replace(key, &format!("age1[key {number}]"));
    }
    text
}

#[test]
fn an_identity_is_made_once_and_printed() {
    let env = TestEnv::new();
    let made = env.run(["vault", "identity"]);
    let key = made.stdout.trim().to_owned();
    insta::assert_snapshot!(shown(&made, &[&key]), @"
    exit code: 0
    --- stdout ---
    age1[key 0]
    --- stderr ---
    note: an identity was made for you; give this public key to an owner of the store
    ");
    assert_eq!(mode(&env.home().join("data/vault.identity")), 0o600);
    insta::assert_snapshot!(shown(&env.run(["vault", "identity"]), &[&key]), @"
    exit code: 0
    --- stdout ---
    age1[key 0]
    ");
    let json = env.run(["vault", "identity", "-o", "json"]);
    insta::assert_snapshot!(shown(&json, &[&key]), @r#"
    exit code: 0
    --- stdout ---
    {
      "apiVersion": "connhub/v1",
      "kind": "VaultResult",
      "outcome": "present",
      "recipient": "age1[key 0]"
    }
    "#);
    let audited = env.run(["audit", "list", "-o", "json"]).succeeds().json();
    assert_eq!(audited["items"].as_array().unwrap().len(), 1, "{audited}");
    set_mode(&env.home().join("data/vault.identity"), 0o644);
    env.run(["vault", "identity"]).fails(8, "chmod 600");
}

#[test]
fn a_member_is_let_in_and_reads() {
    let team = Team::new();
    insta::assert_snapshot!(team.bob(&["list"]).run(), @"
    exit code: 4
    --- stderr ---
    error: `$HOME/data/vault/store.db` has members, and you have no identity yet

    hint: make one, and give what it prints to an owner of the store: `connhub vault identity`
    ");
    let key = team.key_of_bob();
    insta::assert_snapshot!(shown(&team.bob(&["list"]).run(), &[&key]), @"
    exit code: 4
    --- stderr ---
    error: you are no member of `$HOME/data/vault/store.db`; your public key is `age1[key 0]`

    hint: an owner of the store lets you in: `connhub vault add-member NAME --key age1[key 0]`
    ");
    insta::assert_snapshot!(shown(&team.add_bob("use"), &[&key]), @"
    exit code: 0
    --- stdout ---
    `bob` is a member with the right `use`
    ");
    let listed = team.bob(&["list", "-o", "name"]).run().succeeds();
    assert_eq!(listed.stdout, "sales\n");
    team.bob(&["get", "sales", "--reveal"]).revealing().run().succeeds();
    let members = team.env.run(["vault", "members", "-o", "json"]).succeeds();
    let ada = members.json()["items"][0]["key"].as_str().unwrap().to_owned();
    insta::assert_snapshot!(shown(&members, &[&key, &ada]), @r#"
    exit code: 0
    --- stdout ---
    {
      "apiVersion": "connhub/v1",
      "kind": "Members",
      "items": [
        {
          "name": "ada",
          "right": "own",
          "key": "age1[key 1]",
          "you": true
        },
        {
          "name": "bob",
          "right": "use",
          "key": "age1[key 0]",
          "you": false
        }
      ]
    }
    "#);
    let table = team.bob(&["vault", "members"]).run();
    insta::assert_snapshot!(shown(&table, &[&key, &ada]), @"
    exit code: 0
    --- stdout ---
    NAME   RIGHT   KEY
    ada    own     age1[key 1]
    bob    use     age1[key 0]
    ");
    let names = team.bob(&["vault", "members", "-o", "name"]).run();
    assert_eq!(names.stdout, "ada\nbob\n");
    let status = team.bob(&["vault", "status", "-o", "json"]).run().succeeds().json();
    assert_eq!((status["state"].as_str(), status["key"].as_str()), (Some("open"), Some("members")));
}

#[test]
fn rights_are_kept_with_clear_words() {
    let team = Team::new();
    team.add_bob("use").succeeds();
    let secret = team.env.secret("of bob");
    let create = || create(&team.env, "of-bob", &secret).at_home(&team.bob);
    insta::assert_snapshot!(create().run(), @"
    exit code: 4
    --- stderr ---
    error: this takes the right `manage` in the store, and `bob` has the right `use`

    hint: an owner of the store can change that: `connhub vault set-right bob manage`
    ");
    team.bob(&["delete", "sales", "--yes"]).run().fails(4, "the right `manage`");
    let key = team.key_of_bob();
    team.bob(&["vault", "add-member", "eve", "--key", &key]).run().fails(4, "the right `own`");
    team.bob(&["vault", "rotate-key"]).run().fails(4, "the right `own`");
    let changed = team.env.run(["vault", "set-right", "bob", "manage"]);
    insta::assert_snapshot!(shown(&changed, &[&key]), @"
    exit code: 0
    --- stdout ---
    `bob` has the right `manage` now
    ");
    create().run().succeeds();
    assert_eq!(names(&team.env), ["of-bob", "sales"]);
    team.bob(&["vault", "set-right", "bob", "own"]).run().fails(4, "the right `own`");
    team.bob(&["vault", "rotate-key", "--master-only"]).run().succeeds();
    team.bob(&["list"]).run().succeeds();
}

#[test]
fn who_was_removed_reads_nothing_later() {
    let team = Team::new();
    let key = team.key_of_bob();
    team.add_bob("manage").succeeds();
    team.bob(&["list"]).run().succeeds();
    team.env.run(["vault", "remove-member", "bob"]).fails(2, "--yes");
    let removed = team.env.run(["vault", "remove-member", "bob", "--yes"]);
    insta::assert_snapshot!(shown(&removed, &[&key]), @"
    exit code: 0
    --- stdout ---
    `bob` is no member any more; the store has new keys, 1 record sealed anew
    --- stderr ---
    note: what the member has seen or copied stays readable to them; replace those secrets: `connhub rotate NAME`
    ");
    let later = team.env.secret("later");
    create(&team.env, "later", &later).run().succeeds();
    team.bob(&["get", "later", "--reveal"]).run().fails(4, "no member");
    team.bob(&["get", "sales"]).run().fails(4, &key);
    assert_whole(&team.env, "later", "v0", &later);
    let audited = team.env.run(["audit", "list", "-o", "json"]).succeeds().json();
    let operations: Vec<_> = audited["items"].as_array().unwrap().iter().collect();
    for operation in ["vault add-member", "vault remove-member"] {
        assert!(operations.iter().any(|item| item["operation"] == operation), "{audited}");
    }
}

#[test]
fn what_makes_no_sense_is_refused() {
    let team = Team::new();
    let key = team.key_of_bob();
    team.add_bob("use").succeeds();
    let check = |words: &[&str]| shown(&team.env.run(words), &[&key]);
    insta::assert_snapshot!(check(&["vault", "remove-member", "eve", "--yes"]), @"
    exit code: 3
    --- stderr ---
    error: the store has no member `eve`

    hint: see who they are: `connhub vault members`
    ");
    insta::assert_snapshot!(check(&["vault", "remove-member", "ada", "--yes"]), @"
    exit code: 2
    --- stderr ---
    error: a store has at least one owner; give the right `own` to somebody else first
    ");
    insta::assert_snapshot!(check(&["vault", "add-member", "bob", "--key", &key]), @"
    exit code: 5
    --- stderr ---
    error: the member `bob` has this name, key or role already

    hint: another right: `connhub vault set-right bob RIGHT`; another key: `connhub vault remove-member bob` first
    ");
    insta::assert_snapshot!(check(&["vault", "add-member", "eve", "--key", "AGE-SECRET-KEY-1"]), @"
    exit code: 2
    --- stderr ---
    error: that is no public key: it begins with `age1`, and `connhub vault identity` prints it
    ");
    let eve = env_of_eve(&team.env);
    insta::assert_snapshot!(check(&["vault", "add-member", "e e", "--key", &eve]), @"
    exit code: 2
    --- stderr ---
    error: the name of a member has letters, digits and `. _ @ - +`, and begins with a letter or a digit
    ");
    insta::assert_snapshot!(check(&["vault", "recovery", "create"]), @"
    exit code: 2
    --- stderr ---
    error: a store with members has no recovery key: another owner lets you in again; for the day on which none can, add one more owner whose identity lies in a safe
    ");
    let plain = TestEnv::new();
    insta::assert_snapshot!(plain.run(["vault", "members"]), @"
    exit code: 3
    --- stderr ---
    error: there is no local store in `$HOME/data/vault`

    hint: the first connection makes it: `connhub create NAME --type TYPE`
    ");
    create(&plain, "sales", &plain.secret("plain")).run().succeeds();
    insta::assert_snapshot!(plain.run(["vault", "members"]), @"
    exit code: 2
    --- stderr ---
    error: the local store is your own and has no members

    hint: a store gets members when it is made: `members = true` in `[vault]` of plugins.toml; docs/team.md
    ");
    plain.plugins(SETTINGS);
    insta::assert_snapshot!(plain.run(["list"]), @"
    exit code: 8
    --- stderr ---
    error: `$HOME/data/vault/store.db` was made with a key file as its key, the configuration names the identity of a member

    hint: name a key file as the key of the vault in the settings, or use another folder
    ");
    team.env.plugins("version = 1\n[vault]\nkey = \"file\"\n");
    insta::assert_snapshot!(team.env.run(["list"]), @"
    exit code: 8
    --- stderr ---
    error: `$HOME/data/vault/store.db` was made with the identities of its members as its key, the configuration names a key file

    hint: say `members = true` in `[vault]` of plugins.toml: its key is held for each member
    ");
}

fn env_of_eve(env: &TestEnv) -> String {
    let home = env.folder("eve");
    env.command(["vault", "identity"]).at_home(&home).run().succeeds().stdout.trim().to_owned()
}

#[test]
fn a_passphrase_opens_the_identity_and_is_remembered() {
    let env = TestEnv::new().with_variable("USER", "ada");
    env.plugins("version = 1\n[vault]\nkey = \"passphrase\"\nmembers = true\n");
    let passphrase = env.secret_file("passphrase");
    let with =
        |words: &[&str]| env.command(words).variable("CONNHUB_PASSPHRASE_FILE", &passphrase).run();
    let secret = env.secret("sales");
    let made = create(&env, "sales", &secret).variable("CONNHUB_PASSPHRASE_FILE", &passphrase);
    made.run().succeeds();
    with(&["vault", "lock"]).succeeds();
    let status = env.run(["vault", "status", "-o", "name"]);
    assert_eq!(status.stdout, "locked\n", "{status}");
    env.run(["list"]).exits_with(4);
    with(&["vault", "unlock"]).succeeds();
    with(&["list"]).succeeds();
    with(&["vault", "lock"]).succeeds();
}

/// What the recipes of docs/vault.md do, with a script in the place of `kubectl`: the key is asked for each time, and nothing opens without it.
#[test]
fn a_program_holds_the_key_of_the_identity() {
    let env = TestEnv::new().with_variable("USER", "ada");
    let kept = env.secret_file("kept");
    let asked =
        "--namespace data get secret connhub-key -o go-template={{.data.key | base64decode}}";
    let script = format!("#!/bin/sh\n[ \"$*\" = '{asked}' ] && cat '{}'\n", kept.display());
    let kubectl = env.file("kubectl", script);
    set_mode(&kubectl, 0o700);
    env.plugins(&format!(
        "version = 1\n[vault]\nkey = \"command\"\nmembers = true\ncommand = [\"{}\", \"--namespace\", \"data\", \"get\", \"secret\", \
         \"connhub-key\", \"-o\", \"go-template={{{{.data.key | base64decode}}}}\"]\n",
        kubectl.display()
    ));
    let secret = env.secret("sales");
    create(&env, "sales", &secret).run().succeeds();
    assert_whole(&env, "sales", "v0", &secret);
    fs_err::remove_file(&kubectl).unwrap();
    env.run(["list"]).fails(6, "gives no key");
}
