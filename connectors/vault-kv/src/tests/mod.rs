//! The connector against a server that is a closure, held to the grants of the repository's `plugins.toml`.

mod change;
mod check;
mod create;
mod list;
mod server;

use connhub_sdk::testing::{assert_declared, secret};
use connhub_sdk::{Connector, Draft, Error, Field, HttpError, IfExists, Target, Written};

use crate::VaultKv;
use server::Server;

const PLUGINS: &str = include_str!("../../../../plugins.toml");

/// A value that must not turn up anywhere but in the body of a write.
const CANARY: &str = "canary-\"$\u{e9}";

fn target() -> Target {
    target_with(&[])
}

fn target_with(settings: &[(&str, &str)]) -> Target {
    let settings = settings.iter().map(|(name, value)| Field::new(*name, *value)).collect();
    Target { scope: Some("team".into()), settings, dry_run: false }
}

fn dry_run() -> Target {
    Target { dry_run: true, ..target() }
}

fn draft() -> Draft {
    Draft {
        display_name: Some("Sales".into()),
        ..Draft::new("sales", "s3")
            .with_field("bucket", "b")
            .with_field("access_key_id", "AKIA")
            .with_secret("secret_access_key", secret(CANARY))
            .with_label("team", "a")
    }
}

fn create(server: &Server, draft: Draft, if_exists: IfExists) -> Result<Written, Error> {
    let result = VaultKv::create(&server.fake.host(), &target(), draft, if_exists);
    let shown = format!("{result:?} {:?}", server.fake.logs());
    assert!(!shown.contains("canary"), "{shown}");
    result
}

#[test]
fn the_grants_are_what_the_component_declares() {
    assert_declared(PLUGINS, "vault-kv", crate::NEEDS);
}

#[test]
fn what_the_host_cannot_send_keeps_its_meaning() {
    let server = Server::new();
    let unreachable = HttpError::Unreachable("no route".into());
    server.fake.expect(
        "GET",
        "/v1/secret/data/team/sales",
        connhub_sdk::testing::Reply::error(unreachable),
    );
    let error = VaultKv::get(&server.fake.host(), &target(), "sales");
    assert_eq!(error, Err(Error::unavailable("no route")));
}

#[test]
fn a_wrong_place_is_refused_before_anything_is_sent() {
    let server = Server::new();
    let get = |target: &Target, name: &str| {
        VaultKv::get(&server.fake.host(), target, name).expect_err("it is no place").message()
    };
    assert!(get(&target(), "a/b").starts_with("name: "));
    assert!(get(&target(), "..").starts_with("name: "));
    let elsewhere = Target { scope: Some("../other".into()), ..Target::default() };
    assert!(get(&elsewhere, "sales").starts_with("scope: "));
    assert!(get(&target_with(&[("mount", "a/b/c")]), "sales").contains("`mount` is `a/b/c`"));
    assert!(get(&target_with(&[("mount", "..")]), "sales").contains("`mount`"));
    assert!(get(&target_with(&[("delete", "hard")]), "sales").contains("`soft`, `destroy`"));
    assert_eq!(server.fake.requests().len(), 0);
}
