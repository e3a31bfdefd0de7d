//! The connector of each template in its language, as a component in the sandbox, against a real small store over HTTP.
//!
//! Every test runs for every row of [`LANGUAGES`]: the contract favours no language. The components are built by `cargo xtask languages`.
//! Each runs with what the `plugins.toml` of its own template grants; only addresses and paths are others.

mod compiled;
mod life;
mod sandbox;
mod site;

/// A language of the templates.
struct Language {
    /// Its word for `plugin new --lang`, the name of its folder in `sdk/templates` and of its component.
    name: &'static str,
    /// What its connector does beyond create, list, get, open and delete.
    more: &'static [More],
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum More {
    Update,
    Check,
    /// It passes every check of `plugin test`.
    Conformance,
}

const LANGUAGES: &[Language] = &[
    Language { name: "rust", more: &[] },
    Language { name: "js", more: &[More::Update, More::Check, More::Conformance] },
];

impl Language {
    fn has(&self, more: More) -> bool {
        self.more.contains(&more)
    }
}

/// Runs a test for every language, and says which it is.
#[track_caller]
fn for_each(test: impl Fn(&Language)) {
    for language in LANGUAGES {
        eprintln!("--- {}", language.name);
        test(language);
    }
}
