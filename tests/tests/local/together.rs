//! Many processes on one store.

use connhub_tests::cli::Running;

use super::*;

const PROCESSES: usize = 50;

/// Starts all commands, then waits for all.
pub fn at_once<'env>(commands: impl IntoIterator<Item = Run<'env>>) -> Vec<Outcome> {
    let running: Vec<Running<'env>> = commands.into_iter().map(Run::start).collect();
    running.into_iter().map(Running::finish).collect()
}

/// No process may tell its user about the others.
#[track_caller]
fn assert_no_word_about_locks(outcomes: &[Outcome]) {
    for outcome in outcomes {
        let said = format!("{}{}", outcome.stdout, outcome.stderr).to_lowercase();
        for word in ["lock", "busy", "in use", "damaged"] {
            assert!(!said.contains(word), "{outcome}");
        }
    }
}

#[test]
fn fifty_distinct_names_are_all_there() {
    let env = TestEnv::new();
    let secret = env.secret("key");
    let wanted: Vec<String> = (0..PROCESSES).map(|number| format!("c{number:02}")).collect();
    let outcomes = at_once(wanted.iter().map(|name| create_in(&env, name, name, &secret, &[])));
    assert_no_word_about_locks(&outcomes);
    for outcome in outcomes {
        outcome.succeeds();
    }
    assert_eq!(names(&env), wanted);
    for name in [&wanted[0], &wanted[PROCESSES - 1]] {
        assert_whole(&env, name, name, &secret);
    }
}

#[test]
fn one_of_fifty_gets_the_name() {
    let env = TestEnv::new();
    let secrets: Vec<String> = (0..PROCESSES).map(|n| env.secret(&n.to_string())).collect();
    let attempts = secrets.iter().enumerate();
    let outcomes = at_once(
        attempts.map(|(n, secret)| create_in(&env, "sales", &format!("v{n}"), secret, &[])),
    );
    assert_no_word_about_locks(&outcomes);
    let winners: Vec<usize> = (0..PROCESSES).filter(|n| outcomes[*n].code == 0).collect();
    assert_eq!(winners.len(), 1, "{winners:?}");
    let winner = winners[0];
    for (number, outcome) in outcomes.into_iter().enumerate() {
        if number != winner {
            outcome.fails(5, "`sales` exists");
        }
    }
    assert_whole(&env, "sales", &format!("v{winner}"), &secrets[winner]);
}

#[test]
fn changes_of_one_connection_at_once_are_all_there() {
    let env = TestEnv::new();
    create(&env, "sales", &env.secret("key")).run().succeeds();
    let labels: Vec<String> = (0..20).map(|number| format!("l{number:02}=x")).collect();
    let update = |label: &String| env.command(["update", "sales", "--label", label]);
    let outcomes = at_once(labels.iter().map(update));
    assert_no_word_about_locks(&outcomes);
    for outcome in outcomes {
        outcome.succeeds();
    }
    let shown = env.run(["get", "sales", "-o", "json"]).succeeds().json();
    assert_eq!(shown["labels"].as_object().map(serde_json::Map::len), Some(20), "{shown}");
}

#[test]
fn readers_see_whole_states_while_others_write() {
    let env = TestEnv::new();
    let secret = env.secret("key");
    create(&env, "constant", &secret).run().succeeds();
    let commands = (0..40).map(|number| match number % 4 {
        0 => create(&env, &format!("c{number}"), &secret),
        1 => env.command(["update", "constant", &format!("prefix=v{number}")]),
        _ => env.command(["list", "-o", "json"]),
    });
    let outcomes = at_once(commands);
    assert_no_word_about_locks(&outcomes);
    for (number, outcome) in outcomes.into_iter().enumerate() {
        let outcome = outcome.succeeds();
        if number % 4 > 1 {
            let listed = outcome.json();
            let names = listed["items"].as_array().unwrap().iter().map(|item| &item["name"]);
            assert!(names.into_iter().any(|name| name == "constant"), "{outcome}");
        }
    }
    assert_eq!(names(&env).len(), 11);
}
