//! What a run of the benchmark leaves behind: every figure as JSON, and a plot for each job that was done in several sizes.

use std::path::Path;

use anyhow::Result;
use serde::Serialize;

use super::plot::{self, Line};

/// One command in one job.
#[derive(Serialize)]
pub struct Figure {
    pub job: String,
    pub command: String,
    pub runs: usize,
    /// The median, like the two figures below.
    pub wall_ms: f64,
    pub wall_least_ms: f64,
    pub wall_most_ms: f64,
    pub cpu_ms: f64,
    pub peak_mib: f64,
}

/// Writes `bench.json` and the plots into the folder.
pub fn write(figures: &[Figure], folder: &Path) -> Result<()> {
    fs_err::create_dir_all(folder)?;
    fs_err::write(folder.join("bench.json"), serde_json::to_vec_pretty(figures)?)?;
    for (job, lines) in lines(figures) {
        let file = folder.join(format!("{}.svg", job.replace(' ', "-")));
        fs_err::write(&file, plot::svg(&job, &lines))?;
        eprintln!("{}", file.display());
    }
    Ok(())
}

/// The jobs that were done in several sizes: `list local, 100` is the job `list local` in the size 100.
fn lines(figures: &[Figure]) -> Vec<(String, Vec<Line>)> {
    let mut jobs: Vec<(String, Vec<Line>)> = Vec::new();
    for figure in figures {
        let Some((job, size)) = figure.job.split_once(", ") else { continue };
        let Ok(size) = size.parse() else { continue };
        let lines = entry(&mut jobs, |(known, _)| known == job, || (job.to_owned(), Vec::new()));
        let line = || Line { name: figure.command.clone(), points: Vec::new() };
        let line = entry(&mut lines.1, |line| line.name == figure.command, line);
        line.points.push((size, figure.wall_ms));
    }
    jobs.retain(|(_, lines)| lines.iter().any(|line| line.points.len() > 1));
    jobs
}

fn entry<T>(list: &mut Vec<T>, is: impl Fn(&T) -> bool, new: impl FnOnce() -> T) -> &mut T {
    let place = list.iter().position(is).unwrap_or_else(|| {
        list.push(new());
        list.len() - 1
    });
    &mut list[place]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn figure(job: &str, command: &str, wall_ms: f64) -> Figure {
        let (job, command) = (job.to_owned(), command.to_owned());
        let (cpu_ms, wall_least_ms, wall_most_ms) = (wall_ms, wall_ms, wall_ms);
        Figure {
            job,
            command,
            runs: 1,
            wall_ms,
            wall_least_ms,
            wall_most_ms,
            cpu_ms,
            peak_mib: 1.0,
        }
    }

    #[test]
    fn jobs_in_several_sizes_are_plotted() {
        let figures = [
            figure("start", "ours", 1.0),
            figure("list, 100", "ours", 2.0),
            figure("list, 100", "other", 3.0),
            figure("list, 1000", "ours", 4.0),
            figure("get, 100", "ours", 5.0),
        ];
        let folder = tempfile::tempdir().unwrap();
        write(&figures, folder.path()).unwrap();
        let mut names: Vec<_> = fs_err::read_dir(folder.path())
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        assert_eq!(names, ["bench.json", "list.svg"]);
        let lines = &lines(&figures)[0].1;
        assert_eq!(lines[0].points, [(100.0, 2.0), (1000.0, 4.0)]);
        assert_eq!(lines[1].points, [(100.0, 3.0)]);
    }
}
