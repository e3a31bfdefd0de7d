//! Compiled components: a file that was tampered with is made anew, and never run.

use std::os::unix::fs::MetadataExt;

use super::*;

fn cached(env: &TestEnv) -> PathBuf {
    let files = files_below(&env.home().join("cache"));
    assert_eq!(files.len(), 1, "{files:?}");
    files.into_iter().next().unwrap()
}

/// Which file it is, not only its name.
fn inode(path: &Path) -> u64 {
    fs_err::metadata(path).unwrap().ino()
}

/// A home in which only the local connector has been compiled.
fn home_with_cache() -> (TestEnv, PathBuf) {
    let env = TestEnv::cold();
    create(&env, "sales", &env.secret("key")).run().succeeds();
    let file = cached(&env);
    let before = inode(&file);
    assert_eq!(names(&env), ["sales"]);
    assert_eq!(inode(&file), before, "a good file is used");
    (env, file)
}

#[test]
fn a_flipped_byte_anywhere_is_compiled_again() {
    let (env, file) = home_with_cache();
    let good = fs_err::read(&file).unwrap();
    let end = good.len() - 1;
    for position in [0, 9, 25, 60, 300, good.len() / 3, good.len() / 2, end] {
        let mut bad = good.clone();
        bad[position] ^= 0x10;
        write_private(&file, &bad);
        let before = inode(&file);
        assert_eq!(names(&env), ["sales"], "byte {position}");
        assert_ne!(inode(&file), before, "byte {position} was not noticed");
        let made = fs_err::read(&file).unwrap();
        assert!(made != bad && made.len() == good.len(), "byte {position}");
    }
}

#[test]
fn a_shortened_or_foreign_file_is_compiled_again() {
    let (env, file) = home_with_cache();
    let good = fs_err::read(&file).unwrap();
    for bad in [&b""[..], b"x", &good[..good.len() / 2], &[&good[..], b"x"].concat()] {
        write_private(&file, bad);
        assert_eq!(names(&env), ["sales"]);
        assert_ne!(fs_err::read(&file).unwrap(), bad);
    }
}

#[test]
fn a_file_that_others_could_write_is_compiled_again() {
    let (env, file) = home_with_cache();
    set_mode(&file, 0o622);
    let before = inode(&file);
    assert_eq!(names(&env), ["sales"]);
    assert_ne!(inode(&file), before);
    assert_eq!(mode(&file), 0o600);
}

#[test]
fn a_key_of_the_cache_that_was_altered_is_of_no_use_to_whoever_did() {
    let (env, file) = home_with_cache();
    let key = env.home().join("state/cache.key");
    let good = fs_err::read(&key).unwrap();
    for bad in [vec![7; 32], good[..10].to_vec(), Vec::new()] {
        write_private(&key, &bad);
        let before = inode(&file);
        assert_eq!(names(&env), ["sales"]);
        assert_ne!(inode(&file), before, "made with {} bytes of a key", bad.len());
        let before = inode(&file);
        assert_eq!(names(&env), ["sales"]);
        assert_eq!(inode(&file), before, "the cache works again after {} bytes", bad.len());
    }
}

#[test]
fn no_cache_at_all_costs_time_only() {
    let env = TestEnv::cold();
    fs_err::write(env.home().join("cache"), "not a folder").unwrap();
    fs_err::write(env.home().join("state"), "not a folder").unwrap();
    create(&env, "sales", &env.secret("key")).run().succeeds();
    assert_eq!(names(&env), ["sales"]);
}
