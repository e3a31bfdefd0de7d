//! Components that are small and valid, and that no compiler gets to the end of, or that hold more than any connector needs.

use std::fmt::Write;
use std::path::Path;
use std::time::{Duration, Instant};

use connhub_tests::cli::TestEnv;

use crate::arena::Attacker;
use crate::component::{Raw, with_component, with_custom, with_imports, with_module};
use crate::row::attack;
use crate::withstand_all;

/// All of them.
pub fn attackers() -> Vec<Attacker> {
    [bombs(), excesses(), damaged(), composed()].concat()
}

fn ends(name: &'static str, component: Vec<u8>, code: i32, words: &[&'static str]) -> Attacker {
    Attacker { row: attack(name, "").by(name).ends(code, words), component, grants: "" }
}

fn small() -> Vec<u8> {
    Raw::default().with_smallest_needs()
}

#[test]
fn compiling_is_bounded_in_time_and_memory() {
    withstand_all(&bombs());
}

fn bombs() -> Vec<Attacker> {
    let hasty = "\n[limits]\ncompile-seconds = 1";
    let seconds = ["it takes longer than 1 s to compile", "`compile-seconds`", "[connectors.bomb"];
    let memory = ["it needs more than 192 MiB of memory to compile", "`compile-mib`"];
    let slow = Attacker {
        grants: hasty,
        ..ends("bomb-of-time", with_module(small(), &tangle(1000, 3000), 1), 9, &seconds)
    };
    vec![slow, ends("bomb-of-instances", with_component(small(), &instances(3, 300)), 9, &memory)]
}

/// A function in which many values live across many blocks: what a compiler does about it grows with their product.
fn tangle(values: usize, blocks: usize) -> String {
    let mut text = String::from("(module (func (param i32)");
    let _ = write!(text, " (local {})", "i32 ".repeat(values));
    for block in 0..blocks {
        let (one, other) = (block * 7919 % values + 1, block * 104_729 % values + 1);
        let _ = write!(
            text,
            "(if (local.get {one}) (then (local.set {other} (i32.add (local.get {one}) (local.get 0))))
              (else (loop (br_if 0 (local.tee {one} (i32.sub (local.get {other}) (i32.const 1)))))))"
        );
    }
    text + "))"
}

/// Components that instantiate the one before so many times each: the engine writes each of them out.
fn instances(levels: usize, of_each: usize) -> String {
    let mut text = String::from("(component (core module $m)");
    text += "(component $c0 (alias outer 1 $m (core module $n))";
    text += &"(core instance (instantiate $n))".repeat(of_each);
    text += ")";
    for level in 1..=levels {
        let _ = write!(text, "(component $c{level} (alias outer 1 $c{} (component $b))", level - 1);
        text += &"(instance (instantiate $b))".repeat(of_each);
        text += ")";
    }
    let _ = write!(text, "(instance (instantiate $c{levels})))");
    text
}

#[test]
fn what_no_connector_needs_is_refused_before_compiling() {
    withstand_all(&excesses());
}

fn excesses() -> Vec<Attacker> {
    let refused = |name, component, words| ends(name, component, 8, &["cannot be started", words]);
    let many = |count: usize, change: &dyn Fn(Vec<u8>) -> Vec<u8>| {
        (0..count).fold(small(), |component, _| change(component))
    };
    let nested = format!("{}{}", "(component ".repeat(9), ")".repeat(9));
    let functions = format!("(module {})", "(func)".repeat(200_001));
    let needs = |component| with_custom(component, "producers", "");
    vec![
        refused(
            "many-modules",
            many(201, &|component| with_module(component, "(module)", 0)),
            "200 core modules",
        ),
        refused("many-sections", many(20_000, &needs), "20000 sections"),
        refused("much-nesting", with_component(small(), &nested), "8 levels"),
        refused("many-functions", with_module(small(), &functions, 0), "200000 functions"),
        refused("many-imports", with_imports(small(), &numbered(1001)), "1000 imports"),
        refused("long-import", with_imports(small(), &["x".repeat(50_000)]), "512 bytes"),
        refused("steering-import", with_imports(small(), &["\u{1b}[2Jx".into()]), "␛[2Jx"),
    ]
}

fn numbered(count: usize) -> Vec<String> {
    (0..count).map(|number| format!("a{number}")).collect()
}

#[test]
fn what_is_not_valid_is_refused_by_the_compiler() {
    withstand_all(&damaged());
}

