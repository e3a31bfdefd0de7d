//! Programs: only the named ones, with arguments that fit, bounded in time and output, and with no secret where others could read it.

use std::time::{Duration, Instant, SystemTime};

use rustix::process::{Pid, Signal, kill_process};

use crate::arena::{Arena, Attacker};
use crate::component::{built_as, with_needs};
use crate::row::{CREATE, Row, attack};
use crate::withstand_all;

/// What `runs` declares: a shell with scripts that are written here, which is what a real program would be that attacks.
const NEEDS: &str = r#"
contract = "1.1.0"
[[command]]
name = "tool"
why = "is attacked, or attacks"
program = "/bin/sh"
args = [
  ["-c", "echo $# $1", "x", "{name}"],
  ["-c", "echo $# $1", "x", "{name}", "--force"],
  ["-c", "cat $1; cat $1 >&2; env; pwd", "x", "{file}"],
  ["-c", "cat"],
  ["-c", "yes"],
  ["-c", "yes | head -c 3000000; exit 5"],
  ["-c", "sleep 7391 & sleep 7391"],
  ["-c", "sleep 7393 & sleep 7393", "x", "{file}"],
  ["-c", "(sleep 7392 >&2 &) ; echo left"],
  ["-c", "echo here: $(ls -A . | wc -l)"],
  ["-c", "printf '\\033[2J\\033]0;x\\007'"],
]
secrets-in = ["/data/*"]
environment = ["HIDDEN_VARIABLE", "API_TOKEN"]
[reveal]
why = "wants to know"
"#;

const GRANTS: &str = r#"
reveal = true
[limits]
command-seconds = 2
command-output-kib = 4
command-runs = 3
request-mib = 1
[commands.tool]
program = "/bin/sh"
args = [
  ["-c", "echo $# $1", "x", "{name}"],
  ["-c", "cat $1; cat $1 >&2; env; pwd", "x", "{file}"],
  ["-c", "yes"],
  ["-c", "yes | head -c 3000000; exit 5"],
  ["-c", "sleep 7391 & sleep 7391"],
  ["-c", "sleep 7393 & sleep 7393", "x", "{file}"],
  ["-c", "(sleep 7392 >&2 &) ; echo left"],
  ["-c", "echo here: $(ls -A . | wc -l)"],
  ["-c", "printf '\\033[2J\\033]0;x\\007'"],
  ["--version"],
]
secrets-in = ["/data/*"]
environment = ["PATH"]
"#;

/// The same without `reveal`.
const NO_INPUT: &str = r#"
[limits]
request-mib = 1
[commands.tool]
program = "/bin/sh"
args = [["-c", "cat"]]
"#;

fn runs(name: &'static str, program: &str, arguments: &str) -> Row {
    // TOML takes every escape that JSON writes.
    let quoted = |text: &str| serde_json::Value::from(text).to_string();
    let settings = format!("program = {}\narguments = {}\n", quoted(program), quoted(arguments));
    Row { connector: name, ..attack(name, settings) }
}

fn with(mut row: Row, more: &str) -> Row {
    row.settings.push_str(more);
    row
}

fn attacker(row: Row) -> Attacker {
    let component = with_needs(built_as("runs"), NEEDS);
    Attacker { row, component, grants: GRANTS }
}

const NAMED: &str = "-c¦echo $# $1¦x¦";

