//! `connhub plugin inspect` for a person who judges a component: what it is made of, who signed it, what it can reach at worst.

use std::io::Write as _;

use flate2::Compression;
use flate2::write::ZlibEncoder;
use serde_json::Value;

use super::signatures::{key_pair, sign};
use super::*;

/// Texts that would steer a terminal, forge a line of a table, or be a link in a ticket.
const HOSTILE_NEEDS: &str = r#"contract = '1.0.0'
version = "1.0\u001b[2J\nMay start:     yes"
[vault]
why = "harmless\u001b]0;title\u0007 `|` [click](https://evil.example.com)\nMay start:     yes\u202e"
[[endpoint]]
name = "api"
why = "<img src=x>\u001b[2J\nMay start:     yes"
allow = ["* /**"]
secrets-in = ["/password"]
"#;

fn escaped(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("\\{byte:02x}")).collect()
}

fn compressed(text: &[u8]) -> Vec<u8> {
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(text).unwrap();
    encoder.finish().unwrap()
}

/// A connector as far as its declarations go, with these bytes as its list of packages.
fn component(needs: &str, packages: &[u8]) -> Vec<u8> {
    let producers =
        r#"(core module (@producers (language "C" "11") (processed-by "clang\1b[2J" "18")))"#;
    wat::parse_str(format!(
        "(component (@custom \"connhub:needs\" \"{}\") (@custom \".dep-v0\" \"{}\") {producers} \
         (instance $b) (export \"connhub:connector/backend@1.0.0\" (instance $b)))",
        escaped(needs.as_bytes()),
        escaped(packages)
    ))
    .unwrap()
}

fn inspect(env: &TestEnv, file: &std::path::Path) -> Value {
    env.run(["plugin", "inspect", file.to_str().unwrap(), "-o", "json"]).succeeds().json()
}

/// Each shipped connector says what it is made of, and it is what the lock file has.
#[test]
fn the_shipped_connectors_say_what_they_are_made_of() {
    let env = TestEnv::new();
    let lock = fs_err::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../Cargo.lock"));
    let lock = lock.unwrap();
    for name in ["local", "rhoai", "dataos", "vault-kv"] {
        let json = env.run(["plugin", "inspect", name, "-o", "json"]).succeeds().json();
        assert_eq!(json["sbom"]["state"], "present", "{json}");
        let packages = json["sbom"]["packages"].as_array().unwrap();
        let names: Vec<&str> = packages.iter().map(|one| one["name"].as_str().unwrap()).collect();
        assert!(names.is_sorted() && names.contains(&"connhub-sdk"), "{names:?}");
        // A procedural macro and a dependency of the host are in no component.
        assert!(!names.contains(&"serde_derive") && !names.contains(&"wasmtime"), "{names:?}");
        let roots: Vec<&Value> = packages.iter().filter(|one| one["root"] == true).collect();
        assert_eq!(roots[0]["name"], format!("connhub-connector-{name}"), "{roots:?}");
        for package in packages {
            let text = |key: &str| package[key].as_str().unwrap();
            let locked = format!("name = \"{}\"\nversion = \"{}\"", text("name"), text("version"));
            assert!(lock.contains(&locked), "{locked}");
        }
        let tools = json["toolchain"]["tools"].to_string();
        for tool in ["wit-component", "\"rustc\"", "connhub-sdk"] {
            assert!(tools.contains(tool), "{tool}: {tools}");
        }
    }
}

#[test]
fn everything_is_shown_if_it_is_asked_for() {
    let env = TestEnv::new();
    let wide = env.run(["plugin", "inspect", "local", "-o", "wide"]).succeeds().stdout;
    for words in ["\nNeeds:\n  vault\n", "\nGrants:\n  vault\n", "PACKAGE", "connhub-sdk"] {
        assert!(wide.contains(words), "{words}\n{wide}");
    }
    let ticket = env.run(["plugin", "inspect", "local", "--markdown"]).succeeds().stdout;
    for words in ["# Connector `local`\n", "| At worst | `reads, changes", "| `connhub-sdk` |"] {
        assert!(ticket.contains(words), "{words}\n{ticket}");
    }
    let both = ["plugin", "inspect", "local", "--markdown", "-o", "json"];
    env.run(both).fails(2, "cannot be used with");
}

