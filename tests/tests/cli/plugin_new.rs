//! `connhub plugin new` and `connhub plugin build`: from nothing to a component of one's own.

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

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
    let refused = build().variable("PATH", &empty).run().fails(3, "`cargo` cannot be started");
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
    let refused = build().variable("PATH", &path).variable("CARGO_BUILD_RUSTC", &other).run();
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

/// What gets a machine ready, and no README says in the same words.
const SET_UP: [&str; 3] =
    ["rustup update stable", "rustup target add wasm32-wasip2", "sudo apt-get update"];

/// The commands of a project's CI, in their order.
fn commands_of_ci(folder: &Path) -> Vec<String> {
    let text = fs_err::read_to_string(folder.join(".github/workflows/ci.yml")).unwrap();
    let workflow: serde_json::Value = serde_saphyr::from_str(&text).unwrap();
    assert_eq!(workflow["permissions"], serde_json::json!({ "contents": "read" }), "{text}");
    let steps = workflow["jobs"]["test"]["steps"].as_array().expect("it has steps");
    assert!(steps.iter().all(|step| step["run"].is_string() || step["uses"].is_string()), "{text}");
    steps.iter().filter_map(|step| Some(step["run"].as_str()?.to_owned())).collect()
}

/// CI types what the README says, with the program of this version.
#[test]
fn the_ci_of_a_project_runs_what_its_readme_says() {
    let own = format!(
        "cargo install --locked --git {} --tag v{} connhub",
        env!("CARGO_PKG_REPOSITORY"),
        env!("CARGO_PKG_VERSION")
    );
    for language in ["rust", "python", "js", "c"] {
        let env = TestEnv::new();
        let folder = env.files().join(language);
        let shown = folder.display().to_string();
        env.run(["plugin", "new", "acme-store", "--lang", language, "--dir", &shown]).succeeds();
        let readme = fs_err::read_to_string(folder.join("README.md")).unwrap();
        let commands = commands_of_ci(&folder);
        for command in &commands {
            let packages = command.strip_prefix("sudo apt-get install --yes ");
            let said = packages.unwrap_or(command);
            let is_said = readme.contains(&format!("`{said}`"))
                || packages.is_some_and(|said| readme.contains(said));
            let is_set_up = SET_UP.contains(&command.as_str()) || *command == own;
            assert!(is_said || is_set_up, "{language}: `{command}` is not in the README");
            if let Some(words) = command.strip_prefix("connhub ") {
                env.run(words.split(' ').chain(["--help"])).succeeds();
            }
        }
        let place = |wanted: &str| {
            let found = commands.iter().position(|command| command.starts_with(wanted));
            found.unwrap_or_else(|| panic!("{language}: nothing begins with `{wanted}`"))
        };
        let order = [
            own.as_str(),
            "connhub plugin build",
            "connhub plugin inspect target/",
            "connhub plugin test target/",
        ];
        assert!(order.map(place).is_sorted(), "{language}: {commands:?}");
    }
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
