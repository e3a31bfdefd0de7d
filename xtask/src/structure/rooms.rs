//! Which room of `host/src` may name which, and what only some rooms may call.

use proc_macro2::TokenTree;

use super::Finding;
use super::files::SourceFile;
use super::tokens::{self, Tokens};

/// A room and the rooms that it may name. Dependencies point one way: nothing points back.
struct Room {
    name: &'static str,
    may_name: &'static [&'static str],
}

const ROOMS: &[Room] = &[
    Room {
        name: "cli",
        may_name: &[
            "operations",
            "plugins",
            "settings",
            "ui",
            "programs",
            "consumers",
            "imports",
            "policy",
            "signing",
            "audit",
            "model",
        ],
    },
    Room {
        name: "operations",
        may_name: &[
            "plugins",
            "conformance",
            "runtime",
            "fetch",
            "probes",
            "capabilities",
            "settings",
            "programs",
            "consumers",
            "imports",
            "policy",
            "signing",
            "audit",
            "model",
        ],
    },
    Room {
        name: "plugins",
        may_name: &[
            "runtime",
            "fetch",
            "capabilities",
            "settings",
            "programs",
            "policy",
            "signing",
            "audit",
            "model",
        ],
    },
    Room { name: "conformance", may_name: &["policy", "model"] },
    Room { name: "audit", may_name: &["model"] },
    Room { name: "consumers", may_name: &["model"] },
    Room { name: "imports", may_name: &["consumers", "model"] },
    Room { name: "runtime", may_name: &["capabilities", "policy", "model"] },
    Room { name: "capabilities", may_name: &["programs", "policy", "model"] },
    Room { name: "fetch", may_name: &["capabilities", "signing", "model"] },
    Room { name: "probes", may_name: &["capabilities", "fetch", "consumers", "model"] },
    Room { name: "programs", may_name: &["model"] },
    Room { name: "policy", may_name: &["signing", "model"] },
    Room { name: "signing", may_name: &["model"] },
    Room { name: "model", may_name: &[] },
    Room { name: "settings", may_name: &["policy", "signing", "model"] },
    Room { name: "ui", may_name: &["operations", "audit", "model"] },
];

/// The program's `main` parses, calls and exits.
const MAIN: Room = Room { name: "main", may_name: &["cli", "ui"] };

/// Names that lead to the root of the host's library.
const ROOTS: &[&str] = &["crate", "connhub"];

/// A macro or a path that only some rooms may use.
struct Reserved {
    /// A macro's name, or the names of a path.
    names: &'static [&'static str],
    /// What may follow a path all the same: it touches nothing, or there is no other way.
    harmless: &'static [&'static str],
    rooms: &'static [&'static str],
    advice: &'static str,
}

const TERMINAL: &str = "return the text and let `ui` write it";
const ENVIRONMENT: &str = "let `settings` read it and pass the value";
const RESERVED: &[Reserved] = &[
    Reserved { names: &["println"], harmless: &[], rooms: &["ui"], advice: TERMINAL },
    Reserved { names: &["eprintln"], harmless: &[], rooms: &["ui"], advice: TERMINAL },
    Reserved { names: &["print"], harmless: &[], rooms: &["ui"], advice: TERMINAL },
    Reserved { names: &["eprint"], harmless: &[], rooms: &["ui"], advice: TERMINAL },
    Reserved { names: &["dbg"], harmless: &[], rooms: &[], advice: "remove it" },
    Reserved { names: &["todo"], harmless: &[], rooms: &[], advice: "write it" },
    Reserved { names: &["unimplemented"], harmless: &[], rooms: &[], advice: "write it" },
    Reserved {
        names: &["std", "env"],
        harmless: &["consts", "split_paths", "temp_dir", "VarError"],
        rooms: &["settings"],
        advice: ENVIRONMENT,
    },
    Reserved {
        names: &["std", "fs"],
        harmless: &["DirBuilder", "Permissions", "Metadata", "FileType", "TryLockError"],
        rooms: &[],
        advice: "use `fs_err`, whose errors name the path",
    },
];

