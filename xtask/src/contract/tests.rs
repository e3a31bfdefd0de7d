//! Every kind of change, against a small contract that has one of everything.

use wit_parser::Resolve;

use super::breaks_of;
use super::outline::Outline;

/// A contract with one of everything. `VERSION` and the words of a case are replaced.
const CONTRACT: &str = "
package connhub:connector@VERSION;
interface types {
    record field { name: string, value: option<string> }
    variant error { denied(string), gone }
    enum outcome { created, kept }
    flags wishes { fast, safe }
    type names = list<string>;
    resource secret { length: func() -> u64; }
}
interface log {
    use types.{field};
    enum level { info, warn }
    write: func(level: level, fields: list<field>);
}
interface backend {
    use types.{error, outcome, secret};
    get: func(name: string, secret: borrow<secret>) -> result<outcome, error>;
}
world connector {
    import log;
    export backend;
}
";

fn parsed(text: &str) -> Outline {
    let mut resolve = Resolve::default();
    let package = resolve.push_str("contract.wit", text).unwrap();
    Outline::of(&resolve, package).unwrap()
}

fn of_version(version: &str) -> String {
    CONTRACT.replace("VERSION", version)
}

fn changed(version: &str, changes: &[(&str, &str)]) -> Outline {
    let mut text = of_version(version);
    for (before, after) in changes {
        assert!(text.contains(before), "the contract has no `{before}`");
        text = text.replace(before, after);
    }
    parsed(&text)
}

fn found(today: &Outline) -> Vec<String> {
    let breaks = breaks_of(&[parsed(&of_version("1.0.0"))], today).unwrap();
    breaks.iter().map(ToString::to_string).collect()
}

/// A change that no version 1 can have, whatever it calls itself.
#[track_caller]
fn forbidden(changes: &[(&str, &str)], words: &[&str]) {
    for version in ["1.0.0", "1.0.1", "1.1.0"] {
        let found = found(&changed(version, changes));
        assert_eq!(found.len(), 1, "{version}: {found:#?}");
        for word in words.iter().chain(&["contract.wit:", "2.0.0", "undo it"]) {
            assert!(found[0].contains(word), "{version}: no `{word}` in {}", found[0]);
        }
    }
    assert_eq!(found(&changed("2.0.0", changes)), [""; 0], "a new major version may change all");
}

/// A change that a new minor version can have if it says so.
#[track_caller]
fn dated(before: &str, addition: &str, words: &[&str]) {
    let with = |version: &str, since: &str| {
        let addition = addition.replace("SINCE", since);
        found(&changed(version, &[(before, &addition)]))
    };
    assert_eq!(with("1.1.0", "@since(version = 1.1.0)"), [""; 0]);
    assert_eq!(with("1.2.3", "@since(version = 1.1.0)"), [""; 0]);
    let refused = [
        ("1.0.0", ""),
        ("1.1.0", ""),
        ("1.0.0", "@since(version = 1.0.0)"),
        ("1.1.0", "@since(version = 1.0.0)"),
        // A host asks for the minor version only: a patch adds nothing.
        ("1.0.1", "@since(version = 1.0.1)"),
    ];
    for (version, since) in refused {
        let found = with(version, since);
        assert_eq!(found.len(), 1, "{version} {since}: {found:#?}");
        for word in words.iter().chain(&["@since(version = 1.1.0)", "contract.wit:"]) {
            assert!(found[0].contains(word), "{version} {since}: no `{word}` in {}", found[0]);
        }
    }
}

#[test]
fn what_did_not_change_is_lawful() {
    for version in ["1.0.0", "1.0.1", "1.7.0", "2.0.0"] {
        assert_eq!(found(&parsed(&of_version(version))), [""; 0], "{version}");
    }
    let documented = ("interface log {", "/// Says things.\ninterface log {\n// really");
    assert_eq!(found(&changed("1.0.0", &[documented])), [""; 0]);
    let imports = ("import log;\n    export backend;", "export backend;\n    import log;");
    assert_eq!(found(&changed("1.0.0", &[imports])), [""; 0]);
}

#[test]
fn functions_stay() {
    let write = "write: func(level: level, fields: list<field>);";
    forbidden(&[(write, "")], &["`log.write` is gone", "function in 1.0.0"]);
    let check = |after: &str, word: &str| forbidden(&[(write, after)], &["`log.write`", word]);
    check("write: func(level: level);", "no parameter `fields` any more");
    check(
        "write: func(level: level, fields: list<string>);",
        "parameter `fields` `list<string>`, which was `list<log.field>`",
    );
    check(
        "write: func(level: level, fields: list<field>, more: u8);",
        "parameter `more`, which it did not have",
    );
    check("write: func(fields: list<field>, level: level);", "another order");
    check("write: func(level: level, fields: list<field>) -> bool;", "has the result");
    check("write: async func(level: level, fields: list<field>);", "kind async function");
    forbidden(
        &[("-> result<outcome, error>", "-> result<outcome, string>")],
        &["`backend.get`", "the result `result<backend.outcome, string>`"],
    );
    forbidden(&[("secret: borrow<secret>", "secret: secret")], &["parameter `secret` `own "]);
    forbidden(&[("length: func() -> u64;", "")], &["`types.[method]secret.length` is gone"]);
}