fn damaged() -> Vec<Attacker> {
    let refused = |name, module| {
        ends(name, with_module(small(), module, 0), 8, &["cannot be started", "damaged"])
    };
    vec![
        refused("two-memories", "(module (memory 1) (memory 1))"),
        refused("shared-memory", "(module (memory 1 1 shared))"),
        refused("memory-of-64-bits", "(module (memory i64 1))"),
        refused("garbage-collection", "(module (type (struct)))"),
        refused("exceptions", "(module (tag))"),
    ]
}

/// Two components, each with a memory of its own, of which one hands a text to the other.
const PARTS: &str = r#"(component
  (component $giver
    (import "take" (func $take (param "text" string)))
    (core module $memory (memory (export "memory") 1))
    (core instance $memory (instantiate $memory))
    (core func $take (canon lower (func $take) (memory (core memory $memory "memory"))))
    (core module $m
      (import "" "take" (func $take (param i32 i32)))
      (func (export "give") (call $take (i32.const 0) (i32.const 0))))
    (core instance $m (instantiate $m (with "" (instance (export "take" (func $take))))))
    (func (export "give") (canon lift (core func $m "give"))))
  (component $taker
    (core module $m
      (memory (export "memory") 1)
      (func (export "allocate") (param i32 i32 i32 i32) (result i32) i32.const 16)
      (func (export "take") (param i32 i32)))
    (core instance $m (instantiate $m))
    (func (export "take") (param "text" string)
      (canon lift (core func $m "take") (memory (core memory $m "memory"))
        (realloc (core func $m "allocate")))))
  (instance $taker (instantiate $taker))
  (instance (instantiate $giver (with "take" (func $taker "take")))))"#;

#[test]
fn parts_with_memories_of_their_own_are_refused_by_name() {
    withstand_all(&composed());
}

fn composed() -> Vec<Attacker> {
    let words =
        ["cannot be started", "multi-memory, which is switched off", "memories of their own"];
    vec![ends("parts-with-memories", with_component(small(), PARTS), 8, &words)]
}

#[test]
fn the_compiler_has_nothing_but_its_pipes_and_ends_with_its_parent() {
    let env = TestEnv::new();
    let file = env.file("x.wasm", with_module(small(), &tangle(3000, 20_000), 1));
    let connector = format!("[connectors.x]\ncomponent = \"{}\"\n", file.display());
    env.plugins(&format!("version = 1\n{connector}[backends.x]\nconnector = \"x\"\n"));
    let command = env.command(["check", "--backend", "x"]);
    let running = command.variable("CONNHUB_SECRET_KEY", env.secret("variable")).start();
    let compiler = await_some(|| child_of(running.id()));
    let read = |what: &str| fs_err::read_to_string(format!("/proc/{compiler}/{what}"));
    // It gives up its rights before it reads anything.
    let limits = await_some(|| read("limits").ok().filter(|text| limit(text, "open files") == "0"));
    assert_eq!(read("environ").unwrap(), "");
    assert_eq!(fs_err::read_link(format!("/proc/{compiler}/cwd")).unwrap(), Path::new("/"));
    assert_eq!(limit(&limits, "file size"), "0");
    assert_eq!(limit(&limits, "processes"), "0");
    assert_eq!(limit(&limits, "core file size"), "0");
    assert_eq!(limit(&limits, "data size"), (1_u64 << 30).to_string());
    running.kill();
    await_some(|| {
        let stat = read("stat").unwrap_or_default();
        (stat.is_empty() || stat.contains(") Z ")).then_some(())
    });
}

/// The soft limit of this name.
fn limit<'a>(limits: &'a str, name: &str) -> &'a str {
    let line = limits.lines().find_map(|line| line.strip_prefix(&format!("Max {name}")));
    line.and_then(|line| line.split_whitespace().next()).unwrap_or_default()
}

/// The process that compiles for another.
fn child_of(parent: u32) -> Option<String> {
    let children = fs_err::read_to_string(format!("/proc/{parent}/task/{parent}/children")).ok()?;
    let child = children.split_whitespace().next()?.to_owned();
    let words = fs_err::read_to_string(format!("/proc/{child}/cmdline")).ok()?;
    words.contains("__compile").then_some(child)
}

fn await_some<T>(mut look: impl FnMut() -> Option<T>) -> T {
    let started = Instant::now();
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(started.elapsed() < Duration::from_secs(60), "it does not come");
        std::thread::yield_now();
    }
}
