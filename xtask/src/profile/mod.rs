//! What commands are made of: the samples of the processor's clock over many runs of each, by the part of the program that was at work.
//!
//! The release program is linked with its names, and the stacks are walked by the tables for panics, so that time in the C library and in the system
//! counts for the part that called it. `perf` measures.

mod parts;
mod samples;

use std::collections::BTreeMap;

use anyhow::{Context, Result};

use crate::workspace;
use crate::{bench, guest, host, process};
use parts::Part;
use samples::{Sample, read};

/// The commands, and what sets them apart in the table.
const JOBS: [(&str, &str); 5] = [
    ("list local, 100", "list"),
    ("get local, 100", "get"),
    ("create local, 100", "create"),
    ("credential-process local, 100", "credential-process"),
    ("list rhoai, 100", "list, OpenShift AI"),
];
const CONNECTIONS: usize = 100;
/// Samples in a second of computing.
const FREQUENCY: usize = 20_000;

/// What `cargo xtask profile` accepts.
#[derive(clap::Args)]
pub struct Arguments {
    /// How often each command runs
    #[arg(long, default_value_t = 40)]
    runs: usize,
    /// Measure what is built already
    #[arg(long)]
    built: bool,
    /// Print the functions of one part, too, with what each takes
    #[arg(long)]
    part: Option<String>,
}

/// Time in one command, for each part.
type Column = BTreeMap<Part, usize>;

/// Runs `cargo xtask profile`.
pub fn run(source: guest::Source, arguments: &Arguments) -> Result<()> {
    process::ensure("perf", "linux-perf")?;
    if !arguments.built {
        bench::build_company(source, &host::build_with_symbols()?)?;
    }
    let stage = bench::Runs::everywhere(CONNECTIONS)?;
    let mut columns = Vec::new();
    for (name, title) in JOBS {
        let job = stage.jobs.iter().find(|job| job.name == name).context(name)?;
        let samples = record(job, arguments.runs)?;
        if let Some(part) = &arguments.part {
            println!("{title}:\n{}", samples::functions(&samples, part));
        }
        columns.push((title, column(&samples)));
    }
    print!("{}", table(&columns));
    println!("\nShares of the computing time, over {} runs of each.", arguments.runs);
    Ok(())
}

/// Follows so many runs of one command.
fn record(job: &bench::Job, runs: usize) -> Result<Vec<Sample>> {
    let folder = workspace::target().join("bench/profile");
    fs_err::create_dir_all(&folder)?;
    let mut samples = Vec::new();
    // The first run compiles the connector, or makes what the others find.
    for run in 0..=runs {
        let bench::Run { command, environment } = job.ours(run);
        let file = folder.join("perf.data");
        let frequency = FREQUENCY.to_string();
        let mut perf = process::command("perf");
        perf.args(["record", "--quiet", "--event=cpu-clock", "--call-graph=dwarf,16384"]);
        perf.args(["--freq", &frequency, "--output"]).arg(&file).arg("--").args(&command);
        process::output(perf.env_clear().envs(environment))?;
        if run > 0 {
            samples.extend(read(&file)?);
        }
    }
    Ok(samples)
}

fn column(samples: &[Sample]) -> Column {
    let mut column = Column::new();
    for sample in samples {
        *column.entry(sample.part()).or_default() += 1;
    }
    column
}

/// A line for each part, those first that take most.
fn table(columns: &[(&str, Column)]) -> String {
    let share = |column: &Column, part: &Part| {
        share(column.get(part).copied().unwrap_or_default(), column.values().sum())
    };
    let weight = |part: &Part| -> f64 { columns.iter().map(|(_, own)| share(own, part)).sum() };
    let mut parts: Vec<Part> = columns.iter().flat_map(|(_, own)| own.keys().copied()).collect();
    parts.sort();
    parts.dedup();
    parts.sort_by(|one, other| weight(other).total_cmp(&weight(one)));
    let titles: String = columns.iter().map(|(title, _)| format!(" {title} |")).collect();
    let mut text = format!("| part |{titles}\n|---|{}\n", "---|".repeat(columns.len()));
    for part in parts {
        let cell = |(_, own): &(&str, Column)| format!(" {:.1} % |", share(own, &part));
        let cells: String = columns.iter().map(cell).collect();
        text += &format!("| {} |{cells}\n", part.words());
    }
    text
}

/// How much so many samples are of all of them, in percent.
fn share(samples: usize, all: usize) -> f64 {
    samples as f64 * 100.0 / all.max(1) as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_that_take_most_come_first_and_each_column_is_a_whole() {
        let column = |store, output| Column::from([(Part::Store, store), (Part::Output, output)]);
        let text = table(&[("list", column(1, 3)), ("get", column(1, 0))]);
        assert_eq!(
            text,
            "| part | list | get |\n|---|---|---|\n| store | 25.0 % | 100.0 % |\n| output | 75.0 % | 0.0 % |\n"
        );
    }
}
