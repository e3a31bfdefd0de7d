//! All attacks at once.

use std::collections::HashSet;
use std::sync::Mutex;

use crate::arena::{Arena, Attacker};
use crate::row::Row;
use crate::{
    answers, compiling, descriptions, files, grants, raw, requests, resources, secrets, vault, wasi,
};

const AT_ONCE: usize = 16;

#[test]
fn sixteen_attacks_at_once_do_no_more_harm_than_one() {
    let rows: Vec<Row> = [
        answers::rows(),
        requests::rows(),
        resources::rows(),
        secrets::rows(),
        vault::rows(),
        wasi::rows(),
    ]
    .concat();
    at_once(&Arena::new(&rows), &rows);
}

#[test]
fn sixteen_attackers_at_once_do_no_more_harm_than_one() {
    let attackers: Vec<Attacker> = [
        compiling::attackers(),
        descriptions::attackers(),
        files::attackers(),
        grants::attackers(),
        raw::attackers(),
    ]
    .concat();
    let names: HashSet<_> = attackers.iter().map(|attacker| attacker.row.name).collect();
    assert_eq!(names.len(), attackers.len(), "each attacker has a name of its own");
    let rows: Vec<Row> = attackers.iter().map(|attacker| attacker.row.clone()).collect();
    at_once(&Arena::of(&attackers), &rows);
}

#[track_caller]
fn at_once(arena: &Arena, rows: &[Row]) {
    let waiting = Mutex::new(rows.iter());
    let faults = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..AT_ONCE {
            scope.spawn(|| {
                while let Some(row) = { waiting.lock().unwrap().next() } {
                    let fault = arena.fault(row, &arena.attack(row));
                    faults.lock().unwrap().extend(fault);
                }
            });
        }
    });
    let mut faults = faults.into_inner().unwrap();
    faults.extend(arena.harm("all attacks"));
    assert!(faults.is_empty(), "\n{}", faults.join("\n"));
}