#[test]
fn a_hostile_component_is_shown_and_steers_nothing() {
    let env = TestEnv::new();
    let file = env.file("hostile.wasm", component(HOSTILE_NEEDS, b"no zlib"));
    let file = file.to_str().unwrap();
    let shown = env.run(["plugin", "inspect", file, "-o", "wide"]);
    assert!(!shown.stdout.contains("\nMay start:     yes"), "{shown}");
    insta::assert_snapshot!(shown, @r#"
    exit code: 0
    --- stdout ---
    Component:     $FILES/hostile.wasm
    SHA-256:       [SHA256] (unlocked)
    Size:          [SIZE] bytes
    Signed by:     nobody; there is no signature beside it
    Version:       1.0␛[2J May start:     yes
    Contract:      1.0.0
    Made with:     C 11, clang␛[2J 18
    SBOM:          unreadable: the section `.dep-v0` is not compressed with zlib, or is damaged
    May start:     no: connector `NAME` needs endpoint `api` (<img src=x>␛[2J May start:     yes), and `plugins.toml` does not grant it
    Hint:          to grant it, add to `plugins.toml`: [connectors.NAME.endpoints.api] kind = "http" allow = ["* /**"]
    At worst:      nothing, since it may not start; with everything that it needs it reads, changes and deletes its own records in the sealed store; sends any method to `api` with your login, and sends secrets there; reaches nothing else

    CAPABILITY   NEEDS    GRANTED   EFFECTIVE   WHY
    vault        yes      -         -           harmless␛]0;title␇ `|` [click](https://evil.example.com) May start:     yes\u{202e}
    reveal       -        -         -           -
    http api     1 rule   -         -           <img src=x>␛[2J May start:     yes

    Imports:

    Exports:
      connhub:connector/backend@1.0.0

    Needs:
      http api: * /**
      http api: secrets in /password
      vault

    Grants:
    "#);
    insta::assert_snapshot!(env.run(["plugin", "inspect", file, "--markdown"]), @r#"
    exit code: 0
    --- stdout ---
    # Connector `$FILES/hostile.wasm`

    | Fact | Value |
    |---|---|
    | Component | `$FILES/hostile.wasm` |
    | SHA-256 | `[SHA256] (unlocked)` |
    | Size | `468 bytes` |
    | Signed by | `nobody; there is no signature beside it` |
    | Version | `1.0␛[2J May start:     yes` |
    | Contract | `1.0.0` |
    | Made with | `C 11, clang␛[2J 18` |
    | SBOM | `unreadable: the section '.dep-v0' is not compressed with zlib, or is damaged` |
    | May start | `no: connector 'NAME' needs endpoint 'api' (<img src=x>␛[2J May start:     yes), and 'plugins.toml' does not grant it` |
    | Hint | `to grant it, add to 'plugins.toml': [connectors.NAME.endpoints.api] kind = "http" allow = ["* /**"]` |
    | At worst | `nothing, since it may not start; with everything that it needs it reads, changes and deletes its own records in the sealed store; sends any method to 'api' with your login, and sends secrets there; reaches nothing else` |

    ## Capabilities

    | Capability | Needs | Granted | Policy | Effective | Why |
    |---|---|---|---|---|---|
    | `vault` | `yes` | – | – | – | `harmless␛]0;title␇ '¦' [click](https://evil.example.com) May start:     yes\u{202e}` |
    | `reveal` | – | – | – | – | – |
    | `http api` | `1 rule` | – | – | – | `<img src=x>␛[2J May start:     yes` |

    ## Needs

    - `http api: * /**`
    - `http api: secrets in /password`
    - `vault`

    ## Grants

    none

    ## Imports

    none

    ## Exports

    - `connhub:connector/backend@1.0.0`
    "#);
}

/// What is wrong with a list is said in every form, and is no reason to show nothing else.
#[test]
fn a_hostile_list_of_packages_is_said() {
    let env = TestEnv::new();
    let check = |packages: &[u8], words: &str| {
        let file = env.file("x.wasm", component("contract = '1.0.0'", packages));
        let json = inspect(&env, &file);
        assert_eq!(json["sbom"]["state"], "unreadable", "{json}");
        assert_eq!(json["sbom"]["packages"].as_array().unwrap().len(), 0);
        let problem = json["sbom"]["problem"].as_str().unwrap();
        assert!(problem.contains(words), "{problem}");
    };
    // A hundred mebibytes in a hundred kibibytes.
    check(&compressed(&vec![b' '; 100 << 20]), "hold more than");
    check(b"", "not compressed with zlib");
    check(&compressed(b"{]"), "does not hold the JSON");
    let escape = br#"{"packages":[{"name":"\u001b[2J","version":"1.0.0","source":"git"}]}"#;
    check(&compressed(escape), "that no package can have");
    let circle =
        br#"{"packages":[{"name":"a","version":"1.0.0","source":"git","dependencies":[0]}]}"#;
    check(&compressed(circle), "does not hold the JSON");
}

#[test]
fn signers_are_named_and_a_broken_signature_is_said() {
    let env = TestEnv::new();
    let packages = br#"{"packages":[{"name":"a","version":"1.0.0","source":"crates.io"}]}"#;
    let file = env.file("x.wasm", component("contract = '1.0.0'", &compressed(packages)));
    assert_eq!(inspect(&env, &file)["signatures"]["count"], 0);
    key_pair(&env, "team");
    sign(&env, "team.key", &file);
    let unknown = inspect(&env, &file);
    assert_eq!(unknown["signatures"]["count"], 1);
    assert_eq!(unknown["signatures"]["signers"].as_array().unwrap().len(), 0);
    let key = fs_err::read_to_string(env.files().join("team.pub")).unwrap();
    env.plugins(&format!("version = 1\n\n[signers.team]\nkey = \"\"\"\n{key}\"\"\"\n"));
    assert_eq!(inspect(&env, &file)["signatures"]["signers"][0]["name"], "team");
    env.file("x.wasm.sig", "nothing");
    let broken = inspect(&env, &file);
    assert!(broken["signatures"]["problem"].as_str().unwrap().contains("holds no signature"));
}

/// A bundle has the list as a document for scanners, and whoever loads the bundle sees it.
#[test]
fn a_bundle_has_a_document_for_scanners() {
    let env = TestEnv::new();
    let packages =
        br#"{"packages":[{"name":"a","version":"1.0.0","source":"crates.io","root":true}]}"#;
    let file = env.file("acme.wasm", component("contract = '1.0.0'", &compressed(packages)));
    let saved = env.run(["plugin", "save", file.to_str().unwrap(), "-o", "json"]).succeeds().json();
    let files = saved["files"].to_string();
    assert_eq!(files, r#"["acme.wasm","needs.toml","policy.toml","bom.cdx.json"]"#);
    let bundle = env.files().join("acme.tar");
    let archive = fs_err::read(&bundle).unwrap();
    let archive = String::from_utf8_lossy(&archive);
    for words in ["\"specVersion\": \"1.5\"", "\"purl\": \"pkg:cargo/a@1.0.0\""] {
        assert!(archive.contains(words), "{words}");
    }
    assert!(archive.contains(saved["sha256"].as_str().unwrap()));
    let loaded = env.run(["plugin", "load", bundle.to_str().unwrap(), "--yes"]).succeeds();
    assert!(loaded.stderr.contains("SBOM:          1 package\n"), "{loaded}");

    let hostile = env.file("bad.wasm", component("contract = '1.0.0'", b"no zlib"));
    let saved = env.run(["plugin", "save", hostile.to_str().unwrap(), "-o", "json"]).succeeds();
    assert!(saved.stderr.contains("warning: the bundle has no `bom.cdx.json`"), "{saved}");
    assert!(!saved.json()["files"].to_string().contains("bom"), "{saved}");
}