fn refused() -> Vec<Row> {
    let named = |name, text: &str| {
        runs(name, "tool", &format!("{NAMED}{text}")).ends(8, &["does not declare"])
    };
    vec![
        runs("other-program", "sh", "-c¦id").ends(8, &["has no command `sh`"]),
        runs("program-by-path", "/bin/sh", "-c¦id").ends(8, &["has no command `/bin/sh`"]),
        runs("other-script", "tool", "-c¦id").ends(8, &["does not declare"]),
        runs("no-arguments", "tool", "").ends(8, &["does not declare"]),
        runs("declared-not-granted", "tool", &format!("{NAMED}a¦--force"))
            .ends(8, &["may not run command `tool`", "--force"]),
        runs("granted-not-declared", "tool", "--version").ends(8, &["does not declare"]),
        named("name-flag", "--force"),
        named("name-flag-with-value", "--output=evil"),
        named("name-traversal", "../../etc/passwd"),
        named("name-absolute", "/etc/passwd"),
        named("name-substitution", "$(id)"),
        named("name-separator", "a;id"),
        named("name-line", "a\nid"),
        named("name-with-nul", "a\0id"),
        runs("file-traversal", "tool", "-c¦cat $1; cat $1 >&2; env; pwd¦x¦@../x")
            .ends(8, &["no plain name of a file"]),
        runs("file-absolute", "tool", "-c¦cat $1; cat $1 >&2; env; pwd¦x¦@/etc/passwd")
            .ends(8, &["no plain name of a file"]),
        runs("file-by-text", "tool", "-c¦cat $1; cat $1 >&2; env; pwd¦x¦/etc/passwd")
            .ends(8, &["does not declare"]),
        runs("secret-in-argv", "tool", &format!("{NAMED}%"))
            .on("create x --type s3 bucket=lake access_key_id=AKIAVISIBLE secret_access_key=@simple")
            .ends(8, &["may not pass a secret as an argument"]),
        with(
            runs("secret-elsewhere", "tool", "-c¦cat $1; cat $1 >&2; env; pwd¦x¦@a"),
            "content = '{\"other\":%}'\n",
        )
        .on(CREATE)
        .ends(8, &["does not declare that it places secrets at `/other`"]),
        with(
            runs("secret-in-text", "tool", "-c¦cat $1; cat $1 >&2; env; pwd¦x¦@a"),
            "content = 'key: %'\n",
        )
        .on(CREATE)
        .ends(8, &["in a file that is not JSON"]),
        with(runs("input", "tool", "-c¦cat"), "input = 'x'\n")
            .ends(8, &["may not run command `tool`"]),
        with(runs("many-runs", "tool", &format!("{NAMED}a")), "count = 4\n")
            .ends(9, &["ran programs 3 times"]),
    ]
}

fn contained() -> Vec<Row> {
    vec![
        runs("named", "tool", &format!("{NAMED}a.b-c_1")).gets(&["GOT Some(0) false 1 a.b-c_1"]),
        runs("too-much", "tool", "-c¦yes | head -c 3000000; exit 5").gets(&["GOT Some(5) true y"]),
        runs("for-ever", "tool", "-c¦sleep 7391 & sleep 7391")
            .ends(6, &["did not end within 2 seconds", "command-seconds"]),
        runs("floods", "tool", "-c¦yes").ends(6, &["did not end within 2 seconds"]),
        runs("leaves-a-child", "tool", "-c¦(sleep 7392 >&2 &) ; echo left").gets(&["left"]),
        with(
            runs("secret-in-file", "tool", "-c¦cat $1; cat $1 >&2; env; pwd¦x¦@a"),
            "content = '{\"data\":{\"k\":%}}'\n",
        )
        .on("create x --type s3 bucket=lake access_key_id=AKIAVISIBLE secret_access_key=@stolen -o json")
        .gets(&["GOT Some(0) false {\\\"data\\\":{\\\"k\\\":\\\"***\\\"}}"])
        .without("of-the-host")
        .without("API_TOKEN"),
        // Its own folder is empty; of those of other calls it sees at most the names.
        runs("neighbors", "tool", "-c¦echo here: $(ls -A . | wc -l)").gets(&["here: 0"]),
        runs("steers", "tool", "-c¦printf '\\033[2J\\033]0;x\\007'").gets(&["GOT Some(0)"]),
        with(runs("looks", "tool", ""), "behavior = \"look\"\n").gets(&["installed: true"]),
        with(runs("looks-elsewhere", "sh", ""), "behavior = \"look\"\n")
            .gets(&["installed: false"]),
    ]
}

#[test]
fn only_what_is_declared_and_granted_is_run() {
    withstand_all(&refused().into_iter().map(attacker).collect::<Vec<_>>());
}

#[test]
fn a_standard_input_has_to_be_declared_and_granted() {
    let needs = NEEDS.replace("[reveal]\nwhy = \"wants to know\"\n", "");
    let component = |more: &str| {
        let needs = needs.replace("secrets-in = [\"/data/*\"]", more);
        with_needs(built_as("runs"), &needs)
    };
    let row = |name| with(runs(name, "tool", "-c¦cat"), "input = 'x'\n");
    withstand_all(&[
        Attacker {
            row: row("input-not-declared").ends(8, &["does not declare that it gives"]),
            component: component(""),
            grants: NO_INPUT,
        },
        Attacker {
            row: row("input-not-granted").ends(8, &["`input = true`"]),
            component: component("input = true"),
            grants: NO_INPUT,
        },
    ]);
}

