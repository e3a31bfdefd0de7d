//! Taking more of the machine than there is to have, or not coming back.

use std::hint::black_box;
use std::io::Write;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use connhub_sdk::{Error, Level};

use crate::Given;

pub(crate) fn act(behavior: &str, given: &Given<'_>) -> Option<Result<String, Error>> {
    match behavior {
        "panic" => panic!("it panics on purpose\nwith {}", given.setting("text")),
        "exit" => std::process::exit(given.count() as i32),
        "abort" => std::process::abort(),
        "loop" => endless(),
        "loop-after-calls" => {
            log_often(given, 100);
            endless()
        }
        "loop-of-calls" => loop {
            log_often(given, 100);
        },
        "sleep" => given.host.sleep(Duration::from_secs(3600)),
        "nap" => given.host.sleep(Duration::from_millis(given.count() as u64)),
        "recurse" => return Some(Ok(recurse(0).to_string())),
        "eat-memory" => return Some(Ok(eat_memory())),
        "flood-log" => log_often(given, given.count()),
        "flood-stdout" => flood(&mut std::io::stdout(), given.count()),
        "flood-stderr" => flood(&mut std::io::stderr(), given.count()),
        "write-stdout" => println!("{}", given.setting("text")),
        "remember" => return Some(Ok(remember())),
        _ => return None,
    }
    Some(Ok("it came back".to_owned()))
}

fn endless() -> ! {
    loop {
        black_box(0);
    }
}

fn log_often(given: &Given<'_>, count: usize) {
    for _ in 0..count {
        given.host.log(Level::Info, given.setting("text"));
    }
}

fn recurse(depth: u64) -> u64 {
    let frame = black_box([depth; 8]);
    if frame[0] == u64::MAX {
        return 0;
    }
    recurse(frame[0] + 1) + black_box(frame)[1]
}

fn eat_memory() -> String {
    let mut eaten = Vec::new();
    loop {
        eaten.push(black_box(vec![0xa5_u8; 1 << 20]));
    }
}

/// Writes lines until nobody takes them any more.
fn flood(stream: &mut impl Write, count: usize) {
    for _ in 0..count {
        if stream.write_all(&[b'x'; 1023]).is_err() || stream.write_all(b"\n").is_err() {
            return;
        }
    }
}

/// How often this instance was called.
fn remember() -> String {
    static CALLS: AtomicU32 = AtomicU32::new(0);
    format!("call {} of this instance", CALLS.fetch_add(1, Ordering::Relaxed) + 1)
}
