//! Processes that are killed, and a server that goes away and comes back.

use super::*;

#[test]
fn a_killed_writer_loses_nothing_that_it_acknowledged() {
    let team = Team::new();
    let secret = team.env.secret("key");
    team.create("before", &secret).run().succeeds();
    let mut made = vec!["before".to_owned()];
    for round in 0..20 {
        let name = format!("c{round}");
        let running = team.create(&name, &secret).start();
        std::thread::sleep(std::time::Duration::from_millis(round * 7));
        let ended = running.kill();
        let listed = team.names();
        if ended.stdout.contains(&name) {
            assert!(listed.contains(&name), "{name} was acknowledged and is lost");
        }
        if listed.contains(&name) {
            made.push(name);
        }
        made.sort();
        assert_eq!(team.names(), made);
    }
    team.env.run(["vault", "verify"]).succeeds();
    team.create("after", &secret).run().succeeds();
}

#[test]
fn a_server_that_is_started_anew_is_waited_for() {
    let mut team = Team::new();
    let secret = team.env.secret("key");
    team.create("before", &secret).run().succeeds();
    team.server.restart();
    team.create("after", &secret).run().succeeds();
    assert_eq!(team.names(), ["after", "before"]);
}

#[test]
fn an_apply_whose_server_goes_away_has_done_what_it_says() {
    let mut team = Team::new();
    team.create("before", &team.env.secret("key")).run().succeeds();
    let mut count = 1;
    for moment in [50, 400] {
        let text = manifests(&format!("m{moment}"), 1200);
        let file = team.env.file("many.yaml", text);
        let words = ["apply", "-f", file.to_str().unwrap()];
        let running = team.env.command(words).start();
        std::thread::sleep(std::time::Duration::from_millis(moment));
        team.server.restart();
        let ended = running.finish();
        let more = team.names().len() - count;
        let said = ended.stdout.lines().filter(|line| line.starts_with("created ")).count();
        assert!(matches!((ended.code, more), (0, 1200) | (6, 0..1200)), "{more}: {ended}");
        assert_eq!(said, more);
        team.env.run(["vault", "verify"]).succeeds();
        team.env.run(words).succeeds();
        count += 1200;
        assert_eq!(team.names().len(), count);
    }
}

#[test]
fn an_older_state_of_the_server_is_noticed() {
    let mut team = Team::new();
    let secret = team.env.secret("key");
    team.create("before", &secret).run().succeeds();
    let old = team.server.stopped_copy();
    team.create("after", &secret).run().succeeds();
    team.server.put_back(old);
    team.env.run(["list"]).fails(8, "generation");
    team.create("more", &secret).run().fails(8, "generation");
}
