//! What the sandbox makes of a component that holds the engine of a language.

use std::os::unix::fs::MetadataExt as _;

use connhub_tests::cli::files_below;
use toml_edit::value;

use crate::site::{NAME, Site, component, shown};
use crate::{More, for_each};

#[test]
fn it_declares_what_it_imports() {
    for_each(|language| {
        let site = Site::empty();
        let file = shown(&component(language));
        let inspected = site.env.run(["plugin", "inspect", &file, "-o", "json"]).succeeds().json();
        assert_eq!(inspected["contract"], "1.0.0", "{inspected}");
        let imports = inspected["imports"].to_string();
        assert!(imports.contains("connector/http@1") && !imports.contains("vault"), "{imports}");
        // The hint names what is to be granted; nothing but the missing grant stops it.
        let refusal = inspected["refusal"].as_str().unwrap_or_default();
        assert!(refusal.contains("needs endpoint `api`"), "{inspected}");
    });
}

#[test]
fn the_engine_for_javascript_imports_nothing_of_wasi() {
    for_each(|language| {
        if language.name == "js" {
            let site = Site::empty();
            let file = shown(&component(language));
            let inspected = site.env.run(["plugin", "inspect", &file, "-o", "json"]).succeeds();
            assert!(!inspected.json()["imports"].to_string().contains("wasi:"), "{inspected}");
        }
    });
}

/// By the file that holds the code: it is written once, and the commands after leave it as it is.
#[test]
fn it_is_compiled_when_it_is_added() {
    for_each(|language| {
        let site = Site::empty();
        let file = shown(&component(language));
        let place = format!("api={}", site.server.url());
        let words = ["plugin", "add", &file, "--name", "mine", "--endpoint", &place, "--yes"];
        site.env.run(words).succeeds();
        let code = || {
            let files = files_below(&site.env.home().join("cache/components")).into_iter();
            let seen = files.map(|file| {
                let seen = fs_err::metadata(&file).expect("it was found");
                (file, seen.ino(), seen.mtime_nsec())
            });
            seen.collect::<Vec<_>>()
        };
        let added = code();
        assert_eq!(added.len(), 1, "{added:?}");
        // Nobody has said how to log in.
        site.env.run(["list", "--backend", "mine"]).fails(4, "");
        assert_eq!(code(), added);
    });
}

#[test]
fn a_limit_on_memory_holds_for_the_engine() {
    for_each(|language| {
        let site = Site::changed(language, |plugins| {
            plugins["connectors"][NAME]["limits"]["memory-mib"] = value(1);
        });
        site.run(&["list"]).fails(9, "memory-mib");
        assert!(site.server.requests().is_empty());
    });
}

#[test]
fn the_contract_is_met() {
    for_each(|language| {
        if language.has(More::Conformance) {
            let site = Site::new(language);
            let tested = site.run(&["plugin", "test", NAME, "-o", "json"]);
            assert_eq!(tested.code, 0, "{tested}");
            assert!(tested.stdout.contains("secrets.memory"), "{tested}");
        }
    });
}
