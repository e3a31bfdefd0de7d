//! The figures that are kept.

use std::path::PathBuf;

use anyhow::{Context, Result};
use serde::{Deserialize, Serialize};

use crate::workspace;

/// How far a count may be from the one that is kept, in hundredths. Two counts of one program differ by less than a tenth of this.
const TOLERANCE: u64 = 3;
const HEAD: &str = "# Instructions of the main commands, debug build, under valgrind. Made by `cargo xtask counts --update`.\n\n";

/// The counts of all commands, and the kind of machine on which they are true.
#[derive(Debug, Deserialize, Serialize)]
pub struct Figures {
    pub machine: String,
    #[serde(rename = "command")]
    pub commands: Vec<Kept>,
}

/// The count of one command.
#[derive(Debug, Deserialize, Serialize)]
pub struct Kept {
    pub name: String,
    /// What it stands for.
    pub why: String,
    pub instructions: u64,
}

impl Figures {
    /// Reads what is kept.
    ///
    /// # Errors
    /// The file is not there or cannot be read.
    pub fn read() -> Result<Self> {
        let path = path();
        toml::from_str(&fs_err::read_to_string(&path)?)
            .with_context(|| format!("`{}` cannot be read", path.display()))
    }

    /// Keeps these figures.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn write(&self) -> Result<()> {
        Ok(fs_err::write(path(), format!("{HEAD}{}", toml::to_string(self)?))?)
    }

    /// One line for each command whose count is not as it is kept here. Less counts as different too: else the next change could use it up unseen.
    pub fn differences(&self, counted: &Self) -> Vec<String> {
        let mut lines = Vec::new();
        for new in &counted.commands {
            let Some(old) = self.commands.iter().find(|old| old.name == new.name) else {
                lines.push(format!("{}: {}, and nothing is kept", new.name, new.instructions));
                continue;
            };
            if old.instructions.abs_diff(new.instructions) * 100 > old.instructions * TOLERANCE {
                let percent = new.instructions as f64 * 100.0 / old.instructions as f64 - 100.0;
                let (old, new, name) = (old.instructions, new.instructions, &new.name);
                lines.push(format!("{name}: {old} was kept, {new} was counted ({percent:+.1} %)"));
            }
        }
        lines
    }
}

fn path() -> PathBuf {
    workspace::root().join("xtask/counts.toml")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn figures(commands: &[(&str, u64)]) -> Figures {
        let kept = |&(name, instructions): &(&str, u64)| Kept {
            name: name.to_owned(),
            why: "a test".to_owned(),
            instructions,
        };
        Figures { machine: "any".to_owned(), commands: commands.iter().map(kept).collect() }
    }

    #[test]
    fn three_hundredths_are_the_same_and_more_is_not() {
        let kept = figures(&[("start", 1000), ("list", 1000)]);
        let same = figures(&[("start", 1030), ("list", 970)]);
        assert!(kept.differences(&same).is_empty());
        let other = figures(&[("start", 1031), ("list", 969), ("get", 5)]);
        let lines = kept.differences(&other);
        assert_eq!(lines[0], "start: 1000 was kept, 1031 was counted (+3.1 %)");
        assert_eq!(lines[1], "list: 1000 was kept, 969 was counted (-3.1 %)");
        assert_eq!(lines[2], "get: 5, and nothing is kept");
    }

    #[test]
    fn what_is_kept_can_be_read_and_explains_itself() {
        let kept = Figures::read().unwrap();
        assert!(!kept.commands.is_empty());
        assert!(kept.commands.iter().all(|command| !command.why.is_empty()));
    }
}
