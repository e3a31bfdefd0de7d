//! `connhub plugin new` and `connhub plugin build`: from nothing to a component of one's own.

use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;

use super::*;

fn sdk() -> String {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../sdk").display().to_string()
}

#[test]
fn a_project_is_made_once() {
    let env = TestEnv::new();
    let folder = env.files().join("acme").display().to_string();
    let words = ["plugin", "new", "acme-store", "--lang", "rust", "--dir", &folder];
    let made = env.run(words.iter().chain(&["-o", "json"])).succeeds().json();
    assert_eq!((&made["kind"], &made["name"]), (&"PluginProject".into(), &"acme-store".into()));
    let files = made["files"].as_array().unwrap();
    assert!(files.iter().all(|file| PathBuf::from(file.as_str().unwrap()).is_file()), "{made}");
    let manifest = fs_err::read_to_string(env.files().join("acme/Cargo.toml")).unwrap();
    assert!(
        manifest.contains("name = \"acme-store\"") && manifest.contains("git = "),
        "{manifest}"
    );
    env.run(words).fails(5, "is not empty");
    let elsewhere = env.files().join("other").display().to_string();
    env.run(["plugin", "new", "Acme", "--dir", &elsewhere]).fails(2, "is no name for a project");
    let wrong = ["plugin", "new", "acme", "--dir", &elsewhere, "--sdk", "/nowhere"];
    env.run(wrong).fails(2, "no checkout of the SDK");
    env.run(["plugin", "new", "acme", "--lang", "cobol"]).fails(2, "[possible values: rust");
    assert!(!env.files().join("other").exists());
}

/// The grants that a project comes with are read, and its connector is refused for nothing but that it is not built yet.
#[test]
fn the_grants_of_a_project_are_good() {
    let env = TestEnv::new();
    let folder = env.files().join("acme");
    let shown = folder.display().to_string();
    env.run(["plugin", "new", "acme-store", "--dir", &shown, "--sdk", &sdk()]).succeeds();
    let plugins = folder.join("plugins.toml").display().to_string();
    let listed = env.run(["plugin", "list", "--plugins", &plugins, "-o", "json"]).succeeds().json();
    let items = listed["items"].as_array().unwrap();
    let own = items.iter().find(|item| item["name"] == "acme-store").expect("it is configured");
    assert_eq!(own["state"], "missing");
    assert!(own["grants"]["endpoints"].to_string().contains("api"), "{own}");
}

#[test]
fn every_tool_that_is_missing_for_a_build_in_c_is_said() {
    let env = TestEnv::new();
    let folder = env.files().join("acme").display().to_string();
    env.run(["plugin", "new", "acme-store", "--lang", "c", "--dir", &folder]).succeeds();
    let build = || env.command(["plugin", "build", &folder]);
    let empty = env.folder("empty").display().to_string();
    build().variable("PATH", &empty).run().fails(3, "`make` cannot be started");
    let build = build().variable("CLANG", "no-such-clang").variable("WIT_BINDGEN", "no-such-tool");
    let refused = build.run().fails(1, "`make` cannot build this project");
    for tool in ["no-such-clang is missing", "no-such-tool is missing"] {
        assert!(refused.stderr.contains(tool), "{refused}");
    }
}

#[test]
fn what_is_missing_for_a_build_is_said() {
    let env = TestEnv::new();
    let empty = env.folder("empty").display().to_string();
    env.run(["plugin", "build", &empty]).fails(3, "holds no `Cargo.toml`");
    let folder = env.files().join("acme").display().to_string();
    env.run(["plugin", "new", "acme-store", "--dir", &folder, "--sdk", &sdk()]).succeeds();
    let build = || env.command(["plugin", "build", &folder]);
    let refused = build().variable("PATH", &empty).run().fails(3, "`rustc` cannot be started");
    assert!(refused.stderr.contains("rustup.rs"), "{refused}");
    // A compiler that knows the target, but has nothing for it, so that Cargo fails.
    let script = |name: &str, text: &str| {
        let program = env.folder("programs").join(name);
        fs_err::write(&program, format!("#!/bin/sh\n{text}\n")).unwrap();
        fs_err::set_permissions(&program, std::fs::Permissions::from_mode(0o755)).unwrap();
        program.display().to_string()
    };
    script("rustc", "echo /no/such/folder");
    script("cargo", "exit 101");
    let path = env.folder("programs").display().to_string();
    let refused =
        build().variable("PATH", &path).run().fails(1, "no standard library for `wasm32-wasip2`");
    assert!(refused.stderr.contains("hint: rustup target add wasm32-wasip2"), "{refused}");
    // One that Cargo is told to use is the one that is asked.
    let other = script("other-rustc", "echo /");
    let refused = build().variable("PATH", &path).variable("RUSTC", &other).run();
    refused.fails(1, "Cargo.toml` cannot be built");
}

/// What only Rust's tools know is refused for others, and reaches Cargo.
#[test]
fn a_profile_is_for_cargo() {
    let env = TestEnv::new();
    let folder = |name: &str| env.files().join(name).display().to_string();
    let new = |name: &str, language: &str| {
        let words = ["plugin", "new", "acme-store", "--lang", language, "--dir", &folder(name)];
        env.run(words).succeeds();
    };
    new("c", "c");
    let build = |name: &str| env.command(["plugin", "build", "--profile", "small", &folder(name)]);
    build("c").run().fails(2, "the tools for `c` know no profiles");
    new("rust", "rust");
    for (name, text) in [("rustc", "echo /"), ("cargo", "echo \"$@\" >&2; exit 101")] {
        let program = env.folder("programs").join(name);
        fs_err::write(&program, format!("#!/bin/sh\n{text}\n")).unwrap();
        fs_err::set_permissions(&program, std::fs::Permissions::from_mode(0o755)).unwrap();
    }
    let path = env.folder("programs").display().to_string();
    let refused = build("rust").variable("PATH", &path).run().fails(1, "cannot be built");
    assert!(refused.stderr.contains("build --profile small --target wasm32-wasip2"), "{refused}");
}

/// The first thing that an author looks at: a component that nobody has granted anything.
#[test]
fn a_component_that_is_granted_nothing_says_what_to_write() {
    let env = TestEnv::new();
    let component = connhub_tests::cli::components().join("vault-kv.wasm").display().to_string();
    let shown = env.run(["plugin", "inspect", &component]).succeeds().stdout;
    assert!(shown.contains("and `plugins.toml` does not grant it"), "{shown}");
    assert!(shown.contains("[connectors.NAME.endpoints.vault]"), "{shown}");
}
