//! The short run: the kept corpus of each target, and changes of it that are the same each time.

use std::path::{Path, PathBuf};

use connhub_fuzz::{Mutator, TARGETS, Target};

/// How many changes of its corpus each target is fed.
const CHANGES: usize = 4000;
/// A kept input is small: the engine finds the rest again.
const LARGEST: usize = 16 << 10;

fn corpus(target: &Target) -> Vec<(PathBuf, Vec<u8>)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus").join(target.name);
    let entries = fs_err::read_dir(folder).expect("each target has a corpus");
    let mut paths: Vec<PathBuf> =
        entries.map(|entry| entry.expect("it is listed").path()).collect();
    paths.sort();
    let read = |path: PathBuf| {
        let bytes = fs_err::read(&path).expect("it is there");
        (path, bytes)
    };
    paths.into_iter().map(read).collect()
}

#[test]
fn every_kept_input_passes_its_target() {
    for target in TARGETS {
        let corpus = corpus(target);
        assert!(corpus.len() >= 3, "`{}` has hardly any corpus", target.name);
        for (path, bytes) in corpus {
            assert!(bytes.len() <= LARGEST, "{} is too large to keep", path.display());
            (target.run)(&bytes);
        }
    }
}

#[test]
fn changes_of_the_corpus_pass_too() {
    std::thread::scope(|scope| {
        for target in TARGETS {
            scope.spawn(|| change(target));
        }
    });
}

fn change(target: &Target) {
    let corpus = corpus(target);
    let mut mutator = Mutator::new(target.name, target.words);
    for round in 0..CHANGES {
        let (_, input) = &corpus[round % corpus.len()];
        let (_, other) = &corpus[(round / corpus.len()) % corpus.len()];
        (target.run)(&mutator.change(input, other));
    }
}
