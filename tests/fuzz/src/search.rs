//! The long run: what reaches something new is kept and changed again.

use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, Weak};
use std::time::{Duration, Instant};

use crate::coverage::Coverage;
use crate::{Mutator, Target};

/// An input that takes longer than this is a failure too.
const HANG: Duration = Duration::from_secs(10);
/// Longer inputs reach nothing that shorter ones do not.
const LONGEST: usize = 4096;

/// Where the inputs of a target are.
pub struct Folders {
    /// In the repository.
    pub kept: PathBuf,
    /// What long runs found to reach more.
    pub found: PathBuf,
    /// What made the target fail.
    pub failures: PathBuf,
}

/// What a run came to.
#[derive(Debug)]
pub struct Summary {
    /// Inputs that were tried.
    pub tried: u64,
    /// Inputs that reach something each.
    pub corpus: usize,
    /// Edges of the host that were reached.
    pub edges: usize,
    /// The input that made the target fail, if one did.
    pub failure: Option<PathBuf>,
}

/// Changes inputs until the time is over or one makes the target fail.
///
/// # Errors
/// The folders cannot be read or written.
pub fn search(target: &Target, folders: &Folders, time: Duration) -> io::Result<Summary> {
    let mut search = Search::new(target, folders)?;
    for input in inputs(&folders.kept)?.into_iter().chain(inputs(&folders.found)?) {
        if search.try_input(input, Origin::Known)? {
            return Ok(search.summary());
        }
    }
    let seed = format!("{} {}", target.name, search.corpus.len());
    let mut mutator = Mutator::new(&seed, target.words);
    while search.started.elapsed() < time {
        let input = search.next_input(&mut mutator);
        if search.try_input(input, Origin::Changed)? {
            break;
        }
    }
    Ok(search.summary())
}

/// Writes the inputs that are worth keeping, the short ones first, to a new folder: together they reach what all of them do.
///
/// # Errors
/// The folders cannot be read or written.
pub fn distill(target: &Target, folders: &Folders, to: &Path, most: usize) -> io::Result<usize> {
    let mut all = inputs(&folders.kept)?;
    all.extend(inputs(&folders.found)?);
    all.sort_by_key(Vec::len);
    let mut coverage = Coverage::default();
    let mut written = 0;
    for input in all {
        Coverage::start();
        (target.run)(&input);
        if coverage.is_new() && written < most {
            fs_err::write(to.join(name_of(&input)), &input)?;
            written += 1;
        }
    }
    Ok(written)
}

#[derive(PartialEq, Eq)]
enum Origin {
    Known,
    Changed,
}

struct Search<'a> {
    target: &'a Target,
    folders: &'a Folders,
    coverage: Coverage,
    corpus: Vec<Vec<u8>>,
    tried: u64,
    failure: Option<PathBuf>,
    started: Instant,
    running: Running,
}

/// The input that is being tried, and since when.
type Running = Arc<Mutex<(Instant, Vec<u8>)>>;

impl<'a> Search<'a> {
    fn new(target: &'a Target, folders: &'a Folders) -> io::Result<Self> {
        fs_err::create_dir_all(&folders.found)?;
        fs_err::create_dir_all(&folders.failures)?;
        let running = Arc::new(Mutex::new((Instant::now(), Vec::new())));
        watch(Arc::downgrade(&running), folders.failures.clone());
        Ok(Self {
            target,
            folders,
            coverage: Coverage::default(),
            corpus: Vec::new(),
            tried: 0,
            failure: None,
            started: Instant::now(),
            running,
        })
    }

    fn next_input(&self, mutator: &mut Mutator<'_>) -> Vec<u8> {
        let empty = Vec::new();
        let mut any = || mutator.choose(&self.corpus).unwrap_or(&empty).clone();
        let (input, other) = (any(), any());
        let mut changed = mutator.change(&input, &other);
        changed.truncate(LONGEST);
        changed
    }

    /// Whether it made the target fail.
    fn try_input(&mut self, input: Vec<u8>, origin: Origin) -> io::Result<bool> {
        if let Ok(mut running) = self.running.lock() {
            *running = (Instant::now(), input.clone());
        }
        self.tried += 1;
        Coverage::start();
        let run = self.target.run;
        if catch_unwind(AssertUnwindSafe(|| run(&input))).is_err() {
            let path = self.folders.failures.join(name_of(&input));
            fs_err::write(&path, &input)?;
            self.failure = Some(path);
            return Ok(true);
        }
        if self.coverage.is_new() {
            if origin == Origin::Changed {
                fs_err::write(self.folders.found.join(name_of(&input)), &input)?;
            }
            self.corpus.push(input);
        }
        Ok(false)
    }

    fn summary(&self) -> Summary {
        Summary {
            tried: self.tried,
            corpus: self.corpus.len(),
            edges: self.coverage.edges(),
            failure: self.failure.clone(),
        }
    }
}

/// Ends the program if an input takes too long, and leaves that input behind.
fn watch(running: Weak<Mutex<(Instant, Vec<u8>)>>, failures: PathBuf) {
    std::thread::spawn(move || {
        while let Some(running) = running.upgrade() {
            std::thread::sleep(HANG / 10);
            let Ok(running) = running.lock() else { return };
            if running.0.elapsed() > HANG {
                let path = failures.join(format!("slow-{}", name_of(&running.1)));
                let written = fs_err::write(&path, &running.1);
                eprintln!("an input takes too long: {} ({written:?})", path.display());
                std::process::exit(2);
            }
        }
    });
}

fn inputs(folder: &Path) -> io::Result<Vec<Vec<u8>>> {
    let mut paths = Vec::new();
    for entry in fs_err::read_dir(folder)? {
        paths.push(entry?.path());
    }
    paths.sort();
    paths.into_iter().map(fs_err::read).collect()
}

/// The same input has the same name.
fn name_of(input: &[u8]) -> String {
    format!("{:016x}", crate::mutation::hash(input))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A search that cannot fail finds nothing.
    #[test]
    fn an_input_that_fails_is_found_and_left_behind() {
        const FAILS: Target = Target {
            name: "fails",
            run: |data| assert!(!data.starts_with(b"no"), "it starts with `no`"),
            words: &["no"],
        };
        let folder = std::env::temp_dir().join(format!("connhub-fuzz-{}", std::process::id()));
        let folders = Folders {
            kept: folder.join("kept"),
            found: folder.join("found"),
            failures: folder.join("failures"),
        };
        fs_err::create_dir_all(&folders.kept).unwrap();
        fs_err::write(folders.kept.join("a"), "yes").unwrap();
        let summary = search(&FAILS, &folders, Duration::from_secs(60)).unwrap();
        let failure = summary.failure.expect("it is found within seconds");
        assert!(fs_err::read(failure).unwrap().starts_with(b"no"));
        fs_err::remove_dir_all(folder).unwrap();
    }
}
