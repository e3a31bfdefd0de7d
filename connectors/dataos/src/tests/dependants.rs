//! Other Depots with the Secret whose values were replaced, in tenants with many depots.

use connhub_sdk::IfExists;
use connhub_sdk::testing::{FakeHost, Reply};
use serde_json::{Value, json};

use super::model::Model;
use super::{DEPOTS, draft, password_patch, target};
use crate::create::create;
use crate::update::update;

/// `crm` and `other` share a Secret.
fn shared() -> Model {
    let model = Model::default();
    create(&model.reach(&[]).host(), &target(), &draft(), IfExists::Fail).expect("nothing fails");
    model.change(|resources| {
        let mut other = resources["depot/crm"].clone();
        other["name"] = "other".into();
        resources.insert("depot/other".into(), other);
    });
    model
}

fn filler(number: usize) -> Value {
    json!({"name": format!("d{number}"), "type": "http", "http": {"baseUrl": "https://a.example"}})
}

/// A server whose list of depots is this one.
fn listing(model: &Model, list: impl Fn(usize) -> Vec<Value> + 'static) -> FakeHost {
    let (fake, server) = (model.reach(&[]), model.clone());
    let other = json!({
        "name": "other", "type": "postgresql", "postgresql": {},
        "secrets": [{"id": "engineering:crm-cred", "purpose": "rw"}],
    });
    fake.serve("dataos", move |request| {
        if request.path != DEPOTS {
            return server.answer(request);
        }
        let offset = request.query("offset").and_then(|text| text.parse().ok());
        let mut page = list(offset.expect("it has an offset"));
        page[1] = other.clone();
        Reply::json(200, json!({ "depots": page }))
    });
    fake
}

fn rotate(fake: &FakeHost) -> (usize, Vec<String>) {
    let written = update(&fake.host(), &target(), "crm", &password_patch("canary-new"), None);
    let is_put = |path: &str| path.ends_with("/depot/other");
    let puts =
        fake.requests().iter().filter(|one| one.method == "PUT" && is_put(&one.path)).count();
    (puts, written.expect("it is rotated").notes)
}

#[test]
fn a_server_that_knows_no_offset_has_each_depot_written_once() {
    let (puts, notes) = rotate(&listing(&shared(), |_| (0..100).map(filler).collect()));
    assert_eq!((puts, notes.len()), (1, 1), "{notes:?}");
}

#[test]
fn a_tenant_that_is_too_large_to_look_through_is_said_to_be() {
    let list = |offset| (offset..offset + 100).map(filler).collect();
    let (_, notes) = rotate(&listing(&shared(), list));
    let last = notes.last().expect("there are notes");
    assert!(last.contains("too many Depots to look through"), "{notes:?}");
}
