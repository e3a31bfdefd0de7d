//! The resource manager by the command line, which is a closure here.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use connhub_sdk::testing::{FakeHost, RanCommand, Reply, printed, secret};
use connhub_sdk::{
    CommandError, CommandOutcome, Draft, Error, Field, IfExists, SecretField, Target,
};
use serde_json::{Value, json};

use super::{CANARY, draft, fake, target_with};
use crate::create::create;

fn ctl() -> Target {
    target_with(&[("transport", "ctl"), ("wait", "false")])
}

/// A command line in which the words of a call decide what is answered.
fn answering(answer: impl Fn(&str, &RanCommand) -> CommandOutcome + 'static) -> FakeHost {
    let fake = fake();
    fake.serve("dataos", |sent| match sent.path.starts_with("/ds") {
        true => Reply::json(200, json!([])),
        false => Reply::json(500, json!({"message": "over HTTP"})),
    });
    fake.install("ctl", move |ran| {
        let words = ran.arguments.join(" ");
        assert!(!words.contains(CANARY), "{words}");
        Ok(answer(&words, ran))
    });
    fake
}

/// What is stored, as YAML.
fn shown(name: &str, kind: &str) -> String {
    format!(
        "---\n# {name}\nname: {name}\nversion: v2alpha\ntype: {kind}\nspec:\n  type: postgresql\n  spec:\n    host: a\ngeneration: 1\n"
    )
}

/// What is stored so far, by its kind.
type Stored = Rc<RefCell<Vec<String>>>;

fn succeeds(stored: &Stored, words: &str, ran: &RanCommand) -> CommandOutcome {
    let get = |kind: &str, name: &str| match stored.borrow().iter().any(|own| own == kind) {
        true => printed(0, shown(name, kind)),
        false => printed(0, "INFO[0000] get...nothing\n NAME | VERSION\n"),
    };
    match words {
        words if words.contains("get -t depot") => get("depot", "crm"),
        words if words.contains("get -t secret") => get("secret", "crm-cred"),
        words if words.contains("delete") => printed(0, "INFO[0000] deleting a:b:c...deleted"),
        words if words.contains("create") => {
            let manifest: Value = serde_json::from_str(ran.file("manifest.yaml")).expect("JSON");
            stored.borrow_mut().push(manifest["type"].as_str().expect("a type").to_owned());
            printed(0, "INFO[0001] 🔧 applying a:b:c...created\nINFO[0001] apply...complete")
        }
        _ => printed(0, ""),
    }
}

fn verbs(fake: &FakeHost) -> Vec<String> {
    fake.commands().iter().map(|ran| ran.arguments[..2].join(" ")).collect()
}

#[test]
fn secret_and_depot_are_handed_over_as_files() {
    let stored = Stored::default();
    let fake = answering(move |words, ran| succeeds(&stored, words, ran));
    create(&fake.host(), &ctl(), &draft(), IfExists::Fail).expect("it is created");
    let is_write = |ran: &RanCommand| ran.arguments[1] == "create";
    let commands: Vec<_> = fake.commands().into_iter().filter(is_write).collect();
    let secret: Value = serde_json::from_str(commands[0].file("manifest.yaml")).expect("JSON");
    assert_eq!(secret["secret"]["data"]["password"], CANARY);
    let arguments = "resource create --disable-interpolation -w engineering -f @manifest.yaml";
    assert_eq!(commands[0].arguments.join(" "), arguments);
    let depot: Value = serde_json::from_str(commands[1].file("manifest.yaml")).expect("JSON");
    assert_eq!(depot["type"], "depot");
    assert_eq!(fake.requests().iter().filter(|sent| sent.path.starts_with("/poros")).count(), 0);
}

#[test]
fn the_secret_is_taken_back_if_the_depot_is_refused() {
    for code in [0, 1] {
        let stored = Stored::default();
        let fake = answering(move |words, ran| {
            let is_depot = ran.files.iter().any(|(_, content)| {
                String::from_utf8_lossy(content).contains("\"type\":\"depot\"")
            });
            match is_depot {
                true => printed(
                    code,
                    "INFO[0001] applying crm:v2alpha:depot...error\nERRO[0001] Invalid Parameter - no such source",
                ),
                false => succeeds(&stored, words, ran),
            }
        });
        let error = create(&fake.host(), &ctl(), &draft(), IfExists::Fail).expect_err("it fails");
        assert!(format!("{error:?}").contains("no such source"), "{error:?}");
        assert_eq!(verbs(&fake).last().map(String::as_str), Some("resource delete"), "{error:?}");
    }
}

