//! Files that are no connectors, or were once.

use std::io::Write as _;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use connhub_tests::cli::{Outcome, TestEnv};
use rustix::fs::{CWD, Mode, mkfifoat};

use crate::arena::Attacker;
use crate::component::{Raw, misbehaves, with_needs};
use crate::row::attack;
use crate::withstand_all;

/// A user whose one connector is whatever a test puts there.
struct Place {
    env: TestEnv,
    file: PathBuf,
}

impl Place {
    fn new() -> Self {
        let env = TestEnv::new();
        let file = env.file("x.wasm", "");
        let connector = format!("[connectors.x]\ncomponent = \"{}\"\n", file.display());
        env.plugins(&format!("version = 1\n{connector}[backends.x]\nconnector = \"x\"\n"));
        Self { env, file }
    }

    fn run(&self, contents: &[u8]) -> Outcome {
        fs_err::write(&self.file, contents).expect("the folder of a test takes files");
        self.env.run(["check", "--backend", "x"])
    }

    #[track_caller]
    fn refuses(&self, contents: &[u8], words: &str) {
        let outcome = self.run(contents).fails(8, words);
        assert!(outcome.stderr.contains("connector `x`"), "{outcome}");
    }

    /// A damaged component is refused, fails, or was damaged where it does not matter.
    #[track_caller]
    fn survives(&self, contents: &[u8], damage: &str) -> i32 {
        let outcome = self.run(contents);
        let is_clear =
            matches!(outcome.code, 0 | 8 | 9) && !outcome.stderr.contains("connhub has a fault");
        assert!(is_clear, "{damage}\n{outcome}");
        outcome.code
    }
}

fn small() -> Vec<u8> {
    Raw::default().with_smallest_needs()
}

/// Files that are no connectors.
pub fn attackers() -> Vec<Attacker> {
    let refused = |name: &'static str, component: Vec<u8>, words: &'static str| Attacker {
        row: attack(name, "").by(name).ends(8, &[words]),
        component,
        grants: "",
    };
    let no_component = "not a WebAssembly component";
    let elf = fs_err::read(connhub_tests::cli::program()).unwrap();
    let text = |text: &str| wat::parse_str(text).unwrap();
    let mut large = small();
    large.resize(100 << 20, 0);
    vec![
        refused("file-empty", Vec::new(), no_component),
        refused("file-script", b"#!/bin/sh\necho x\n".into(), no_component),
        refused("file-text", "(component)".into(), no_component),
        refused("file-zeros", vec![0; 100], no_component),
        refused("file-elf-head", b"\x7fELF\x02\x01\x01\0\0\0\0\0\0\0\0\0".into(), "native code"),
        refused("file-elf", elf[..100_000].into(), "native code"),
        refused("file-mach-o", b"\xcf\xfa\xed\xfe\x07\0\0\x01".into(), no_component),
        refused("file-windows", b"MZ\x90\0\x03\0\0\0\x04\0\0\0".into(), no_component),
        refused("file-core-module", text("(module)"), "core module"),
        refused("file-empty-component", text("(component)"), "connhub:connector/backend"),
        refused("file-of-100-mib", large, "104857600 bytes"),
        refused("file-of-the-cache", compiled(), "native code"),
    ]
}

/// What the engine itself writes: native code in an ELF file. The program compiles for itself like this; the first byte says that it did.
fn compiled() -> Vec<u8> {
    let mut program = Command::new(connhub_tests::cli::program());
    program.args(["__compile", "60", "1073741824"]).env_clear();
    let mut child = program.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(&small()).unwrap();
    let answer = child.wait_with_output().unwrap().stdout;
    assert!(answer[1..].starts_with(b"\x7fELF"), "{} bytes", answer.len());
    answer[1..].into()
}

#[test]
fn what_is_no_component_is_refused_in_words() {
    withstand_all(&attackers());
    assert_eq!(Place::new().run(&small()).code, 0, "a component that is whole is run");
}

