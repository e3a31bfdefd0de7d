//! Several threads and processes, and processes that are killed.

use std::collections::BTreeSet;
use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use super::*;

/// Names the folder to the test that is run as another process.
const FOLDER: &str = "VAULT_TEST_FOLDER";

/// Names the port of the server to it, if the store is on one.
const PORT: &str = "VAULT_TEST_PORT";

/// Names the schema to it.
const SCHEMA: &str = "VAULT_TEST_SCHEMA";

/// Names what the other process is to insert.
const NAME: &str = "VAULT_TEST_NAME";

/// Runs one of the tests below that are not run by themselves in a process of its own.
fn start(test: &str, fixture: &Fixture, name: &str) -> Child {
    let (port, schema) = match &fixture.server {
        Some(server) => (server.port.to_string(), server.schema.clone()),
        None => (String::new(), String::new()),
    };
    let path = module_path!().split_once("::").expect("a crate and a module").1;
    Command::new(std::env::current_exe().expect("this test"))
        .args(["--exact", &format!("{path}::{test}"), "--ignored", "--nocapture", "-q"])
        .env(FOLDER, fixture.folder.path())
        .env(PORT, port)
        .env(SCHEMA, schema)
        .env(NAME, name)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("it starts")
}

fn config_and_name() -> (VaultConfig, String) {
    let variable = |name| std::env::var(name).expect("it is started by another test");
    let port = variable(PORT).parse().ok();
    let server = port.map(|port| server::at(port, &variable(SCHEMA)));
    let config = config_in(Path::new(&variable(FOLDER)));
    (VaultConfig { server, ..config }, variable(NAME))
}

#[test]
#[ignore = "the other process of the tests below"]
fn inserts_one() {
    let (config, name) = config_and_name();
    let mut store = Store::open(&config).expect("the store opens");
    match insert(&mut store, "", &name) {
        Ok(_) => println!("\nok"),
        Err(VaultError::Exists) => println!("\nexists"),
        Err(error) => panic!("{error:?}"),
    }
}

#[test]
#[ignore = "the other process of the tests below"]
fn writes_until_it_is_killed() {
    let (config, name) = config_and_name();
    println!("\nstarted");
    let mut store = Store::open(&config).expect("the store opens");
    for index in 0.. {
        let at = key("", &format!("{name}-{index}"));
        store.insert(&space(), &at, b"1", &[named("s", &at.name)]).expect("new");
        println!("\ninserted {}", at.name);
        let change = SecretChanges { set: vec![], remove: vec![], others: Others::Keep };
        store.replace(&space(), &at, 1, b"2", &change).expect("current");
        println!("\nreplaced {}", at.name);
        if index % 3 == 0 {
            store.remove(&space(), &at, 2).expect("current");
            println!("\nremoved {}", at.name);
        }
    }
}

/// Runs one process per name; gives how many succeeded and how many found the name taken.
fn run_all(fixture: &Fixture, names: &[String]) -> (usize, usize) {
    let children: Vec<Child> =
        names.iter().map(|name| start("inserts_one", fixture, name)).collect();
    let mut counts = (0, 0);
    for child in children {
        let output = child.wait_with_output().expect("it ends");
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        let errors = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.success(), "{text}{errors}");
        counts.0 += usize::from(text.contains("\nok\n"));
        counts.1 += usize::from(text.contains("\nexists\n"));
    }
    counts
}

#[test]
pub(super) fn fifty_first_starts_make_one_store_and_one_key() {
    let fixture = Fixture::new();
    let names: Vec<String> = (0..50).map(|index| format!("n{index}")).collect();
    assert_eq!(run_all(&fixture, &names), (50, 0));
    assert_eq!(all(&fixture.store()).expect("whole").len(), 50);
}

#[test]
pub(super) fn one_of_fifty_gets_the_name() {
    let fixture = Fixture::new();
    let names = vec!["same".to_owned(); 50];
    assert_eq!(run_all(&fixture, &names), (1, 49));
    assert_eq!(all(&fixture.store()).expect("whole").len(), 1);
}

#[test]
pub(super) fn threads_with_connections_of_their_own_lose_nothing() {
    let fixture = Fixture::new();
    let config = &fixture.config();
    let won: usize = thread::scope(|scope| {
        let work = |thread: usize| {
            move || {
                let mut store = Store::open(config).expect("the store opens");
                let mut won = 0;
                for index in 0..25 {
                    insert(&mut store, "own", &format!("{thread}-{index}")).expect("distinct");
                    match insert(&mut store, "shared", &format!("{index}")) {
                        Ok(_) => won += 1,
                        Err(VaultError::Exists) => {}
                        Err(error) => panic!("{error:?}"),
                    }
                }
                won
            }
        };
        let threads: Vec<_> = (0..8).map(|thread| scope.spawn(work(thread))).collect();
        threads.into_iter().map(|thread| thread.join().expect("no panic")).sum()
    });
    assert_eq!(won, 25, "each shared name is taken once");
    let store = fixture.store();
    assert_eq!(all(&store).expect("whole").len(), 8 * 25 + 25);
}

