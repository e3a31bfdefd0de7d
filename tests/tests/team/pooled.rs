//! A store behind PgBouncer, which gives a client another session of the server for each transaction.

use super::*;

const PROCESSES: usize = 8;

/// The commands of a user go through a pooler with two sessions of the server.
fn pooled(mode: &str) -> (Team, Database) {
    let team = Team::new();
    let pooler = team.server.pooler(&team.password, mode, 2, &team.tls);
    team.env.plugins(&team.settings_at(pooler.port(), "connhub", "", ""));
    (team, pooler)
}

#[test]
fn eight_processes_share_two_sessions_and_lose_nothing() {
    let (team, _pooler) = pooled("transaction");
    let each = 50;
    let running: Vec<_> = (0..PROCESSES)
        .map(|number| {
            let prefix = format!("p{number}");
            let file = team.env.file(&format!("{prefix}.yaml"), manifests(&prefix, each));
            team.env.command(["apply", "-f", file.to_str().unwrap(), "-q"]).start()
        })
        .collect();
    for process in running {
        process.finish().succeeds();
    }
    assert_eq!(team.names().len(), PROCESSES * each);
    let secret = team.env.secret("key");
    let running: Vec<_> = (0..PROCESSES)
        .flat_map(|number| {
            let words = [
                "update".to_owned(),
                format!("p{number}-1"),
                "uri=https://new.example.com".to_owned(),
            ];
            [team.create(&format!("c{number}"), &secret).start(), team.env.command(words).start()]
        })
        .collect();
    for process in running {
        process.finish().succeeds();
    }
    team.env.run(["vault", "rotate-key"]).succeeds();
    team.env.run(["vault", "verify"]).succeeds();
    assert_eq!(team.names().len(), PROCESSES * (each + 1));
    // Without the pooler the store is the same.
    team.settle("", "");
    let same = team.env.command(["list"]).run();
    same.succeeds();
}

#[test]
fn a_store_is_made_and_migrated_through_a_pooler() {
    for mode in ["transaction", "session"] {
        let (team, _pooler) = pooled(mode);
        team.create("lake", &team.env.secret("key")).run().succeeds();
        team.env.run(["vault", "migrate", "--to", "1", "--yes"]).succeeds();
        team.create("river", &team.env.secret("second")).run().succeeds();
        team.env.run(["vault", "migrate"]).succeeds();
        assert_eq!(team.names(), ["lake", "river"]);
    }
}
