//! Loops, bombs and floods: every limit is named when it is hit.

use crate::row::{CREATE, Row, attack};
use crate::withstand;

pub fn rows() -> Vec<Row> {
    let behave = |name, behavior: &str| attack(name, format!("behavior = \"{behavior}\""));
    let with = |name, behavior: &str, count: usize| {
        attack(name, format!("behavior = \"{behavior}\"\ncount = {count}\ntext = \"noise\""))
    };
    let panics = |name, command| behave(name, "panic").on(command).ends(9, &["crashed"]);
    let loops = |name, command| {
        behave(name, "loop").by("hasty").on(command).ends(9, &["`cpu-milliseconds`"])
    };
    let takes_too_long = ["computed for more than 200 ms", "`cpu-milliseconds`"];
    vec![
        panics("panic-in-check", "check"),
        panics("panic-in-create", CREATE),
        panics("panic-in-list", "list"),
        panics("panic-in-get", "get x"),
        panics("panic-in-update", "update x bucket=pond"),
        panics("panic-in-delete", "delete x --yes"),
        behave("abort", "abort").ends(9, &["crashed"]),
        with("exit-0", "exit", 0).ends(9, &["tried to exit the process"]),
        with("exit-3", "exit", 3).ends(9, &["tried to exit the process"]),
        behave("loop", "loop").by("hasty").ends(9, &takes_too_long),
        loops("loop-in-create", CREATE),
        loops("loop-in-list", "list"),
        loops("loop-in-get", "get x"),
        loops("loop-in-update", "update x bucket=pond"),
        loops("loop-in-delete", "delete x --yes"),
        behave("loop-after-calls", "loop-after-calls").by("hasty").ends(9, &takes_too_long),
        behave("loop-of-calls", "loop-of-calls").by("hasty").ends(9, &takes_too_long),
        behave("sleep", "sleep")
            .by("sleepy")
            .ends(9, &["did not finish within 1 s", "`wall-seconds`"]),
        // How a stack ends depends on how the component was optimized: its own runs out, or the engine's.
        behave("recurse", "recurse").ends(9, &["connector `strict`"]),
        behave("eat-memory", "eat-memory").ends(9, &["needed more than 8 MiB", "`memory-mib`"]),
        with("flood-log", "flood-log", 100_000).shows(&["it came back", "`log-kib`"]),
        with("flood-stdout", "flood-stdout", 100_000).shows(&["it came back"]),
        with("flood-stderr", "flood-stderr", 100_000).shows(&["it came back"]),
        with("flood-log-loudly", "flood-log", 100_000).on("check -vvv").shows(&["`log-kib`"]),
        with("flood-stdout-loudly", "flood-stdout", 100_000)
            .on("check -vvv")
            .shows(&["it came back"]),
        // Each page of a list is a call of its own.
        attack("remember", "behavior = \"remember\"\nanswer = \"two-pages\"")
            .on("list -o json")
            .shows(&["call 1 of this instance"])
            .without("call 2 of this instance"),
    ]
}

#[test]
fn no_attack_on_resources_gets_through() {
    withstand(&rows());
}
