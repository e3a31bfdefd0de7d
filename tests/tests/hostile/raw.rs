//! Components that break the rules of the component model itself, or do what no compiler makes.

use crate::arena::Attacker;
use crate::component::{Foreign, Raw, with_module};
use crate::row::{CREATE, attack};
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

/// Components that fail on `check` with these words.
fn failing(rows: &[(&'static str, Raw, &[&'static str])]) -> Vec<Attacker> {
    let attacker = |(name, raw, words): &(&'static str, Raw, &[&'static str])| Attacker {
        // The setting makes the host ask for memory.
        row: attack(name, "some = \"setting\"").by(name).ends(9, words),
        component: raw.with_smallest_needs(),
        grants: "",
    };
    rows.iter().map(attacker).collect()
}

/// All of them.
pub fn attackers() -> Vec<Attacker> {
    [
        results(),
        amplification(),
        allocators(),
        nonsense(),
        handles(),
        exports(),
        floods(),
        traps(),
        starting(),
        crowds(),
    ]
    .concat()
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
    withstand_all(&results());
}

fn results() -> Vec<Attacker> {
    failing(&[
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
    ])
}

/// A small list whose elements are all the same large text is large for the host.
#[test]
fn what_is_small_in_the_sandbox_and_large_outside_is_bounded() {
    withstand_all(&amplification());
}

fn amplification() -> Vec<Attacker> {
    let fill = "(local $n i32) (loop $more
        (i32.store (i32.add (i32.const 4096) (i32.mul (local.get $n) (i32.const 20))) (i32.const 65536))
        (i32.store (i32.add (i32.const 4100) (i32.mul (local.get $n) (i32.const 20))) (i32.const 60000))
        (local.set $n (i32.add (local.get $n) (i32.const 1)))
        (br_if $more (i32.lt_u (local.get $n) (i32.const 3000))))
        (i32.store (i32.const 1052) (i32.const 4096))
        (i32.store (i32.const 1056) (i32.const 3000))
        (i32.const 1024)";
    failing(&[("amplification", checks(fill), &["`host-call-mib`"])])
}

#[test]
fn an_allocator_that_lies_is_refused() {
    withstand_all(&allocators());
}

fn allocators() -> Vec<Attacker> {
    failing(&[
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
    ])
}

#[test]
fn calls_of_the_host_with_nonsense_end_the_call_only() {
    withstand_all(&nonsense());
}

fn nonsense() -> Vec<Attacker> {
    let logs = |check| Raw { imports: LOG, check, ..Raw::default() };
    let handles = |check| Raw { imports: SECRET, check, ..Raw::default() };
    failing(&[
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
    ])
}

/// What becomes of a handle that was given, after it was given back or in the place of another.
#[test]
fn a_handle_is_of_its_call_and_gone_when_it_is_dropped() {
    withstand_all(&handles());
}

fn handles() -> Vec<Attacker> {
    // The arguments of `create` are in memory: the list of secrets at 48, each with its handle behind its name.
    const GIVEN: &str =
        "(local $h i32) (local.set $h (i32.load offset=8 (i32.load offset=48 (local.get 0))))";
    let creates = |name: &'static str, then: &str, words: &[&'static str]| {
        let body = leak(format!("{GIVEN} {then} unreachable"));
        let raw = Raw { imports: SECRET, export: ("create", body), ..Raw::default() };
        Attacker {
            row: attack(name, "some = \"setting\"").by(name).on(CREATE).ends(9, words),
            component: raw.with_smallest_needs(),
            grants: "",
        }
    };
    let gone = ["unknown handle index"];
    vec![
        // This one ends for the right reason: the handle itself is good.
        creates("handle-good", "(drop (call $length (local.get $h)))", &["crashed"]),
        creates("handle-dropped", "(call $drop (local.get $h)) (drop (call $length (local.get $h)))", &gone),
        creates("handle-dropped-twice", "(call $drop (local.get $h)) (call $drop (local.get $h))", &gone),
        creates("handle-next", "(drop (call $length (i32.add (local.get $h) (i32.const 1))))", &gone),
        creates(
            "handle-sweep",
            "(local.set $h (i32.const -1)) (loop $l (local.set $h (i32.add (local.get $h) (i32.const 1)))
             (drop (call $length (local.get $h))) (br $l))",
            &gone,
        ),
    ]
}

#[test]
fn a_loop_in_any_export_is_ended() {
    withstand_all(&exports());
}

