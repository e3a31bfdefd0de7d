//! All attacks at once.

use std::sync::Mutex;

use crate::arena::Arena;
use crate::row::Row;
use crate::{answers, requests, resources, secrets, vault, wasi};

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
    let arena = Arena::new(&rows);
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