/// Starts a process that writes, kills it a moment after it has said so many lines, and gives all
/// that it said.
fn kill_after(fixture: &Fixture, name: &str, lines: usize, moment: Duration) -> Vec<String> {
    let mut child = start("writes_until_it_is_killed", fixture, name);
    let output = BufReader::new(child.stdout.take().expect("it is piped"));
    let mut said = output.lines().map(|line| line.expect("text")).filter(|line| is_report(line));
    let mut all: Vec<String> = said.by_ref().take(lines).collect();
    thread::sleep(moment);
    child.kill().expect("killed");
    child.wait().expect("it ends");
    all.extend(said);
    assert!(all.len() >= lines, "it ended by itself: {all:?}");
    all
}

/// Whether the line is not one that the test's own frame prints.
fn is_report(line: &str) -> bool {
    ["started", "inserted ", "replaced ", "removed "].iter().any(|word| line.starts_with(word))
}

/// Checks one record against what was said about it last. One more step may be done than was said.
fn check_record(store: &Store, name: &str, said: &BTreeSet<String>) {
    let is_said = |word: &str| said.contains(&format!("{word} {name}"));
    let index = name.rsplit('-').next().and_then(|index| index.parse::<usize>().ok());
    let removes = index.expect("a number").is_multiple_of(3);
    match store.get(&space(), &key("", name)) {
        Ok(entry) => {
            assert!(!is_said("removed"), "{name} was removed");
            assert!(entry.public == b"2" || !is_said("replaced"), "{name} was replaced");
            let secrets = store.open_secrets(&space(), &key("", name)).expect("whole");
            assert_eq!(secrets, [named("s", name)]);
        }
        Err(VaultError::Missing) => {
            let maybe_removed = removes && is_said("replaced");
            assert!(!is_said("inserted") || maybe_removed, "{name} is lost");
        }
        Err(error) => panic!("{name}: {error:?}"),
    }
}

#[test]
pub(super) fn killed_processes_lose_nothing_that_they_acknowledged() {
    let fixture = Fixture::new();
    for round in 0..30 {
        let name = format!("r{round}");
        let moment = Duration::from_micros(u64::try_from(round * 97 % 700).expect("small"));
        let said = kill_after(&fixture, &name, round, moment).into_iter().collect();
        let store = Store::open(&fixture.config()).expect("the store opens after a kill");
        for index in 0..=round + 10 {
            check_record(&store, &format!("{name}-{index}"), &said);
        }
        all(&store).expect("whole");
    }
}

#[test]
pub(super) fn a_creation_that_is_killed_anywhere_can_be_repeated() {
    let start = Instant::now();
    kill_after(&Fixture::new(), "x", 2, Duration::ZERO);
    // From the start of the process to its first record; making the store is a part of it.
    let whole = start.elapsed();
    for round in 0..40 {
        let fixture = Fixture::new();
        kill_after(&fixture, "x", 1, whole * round / 40);
        insert(&mut fixture.store(), "", "after").expect("it works");
        assert!(all(&fixture.store()).expect("whole").contains(&entry_of("", "after")));
    }
}

#[test]
#[ignore = "the other process of the test below"]
fn rotates_until_it_is_killed() {
    let (config, _) = config_and_name();
    println!("\nstarted");
    loop {
        for rotation in [Rotation::Both, Rotation::Master] {
            Store::rotate(&config, &config.key, rotation, OldKey::Forgotten).expect("rotated");
        }
    }
}

#[test]
pub(super) fn a_store_whose_keys_are_being_replaced_opens_after_every_kill() {
    let fixture = Fixture::filled();
    for round in 0..30 {
        let mut child = start("rotates_until_it_is_killed", &fixture, "");
        let lines = BufReader::new(child.stdout.take().expect("piped")).lines();
        for line in lines.map_while(Result::ok) {
            if line == "started" {
                break;
            }
        }
        thread::sleep(Duration::from_micros(1_700 * round));
        child.kill().expect("killed");
        child.wait().expect("ended");
        assert_eq!(fixture.store().verify().expect("whole"), FILLED.len() as u64, "{round}");
    }
}