fn exports() -> Vec<Attacker> {
    let ends = |name: &'static str, export, command, body, words: &[&'static str]| Attacker {
        row: attack(name, "").by(name).on(command).ends(9, words),
        component: Raw { export: (export, body), ..Raw::default() }.with_smallest_needs(),
        grants: "",
    };
    let loops = |name, export, command| {
        ends(name, export, command, "(loop $l br $l) unreachable", &["`cpu-milliseconds`"])
    };
    let traps = |name, export, command| ends(name, export, command, "unreachable", &["crashed"]);
    vec![
        loops("loops-describe", "describe", CREATE),
        loops("loops-check", "check", "check"),
        loops("loops-create", "create", CREATE),
        loops("loops-list", "list-connections", "list"),
        loops("loops-get", "get", "get x"),
        loops("loops-update", "update", "update x bucket=pond"),
        loops("loops-delete", "delete", "delete x --yes"),
        traps("traps-describe", "describe", CREATE),
        traps("traps-check", "check", "check"),
        traps("traps-create", "create", CREATE),
        traps("traps-list", "list-connections", "list"),
        traps("traps-get", "get", "get x"),
        traps("traps-update", "update", "update x bucket=pond"),
        traps("traps-delete", "delete", "delete x --yes"),
    ]
}

/// The texts of components are made once per test.
fn leak(text: String) -> &'static str {
    Box::leak(text.into_boxed_str())
}

#[test]
fn no_more_randomness_is_given_than_there_is_room_for() {
    withstand_all(&floods());
}

fn floods() -> Vec<Attacker> {
    const RANDOM: &[Foreign] = &[Foreign {
        name: "wasi:random/random@0.2.0",
        package: "package wasi:random@0.2.0;
                  interface random { get-random-bytes: func(len: u64) -> list<u8>; }",
    }];
    const CLOCK: &[Foreign] = &[
        Foreign {
            name: "wasi:io/poll@0.2.0",
            package: "package wasi:io@0.2.0;
                      interface poll { resource pollable { block: func(); } }",
        },
        Foreign {
            name: "wasi:clocks/monotonic-clock@0.2.0",
            package: "package wasi:clocks@0.2.0;
                      interface monotonic-clock {
                          use wasi:io/poll@0.2.0.{pollable};
                          subscribe-duration: func(when: u64) -> pollable;
                      }",
        },
    ];
    let waits = |check| {
        Raw {
        imports: "
            (import \"wasi:io/poll@0.2.0\" \"[method]pollable.block\" (func $block (param i32)))
            (import \"wasi:clocks/monotonic-clock@0.2.0\" \"subscribe-duration\" (func $wait (param i64) (result i32)))",
        foreign: CLOCK,
        check,
        ..Raw::default()
    }
    };
    let takes = |check| Raw {
        imports: "(import \"wasi:random/random@0.2.0\" \"get-random-bytes\" (func $random (param i64 i32)))",
        foreign: RANDOM,
        check,
        ..Raw::default()
    };
    failing(&[
        ("random-all", takes("(call $random (i64.const -1) (i32.const 2048)) i32.const 1024"), &[]),
        (
            "random-much",
            takes("(call $random (i64.const 1000000) (i32.const 2048)) i32.const 1024"),
            &[],
        ),
        (
            "random-for-ever",
            takes(
                "(loop $l (global.set $next (i32.const 65536))
                (call $random (i64.const 60000) (i32.const 2048)) (br $l)) unreachable",
            ),
            &["`cpu-milliseconds`"],
        ),
        (
            "million-pollables",
            waits("(loop $l (drop (call $wait (i64.const -1))) (br $l)) unreachable"),
            &["`handles`"],
        ),
        (
            "poll-for-ever",
            waits("(call $block (call $wait (i64.const -1))) i32.const 1024"),
            &["`wall-seconds`"],
        ),
    ])
}

#[test]
fn instructions_that_trap_end_the_call_only() {
    withstand_all(&traps());
}

fn traps() -> Vec<Attacker> {
    failing(&[
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
    ])
}

#[test]
fn a_start_is_bounded_like_a_call() {
    withstand_all(&starting());
}

fn starting() -> Vec<Attacker> {
    let memory = |memory| Raw { memory, ..Raw::default() };
    failing(&[
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
    ])
}

#[test]
fn limits_are_of_all_modules_together() {
    withstand_all(&crowds());
}

fn crowds() -> Vec<Attacker> {
    let crowd = |name, module, instances, words: &[&'static str]| Attacker {
        row: attack(name, "").by(name).ends(9, words),
        component: with_module(Raw::default().with_smallest_needs(), module, instances),
        grants: "",
    };
    vec![
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
    ]
}
