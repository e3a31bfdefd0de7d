//! Connectors that attack: whatever they do, the command ends in time with a clear error, no secret
//! is seen, nothing reaches a terminal or a server that was not granted, and nothing else is harmed.

mod answers;
mod arena;
mod audit;
mod commands;
mod compiling;
mod component;
mod crowd;
mod descriptions;
mod dump;
mod files;
mod grants;
mod raw;
mod requests;
mod resources;
mod row;
mod secrets;
mod vault;
mod wasi;

use arena::{Arena, Attacker};
use row::Row;

/// Runs attacks one after another, each against a store that must survive it.
#[track_caller]
fn withstand(rows: &[Row]) -> Arena {
    let arena = Arena::new(rows);
    withstand_in(&arena, rows);
    arena
}

/// The same for attacks each of which is a component.
#[track_caller]
fn withstand_all(attackers: &[Attacker]) {
    let arena = Arena::of(attackers);
    let rows: Vec<Row> = attackers.iter().map(|attacker| attacker.row.clone()).collect();
    withstand_in(&arena, &rows);
}

#[track_caller]
fn withstand_in(arena: &Arena, rows: &[Row]) {
    let mut faults = Vec::new();
    for row in rows {
        faults.extend(arena.fault(row, &arena.attack(row)));
        faults.extend(arena.harm(row.name));
    }
    assert!(faults.is_empty(), "\n{}", faults.join("\n"));
}
