//! The life of a connection, on a real server too.

use connhub_tests::cli::{Outcome, TestEnv};
use serde_json::{Value, json};

use crate::S3;
use crate::site::{Site, fresh_folder};

struct Life<'a> {
    env: &'a TestEnv,
    folder: String,
}

impl Life<'_> {
    #[track_caller]
    fn run(&self, words: &[&str]) -> Outcome {
        self.env.run(words.iter().copied().chain(["-n", &self.folder]))
    }

    #[track_caller]
    fn create(&self, name: &str, secret: &str, more: &[&str]) -> Outcome {
        let words = [&["create", name][..], &S3, more, &["-n", &self.folder]].concat();
        self.env.command(words).stdin(secret).run()
    }

    #[track_caller]
    fn shown(&self, name: &str) -> Value {
        self.run(&["get", name, "-o", "json"]).succeeds().json()
    }

    /// Whether the store has just this secret: a copy is compared in the local store, where nobody sees it.
    #[track_caller]
    fn has_secret(&self, name: &str, secret: &str) {
        let from = format!("vault-kv/{}/{name}", self.folder);
        self.env.run(["copy", &from, "local/copied/copied"]).succeeds();
        let more = ["-n", "copied", "-b", "local", "--if-exists=keep", "-o=json"];
        let keep = [&["create", "copied"][..], &S3, &more].concat();
        let kept = self.env.command(keep).stdin(secret).run().succeeds().json();
        let differences = kept["differences"].as_array().expect("a list").clone();
        assert!(!differences.contains(&json!("secret_access_key")), "{kept}");
        self.env.run(["delete", "copied", "-n", "copied", "-b", "local", "--yes"]).succeeds();
    }
}

#[test]
fn a_connection_lives_and_dies() {
    let site = Site::new();
    let life = Life { env: site.env(), folder: fresh_folder() };
    let (first, second) = (life.env.secret("first"), life.env.secret("second"));
    let created =
        life.create("sales", &first, &["--label=team=risk", "--description=What the shops send"]);
    assert!(created.stdout.contains("in backend `vault-kv`, folder"), "{created}");
    let shown = life.shown("sales");
    assert_eq!((&shown["type"], &shown["scope"]), (&json!("s3"), &json!(life.folder)));
    assert_eq!(shown["fields"]["bucket"], "sales");
    assert_eq!(shown["secrets"], json!(["secret_access_key"]));
    assert_eq!(
        (&shown["labels"], &shown["description"]),
        (&json!({"team": "risk"}), &json!("What the shops send"))
    );
    assert_eq!(shown["revision"], "1");
    life.has_secret("sales", &first);

    life.create("sales", &second, &[]).fails(5, "exists (type s3, version 1)");
    life.has_secret("sales", &first);
    let update = ["update", "sales", "bucket=other", "secret_access_key=-", "--label=team=sales"];
    let update = life.env.command(update.iter().copied().chain(["-n", &life.folder]));
    update.stdin(second.as_str()).run().succeeds();
    let shown = life.shown("sales");
    assert_eq!(
        (&shown["fields"]["bucket"], &shown["labels"]["team"]),
        (&json!("other"), &json!("sales"))
    );
    assert_eq!(shown["revision"], "2");
    life.has_secret("sales", &second);
    life.run(&["update", "sales", "bucket=other", "--if-revision", "1"]).exits_with(5);

    let listed = life.run(&["list", "-o", "name"]).succeeds();
    assert_eq!(listed.stdout, "sales\n");
    life.run(&["delete", "sales", "--yes"]).succeeds();
    life.run(&["get", "sales"]).fails(3, "sales");
    assert_eq!(life.run(&["list", "-o", "name"]).succeeds().stdout, "");
    life.create("sales", &first, &[]).succeeds();
    assert_eq!(life.shown("sales")["revision"], "3", "the versions of a deleted name go on");
    life.create("sales", &second, &["--if-exists=replace"]).succeeds();
    life.has_secret("sales", &second);
    life.run(&["delete", "sales", "--yes"]).succeeds();
}

#[test]
fn a_name_has_one_creator_however_many_try() {
    let site = Site::new();
    let life = Life { env: site.env(), folder: fresh_folder() };
    let secrets: Vec<_> = (0..6).map(|number| life.env.secret(&format!("key {number}"))).collect();
    let codes: Vec<_> = std::thread::scope(|scope| {
        let tries: Vec<_> = secrets
            .iter()
            .map(|secret| scope.spawn(|| life.create("sales", secret, &[]).code))
            .collect();
        tries.into_iter().map(|one| one.join().expect("a command does not panic")).collect()
    });
    let created = codes.iter().filter(|code| **code == 0).count();
    let refused = codes.iter().filter(|code| **code == 5).count();
    assert_eq!((created, refused), (1, 5), "{codes:?}");
    life.run(&["delete", "sales", "--yes"]).succeeds();
}
