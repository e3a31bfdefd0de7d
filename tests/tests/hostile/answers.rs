//! Answers that are too large, endless, about something else, or meant for the terminal.

use crate::row::{CHECK, CREATE, Row, attack};
use crate::withstand;

/// Clears the screen, sets the title, writes right to left, starts a new line and a column.
const STEERING: &str =
    r#"text = "\u001b[2J\u001b]0;owned\u0007\u202e\u009b31m\r\u200b\u2066\u0000""#;

pub fn rows() -> Vec<Row> {
    [sizes(), pages(), lists(), others(), steering(), forged_lines(), failures()].concat()
}

fn sizes() -> Vec<Row> {
    let too_much = ["moved more than 2 MiB in one call", "`host-call-mib`"];
    let too_long = ["returned more than 1 MiB in one answer", "`output-mib`"];
    let failure = "behavior = \"fail\"\nerror = \"invalid\"\nlength = 700_000";
    let no_room = ["needed more than 8 MiB of memory", "`memory-mib`"];
    vec![
        attack("long-text", "size = 300_000").shows(&["yyy", "…"]),
        attack("longer-text", "size = 1_000_000\nfindings = 3").ends(9, &too_much),
        attack("endless-text", "size = 100_000_000").ends(9, &no_room),
        attack("many-findings", "findings = 40_000").ends(9, &too_much),
        attack("many-items", "items = 1_000_000").on("list").ends(9, &no_room),
        attack("too-many-items", "items = 501")
            .on("list")
            .ends(9, &["more connections than it was asked for"]),
        attack("many-labels", "labels = 30_000\nsize = 60").on("get x").ends(9, &too_much),
        attack("much-output", "size = 200_000\nfindings = 6").ends(9, &too_long),
        attack("much-output-in-a-failure", failure).ends(9, &too_long),
        attack("much-output-in-a-list", "size = 60_000\nitems = 2").on("list").ends(9, &too_long),
    ]
}

fn pages() -> Vec<Row> {
    let list = |name: &'static str, settings: &str| {
        attack(name, format!("answer = \"{name}\"\n{settings}")).on("list")
    };
    vec![
        list("same-cursor", "").ends(9, &["the same page again"]),
        list("two-cursors", "").ends(9, &["more than 50 pages", "`list-pages`"]),
        list("endless-empty", "").ends(9, &["more than 50 pages", "`list-pages`"]),
        list("endless", "").ends(9, &["more than 50 pages", "`list-pages`"]),
        list("long-cursor", "count = 3_000_000").ends(9, &["`host-call-mib`"]),
    ]
}

/// Every page keeps to its limits, and all pages together do not.
fn lists() -> Vec<Row> {
    let endless =
        |name, settings: &str| attack(name, format!("answer = \"endless\"\n{settings}")).on("list");
    vec![
        endless("list-items", "items = 200").ends(9, &["more than 2000 conn", "`list-items`"]),
        endless("list-bytes", "size = 60_000").ends(9, &["more than 4 MiB", "`list-mib`"]),
        endless("list-slowly", "behavior = \"nap\"\ncount = 250")
            .by("dawdling")
            .ends(9, &["for longer than 1 s", "`list-seconds`"]),
        endless("list-all-backends", "items = 200").on("list -o json").ends(9, &["`list-items`"]),
    ]
}

fn others() -> Vec<Row> {
    let answer =
        |name, answer: &str, command| attack(name, format!("answer = \"{answer}\"")).on(command);
    let another = ["answered for another connection"];
    vec![
        answer("list-other-scope", "other-scope", "list").ends(0, &[]).without("item0"),
        answer("get-other-name", "other-name", "get x").ends(9, &another),
        answer("create-other-name", "other-name", CREATE).ends(9, &another),
        answer("update-other-name", "other-name", "update x bucket=pond").ends(9, &another),
    ]
}

fn steering() -> Vec<Row> {
    let show = |name, command| attack(name, STEERING).on(command).shows(&["␛[2J", "\\u{202e}"]);
    let behave =
        |name, behavior: &str| attack(name, format!("behavior = \"{behavior}\"\n{STEERING}"));
    vec![
        show("steer-check", "check"),
        show("steer-check-json", "check -o json"),
        show("steer-list", "list"),
        show("steer-list-wide", "list -o wide"),
        show("steer-list-json", "list -o json"),
        show("steer-list-yaml", "list -o yaml"),
        show("steer-list-name", "list -o name"),
        show("steer-delete", "delete x --yes"),
        behave("steer-log", "flood-log").shows(&["␛[2J"]),
        behave("steer-stdout", "write-stdout").on("check -vvv").shows(&["␛[2J"]),
        behave("steer-panic", "panic").ends(9, &["␛[2J"]),
    ]
}

/// Lines that look like the program's own: another connection, another error.
fn forged_lines() -> Vec<Row> {
    const FORGED: &str = r#"text = "\n\rforged   s3   home\nerror: forged\nhint: forged""#;
    let forge = |name, command| {
        attack(name, FORGED)
            .on(command)
            .shows(&["forged"])
            .without("\nforged")
            .without("\nerror: forged")
            .without("\nhint: forged")
    };
    let with = |row: Row, settings: &str| Row { settings: format!("{settings}\n{FORGED}"), ..row };
    let exact = |row| with(row, "answer = \"exact-name\"");
    let logs = |row| with(row, "behavior = \"flood-log\"\ncount = 2");
    let fail = |name, kind: &str, code| {
        let row = forge(name, CHECK).ends(code, &["forged"]);
        with(row, &format!("behavior = \"fail\"\nerror = \"{kind}\""))
    };
    vec![
        forge("forge-check", "check"),
        forge("forge-list", "list"),
        forge("forge-list-wide", "list -o wide"),
        forge("forge-list-name", "list -o name"),
        exact(forge("forge-get", "get x")),
        exact(forge("forge-get-yaml", "get x -o yaml")),
        exact(forge("forge-create", CREATE)),
        logs(forge("forge-log", CHECK)),
        logs(forge("forge-log-loudly", "check -vvv")),
        forge("forge-delete", "delete x --yes"),
        fail("forge-failure", "other", 1),
        fail("forge-problem", "invalid", 2),
        fail("forge-users", "in-use", 5),
    ]
}

fn failures() -> Vec<Row> {
    let fail = |name, kind: &str, code| {
        let settings = format!("behavior = \"fail\"\nerror = \"{kind}\"\n{STEERING}");
        attack(name, settings).ends(code, &["␛[2J", "strict"])
    };
    vec![
        fail("fail-invalid", "invalid", 2),
        fail("fail-unauthenticated", "unauthenticated", 4),
        fail("fail-forbidden", "forbidden", 4),
        fail("fail-no-connection", "no-connection", 3),
        fail("fail-no-scope", "no-scope", 3),
        fail("fail-already-exists", "already-exists", 5),
        fail("fail-conflict", "conflict", 5),
        fail("fail-in-use", "in-use", 5),
        fail("fail-unsupported", "unsupported", 2),
        fail("fail-unavailable", "unavailable", 6),
        fail("fail-denied", "denied", 8),
        fail("fail-other", "other", 1),
    ]
}

#[test]
fn answers_are_bounded_checked_and_harmless() {
    withstand(&rows());
}
