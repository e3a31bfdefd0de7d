//! What happens to a component before it works: it is looked at, added, compiled once, tried out, and held to its limits.

use toml_edit::value;

use crate::for_each;
use crate::site::{NAME, Site, component, shown, template};

#[test]
fn it_declares_what_it_needs() {
    for_each(|language| {
        let site = Site::cold();
        let words = ["plugin", "inspect", &shown(&component(language)), "-o", "json"];
        let inspected = site.env.run(words).succeeds().json();
        let text = inspected.to_string();
        assert!(text.contains("DELETE /items/*") && text.contains("0.1.0"), "{text}");
        // No file, no network and no program by another way: what a standard library imports of WASI is harmless or empty.
        assert!(!text.contains("wasi:http") && !text.contains("connector/vault"), "{text}");
    });
}

#[test]
fn it_is_added_and_compiled_once() {
    for_each(|language| {
        let site = Site::cold();
        let place = format!("api={}", site.server.url());
        let file = shown(&component(language));
        let words = ["plugin", "add", &file, "--name", NAME, "--endpoint", &place, "--yes"];
        site.env.run(words).succeeds();
        let compiled = site.cache();
        assert_eq!(compiled.len(), 1, "it was compiled when it was added: {compiled:?}");
        let added = fs_err::read_to_string(site.env.home().join("plugins.toml"));
        let mut plugins: toml_edit::DocumentMut = added.expect("it was written").parse().unwrap();
        let granted = masks(&plugins);
        assert_eq!(granted, masks(&template(language)), "what the component wishes for");
        assert!(!granted.is_empty());
        site.log_in(&mut plugins);
        site.env.plugins(&plugins.to_string());
        site.create("sales").succeeds();
        let listed = site.run(&["list", "-o", "name"]).succeeds().stdout;
        assert!(listed.contains("sales"), "{listed}");
        assert_eq!(site.cache(), compiled, "no start compiles anything");
    });
}

/// Which values of answers are masked.
fn masks(plugins: &toml_edit::DocumentMut) -> Vec<String> {
    let endpoint = &plugins["connectors"][NAME]["endpoints"]["api"];
    let masks = endpoint["mask"].as_array().expect("it masks something");
    masks.iter().map(|mask| mask.as_str().expect("it is a pointer").to_owned()).collect()
}

#[test]
fn it_passes_the_trial() {
    for_each(|language| {
        let site = Site::new(language);
        let report = site.env.run(["plugin", "test", NAME, "-o", "json"]);
        let items = report.json()["items"].as_array().cloned().unwrap_or_default();
        let failed: Vec<_> = items.iter().filter(|item| item["result"] == "failed").collect();
        assert!(failed.is_empty() && items.len() > 20, "{failed:#?}\n{report}");
        assert_eq!(report.code, 0, "{report}");
        let left = site.run(&["list", "-o", "name"]).succeeds().stdout;
        assert_eq!(left, "", "something is left");
    });
}

#[test]
fn too_little_memory_ends_it_and_nothing_else() {
    for_each(|language| {
        let site = Site::changed(language, |plugins| {
            let limits = &mut plugins["connectors"][NAME]["limits"];
            limits["memory-mib"] = value(language.too_little_memory);
        });
        let refused = site.run(&["list"]).fails(9, NAME);
        assert!(refused.stderr.contains("`memory-mib`"), "{refused}");
        assert!(site.server.requests().is_empty(), "it never got so far");
    });
}

#[test]
fn what_is_not_granted_is_not_done() {
    for_each(|language| {
        let site = Site::changed(language, |plugins| {
            let endpoint = &mut plugins["connectors"][NAME]["endpoints"]["api"];
            endpoint["allow"] = value(toml_edit::Array::from_iter(["GET /items"]));
        });
        let refused = site.create("sales").fails(8, "POST /items");
        assert!(refused.stderr.contains(NAME), "{refused}");
        assert_eq!(site.store.item("sales"), None);
        site.run(&["list"]).succeeds();
    });
}
