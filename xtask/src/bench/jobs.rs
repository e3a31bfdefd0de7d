//! What is measured: each job with the commands that do it.

use std::path::Path;
use std::time::Duration;

use anyhow::Result;

use super::peers::{Peer, Peers};
use super::real;
use super::report::Figure;
use super::sample::{Sample, instructions, median, once};
use super::stage::{KEY, Stage, project};

/// One job and everybody who can do it; the first contestant is ours.
pub struct Job {
    pub name: String,
    contestants: Vec<Contestant>,
}

/// One command. `{n}` in its arguments and its environment is replaced by the number of the run.
struct Contestant {
    name: String,
    command: Vec<String>,
    environment: Vec<(String, String)>,
}

/// A command with everything that it needs.
pub struct Run {
    pub command: Vec<String>,
    pub environment: Vec<(String, String)>,
}

/// Every job.
pub fn all(stage: &Stage) -> Vec<Job> {
    let mut jobs = local(stage);
    jobs.extend(in_cluster(stage));
    jobs
}

/// The jobs that need no server.
fn local(stage: &Stage) -> Vec<Job> {
    let mut start = vec![ours(stage, 0, &["--version"]), floor()];
    start.extend(Peers::start().map(Contestant::from));
    let mut jobs = vec![job("start", start)];
    for size in stage.sizes() {
        let mut list = vec![ours(stage, size, &["list"])];
        list.extend(stage.peers.list(size).into_iter().map(Contestant::from));
        jobs.push(job(&format!("list local, {size}"), list));
        jobs.push(job(&format!("get local, {size}"), vec![ours(stage, size, &["get", "n7"])]));
        let mut credentials = vec![ours(stage, size, &["credential-process", "n7"])];
        credentials.extend(stage.peers.show(size).into_iter().map(Contestant::from));
        jobs.push(job(&format!("credential-process local, {size}"), credentials));
        let create = ["create", "c{n}", "--type", "s3", "bucket=data", "access_key_id=AKIAEXAMPLE"];
        let mut create: Vec<&str> = create.to_vec();
        let key = stage.key_argument();
        create.push(&key);
        jobs.push(job(&format!("create local, {size}"), vec![ours(stage, size, &create)]));
        jobs.push(apply(stage, size, "apply", "{n}"));
        jobs.push(apply(stage, size, "apply again", "kept"));
    }
    jobs
}

fn in_cluster(stage: &Stage) -> Vec<Job> {
    let mut jobs = Vec::new();
    for size in stage.project_sizes() {
        let place = project(size);
        let list = ["list", "--backend", "rhoai", "-n", &place];
        let kubectl = kubectl_list(&place);
        let mut contestants = vec![ours(stage, size, &list)];
        contestants.extend(stage.kubectl(size, &kubectl).map(Contestant::from));
        jobs.push(job(&format!("list rhoai, {size}"), contestants));
    }
    jobs.push(create_in_cluster(stage));
    jobs
}

fn kubectl_list(project: &str) -> [&str; 6] {
    ["get", "secrets", "-n", project, "-l", "opendatahub.io/dashboard=true"]
}

/// The same on a real cluster, if there is one.
pub fn in_real_cluster(stage: &Stage, cluster: Option<&real::Cluster>) -> Vec<Job> {
    let Some(cluster) = cluster else { return Vec::new() };
    let list = |project: &real::Project| {
        let list = ["list", "--backend", "rhoai", "-n", project.name()];
        let mut ours = ours_in(stage, &cluster.home, &list);
        // A login can be a program.
        ours.environment.extend(path());
        let kubectl = stage.kubectl_with(&cluster.kubeconfig, &kubectl_list(project.name()));
        let contestants = [ours].into_iter().chain(kubectl.map(Contestant::from)).collect();
        job(&format!("list cluster, {}", project.size), contestants)
    };
    cluster.projects.iter().map(list).collect()
}

/// Applies so many connections to the store of this name. The compiled connector is in the cache, whatever the store.
fn apply(stage: &Stage, size: usize, name: &str, store: &str) -> Job {
    let manifest = stage.connections(size).display().to_string();
    let mut contestant = ours(stage, size, &["apply", "--quiet", "-f", &manifest]);
    contestant.environment = stage.folders(&format!("{size}-{store}"));
    contestant.environment.push((KEY.0.to_owned(), KEY.1.to_owned()));
    job(&format!("{name} local, {size}"), vec![contestant])
}

fn create_in_cluster(stage: &Stage) -> Job {
    let (key, place) = (stage.key_argument(), project(0));
    let create = [
        "create",
        "c{n}",
        "--backend",
        "rhoai",
        "-n",
        &place,
        "--type",
        "s3",
        "bucket=data",
        "endpoint=https://s3.example.com",
        "access_key_id=AKIAEXAMPLE",
        &key,
    ];
    let file = stage.manifest().display().to_string();
    let kubectl = ["create", "--validate=false", "-n", &place, "-f", &file];
    let mut contestants = vec![ours(stage, 0, &create)];
    contestants.extend(stage.kubectl(0, &kubectl).map(Contestant::from));
    job("create rhoai", contestants)
}

fn job(name: &str, contestants: Vec<Contestant>) -> Job {
    Job { name: name.to_owned(), contestants }
}

fn ours(stage: &Stage, size: usize, arguments: &[&str]) -> Contestant {
    ours_in(stage, &stage.home(size), arguments)
}