/// Finds edges that point back and calls in the wrong room.
pub fn check(file: &SourceFile) -> Vec<Finding> {
    let Some(place) = file.path.strip_prefix("host/src/").filter(|_| file.is_rust()) else {
        return Vec::new();
    };
    let place = Place::new(place);
    let mut findings = Vec::new();
    tokens::walk(&file.text, &mut |tokens| {
        findings.extend(edges(file, &place, tokens));
        findings.extend(reserved(file, &place, tokens));
    });
    findings
}

/// Where a file is in the tree of modules.
struct Place {
    room: String,
    /// Whether it holds tests alone, which talk to child processes of their own.
    tests: bool,
    /// How many times `super` leads to the root.
    depth: usize,
}

impl Place {
    fn new(path: &str) -> Self {
        let path = path.trim_end_matches(".rs").trim_end_matches("/mod");
        let room = path.split('/').next().unwrap_or(path).to_owned();
        let tests = path.split('/').any(|module| module == "tests");
        let depth = path.split('/').count();
        Self { room, tests, depth }
    }

    /// What the room may name, or nothing for `lib.rs`, which lists all.
    fn may_name(&self) -> Option<&'static [&'static str]> {
        let rooms = ROOMS.iter().chain([&MAIN]);
        rooms.into_iter().find(|room| room.name == self.room).map(|room| room.may_name)
    }
}

fn edges(file: &SourceFile, place: &Place, tokens: Tokens<'_>) -> Vec<Finding> {
    let Some(may_name) = place.may_name() else {
        return Vec::new();
    };
    let Some(rest) = after_root(place, tokens) else {
        return Vec::new();
    };
    let allowed = |name: &str| {
        name == place.room
            || may_name.contains(&name)
            || !ROOMS.iter().any(|room| room.name == name)
    };
    tokens::next_names(rest)
        .iter()
        .filter_map(|names| names.first())
        .filter(|name| !allowed(&name.to_string()))
        .map(|name| Finding {
            file: file.path.clone(),
            line: name.span().start().line,
            what: format!("`{}` names `{name}`", place.room),
            advice: "move what it needs to a room that both may name",
        })
        .collect()
}

/// What follows a path's way to the root: `crate::`, `connhub::`, or enough of `super::`.
fn after_root<'a>(place: &Place, tokens: Tokens<'a>) -> Option<Tokens<'a>> {
    let TokenTree::Ident(first) = tokens.first()? else {
        return None;
    };
    let mut rest = tokens::after_colons(&tokens[1..])?;
    if ROOTS.iter().any(|root| first == root) {
        return Some(rest);
    }
    let mut ups = usize::from(first == "super");
    while let Some(TokenTree::Ident(next)) = rest.first()
        && next == "super"
    {
        rest = tokens::after_colons(&rest[1..])?;
        ups += 1;
    }
    (ups > 0 && ups >= place.depth).then_some(rest)
}

fn reserved(file: &SourceFile, place: &Place, tokens: Tokens<'_>) -> Vec<Finding> {
    let rules = if place.tests { &[] } else { RESERVED };
    rules
        .iter()
        .filter(|rule| !rule.rooms.contains(&place.room.as_str()))
        .filter_map(|rule| Some((rule, used(rule, tokens)?)))
        .map(|(rule, token)| Finding {
            file: file.path.clone(),
            line: token.span().start().line,
            what: format!("`{}` uses `{}`", place.room, rule.names.join("::")),
            advice: rule.advice,
        })
        .collect()
}

/// The token at which a rule's macro or path is used.
fn used(rule: &Reserved, tokens: Tokens<'_>) -> Option<TokenTree> {
    let [TokenTree::Ident(first), rest @ ..] = tokens else {
        return None;
    };
    match rule.names {
        [name] => (first == name && is_call(rest)).then(|| tokens[0].clone()),
        [root, module] if first == root => {
            let names = tokens::next_names(tokens::after_colons(rest)?);
            let path = names.iter().find(|names| names[0].to_string() == *module)?;
            (!all_harmless(rule, &path[1..])).then(|| path[0].clone())
        }
        _ => None,
    }
}