#[test]
fn what_runs_is_bounded_and_leaves_nothing() {
    withstand_all(&contained().into_iter().map(attacker).collect::<Vec<_>>());
    for mark in ["7391", "7392"] {
        wait_until(|| !is_running("sleep", mark));
    }
}

/// A signal ends everything; a kill leaves files, which the next run finds.
#[test]
fn nothing_is_left_after_a_signal_and_after_a_kill_until_the_next_run() {
    let held = with(
        runs("held", "tool", "-c¦sleep 7393 & sleep 7393¦x¦@a"),
        "content = '{\"data\":{\"k\":%}}'\n",
    )
    .on(CREATE);
    let next = runs("next", "tool", &format!("{NAMED}a"));
    let patient: &'static str = GRANTS.replace("seconds = 2", "seconds = 60").leak();
    let attackers = [&held, &next].map(|row| Attacker { grants: patient, ..attacker(row.clone()) });
    let arena = Arena::of(&attackers);
    let places = arena.folder("run");
    let left = || fs_err::read_dir(&places).expect("it is there").count();
    let started = || {
        let running = arena.prepare(&held).variable("XDG_RUNTIME_DIR", &places).start();
        wait_until(|| is_running("sleep", "7393"));
        assert_eq!(left(), 1, "the folder of the run");
        running
    };
    for (signal, code) in [(Signal::INT, 130), (Signal::HUP, 129)] {
        let running = started();
        let id = Pid::from_raw(running.id().cast_signed()).expect("it has a number");
        kill_process(id, signal).expect("it runs");
        assert_eq!(running.finish().code, code);
        wait_until(|| !is_running("sleep", "7393"));
        assert_eq!(left(), 0);
    }
    started().kill();
    assert_eq!(left(), 1, "nobody was left to remove it");
    // A young folder could be one that is just being made.
    let old = SystemTime::now() - Duration::from_secs(120);
    for folder in fs_err::read_dir(&places).expect("it is there").flatten() {
        fs_err::File::open(folder.path()).unwrap().file().set_modified(old).unwrap();
    }
    for process in processes("sleep", "7393") {
        // It may have ended by itself. The shell may be about to start another.
        let group = rustix::process::getpgid(Some(process));
        let _ = group.map(|group| rustix::process::kill_process_group(group, Signal::KILL));
    }
    arena.prepare(&next).variable("XDG_RUNTIME_DIR", &places).run().succeeds();
    assert_eq!(left(), 0);
}

fn wait_until(condition: impl Fn() -> bool) {
    let begun = Instant::now();
    while !condition() {
        assert!(begun.elapsed() < Duration::from_secs(60), "it does not happen");
        std::thread::yield_now();
    }
}

/// Whether any process has these words; one that is dead and not yet waited for has none.
fn is_running(program: &str, argument: &str) -> bool {
    !processes(program, argument).is_empty()
}

fn processes(program: &str, argument: &str) -> Vec<Pid> {
    let words = format!("{program}\0{argument}\0");
    let processes = fs_err::read_dir("/proc").expect("Linux tells about processes").flatten();
    let with_words = |process: fs_err::DirEntry| {
        let line = fs_err::read(process.path().join("cmdline")).ok()?;
        let number = process.file_name().to_str()?.parse().ok()?;
        (line == words.as_bytes()).then(|| Pid::from_raw(number)).flatten()
    };
    processes.filter_map(with_words).collect()
}

#[test]
fn the_record_says_what_was_run_and_what_was_refused() {
    let rows = [
        runs("ran", "tool", &format!("{NAMED}a")).on(CREATE),
        runs("not-run", "tool", "-c¦id").on(CREATE),
    ];
    let arena = Arena::of(&rows.clone().map(attacker));
    rows.iter().for_each(|row| drop(arena.attack(row)));
    let records = arena.records();
    let of = |name: &str| {
        let ended = |record: &&serde_json::Value| {
            record["backend"] == name && record.get("outcome").is_some()
        };
        records.iter().find(ended).unwrap_or_else(|| panic!("{name} left no record"))
    };
    let ran = &of("ran")["programs"][0];
    assert_eq!((&ran["name"], &ran["runs"]), (&"tool".into(), &1.into()), "{ran}");
    assert!(ran["program"].as_str().is_some_and(|path| path.starts_with('/')), "{ran}");
    let refused = of("not-run");
    assert!(refused["denials"].to_string().contains("does not declare"), "{refused}");
    assert!(refused.get("programs").is_none(), "{refused}");
}
