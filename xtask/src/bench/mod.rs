//! Whole-process figures: what a user waits for, next to what a user would run instead.
//!
//! Contestants of one job run in turn (A B A B …), so that noise of the machine hits all of them. Compare ratios, not runs.

mod flowfile;
mod inner;
mod jobs;
mod peers;
mod plot;
mod real;
mod report;
mod sample;
mod stage;

use anyhow::Result;

use crate::{guest, workspace};
pub use jobs::{Job, Run};
pub use sample::{Measure, instructions, once};
pub use stage::{KEY, build_company, manifest, plugins};

/// What `cargo xtask bench` accepts.
#[derive(clap::Args)]
pub struct Arguments {
    /// How often each command runs, after one run that does not count
    #[arg(long, default_value_t = 15)]
    runs: usize,
    /// The largest number of stored connections; smaller sizes are measured too
    #[arg(long, default_value_t = 10_000)]
    largest: usize,
    /// Measure what is built already
    #[arg(long)]
    built: bool,
    /// Only jobs whose name contains this
    #[arg(long)]
    only: Option<String>,
    /// Count the instructions of our commands instead of timing them; needs valgrind
    #[arg(long)]
    instructions: bool,
    /// Time the parts of the host, and the connector of the local store in its sandbox and without one
    #[arg(long)]
    inner: bool,
    /// Measure Flowfile, too, whose 1.5 GB of packages are installed below `target` first
    #[arg(long)]
    flowfile: bool,
}

/// Runs `cargo xtask bench`.
pub fn run(source: guest::Source, arguments: &Arguments) -> Result<()> {
    if !arguments.built {
        stage::build(source)?;
    }
    if arguments.inner {
        return inner::run();
    }
    let mut stage = stage::Stage::set_up(arguments.largest)?;
    if arguments.flowfile {
        stage.peers.add_flowfile()?;
    }
    let real = real::Cluster::named(&stage)?;
    let wanted = |job: &jobs::Job| {
        arguments.only.as_ref().is_none_or(|word| job.name.contains(word.as_str()))
    };
    let jobs = jobs::all(&stage).into_iter();
    let jobs = jobs.chain(jobs::in_real_cluster(&stage, real.as_ref())).filter(wanted);
    if arguments.instructions {
        return count(jobs);
    }
    println!("| job | command | wall, median | min – max | CPU | peak | against ours |");
    println!("|---|---|---|---|---|---|---|");
    let mut figures = Vec::new();
    for job in jobs {
        figures.extend(job.race(arguments.runs)?);
    }
    println!("\n{} runs each, interleaved; {}.", arguments.runs, machine());
    report::write(&figures, &workspace::target().join("bench/report"))
}

/// Every job, and what they need as long as it lives.
pub struct Runs {
    pub jobs: Vec<Job>,
    /// Ends the servers when it is dropped.
    _stage: stage::Stage,
}

impl Runs {
    /// The release build with stores and projects up to `size`.
    pub fn everywhere(size: usize) -> Result<Self> {
        let stage = stage::Stage::set_up(size)?;
        Ok(Self { jobs: jobs::all(&stage), _stage: stage })
    }
}

fn count(mut jobs: impl Iterator<Item = jobs::Job>) -> Result<()> {
    println!("| job | instructions |");
    println!("|---|---|");
    jobs.try_for_each(|job| job.count())
}

fn machine() -> String {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    format!("{cores} cores, {} {}", std::env::consts::OS, std::env::consts::ARCH)
}