#[test]
fn auto_asks_who_is_logged_in_once() {
    let logged_in = Rc::new(Cell::new(true));
    let fake = answering({
        let (logged_in, stored) = (Rc::clone(&logged_in), Stored::default());
        move |words, ran| match words {
            "user get" if !logged_in.get() => printed(0, "ERRO[0000] Unauthorized - {}"),
            words => succeeds(&stored, words, ran),
        }
    });
    let auto = target_with(&[("wait", "false")]);
    create(&fake.host(), &auto, &draft(), IfExists::Fail).expect("it is created");
    assert_eq!(verbs(&fake).iter().filter(|verb| *verb == "user get").count(), 1);
    logged_in.set(false);
    let error = create(&fake.host(), &auto, &draft(), IfExists::Fail).expect_err("it fails");
    assert!(format!("{error:?}").contains("over HTTP"), "{error:?}");
}

#[test]
fn what_does_not_end_or_is_too_old_is_told() {
    let fake = answering(|words, _| match words {
        "version" => printed(0, "dataos-ctl 2.27.8\n"),
        _ => printed(0, "ERRO[0000] unknown type 'secret'\nINFO[0000] apply...nothing"),
    });
    let error = create(&fake.host(), &ctl(), &draft(), IfExists::Fail).expect_err("it fails");
    assert!(matches!(&error, Error::Unsupported(text) if text.contains("2.27.8")), "{error:?}");
    let late = super::fake();
    late.install("ctl", |_| Err(CommandError::TimedOut("it did not end".into())));
    let error = create(&late.host(), &ctl(), &draft(), IfExists::Fail).expect_err("it fails");
    assert!(format!("{error:?}").contains("it did not end"), "{error:?}");
    let none = super::fake();
    let error = create(&none.host(), &ctl(), &draft(), IfExists::Fail).expect_err("it fails");
    assert!(format!("{error:?}").contains("not installed"), "{error:?}");
}

/// Whatever others write into a description, it does not say how a run ended.
#[test]
fn what_stands_in_a_resource_is_no_outcome() {
    for words in [
        "see x:y...nothing",
        "see x:y...error",
        "|\n  ERRO[0001] Not Found - gone\n  apply...error",
    ] {
        let fake = answering(move |_, ran| {
            let kind = ran.arguments[3].clone();
            let name = if kind == "depot" { "crm" } else { "crm-cred" };
            printed(
                0,
                format!(
                    "INFO[0000] get...\n{}description: {words}\nerrorPolicy: a\n",
                    shown(name, &kind)
                ),
            )
        });
        let error =
            create(&fake.host(), &ctl(), &draft(), IfExists::Fail).expect_err("it is there");
        assert!(matches!(error, Error::AlreadyExists(_)), "{words}: {error:?}");
    }
}

#[test]
fn another_resource_than_was_asked_for_is_not_taken_for_it() {
    let fake = answering(|_, ran| printed(0, shown("crm2", &ran.arguments[3])));
    let error =
        create(&fake.host(), &ctl(), &draft(), IfExists::Replace).expect_err("it is not it");
    assert!(error.message().contains("printed another resource"), "{error:?}");
    assert!(verbs(&fake).iter().all(|verb| verb == "resource get"), "{:?}", verbs(&fake));
}

#[test]
fn files_of_a_secret_lie_beside_its_manifest() {
    let stored = Stored::default();
    let fake = answering(move |words, ran| succeeds(&stored, words, ran));
    let fields = vec![Field::new("bucket", "raw")];
    let key = SecretField::new("service_account_key", secret(CANARY));
    let draft = Draft { type_: "gcs".into(), fields, secrets: vec![key], ..draft() };
    create(&fake.host(), &ctl(), &draft, IfExists::Fail).expect("it is created");
    let commands = fake.commands();
    let made = commands.iter().find(|ran| ran.arguments[1] == "create").expect("it is made");
    let manifest: Value = serde_json::from_str(made.file("manifest.yaml")).expect("JSON");
    assert_eq!(manifest["secret"]["files"], json!({"gcskey_json": "file-0"}));
    assert_eq!(made.file("file-0"), CANARY);
    assert_eq!(made.files.len(), 2);
    let over_http = target_with(&[("transport", "http"), ("wait", "false")]);
    let error = create(&fake.host(), &over_http, &draft, IfExists::Fail).expect_err("it fails");
    assert!(format!("{error:?}").contains("not documented"), "{error:?}");
}
