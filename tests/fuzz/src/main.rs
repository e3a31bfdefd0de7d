//! One target, for as long as it is told: `connhub-fuzz TARGET search SECONDS KEPT FOUND FAILURES`, or `… distill MOST KEPT FOUND TO`.
//! `cargo xtask fuzz` calls it.

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use connhub_fuzz::{Coverage, Folders, distill, search};

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    match run(&words) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::from(2)
        }
    }
}

fn run(words: &[String]) -> Result<bool, String> {
    let [target, job, number, kept, found, third] = words else {
        return Err("start it with `cargo xtask fuzz`".to_owned());
    };
    let target = connhub_fuzz::target(target).ok_or(format!("there is no target `{target}`"))?;
    let number: u64 = number.parse().map_err(|_| format!("`{number}` is no number"))?;
    if !Coverage::is_instrumented() {
        return Err("nothing is instrumented: build it with `cargo xtask fuzz`".to_owned());
    }
    let [kept, found, third] = [kept, found, third].map(PathBuf::from);
    let folders = Folders { kept, found, failures: third };
    let text = |error: std::io::Error| error.to_string();
    if job == "distill" {
        let written =
            distill(target, &folders, &folders.failures, number as usize).map_err(text)?;
        println!("{}: {written} inputs", target.name);
        return Ok(true);
    }
    let summary = search(target, &folders, Duration::from_secs(number)).map_err(text)?;
    println!(
        "{}: {} inputs tried, {} of them reach something each, {} edges",
        target.name, summary.tried, summary.corpus, summary.edges
    );
    if let Some(failure) = &summary.failure {
        println!("{}: failed at {}", target.name, failure.display());
    }
    Ok(summary.failure.is_none())
}
