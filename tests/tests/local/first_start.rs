//! The first start of all, by many at once and with kills in between.

use std::time::{Duration, Instant};

use connhub_tests::cli::Running;

use super::*;

#[test]
fn an_empty_home_is_all_that_is_needed() {
    let env = TestEnv::cold();
    let secret = env.secret("key");
    create(&env, "sales", &secret).run().succeeds();
    assert_whole(&env, "sales", "v0", &secret);
}

#[test]
fn reading_makes_no_store_and_no_key() {
    let env = TestEnv::new();
    env.run(["list"]).succeeds();
    env.run(["get", "sales"]).exits_with(3);
    env.run(["delete", "sales", "--yes"]).exits_with(3);
    env.run(["check"]).succeeds();
    assert!(!vault(&env).join("store.db").exists());
    assert!(!key_file(&env).exists());
}

/// Ten, because each compiles the connector.
#[test]
fn first_starts_at_once_on_an_empty_home_all_succeed() {
    let env = TestEnv::cold();
    let secret = env.secret("key");
    let starts: Vec<Running<'_>> =
        (0..10).map(|n| create(&env, &format!("c{n}"), &secret).start()).collect();
    for start in starts {
        start.finish().succeeds();
    }
    assert_eq!(names(&env).len(), 10);
}

#[test]
fn a_first_start_that_is_killed_leaves_nothing_in_the_way() {
    let mut killed = 0;
    for round in 0..60_u32 {
        let env = TestEnv::new();
        let secret = env.secret("key");
        let start = create(&env, "sales", &secret).start();
        // Key and store are made under this lock, in about two milliseconds.
        let lock = vault(&env).join("store.lock");
        let since = Instant::now();
        while !lock.exists() && since.elapsed() < Duration::from_secs(10) {
            std::hint::spin_loop();
        }
        std::thread::sleep(Duration::from_micros(40) * round);
        let acknowledged = match start.kill().code {
            0 => true,
            137 => {
                killed += 1;
                false
            }
            code => panic!("exit code {code} in round {round}"),
        };
        let found = names(&env);
        assert!(found == ["sales"] || (found.is_empty() && !acknowledged), "{found:?}");
        create(&env, "next", &secret).run().succeeds();
        assert_eq!(names(&env).len(), found.len() + 1, "round {round}");
    }
    assert!(killed > 10, "only {killed} of 60 were killed in time");
}
