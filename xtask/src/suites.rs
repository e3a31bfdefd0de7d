//! Every test of the repository.

use std::process::Command;

use anyhow::{Result, bail};

use crate::guests::{self, Kind};
use crate::workspace::{self, Profile};
use crate::{consumers, guest, host, languages, process, servers};

/// What `cargo xtask test` accepts.
#[derive(clap::Args, Default)]
pub struct Arguments {
    /// Run the tests inside the crates only, which need no guests and no servers
    #[arg(long)]
    fast: bool,
    /// Stop at the first suite that fails
    #[arg(long)]
    fail_fast: bool,
    /// Passed to every test program, a part of a test's name for instance
    #[arg(last = true)]
    filter: Vec<String>,
}

/// One `cargo test`.
struct Suite {
    packages: Vec<String>,
    /// Which of a package's tests are run; empty is all of them, documentation included.
    targets: &'static [&'static str],
}

/// Runs `cargo xtask test`.
pub fn run(source: guest::Source, arguments: &Arguments) -> Result<()> {
    let mut suites = inside_the_crates()?;
    if !arguments.fast {
        prepare(source)?;
        consumers::prepare()?;
        servers::prepare()?;
        suites.push(Suite { packages: vec!["connhub-tests".to_owned()], targets: &[] });
        // The kept inputs and some thousand changes of each; `cargo xtask fuzz` looks for more.
        suites.push(Suite { packages: vec!["connhub-fuzz".to_owned()], targets: &[] });
    }
    let mut failed = Vec::new();
    for suite in &suites {
        let mut cargo = suite.command(arguments);
        if let Err(error) = process::run(&mut cargo) {
            eprintln!("{error:#}");
            failed.push(process::shown(&cargo));
        }
        if arguments.fail_fast && !failed.is_empty() {
            break;
        }
    }
    if !failed.is_empty() {
        bail!("{} of {} suites failed:\n  {}", failed.len(), suites.len(), failed.join("\n  "));
    }
    Ok(())
}

fn prepare(source: guest::Source) -> Result<()> {
    // The suites check signatures with the real program.
    process::ensure("openssl", "openssl")?;
    // Backups are opened by the real program, too.
    process::ensure("age", "age")?;
    let program = host::build(Profile::Debug)?;
    guests::build_connectors(source, Profile::Debug, &program)?;
    guests::build_test_components(source, Profile::Debug)?;
    languages::prepare(source)
}

/// The host first, because most of what breaks breaks there.
fn inside_the_crates() -> Result<Vec<Suite>> {
    let connectors = workspace::crates_in("connectors")?;
    let connectors = connectors.iter().map(|name| format!("connhub-connector-{name}")).collect();
    Ok(vec![
        Suite { packages: vec!["connhub".to_owned()], targets: &[] },
        Suite { packages: vec!["connhub-sdk".to_owned()], targets: &[] },
        // A connector's library is a component: natively only its unit tests can be linked.
        Suite { packages: connectors, targets: &["--lib"] },
        // What `plugin new` makes, with its own tests.
        Suite { packages: vec!["example-store".to_owned()], targets: &["--lib"] },
        Suite { packages: vec!["connhub-sbom".to_owned()], targets: &[] },
        // What is timed still does something.
        Suite { packages: vec!["connhub-inner".to_owned()], targets: &["--lib"] },
        Suite { packages: vec!["xtask".to_owned()], targets: &[] },
    ])
}

impl Suite {
    fn command(&self, arguments: &Arguments) -> Command {
        let mut cargo = host::cargo("test");
        for package in &self.packages {
            cargo.args(["--package", package]);
        }
        cargo.args(self.targets);
        if !arguments.fail_fast {
            cargo.arg("--no-fail-fast");
        }
        if !arguments.filter.is_empty() {
            cargo.arg("--").args(&arguments.filter);
        }
        cargo.env("CONNHUB_BIN", host::program(Profile::Debug));
        let components = guests::folder(Profile::Debug, Kind::TestComponents);
        cargo.env("CONNHUB_TEST_COMPONENTS", components);
        cargo.env("CONNHUB_TEST_CONSUMERS", consumers::folder());
        cargo.env("CONNHUB_TEST_SERVERS", servers::folder());
        cargo.env("CONNHUB_TEST_LANGUAGES", languages::folder());
        cargo
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_connector_is_tested_and_the_filter_is_passed_on() {
        let suites = inside_the_crates().unwrap();
        let connectors = workspace::crates_in("connectors").unwrap();
        let tested = |name: &String| {
            let package = format!("connhub-connector-{name}");
            suites.iter().any(|suite| suite.packages.contains(&package))
        };
        assert!(!connectors.is_empty() && connectors.iter().all(tested));
        let arguments = Arguments { filter: vec!["a_test".to_owned()], ..Arguments::default() };
        let shown = process::shown(&suites[0].command(&arguments));
        assert_eq!(shown, "cargo test --package connhub --no-fail-fast -- a_test");
    }
}
