//! The connector of each template in its language, as a component in the sandbox, against a real small store over HTTP.
//!
//! Every test runs for every row of [`LANGUAGES`]: the contract favors no language, and neither do the limits, which are the default ones.
//! The components are built by `cargo xtask languages`. Each runs with what the `plugins.toml` of its own template grants; only addresses
//! and paths are others.

mod install;
mod life;
mod site;
mod walkthrough;

/// A language of the templates.
struct Language {
    /// Its word for `plugin new --lang`, the name of its folder in `sdk/templates` and of its component.
    name: &'static str,
    /// What its connector does beyond create, list, get, open and delete.
    more: &'static [More],
    /// What its linear memory has at the start, as a limit that is too small for it: MiB.
    too_little_memory: i64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum More {
    Update,
    Check,
}

const LANGUAGES: &[Language] = &[
    Language { name: "rust", more: &[], too_little_memory: 1 },
    Language { name: "python", more: &[More::Update, More::Check], too_little_memory: 8 },
    Language { name: "js", more: &[More::Update, More::Check], too_little_memory: 4 },
    Language { name: "c", more: &[More::Update, More::Check], too_little_memory: 1 },
];

impl Language {
    fn has(&self, more: More) -> bool {
        self.more.contains(&more)
    }
}

/// Runs a test for every language, and says which it is.
#[track_caller]
fn for_each(test: impl Fn(&'static Language)) {
    for language in LANGUAGES {
        eprintln!("--- {}", language.name);
        test(language);
    }
}
