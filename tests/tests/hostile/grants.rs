//! Two keys: what a component declares, and what it is granted. Without both it is not even started.

use crate::arena::Attacker;
use crate::component::{Foreign, NEEDS, Raw, misbehaves, with_needs};
use crate::row::attack;
use crate::withstand_all;

const CONTRACT: &str = "contract = \"1.0.0\"\n";
const VAULT: &str = "contract = \"1.0.0\"\n[vault]\nwhy = \"keeps things\"\n";
const SCAN: &str =
    "(import \"connhub:connector/vault@1.0.0\" \"get\" (func $get (param i32 i32 i32 i32 i32)))";

/// All of them.
pub fn attackers() -> Vec<Attacker> {
    [ungranted(), undeclared(), declarations(), versions(), interfaces(), contracts()].concat()
}

fn refused(
    name: &'static str,
    component: Vec<u8>,
    grants: &'static str,
    words: &[&'static str],
) -> Attacker {
    Attacker { row: attack(name, "").by(name).ends(8, words), component, grants }
}

fn declaring(needs: &str) -> Vec<u8> {
    with_needs(Raw::default().encode(), needs)
}

#[test]
fn what_is_declared_has_to_be_granted() {
    withstand_all(&ungranted());
}

fn ungranted() -> Vec<Attacker> {
    let endpoint =
        "[[endpoint]]\nname = \"api\"\nwhy = \"talks\"\nallow = [\"GET /a/*\", \"POST /b\"]\n";
    let reveal = "[reveal]\nwhy = \"looks\"\n";
    vec![
        refused(
            "vault",
            declaring(VAULT),
            "",
            &["needs vault (keeps things)", "[connectors.vault.vault]"],
        ),
        refused(
            "endpoint",
            declaring(&format!("{CONTRACT}{endpoint}")),
            "",
            &[
                "endpoint `api` (talks)",
                "[connectors.endpoint.endpoints.api]",
                "\"GET /a/*\", \"POST /b\"",
            ],
        ),
        refused(
            "reveal",
            declaring(&format!("{CONTRACT}{reveal}")),
            "",
            &["(looks)", "reveal = true"],
        ),
        refused("everything", with_needs(misbehaves(), NEEDS), "\n[vault]\n", &["endpoint `api`"]),
    ]
}

#[test]
fn what_is_imported_has_to_be_declared() {
    withstand_all(&undeclared());
}

fn undeclared() -> Vec<Attacker> {
    let imports = Raw {
        imports: SCAN,
        check: "(call $get (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 2048)) i32.const 1024",
        ..Raw::default()
    };
    let undeclared = ["imports `vault` but does not declare"];
    vec![
        refused(
            "imports-vault",
            with_needs(imports.encode(), CONTRACT),
            "\n[vault]\n",
            &undeclared,
        ),
        refused(
            "imports-all",
            with_needs(misbehaves(), CONTRACT),
            "\n[vault]\n",
            &["does not declare"],
        ),
    ]
}

#[test]
fn a_declaration_is_there_once_and_can_be_read() {
    withstand_all(&declarations());
}

fn declarations() -> Vec<Attacker> {
    let without = Raw::default().encode();
    let twice = with_needs(declaring(CONTRACT), CONTRACT);
    let long = format!("{CONTRACT}# {}", "x".repeat(70_000));
    let future = "contract = \"2.0.0\"\n";
    let newer = "contract = \"1.9.0\"\n";
    let unknown = format!("{CONTRACT}sockets = true\n");
    vec![
        refused("needs-missing", without, "", &["no section `connhub:needs`"]),
        refused("needs-twice", twice, "", &["more than one section"]),
        refused("needs-broken", declaring("contract = "), "", &["cannot be read"]),
        refused("needs-empty", declaring(""), "", &["contract"]),
        refused("needs-unknown", declaring(&unknown), "", &["sockets"]),
        refused("needs-long", declaring(&long), "", &["64 KiB"]),
        refused("needs-not-text", declaring_bytes(), "", &["cannot be started"]),
        refused("needs-future", declaring(future), "", &["2.0.0", "1.0.0"]),
        refused("needs-newer", declaring(newer), "", &["1.9.0", "1.0.0"]),
    ]
}

fn declaring_bytes() -> Vec<u8> {
    let mut component = declaring("contract = \"1.0.0\" # bytes");
    let last = component.len() - 1;
    component[last] = 0xff;
    component
}

#[test]
fn a_component_of_another_version_is_refused_with_both_versions() {
    withstand_all(&versions());
}

fn versions() -> Vec<Attacker> {
    let of = |name, version| {
        let component = with_needs(Raw { version, ..Raw::default() }.encode(), CONTRACT);
        refused(name, component, "", &["this connhub speaks 1.0.0", version])
    };
    vec![of("version-minor", "1.9.0"), of("version-major", "2.0.0"), of("version-old", "0.9.0")]
}

const HTTP: &[Foreign] = &[Foreign {
    name: "wasi:http/outgoing-handler@0.2.0",
    package: "package wasi:http@0.2.0; interface outgoing-handler { f: func(); }",
}];
const SOCKETS: &[Foreign] = &[Foreign {
    name: "wasi:sockets/network@0.2.0",
    package: "package wasi:sockets@0.2.0; interface network { f: func(); }",
}];
const KEYS: &[Foreign] = &[Foreign {
    name: "wasi:keyvalue/store@0.2.0",
    package: "package wasi:keyvalue@0.2.0; interface store { f: func(); }",
}];
const SHELL: &[Foreign] = &[Foreign {
    name: "evil:corp/shell@1.0.0",
    package: "package evil:corp@1.0.0; interface shell { f: func(); }",
}];

#[test]
fn an_interface_that_the_host_does_not_have_is_named() {
    withstand_all(&interfaces());
}

fn interfaces() -> Vec<Attacker> {
    let importing = |name, foreign: &'static [Foreign], imports| {
        let check = "(call $f) i32.const 1024";
        let raw = Raw { foreign, imports, check, ..Raw::default() };
        let words: &'static [&'static str] = match foreign {
            [foreign] => std::slice::from_ref(&foreign.name),
            _ => &[],
        };
        refused(name, with_needs(raw.encode(), CONTRACT), "", words)
    };
    vec![
        importing(
            "imports-http",
            HTTP,
            "(import \"wasi:http/outgoing-handler@0.2.0\" \"f\" (func $f))",
        ),
        importing(
            "imports-sockets",
            SOCKETS,
            "(import \"wasi:sockets/network@0.2.0\" \"f\" (func $f))",
        ),
        importing(
            "imports-keyvalue",
            KEYS,
            "(import \"wasi:keyvalue/store@0.2.0\" \"f\" (func $f))",
        ),
        importing("imports-shell", SHELL, "(import \"evil:corp/shell@1.0.0\" \"f\" (func $f))"),
    ]
}

