//! What `perf` has seen: for each sample the functions on the stack, the innermost first.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::Result;

use super::parts::{self, Part};
use super::share;
use crate::process;

/// One sample.
#[derive(Debug, PartialEq, Eq)]
pub struct Sample {
    frames: Vec<Frame>,
}

/// A function, and the file that it is in.
#[derive(Debug, PartialEq, Eq)]
pub struct Frame {
    pub function: String,
    pub file: String,
}

impl Sample {
    /// The part of the program that was at work.
    pub fn part(&self) -> Part {
        parts::of(&self.frames)
    }
}

/// Reads a recording.
///
/// # Errors
/// `perf` cannot read it.
pub fn read(recording: &Path) -> Result<Vec<Sample>> {
    let mut perf = process::command("perf");
    perf.args(["script", "--no-inline", "--fields=comm,ip,sym,dso", "--input"]).arg(recording);
    Ok(parse(&process::output(&mut perf)?))
}

/// Takes the text of `perf script` apart: a line with the name of the process, a line for each function, an empty line.
fn parse(text: &str) -> Vec<Sample> {
    let frames = |block: &str| block.lines().skip(1).filter_map(frame).collect::<Vec<_>>();
    // The first samples are those of `perf` itself, before it has become the program.
    let ours = |block: &&str| block.trim_start().starts_with("connhub");
    text.split("\n\n").filter(ours).map(|block| Sample { frames: frames(block) }).collect()
}

/// `  ffffffff8160d8c4 a function ([kernel.kallsyms])`.
fn frame(line: &str) -> Option<Frame> {
    let (_, rest) = line.trim().split_once(' ')?;
    let (function, file) = rest.rsplit_once(" (")?;
    Some(Frame { function: function.to_owned(), file: file.trim_end_matches(')').to_owned() })
}

/// The innermost functions of the samples of one part, those first that take most.
pub fn functions(samples: &[Sample], part: &str) -> String {
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    for sample in samples.iter().filter(|sample| sample.part().words() == part) {
        let inner = sample.frames.iter().map(|frame| frame.function.as_str());
        *counts.entry(inner.take(4).collect::<Vec<_>>().join(" < ")).or_default() += 1;
    }
    let mut counts: Vec<(String, usize)> = counts.into_iter().collect();
    counts.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    let line = |(name, count): &(String, usize)| {
        format!("{:>5.1} %  {name}\n", share(*count, samples.len()))
    };
    counts.iter().take(40).map(line).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn samples_of_other_processes_are_left_out() {
        let text = "perf-exec \n\tffffffff81 begin_new_exec ([kernel.kallsyms])\n\nconnhub \n\t    7f01 malloc (/usr/lib/libc.so.6)\n\t    55aa <a::B as c::D>::e (/target/release/connhub)\n\n";
        let frame =
            |function: &str, file: &str| Frame { function: function.into(), file: file.into() };
        let frames = vec![
            frame("malloc", "/usr/lib/libc.so.6"),
            frame("<a::B as c::D>::e", "/target/release/connhub"),
        ];
        assert_eq!(parse(text), [Sample { frames }]);
    }
}