#[test]
fn types_stay() {
    let record = "record field { name: string, value: option<string> }";
    let field = |after: &str, word: &str| {
        forbidden(&[(record, &format!("record field {{ {after} }}"))], &["`types.field`", word]);
    };
    field("name: string, value: option<string>, more: u8", "has field `more`");
    field("name: string", "no field `value` any more");
    field("name: string, value: string", "field `value` `string`, which was `option<string>`");
    field("value: option<string>, name: string", "another order");
    let case = |before: &str, after: &str, words: &[&str]| forbidden(&[(before, after)], words);
    case("gone }", "gone, other(string) }", &["`types.error`", "has case `other`"]);
    case("denied(string)", "denied", &["case `denied` without a type, which was `string`"]);
    case("denied(string), gone", "gone, denied(string)", &["another order"]);
    case("enum outcome { created, kept }", "enum outcome { created }", &["no case `kept`"]);
    case("kept }", "kept, replaced }", &["`types.outcome`", "has case `replaced`"]);
    case("flags wishes { fast, safe }", "flags wishes { fast, safe, new }", &["has flag `new`"]);
    case("type names = list<string>;", "type names = list<u8>;", &["`types.names`", "`list<u8>`"]);
    case("type names = list<string>;", "", &["`types.names` is gone"]);
    case("type names = list<string>;", "record names { all: list<string> }", &["of kind record"]);
}

#[test]
fn worlds_and_interfaces_stay() {
    forbidden(&[("    import log;\n", "")], &["`world connector`", "no import `log` any more"]);
    let more = "export backend;\n    export extra: func();";
    forbidden(&[("export backend;", more)], &["`world connector`", "has export `extra`"]);
    let more = "export backend;\n    @since(version = 1.1.0) export extra: func();";
    let today = changed("1.1.0", &[("export backend;", more)]);
    assert!(found(&today)[0].contains("has export `extra`"), "a date does not help");
}

#[test]
fn nothing_is_added_to_what_components_export() {
    let get = "get: func(name";
    let more = "more: func(); get: func(name";
    forbidden(&[(get, more)], &["`backend.more` is new", "do not export it"]);
    let dated = "@since(version = 1.1.0) more: func(); get: func(name";
    let found = found(&changed("1.1.0", &[(get, dated)]));
    assert!(found.len() == 1 && found[0].contains("do not export it"), "{found:?}");
}

#[test]
fn what_is_added_for_import_says_since_when() {
    let write = "write: func(level";
    dated(write, "SINCE more: func(); write: func(level", &["`log.more` is new"]);
    dated(write, "SINCE record more { a: u8 } write: func(level", &["`log.more` is new"]);
    let length = "length: func() -> u64;";
    let clear = "length: func() -> u64; SINCE clear: func();";
    dated(length, clear, &["`types.[method]secret.clear` is new"]);
    dated(
        "world connector {",
        "SINCE interface more { f: func(); } world connector {",
        &["`interface more` is new"],
    );
    dated(
        "world connector {",
        "SINCE world second { import log; } world connector {",
        &["`world second` is new"],
    );
    dated("import log;", "import log; SINCE import more: func();", &["has import `more`"]);
}

#[test]
fn a_new_interface_is_dated_once() {
    let interface = "@since(version = 1.1.0) interface more { record a { b: u8 } f: func(a: a); } world connector {";
    let import = "import log; @since(version = 1.1.0) import more;";
    let changes = [("world connector {", interface), ("import log;", import)];
    assert_eq!(found(&changed("1.1.0", &changes)), [""; 0]);
    // An import of an interface that has a date needs none of its own.
    let changes = [("world connector {", interface), ("import log;", "import log; import more;")];
    assert_eq!(found(&changed("1.1.0", &changes)), [""; 0]);
}

#[test]
fn every_release_is_compared_and_versions_only_grow() {
    let more = [("write: func(level", "@since(version = 1.1.0) more: func(); write: func(level")];
    let released = || vec![parsed(&of_version("1.0.0")), changed("1.1.0", &more)];
    let breaks = |today: &Outline| breaks_of(&released(), today);
    assert_eq!(breaks(&changed("1.2.0", &more)).unwrap(), []);
    let gone = breaks(&parsed(&of_version("1.2.0"))).unwrap();
    assert!(gone.len() == 1 && gone[0].what.contains("function in 1.1.0"), "{gone:?}");
    let both = changed("1.2.0", &[("write: func(level: level", "write: func(level: u8")]);
    let both = breaks(&both).unwrap();
    assert_eq!(both.iter().filter(|found| found.item == "log.write").count(), 1, "{both:?}");
    let fails = |version: &str, word: &str| {
        let error = breaks(&parsed(&of_version(version))).err().unwrap().to_string();
        assert!(error.contains(word) && error.contains(version), "{error}");
    };
    fails("1.0.5", "never goes back");
    fails("1.2.0-dev", "no other host");
}
