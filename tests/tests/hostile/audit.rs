//! What a connector tried and was refused stands in the audit log, whatever it made of the refusal.

use crate::arena::Arena;
use crate::row::{CREATE, Row, attack};

fn rows() -> Vec<Row> {
    vec![
        attack("reveal", "behavior = \"reveal\"").on(CREATE).ends(8, &["`reveal`"]),
        attack("other-path", "behavior = \"request\"\npath = \"/other\"").ends(8, &["strict"]),
        attack("other-endpoint", "behavior = \"request\"\nendpoint = \"x\"").ends(8, &["strict"]),
        attack("loop", "behavior = \"loop\"").by("hasty").on(CREATE).ends(9, &["hasty"]),
        attack("memory", "behavior = \"eat-memory\"").on(CREATE).ends(9, &["strict"]),
        attack("sleep", "behavior = \"sleep\"").by("sleepy").on(CREATE).ends(9, &["sleepy"]),
        attack("log", "behavior = \"flood-log\"\ncount = 100000\ntext = \"noise\"").on(CREATE),
        attack("granted", "behavior = \"request\"").shows(&["status 200"]),
    ]
}

#[test]
fn what_was_refused_and_which_limit_was_hit_is_recorded() {
    let rows = rows();
    let arena = Arena::new(&rows);
    for row in &rows {
        arena.attack(row);
    }
    let records = arena.records();
    let record = |name: &str| {
        let found = records.iter().find(|record| record["backend"] == name);
        found.unwrap_or_else(|| panic!("{name} left no record: {records:#?}"))
    };
    for (name, words) in [
        ("reveal", "`reveal`"),
        ("other-path", "/other"),
        ("other-endpoint", "has no endpoint `x`"),
    ] {
        let record = record(name);
        assert!(record["denials"].to_string().contains(words), "{record}");
        assert_eq!(record["outcome"]["result"], "denied", "{record}");
        assert_eq!(record["connector"]["name"], "strict", "{record}");
    }
    for (name, key) in [
        ("loop", "cpu-milliseconds"),
        ("memory", "memory-mib"),
        ("sleep", "wall-seconds"),
        ("log", "log-kib"),
    ] {
        assert_eq!(record(name)["limits"], serde_json::json!([key]), "{}", record(name));
    }
    let granted = records.iter().find(|record| record["backend"] == "granted");
    assert_eq!(granted, None, "reading leaves no record");
}