#[test]
fn a_contract_that_was_changed_is_not_that_of_the_host() {
    withstand_all(&contracts());
}

fn contracts() -> Vec<Attacker> {
    let teleports = Raw {
        contract: ("interface log {", "interface log { teleport: func();"),
        imports: "(import \"connhub:connector/log@1.0.0\" \"teleport\" (func $f))",
        check: "(call $f) i32.const 1024",
        ..Raw::default()
    };
    let answers_in_text = Raw { contract: ("result<report, error>", "string"), ..Raw::default() };
    let cannot_delete = Raw {
        contract: ("delete: func(target", "remove: func(target"),
        fields: "(func (export \"connhub:connector/backend@1.0.0#remove\")
                   (param i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32) (result i32)
                   i32.const 1024)",
        ..Raw::default()
    };
    let declaring = |raw: Raw| with_needs(raw.encode(), CONTRACT);
    vec![
        refused("imports-a-function-more", declaring(teleports), "", &["teleport"]),
        refused("exports-a-function-less", declaring(cannot_delete), "", &["delete"]),
        Attacker {
            row: attack("exports-another-type", "")
                .by("exports-another-type")
                .ends(9, &["broke the contract", "found `string`"]),
            component: declaring(answers_in_text),
            grants: "",
        },
    ]
}
