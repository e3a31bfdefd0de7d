//! Pipes that break, disks that are full, streams that are closed.

use std::io::{Read, Write};
use std::process::Stdio;

use super::*;

#[test]
fn nobody_reads_any_more() {
    let env = two_connections();
    for words in [
        &["list"][..],
        &["list", "--unsorted"],
        &["list", "--unsorted", "-o", "json"],
        &["get", "sales", "-o", "yaml"],
        &["--help"],
        &["types"],
        &["completion", "bash"],
    ] {
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let mut command = env.command(words).command();
        command.stdout(writer).stderr(Stdio::piped()).stdin(Stdio::null());
        let output = command.output().unwrap();
        assert_eq!(String::from_utf8_lossy(&output.stderr), "", "{words:?}");
        let code = output.status.code();
        assert!(matches!(code, Some(0 | 141) | None), "{words:?} ended with {code:?}");
    }
}

#[test]
fn a_reader_that_stops_early() {
    let env = TestEnv::new();
    let mut command = env.command(["types", "kafka", "-o", "json"]).command();
    command.stdout(Stdio::piped()).stderr(Stdio::piped()).stdin(Stdio::null());
    let mut child = command.spawn().unwrap();
    let mut first = [0];
    child.stdout.take().unwrap().read_exact(&mut first).unwrap();
    let output = child.wait_with_output().unwrap();
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
}

#[test]
fn a_full_disk_is_not_success() {
    let env = two_connections();
    for words in [
        &["list"][..],
        &["list", "-o", "json"],
        &["list", "--unsorted", "-o", "yaml"],
        &["get", "sales"],
        &["types"],
        &["man"],
        &["completion", "zsh"],
    ] {
        let full = fs_err::OpenOptions::new().write(true).open("/dev/full").unwrap();
        let mut command = env.command(words).command();
        command.stdout(std::fs::File::from(full)).stderr(Stdio::piped()).stdin(Stdio::null());
        let output = command.output().unwrap();
        let talk = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(1), "{words:?}: {talk}");
        assert!(talk.contains("error") && talk.contains("No space left"), "{words:?}: {talk}");
    }
}

#[test]
fn a_write_that_was_done_is_not_undone_by_a_broken_pipe() {
    let env = TestEnv::new();
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    let words = ["create", "x", "--type", "uri", "uri=https://a.example.com"];
    let mut command = env.command(words).command();
    command.stdout(writer).stderr(Stdio::piped()).stdin(Stdio::null());
    assert_eq!(String::from_utf8_lossy(&command.output().unwrap().stderr), "");
    env.run(["get", "x"]).succeeds();
}

#[test]
fn closed_streams_do_no_harm() {
    let env = TestEnv::new();
    let words = ["create", "x", "--type", "uri", "uri=https://a.example.com"];
    let closed = env.command(words).by(["sh", "-c", "exec \"$@\" <&- >&- 2>&-", "sh"]);
    closed.run().succeeds();
    let shown = env.run(["get", "x", "-o", "json"]).succeeds().json();
    assert_eq!(shown["fields"]["uri"], "https://a.example.com");
}

#[test]
fn stdin_is_left_alone_by_commands_that_need_none() {
    let env = two_connections();
    for words in [
        &["list"][..],
        &["get", "sales"],
        &["update", "sales", "bucket=abc"],
        &["delete", "sales", "--yes"],
    ] {
        // A command that waited for stdin would never end: it stays open.
        let mut command = env.command(words).command();
        command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
        let mut child = command.spawn().unwrap();
        let mut stdin = child.stdin.take().unwrap();
        let since = std::time::Instant::now();
        while child.try_wait().unwrap().is_none() {
            assert!(since.elapsed().as_secs() < 30, "{words:?} waits for stdin");
            std::thread::sleep(std::time::Duration::from_millis(5));
        }
        let _ = stdin.write_all(b"x");
    }
}

#[test]
fn a_secret_that_never_ends_is_refused() {
    let env = TestEnv::new();
    let words = ["create", "x", "--type", "s3", "access_key_id=AKIA", "secret_access_key=-"];
    let zeros = fs_err::File::open("/dev/zero").unwrap();
    let mut command = env.command(words).command();
    command.stdin(std::fs::File::from(zeros)).stdout(Stdio::null()).stderr(Stdio::piped());
    let output = command.output().unwrap();
    assert_eq!(output.status.code(), Some(2), "{}", String::from_utf8_lossy(&output.stderr));
    let words =
        ["create", "x", "--type", "s3", "access_key_id=AKIA", "secret_access_key=@/dev/zero"];
    env.run(words).exits_with(2);
}
