//! A connection from its creation to its end.

use http::Method;

use crate::site::{NAME, Site};
use crate::{More, for_each};

#[test]
fn a_connection_lives_and_ends() {
    for_each(|language| {
        let site = Site::new(language);
        site.create("sales").succeeds();
        let kept = site.store.item("sales").expect("the store has it");
        assert_eq!((kept.kind.as_str(), kept.fields["bucket"].as_str()), ("s3", "sales"));
        // The test's user watches the value: that the store has it, and nobody else, is what counts.
        let secret = &kept.secrets["secret_access_key"];
        assert!(site.env.canaries().find(secret.as_bytes()).is_some(), "the secret arrived whole");

        let listed = site.run(&["list", "-o", "json"]).succeeds().json();
        assert_eq!(listed["items"][0]["name"], "sales", "{listed}");
        let got = site.run(&["get", "sales", "-o", "json"]).succeeds().json();
        assert_eq!(got["fields"]["bucket"], "sales", "{got}");
        let words = ["get", "sales", "--reveal", "secret_access_key", "--backend", NAME];
        let opened = site.env.command(words).revealing().run().succeeds().stdout;
        assert_eq!(opened.trim_end_matches('\n'), secret);
        site.run(&["delete", "sales", "--yes"]).succeeds();
        assert_eq!(site.store.item("sales"), None);
        site.run(&["get", "sales"]).fails(3, "sales");
        let asked = site.server.requests();
        assert!(asked.iter().any(|request| request.method == Method::DELETE), "{asked:?}");
    });
}

#[test]
fn a_name_is_taken_once() {
    for_each(|language| {
        let site = Site::new(language);
        site.create("sales").succeeds();
        let first = site.store.item("sales");
        site.create("sales").fails(5, "sales");
        assert_eq!(site.store.item("sales"), first);
    });
}

#[test]
fn a_store_that_does_not_know_the_token_says_so() {
    for_each(|language| {
        let site = Site::changed(language, |plugins| {
            let login = &mut plugins["backends"]["example-store"]["endpoints"]["api"]["login"];
            login["file"] = toml_edit::value("/dev/null");
        });
        site.run(&["list"]).fails(4, "");
    });
}

#[test]
fn what_is_kept_can_be_changed() {
    for_each(|language| {
        if !language.has(More::Update) {
            return;
        }
        let site = Site::new(language);
        site.create("sales").succeeds();
        site.run(&["update", "sales", "bucket=other"]).succeeds();
        let kept = site.store.item("sales").expect("it is there");
        assert_eq!(kept.fields["bucket"], "other");
        assert_eq!(kept.fields["endpoint"], "https://s3.example.com");
        assert!(kept.secrets.contains_key("secret_access_key"), "it stays");
    });
}

#[test]
fn the_login_can_be_checked() {
    for_each(|language| {
        if language.has(More::Check) {
            let site = Site::new(language);
            let report = site.run(&["check", "-o", "json"]).succeeds().json();
            assert!(report.to_string().contains("ann"), "{report}");
        }
    });
}