fn is_call(rest: Tokens<'_>) -> bool {
    matches!(rest, [TokenTree::Punct(mark), TokenTree::Group(_), ..] if mark.as_char() == '!')
}

fn all_harmless(rule: &Reserved, rest: Tokens<'_>) -> bool {
    let names = tokens::after_colons(rest).map(tokens::next_names).unwrap_or_default();
    !names.is_empty() && names.iter().all(|name| rule.harmless.contains(&&*name[0].to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check_text(path: &str, text: &str) -> Vec<(usize, String)> {
        let file = SourceFile { path: path.to_owned(), text: text.to_owned() };
        check(&file).into_iter().map(|finding| (finding.line, finding.what)).collect()
    }

    #[test]
    fn edges_point_one_way() {
        let check = |path: &str, text: &str, expected: &[&str]| {
            let found: Vec<_> = check_text(path, text).into_iter().map(|(_, what)| what).collect();
            assert_eq!(found, expected, "{path}: {text}");
        };
        check("host/src/cli/create.rs", "use crate::operations::create;", &[]);
        check("host/src/model/a.rs", "use crate::policy::Rules;", &["`model` names `policy`"]);
        check("host/src/model/a.rs", "// crate::policy\nlet a = \"crate::policy\";", &[]);
        check("host/src/runtime/a.rs", "fn a() { crate::ui::b() }", &["`runtime` names `ui`"]);
        check(
            "host/src/operations/a.rs",
            "use crate::{cli::A, model::B};",
            &["`operations` names `cli`"],
        );
        check("host/src/operations/mod.rs", "use super::cli;", &["`operations` names `cli`"]);
        check("host/src/policy/a.rs", "use super::super::ui::B;", &["`policy` names `ui`"]);
        check("host/src/plugins/a.rs", "use super::cli;", &[]);
        check("host/src/main.rs", "use connhub::runtime;", &["`main` names `runtime`"]);
        check("host/src/main.rs", "use connhub::cli;", &[]);
        check("host/src/lib.rs", "pub use crate::runtime::A;", &[]);
        check("sdk/src/lib.rs", "use crate::ui;", &[]);
    }

    #[test]
    fn every_room_is_named_by_a_rule() {
        for room in ROOMS.iter().flat_map(|room| room.may_name) {
            assert!(ROOMS.iter().any(|known| known.name == *room), "{room}");
        }
    }

    #[test]
    fn reserved_calls_are_found_where_they_are() {
        let check = |path: &str, text: &str, expected: &[(usize, &str)]| {
            let found = check_text(path, text);
            let found: Vec<_> = found.iter().map(|(line, what)| (*line, what.as_str())).collect();
            assert_eq!(found, expected, "{path}: {text}");
        };
        check("host/src/ui/mod.rs", "fn a() { println!(\"b\") }", &[]);
        check("host/src/cli/a.rs", "\nfn a() { println!(\"b\") }", &[(2, "`cli` uses `println`")]);
        check("host/src/cli/a.rs", "// println!(1)\nfn print() {}", &[]);
        check("host/src/settings/env.rs", "std::env::var(\"A\")", &[]);
        check("host/src/plugins/a.rs", "use std::env;", &[(1, "`plugins` uses `std::env`")]);
        check(
            "host/src/plugins/a.rs",
            "use std::{io,\nfs::File};",
            &[(2, "`plugins` uses `std::fs`")],
        );
        check("host/src/plugins/a.rs", "std::fs::Permissions::from_mode(0o600)", &[]);
        check("host/src/plugins/a.rs", "std::env::consts::OS", &[]);
        check(
            "host/src/plugins/a.rs",
            "use std::fs::{File, Permissions};",
            &[(1, "`plugins` uses `std::fs`")],
        );
        check("host/src/plugins/a.rs", "use std::os::unix::fs::PermissionsExt;", &[]);
    }
}
