//! One run of one command, measured from outside.

use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use nix::sys::resource::{UsageWho, getrusage};

/// What one run cost.
#[derive(Clone, Copy, Debug, Default)]
pub struct Sample {
    pub wall: Duration,
    pub cpu: Duration,
    pub peak_kib: u64,
}

/// `cargo xtask measure -- COMMAND`: runs one command and prints what it cost. A process of its own, because the system keeps peak
/// memory only over all children of a process together.
#[derive(clap::Args)]
pub struct Measure {
    /// The command
    #[arg(last = true, required = true)]
    command: Vec<String>,
}

impl Measure {
    pub fn run(&self) -> Result<()> {
        let mut command = Command::new(&self.command[0]);
        command.args(&self.command[1..]).stdin(Stdio::null()).stdout(Stdio::null());
        let start = Instant::now();
        let status = command.status().with_context(|| format!("`{}`", self.command[0]))?;
        let wall = start.elapsed();
        if !status.success() {
            bail!("`{}` failed: {status}", self.command.join(" "));
        }
        let usage = getrusage(UsageWho::RUSAGE_CHILDREN)?;
        let micros = |time: nix::sys::time::TimeVal| {
            u64::try_from(time.tv_sec() * 1_000_000 + time.tv_usec()).unwrap_or(0)
        };
        let cpu = micros(usage.user_time()) + micros(usage.system_time());
        println!("{} {cpu} {}", wall.as_micros(), usage.max_rss());
        Ok(())
    }
}

/// Runs a command once, in the environment that is given and no other.
pub fn once(command: &[String], environment: &[(String, String)]) -> Result<Sample> {
    let mut measure = Command::new(std::env::current_exe()?);
    measure.arg("measure").arg("--").args(command);
    measure.env_clear().envs(environment.iter().cloned());
    let output = crate::process::output(&mut measure)?;
    let numbers: Vec<u64> = output.split_whitespace().map(str::parse).collect::<Result<_, _>>()?;
    let [wall, cpu, peak_kib] = numbers[..] else { bail!("`measure` printed `{output}`") };
    let (wall, cpu) = (Duration::from_micros(wall), Duration::from_micros(cpu));
    Ok(Sample { wall, cpu, peak_kib })
}

/// How many instructions a command executes, as valgrind counts them. Other than times they are the same on a busy machine.
pub fn instructions(command: &[String], environment: &[(String, String)]) -> Result<u64> {
    let mut valgrind = Command::new("valgrind");
    valgrind.args(["--tool=callgrind", "--callgrind-out-file=/dev/null"]).args(command);
    valgrind.env_clear().envs(environment.iter().cloned()).stdin(Stdio::null());
    let output = valgrind.output().context("valgrind cannot be started")?;
    let report = String::from_utf8_lossy(&output.stderr);
    if !output.status.success() {
        bail!("`{}` failed: {}\n{report}", command.join(" "), output.status);
    }
    collected(&report).with_context(|| format!("valgrind printed no count:\n{report}"))
}

/// The count in a report of valgrind.
pub fn collected(report: &str) -> Option<u64> {
    report.lines().find_map(|line| line.split_once("Collected : ")?.1.trim().parse().ok())
}

/// The value in the middle.
pub fn median<T: Copy + Ord>(values: impl Iterator<Item = T>) -> Option<T> {
    let mut values: Vec<T> = values.collect();
    values.sort_unstable();
    values.get(values.len() / 2).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_count_is_found_in_the_report_of_valgrind() {
        let report = "==7== Events    : Ir\n==7== Collected : 24717363\n==7== \n";
        assert_eq!(collected(report), Some(24_717_363));
        assert_eq!(collected("connhub: error"), None);
    }

    #[test]
    fn the_median_is_the_value_in_the_middle() {
        assert_eq!(median([3, 1, 2].into_iter()), Some(2));
        assert_eq!(median(std::iter::empty::<u8>()), None);
    }
}
