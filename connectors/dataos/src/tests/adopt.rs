//! Taking over Depots that somebody made by hand.

use connhub_sdk::testing::FakeHost;
use connhub_sdk::{Error, Field, Outcome, Patch, Target, Written};
use serde_json::json;

use crate::create::create;
use crate::delete::delete;
use crate::update::update;

use super::model::{Failure, Model};
use super::{draft, dry_run, target, target_with};

const TAG: &str = "connhub-connection:crm";

/// A Depot and its Secret as somebody made them by hand.
fn by_hand() -> Model {
    let model = Model::default();
    let created =
        create(&model.reach(&[]).host(), &target(), &draft(), connhub_sdk::IfExists::Fail);
    created.expect("nothing fails");
    let mut resources = model.resources();
    let mut secret = resources.remove("secret/crm-cred").expect("it was created");
    secret["name"] = json!("handmade");
    secret["tags"] = json!(["team=sales"]);
    resources.insert("secret/handmade".into(), secret);
    let depot = resources.get_mut("depot/crm").expect("it was created");
    for entry in depot["spec"]["secrets"].as_array_mut().expect("it is a list") {
        entry["id"] = json!("engineering:handmade");
    }
    Model::of(resources)
}

fn adopt(fake: &FakeHost, as_type: &str) -> Result<Written, Error> {
    update(&fake.host(), &target_with(&[("adopt", as_type)]), "crm", &Patch::default(), None)
}

#[test]
fn the_secret_is_marked_and_keeps_its_values() {
    for as_type in ["auto", "postgresql"] {
        let model = by_hand();
        let before = model.resources();
        let adopted = adopt(&model.reach(&[]), as_type).expect("it is adopted");
        assert_eq!((adopted.outcome, &adopted.notes), (Outcome::Updated, &Vec::new()));
        let mut expected = before.clone();
        let secret = expected.get_mut("secret/handmade").expect("it is there");
        secret["tags"] = json!(["team=sales", TAG]);
        assert_eq!(model.resources(), expected);
        let again = adopt(&model.reach(&[]), as_type).expect("it is adopted already");
        assert_eq!(again.outcome, Outcome::Unchanged);
        delete(&model.reach(&[]).host(), &target(), "crm", None).expect("it is deleted");
        assert!(model.resources().is_empty(), "the Secret goes with its Depot");
    }
}

#[test]
fn without_adoption_the_secret_stays() {
    let model = by_hand();
    delete(&model.reach(&[]).host(), &target(), "crm", None).expect("it is deleted");
    assert_eq!(model.resources().into_keys().collect::<Vec<_>>(), ["secret/handmade"]);
}

#[test]
fn what_others_use_is_left_and_what_does_not_fit_is_refused() {
    let model = by_hand();
    let mut resources = model.resources();
    let mut other = resources["depot/crm"].clone();
    other["name"] = json!("other");
    resources.insert("depot/other".into(), other);
    let model = Model::of(resources.clone());
    let adopted = adopt(&model.reach(&[]), "auto").expect("there is nothing to do");
    assert_eq!(adopted.outcome, Outcome::Unchanged);
    assert!(adopted.notes[0].contains("`other` uses it too"), "{:?}", adopted.notes);
    assert_eq!(model.resources(), resources);

    let error = adopt(&by_hand().reach(&[]), "s3").expect_err("it is no store");
    assert!(error.message().contains("is of type `postgresql`, not `s3`"), "{error:?}");

    let always = target_with(&[("adopt", "auto")]);
    let patch = Patch { fields: vec![Field::new("host", "new")], ..Patch::default() };
    let error = update(&by_hand().reach(&[]).host(), &always, "crm", &patch, None);
    assert!(error.expect_err("it is for one call").message().contains("take it out"));
}

#[test]
fn a_rehearsal_writes_nothing() {
    let model = by_hand();
    let before = model.resources();
    let mut target: Target = dry_run();
    target.settings.push(Field::new("adopt", "auto"));
    let fake = model.reach(&[]);
    let written = update(&fake.host(), &target, "crm", &Patch::default(), None);
    assert_eq!(written.expect("it would be adopted").outcome, Outcome::Updated);
    assert_eq!(model.resources(), before);
}

/// Whichever request fails, no value is lost, and a second run completes it.
#[test]
fn an_adoption_is_completed() {
    for at in 0..7 {
        for failure in [Failure::Refused(403), Failure::Unheard, Failure::Unanswered] {
            let model = by_hand();
            let data = |model: &Model| model.resources()["secret/handmade"]["secret"].clone();
            let before = data(&model);
            let first = adopt(&model.reach(&[(at, failure)]), "auto");
            assert_eq!(data(&model), before, "{at} {failure:?} {first:?}");
            adopt(&model.reach(&[]), "auto").expect("nothing fails");
            assert_eq!(data(&model), before);
            assert_eq!(model.resources()["secret/handmade"]["tags"], json!(["team=sales", TAG]));
        }
    }
}

/// A rotation between the fetching of the values and their writing is not undone.
#[test]
fn a_secret_that_changed_meanwhile_is_not_written() {
    let model = by_hand();
    let fake = model.reach(&[]);
    let server = model.clone();
    fake.serve("dataos", move |request| {
        let reply = server.answer(request);
        if request.path.ends_with("/secrets") {
            server.change(|resources| {
                let secret = resources.get_mut("secret/handmade").expect("it is there");
                secret["generation"] = json!(2);
                secret["secret"]["data"]["password"] = json!("canary-new");
            });
        }
        reply
    });
    let error = adopt(&fake, "auto").expect_err("it changed");
    assert!(
        matches!(&error, Error::Conflict(text) if text.contains("run the same command again")),
        "{error:?}"
    );
    assert_eq!(model.resources()["secret/handmade"]["secret"]["data"]["password"], "canary-new");
    adopt(&model.reach(&[]), "auto").expect("nothing happens");
    let secret = &model.resources()["secret/handmade"];
    assert_eq!(
        (&secret["secret"]["data"]["password"], &secret["tags"][1]),
        (&json!("canary-new"), &json!(TAG))
    );
}
