//! Components that break the rules of the component model itself, or do what no compiler makes.

use crate::arena::Attacker;
use crate::component::{Foreign, Raw, with_module};
use crate::row::attack;
use crate::withstand_all;

const LOG: &str =
    "(import \"connhub:connector/log@1.0.0\" \"write\" (func $log (param i32 i32 i32)))";
const SECRET: &str = "
    (import \"connhub:connector/secrets@1.0.0\" \"[method]secret.length\" (func $length (param i32) (result i64)))
    (import \"connhub:connector/secrets@1.0.0\" \"[resource-drop]secret\" (func $drop (param i32)))";

/// `check` is answered by these instructions.
fn checks(check: &'static str) -> Raw {
    Raw { check, ..Raw::default() }
}

/// The result of `check` is at 1024 and made of these bytes.
fn returns(data: &'static str) -> Raw {
    Raw { fields: data, ..Raw::default() }
}

/// This runs when the component is started.
fn starts(fields: &'static str) -> Raw {
    Raw { fields, ..Raw::default() }
}

fn reallocates(realloc: &'static str) -> Raw {
    Raw { realloc, ..Raw::default() }
}

#[track_caller]
fn check(rows: &[(&'static str, Raw, &[&'static str])]) {
    let attacker = |(name, raw, words): &(&'static str, Raw, &[&'static str])| Attacker {
        // The setting makes the host ask for memory.
        row: attack(name, "some = \"setting\"").by(name).ends(9, words),
        component: raw.with_smallest_needs(),
        grants: "",
    };
    withstand_all(&rows.iter().map(attacker).collect::<Vec<_>>());
}

/// Without this the other tests would show nothing.
#[test]
fn a_raw_component_that_behaves_is_run() {
    let attacker = Attacker {
        row: attack("behaves", "some = \"setting\"").by("behaves"),
        component: Raw::default().with_smallest_needs(),
        grants: "",
    };
    withstand_all(&[attacker]);
}

