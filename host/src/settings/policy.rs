//! The policy files: the system's, at a place that nothing can change, and those that are named in addition.

use std::io::{self, Read as _};
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use fs_err::os::unix::fs::OpenOptionsExt as _;
use rustix::fs::OFlags;

use super::trusted::only_root_writes;
use crate::model::{Error, Kind};
use crate::policy::admin::{BadPolicy, Keeper, PolicyFile, PolicySet};

/// The system's policy. No variable, flag or file moves it.
pub const SYSTEM_POLICY: &str = "/etc/connhub/policy.toml";

/// The most that a policy file may hold, in bytes.
const MAX_BYTES: u64 = 1 << 20;

/// The policy in force: the system's file if there is one, and those that are named, all of which have to be there.
///
/// # Errors
/// A file cannot be trusted, read or understood. Then nothing may run.
pub fn load_policy(named: &[PathBuf]) -> Result<PolicySet, Error> {
    let mut set = PolicySet::default();
    if let Some(text) = system()? {
        set.add(parse(Path::new(SYSTEM_POLICY), Keeper::System, &text)?);
    }
    for path in named {
        let (text, owner) = further(path)?;
        let keeper = Keeper::Further { owner: format!("the user with the id {owner}") };
        set.add(parse(path, keeper, &text)?);
    }
    Ok(set)
}

/// Reads a file that is only to be checked, without asking whose it is.
///
/// # Errors
/// It cannot be read, or everything that is wrong with it.
pub fn check_policy(path: &Path) -> Result<Result<PolicyFile, Vec<BadPolicy>>, Error> {
    let (text, _) = further(path)?;
    Ok(PolicyFile::parse(&path.display().to_string(), Keeper::System, &text))
}

/// The text of the system's file. Only a file that does not exist is absent: one that cannot be read must not be ignored.
fn system() -> Result<Option<String>, Error> {
    let path = Path::new(SYSTEM_POLICY);
    // A pipe must not be waited for.
    let flags = OFlags::NOFOLLOW | OFlags::NONBLOCK;
    let mut options = fs_err::OpenOptions::new();
    options.read(true).custom_flags(flags.bits().cast_signed());
    let file = match options.open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(unreadable(error)),
    };
    let metadata = file.metadata().map_err(unreadable)?;
    only_root_writes(path, &metadata).map_err(|untrusted| {
        let hint = format!("nothing runs until root repairs it: {}", untrusted.repair());
        Error::refused(format!("the policy `{SYSTEM_POLICY}` cannot be trusted"))
            .because(untrusted)
            .hint(hint)
    })?;
    read(&file).map(Some).map_err(unreadable)
}

fn unreadable(error: io::Error) -> Error {
    Error::refused(format!("the policy `{SYSTEM_POLICY}` cannot be read, so nothing may run"))
        .because(error)
        .hint("it must be a file in UTF-8 of at most 1 MiB that everybody can read and only root can write")
}

fn further(path: &Path) -> Result<(String, u32), Error> {
    let failed = |error: io::Error| {
        let kind = match error.kind() {
            io::ErrorKind::NotFound => Kind::NotFound,
            _ => Kind::Refused,
        };
        Error::new(kind, format!("the policy `{}` cannot be read", path.display())).because(error)
    };
    let file = fs_err::File::open(path).map_err(failed)?;
    let owner = file.metadata().map_err(failed)?.uid();
    Ok((read(&file).map_err(failed)?, owner))
}

fn read(file: &fs_err::File) -> io::Result<String> {
    let mut text = String::new();
    file.take(MAX_BYTES + 1).read_to_string(&mut text)?;
    match text.len() as u64 > MAX_BYTES {
        true => Err(io::Error::new(io::ErrorKind::InvalidData, "it has more than 1 MiB")),
        false => Ok(text),
    }
}

fn parse(path: &Path, keeper: Keeper, text: &str) -> Result<PolicyFile, Error> {
    PolicyFile::parse(&path.display().to_string(), keeper, text).map_err(|problems| {
        let text = |problem: &BadPolicy| match &problem.hint {
            Some(hint) => format!("{problem} ({hint})"),
            None => problem.to_string(),
        };
        let first = problems.first().map(text).unwrap_or_default();
        let error = Error::refused(format!("the policy is not valid, so nothing may run: {first}"));
        error.hint(format!(
            "`connhub policy check {}` shows all that is wrong with it",
            path.display()
        ))
    })
}
