//! `connhub plugin push`, to a real registry.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use connhub_tests::docker_registry::{DockerRegistry, PASSWORD, USER};

use super::signatures::key_pair;
use super::*;

/// A user who may push, and the place to push to.
pub(super) fn site() -> (TestEnv, DockerRegistry, String) {
    let registry = DockerRegistry::start();
    let env = TestEnv::new();
    env.watch("password", PASSWORD);
    let auth = STANDARD.encode(format!("{USER}:{PASSWORD}"));
    let logins = serde_json::json!({ "auths": { registry.host(): { "auth": auth } } });
    let file = env.file("auth.json", logins.to_string());
    let env = env.with_variable("REGISTRY_AUTH_FILE", file.to_str().unwrap());
    let place = format!("oci://{}/team/acme:1", registry.host());
    (env, registry, place)
}

fn pushed(env: &TestEnv, words: &[&str]) -> serde_json::Value {
    let words: Vec<&str> =
        ["plugin", "push", "local"].iter().chain(words).chain(&["-o", "json"]).copied().collect();
    env.run(words).succeeds().json()
}

#[test]
fn what_is_pushed_is_added_by_tag_and_by_digest() {
    let (env, _registry, place) = site();
    let first = pushed(&env, &[&place]);
    assert_eq!(first["outcome"], "pushed");
    assert_eq!(first["reference"], place.as_str());
    let again = pushed(&env, &[&place]);
    assert_eq!(again["outcome"], "unchanged");
    assert_eq!(again["pinned"], first["pinned"], "the same component is the same image");
    let pinned = first["pinned"].as_str().unwrap();
    for (name, source) in [("by-tag", place.as_str()), ("by-digest", pinned)] {
        env.run(["plugin", "add", source, "--name", name, "--yes"]).succeeds();
    }
    let fields = ["x", "--type", "uri", "uri=https://a.example.com", "-b", "by-digest"];
    env.run(["create"].iter().chain(&fields)).succeeds();
    env.run(["list", "-b", "by-digest", "-o", "name"]).succeeds();
}

#[test]
fn signatures_add_up_and_are_those_that_add_asks_for() {
    let (env, _registry, place) = site();
    let files = env.files();
    let at = |name: &str| files.join(name).to_str().unwrap().to_owned();
    for key in ["one", "two", "other"] {
        key_pair(&env, key);
    }
    for key in ["one", "two", "two"] {
        let push = pushed(&env, &[&place, "--key", &at(&format!("{key}.key"))]);
        assert!(push["key"].as_str().unwrap().starts_with("p256:"), "{push}");
    }
    let add = |name: &str, key: &str| {
        let key = at(&format!("{key}.pub"));
        env.run(["plugin", "add", &place, "--name", name, "--key", &key, "--yes"])
    };
    add("a", "one").succeeds();
    add("b", "two").succeeds();
    add("c", "other").exits_with(8);
}

#[test]
fn what_cannot_be_pushed_is_said() {
    let (env, registry, place) = site();
    let push = |words: &[&str]| {
        env.run(["plugin", "push"].iter().chain(words).copied().collect::<Vec<_>>())
    };
    push(&["local", "team/acme:1"]).fails(2, "no place in a registry");
    let pinned = format!("oci://{}/a@sha256:{}", registry.host(), "0".repeat(64));
    push(&["local", &pinned]).fails(2, "names no tag");
    push(&["nothing", &place]).fails(3, "no connector and no file `nothing`");
    let text = env.file("text.wasm", "not wasm");
    push(&[text.to_str().unwrap(), &place]).fails(8, "no connector that can be started");
    push(&["local", &place, "--key", text.to_str().unwrap()]).fails(2, "cannot be used to sign");
    push(&["local", "oci://127.0.0.1:1/a:1"]).exits_with(6);
    let stranger = TestEnv::new();
    insta::assert_snapshot!(
        stranger.run(["plugin", "push", "local", &place]).to_string().replace(&registry.host(), "HOST"),
        @"
    exit code: 4
    --- stderr ---
    error: `oci://HOST/team/acme:1`: the registry answered 401 Unauthorized

    hint: log in with `podman login HOST` or `docker login HOST`
    "
    );
}