#[test]
fn results_that_point_nowhere_or_mean_nothing_are_refused() {
    check(&[
        ("result-outside", checks("i32.const -16"), &[]),
        ("result-misaligned", checks("i32.const 1025"), &[]),
        (
            "text-outside",
            returns(r#"(data (i32.const 1028) "\01\00\00\00\ff\ff\ff\7f\10\00\00\00")"#),
            &[],
        ),
        (
            "text-endless",
            returns(r#"(data (i32.const 1028) "\01\00\00\00\00\00\00\00\ff\ff\ff\ff")"#),
            &[],
        ),
        (
            "text-not-utf-8",
            returns(
                r#"(data (i32.const 1028) "\01\00\00\00\00\08\00\00\04\00\00\00") (data (i32.const 2048) "\ff\fe\c0\80")"#,
            ),
            &[],
        ),
        ("list-endless", returns(r#"(data (i32.const 1052) "\00\08\00\00\ff\ff\ff\ff")"#), &[]),
        ("list-outside", returns(r#"(data (i32.const 1052) "\f0\ff\01\00\40\00\00\00")"#), &[]),
        ("list-misaligned", returns(r#"(data (i32.const 1052) "\01\08\00\00\01\00\00\00")"#), &[]),
        ("unknown-result", returns(r#"(data (i32.const 1024) "\09")"#), &[]),
        ("unknown-option", returns(r#"(data (i32.const 1028) "\07")"#), &[]),
        (
            "unknown-verdict",
            returns(
                r#"(data (i32.const 1052) "\00\08\00\00\01\00\00\00") (data (i32.const 2056) "\c8")"#,
            ),
            &[],
        ),
    ]);
}

/// A small list whose elements are all the same large text is large for the host.
#[test]
fn what_is_small_in_the_sandbox_and_large_outside_is_bounded() {
    let fill = "(local $n i32) (loop $more
        (i32.store (i32.add (i32.const 4096) (i32.mul (local.get $n) (i32.const 20))) (i32.const 65536))
        (i32.store (i32.add (i32.const 4100) (i32.mul (local.get $n) (i32.const 20))) (i32.const 60000))
        (local.set $n (i32.add (local.get $n) (i32.const 1)))
        (br_if $more (i32.lt_u (local.get $n) (i32.const 3000))))
        (i32.store (i32.const 1052) (i32.const 4096))
        (i32.store (i32.const 1056) (i32.const 3000))
        (i32.const 1024)";
    check(&[("amplification", checks(fill), &["`host-call-mib`"])]);
}

#[test]
fn an_allocator_that_lies_is_refused() {
    check(&[
        ("realloc-outside", reallocates("i32.const -8"), &[]),
        ("realloc-misaligned", reallocates("i32.const 4097"), &[]),
        ("realloc-traps", reallocates("unreachable"), &["crashed"]),
        (
            "realloc-loops",
            reallocates("(loop $more br $more) unreachable"),
            &["`cpu-milliseconds`"],
        ),
        (
            "realloc-calls-the-host",
            Raw {
                imports: LOG,
                realloc: "(call $log (i32.const 1) (i32.const 0) (i32.const 4)) i32.const 4096",
                ..Raw::default()
            },
            &[],
        ),
    ]);
}

#[test]
fn calls_of_the_host_with_nonsense_end_the_call_only() {
    let logs = |check| Raw { imports: LOG, check, ..Raw::default() };
    let handles = |check| Raw { imports: SECRET, check, ..Raw::default() };
    check(&[
        (
            "log-outside",
            logs("(call $log (i32.const 1) (i32.const -4) (i32.const 100)) i32.const 1024"),
            &[],
        ),
        (
            "log-endless",
            logs("(call $log (i32.const 1) (i32.const 0) (i32.const -1)) i32.const 1024"),
            &[],
        ),
        (
            "log-unknown-level",
            logs("(call $log (i32.const 77) (i32.const 0) (i32.const 1)) i32.const 1024"),
            &[],
        ),
        ("handle-0", handles("(drop (call $length (i32.const 0))) i32.const 1024"), &[]),
        ("handle-1", handles("(drop (call $length (i32.const 1))) i32.const 1024"), &[]),
        ("handle-large", handles("(drop (call $length (i32.const -1))) i32.const 1024"), &[]),
        ("handle-drop", handles("(call $drop (i32.const 1)) i32.const 1024"), &[]),
    ]);
}

#[test]
fn no_more_randomness_is_given_than_there_is_room_for() {
    const RANDOM: &[Foreign] = &[Foreign {
        name: "wasi:random/random@0.2.0",
        package: "package wasi:random@0.2.0;
                  interface random { get-random-bytes: func(len: u64) -> list<u8>; }",
    }];
    let takes = |check| Raw {
        imports: "(import \"wasi:random/random@0.2.0\" \"get-random-bytes\" (func $random (param i64 i32)))",
        foreign: RANDOM,
        check,
        ..Raw::default()
    };
    check(&[
        ("random-all", takes("(call $random (i64.const -1) (i32.const 2048)) i32.const 1024"), &[]),
        (
            "random-much",
            takes("(call $random (i64.const 1000000) (i32.const 2048)) i32.const 1024"),
            &[],
        ),
    ]);
}

#[test]
fn instructions_that_trap_end_the_call_only() {
    check(&[
        ("unreachable", checks("unreachable"), &["crashed"]),
        ("division", checks("(i32.div_u (i32.const 1) (i32.const 0))"), &["divide by zero"]),
        ("outside", checks("(i32.load (i32.const -4))"), &["out of bounds"]),
        (
            "indirect",
            Raw {
                fields: "(table 1 funcref) (type $f (func (result i32)))",
                check: "(call_indirect (type $f) (i32.const 0))",
                ..Raw::default()
            },
            &["crashed"],
        ),
        (
            "deep-recursion",
            Raw {
                fields: "(func $deep (param i64) (result i64) (i64.add (local.get 0) (call $deep (local.get 0))))",
                check: "(drop (call $deep (i64.const 1))) i32.const 1024",
                ..Raw::default()
            },
            &["ran out of stack"],
        ),
        (
            "post-return-traps",
            starts(
                "(func (export \"cabi_post_connhub:connector/backend@1.0.0#check\") (param i32) unreachable)",
            ),
            &["crashed"],
        ),
        (
            "post-return-loops",
            starts(
                "(func (export \"cabi_post_connhub:connector/backend@1.0.0#check\") (param i32) (loop $l br $l))",
            ),
            &["`cpu-milliseconds`"],
        ),
    ]);
}

#[test]
fn a_start_is_bounded_like_a_call() {
    let memory = |memory| Raw { memory, ..Raw::default() };
    check(&[
        ("start-loops", starts("(func $s (loop $l br $l)) (start $s)"), &["`cpu-milliseconds`"]),
        ("start-traps", starts("(func $s unreachable) (start $s)"), &["crashed"]),
        ("start-with-much-memory", memory("400"), &["`memory-mib`"]),
        ("start-with-all-memory", memory("65536"), &["`memory-mib`"]),
        ("start-with-large-table", starts("(table 6000 funcref)"), &["`table-elements`"]),
        (
            "table-grows",
            Raw {
                fields: "(table $t 1 funcref)",
                check: "(loop $l (br_if $l (i32.ge_s (table.grow $t (ref.null func) (i32.const 100)) (i32.const 0)))) unreachable",
                ..Raw::default()
            },
            &["`table-elements`"],
        ),
        (
            "memory-grows",
            Raw {
                check: "(loop $l (br_if $l (i32.ge_s (memory.grow (i32.const 16)) (i32.const 0)))) unreachable",
                ..Raw::default()
            },
            &["`memory-mib`"],
        ),
    ]);
}

#[test]
fn limits_are_of_all_modules_together() {
    let crowd = |name, module, instances, words: &[&'static str]| Attacker {
        row: attack(name, "").by(name).ends(9, words),
        component: with_module(Raw::default().with_smallest_needs(), module, instances),
        grants: "",
    };
    withstand_all(&[
        // 3 MiB each, of 8.
        crowd("many-memories", "(module (memory 48))", 3, &["`memory-mib`"]),
        crowd("many-tables", "(module (table 2000 funcref))", 3, &["`table-elements`"]),
        crowd("many-instances", "(module)", 100, &["instances"]),
        crowd(
            "many-loops",
            "(module (func $s (loop $l br $l)) (start $s))",
            1,
            &["`cpu-milliseconds`"],
        ),
    ]);
}