/// The compiled form of a component is native code, and never runs from where a connector is.
#[test]
fn a_compiled_component_is_no_connector() {
    let place = Place::new();
    place.run(&small()).succeeds();
    let cache = place.env.home().join("cache/components");
    let compiled = connhub_tests::cli::files_below(&cache);
    assert!(!compiled.is_empty());
    for file in compiled {
        let bytes = fs_err::read(file).unwrap();
        place.refuses(&bytes, "not a WebAssembly component");
        // What the engine itself writes is an ELF file. It is sealed, so that nobody cuts it out and gives it to another program.
        assert!(!bytes.windows(7).any(|window| window == b"\x7fELF\x02\x01\x01"));
    }
}

#[test]
fn a_file_that_is_too_large_is_refused_without_being_read_for_long() {
    let place = Place::new();
    let file = fs_err::File::create(&place.file).unwrap();
    file.set_len(100 << 30).unwrap();
    let outcome = place.env.run(["check", "--backend", "x"]).fails(8, "107374182400 bytes");
    assert!(outcome.elapsed.as_secs() < 20, "{:?}", outcome.elapsed);
}

#[test]
fn a_connector_that_is_not_there_is_missed() {
    let place = Place::new();
    fs_err::remove_file(&place.file).unwrap();
    place.env.run(["check", "--backend", "x"]).fails(3, "x.wasm");
    what_is_no_file_is_missed(&place);
}

/// Folders, pipes and devices in the place of a component are told apart from components, and nobody waits for them.
#[track_caller]
fn what_is_no_file_is_missed(place: &Place) {
    let is_no_file = |what| {
        let outcome = place.env.run(["check", "--backend", "x"]);
        assert!(outcome.code == 1 && outcome.stderr.contains("x.wasm"), "{what}: {outcome}");
    };
    fs_err::create_dir(&place.file).unwrap();
    is_no_file("a folder");
    fs_err::remove_dir(&place.file).unwrap();
    mkfifoat(CWD, &place.file, Mode::RUSR | Mode::WUSR).unwrap();
    is_no_file("a pipe that nobody writes to");
    fs_err::remove_file(&place.file).unwrap();
    fs_err::os::unix::fs::symlink("/dev/zero", &place.file).unwrap();
    is_no_file("a device without an end");
}

#[test]
fn a_component_that_was_cut_is_refused_or_fails() {
    let place = Place::new();
    let whole = small();
    let codes = (0..whole.len())
        .step_by(23)
        .map(|length| place.survives(&whole[..length], &format!("cut to {length} bytes")));
    assert!(codes.filter(|code| *code == 8).count() > 50);
    let large = with_needs(misbehaves(), "contract = \"1.0.0\"\n");
    for length in (8..large.len()).step_by(10_007) {
        place.refuses(&large[..length], "cannot be started");
    }
}

#[test]
fn a_component_with_a_flipped_bit_is_refused_fails_or_works() {
    let place = Place::new();
    let whole = small();
    let mut refused = 0;
    for position in (0..whole.len()).step_by(11) {
        let mut damaged = whole.clone();
        damaged[position] ^= 1 << (position % 8);
        refused += usize::from(place.survives(&damaged, &format!("a bit of byte {position}")) == 8);
    }
    assert!(refused > 50, "{refused}");
}

#[test]
fn sixteen_damaged_components_at_once_do_no_more_harm_than_one() {
    let whole = small();
    std::thread::scope(|scope| {
        for user in 0..16 {
            let whole = whole.as_slice();
            scope.spawn(move || {
                let place = Place::new();
                for position in (user * 11..whole.len()).step_by(16 * 11) {
                    place.survives(&whole[..position], &format!("cut to {position} bytes"));
                    let mut damaged = whole.to_vec();
                    damaged[position] ^= 1 << (position % 8);
                    place.survives(&damaged, &format!("a bit of byte {position}"));
                }
                assert_eq!(place.run(whole).code, 0, "a component that is whole is run");
                fs_err::remove_file(&place.file).unwrap();
                what_is_no_file_is_missed(&place);
            });
        }
    });
}