/// Our command for the user of a home.
fn ours_in(stage: &Stage, home: &Path, arguments: &[&str]) -> Contestant {
    let mut command = vec![stage.program().display().to_string()];
    command.extend(arguments.iter().map(|argument| (*argument).to_owned()));
    let environment = vec![("CONNHUB_HOME".to_owned(), home.display().to_string())];
    Contestant { name: "connhub".to_owned(), command, environment }
}

/// What it costs to start any process at all.
fn floor() -> Contestant {
    Contestant { name: "true".to_owned(), command: vec!["true".to_owned()], environment: path() }
}

fn path() -> Vec<(String, String)> {
    vec![("PATH".to_owned(), std::env::var("PATH").unwrap_or_default())]
}

impl From<Peer> for Contestant {
    fn from(peer: Peer) -> Self {
        let mut environment = path();
        environment.extend(peer.environment);
        Self { name: peer.name, command: peer.command, environment }
    }
}

impl Job {
    /// Runs the contestants in turn, and prints and returns the figures of each.
    pub fn race(&self, runs: usize) -> Result<Vec<Figure>> {
        let contestants = self.warmed_up()?;
        let mut samples = vec![Vec::with_capacity(runs); contestants.len()];
        for run in 1..=runs {
            for (contestant, samples) in contestants.iter().zip(&mut samples) {
                samples.push(contestant.run(run)?);
            }
        }
        let mut figures: Vec<_> = contestants
            .iter()
            .zip(&samples)
            .map(|(contestant, samples)| figure(&self.name, &contestant.name, samples))
            .collect();
        if contestants.len() > 1 {
            figures.push(figure(&self.name, "connhub, repeated", &self.repeated(runs)?));
        }
        figures.iter().for_each(|figure| println!("{}", line(figure, &figures[0])));
        Ok(figures)
    }

    /// Ours alone, one run after the other, as a loop calls it: what the others leave in the caches of the processor is not in its way.
    fn repeated(&self, runs: usize) -> Result<Vec<Sample>> {
        // Numbers that were not taken: a name is created once.
        (runs + 1..=2 * runs).map(|run| self.contestants[0].run(run)).collect()
    }

    /// Those that can do the job, after a run that fills the caches of the system and does not count. Another version of a tool may know other commands.
    fn warmed_up(&self) -> Result<Vec<&Contestant>> {
        let mut able = Vec::new();
        for (number, contestant) in self.contestants.iter().enumerate() {
            match contestant.run(0) {
                Ok(_) => able.push(contestant),
                Err(error) if number == 0 => return Err(error),
                Err(_) => {
                    eprintln!("{} is left out: it cannot do `{}`", contestant.name, self.name)
                }
            }
        }
        Ok(able)
    }

    /// Our command, for the run of this number.
    pub fn ours(&self, run: usize) -> Run {
        let ours = &self.contestants[0];
        Run { command: ours.command(run), environment: ours.environment(run) }
    }

    /// Counts the instructions of ours and prints a line.
    pub fn count(&self) -> Result<()> {
        let counted = |run| {
            let Run { command, environment } = self.ours(run);
            instructions(&command, &environment)
        };
        // Under valgrind the processor looks like another one, for which the first run compiles the connector.
        counted(0)?;
        println!("| {} | {:.2} M |", self.name, counted(1)? as f64 / 1e6);
        Ok(())
    }
}

impl Contestant {
    fn run(&self, run: usize) -> Result<Sample> {
        once(&self.command(run), &self.environment(run))
    }

    fn command(&self, run: usize) -> Vec<String> {
        self.command.iter().map(|word| numbered(word, run)).collect()
    }

    fn environment(&self, run: usize) -> Vec<(String, String)> {
        let variables = self.environment.iter();
        variables.map(|(name, value)| (name.clone(), numbered(value, run))).collect()
    }
}

/// The process id keeps names of an earlier run of the benchmark apart.
fn numbered(text: &str, run: usize) -> String {
    text.replace("{n}", &format!("{}x{run}", std::process::id()))
}

fn figure(job: &str, command: &str, samples: &[Sample]) -> Figure {
    let wall = || samples.iter().map(|sample| sample.wall);
    let cpu = samples.iter().map(|sample| sample.cpu);
    let peak = median(samples.iter().map(|sample| sample.peak_kib)).unwrap_or_default();
    Figure {
        job: job.to_owned(),
        command: command.to_owned(),
        runs: samples.len(),
        wall_ms: milliseconds(median(wall())),
        wall_least_ms: milliseconds(wall().min()),
        wall_most_ms: milliseconds(wall().max()),
        cpu_ms: milliseconds(median(cpu)),
        peak_mib: peak as f64 / 1024.0,
    }
}

fn line(figure: &Figure, ours: &Figure) -> String {
    let Figure { job, command, wall_ms, wall_least_ms, wall_most_ms, cpu_ms, peak_mib, .. } =
        figure;
    let ratio = wall_ms / ours.wall_ms.max(1e-9);
    format!(
        "| {job} | {command} | {wall_ms:.1} ms | {wall_least_ms:.1} – {wall_most_ms:.1} | {cpu_ms:.1} ms | {peak_mib:.1} MiB | {ratio:.1} × |"
    )
}

fn milliseconds(time: Option<Duration>) -> f64 {
    time.unwrap_or_default().as_secs_f64() * 1e3
}
