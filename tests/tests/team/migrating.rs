//! The tables go back to an older version, and forth.

use super::members::Members;
use super::*;

#[test]
fn the_tables_go_back_and_forth_and_the_store_goes_on() {
    let team = Team::new();
    let secret = team.env.secret("key");
    team.create("lake", &secret).run().succeeds();
    let tables =
        || team.env.run(["vault", "status", "-o", "json"]).succeeds().json()["tables"].clone();
    assert_eq!(tables(), 2);
    let same = team.env.run(["vault", "migrate"]).succeeds();
    assert!(same.stdout.contains("have version 2"), "{same}");
    let back = ["vault", "migrate", "--to", "1"];
    team.env.run(back).fails(2, "row-level security");
    team.env.run([&back[..], &["--dry-run"]].concat()).succeeds();
    assert_eq!(tables(), 2, "nothing was changed");
    let went = team.env.run([&back[..], &["--yes", "-o", "json"]].concat()).succeeds().json();
    assert_eq!(
        (&went["outcome"], &went["tablesBefore"], &went["tables"]),
        (&"migrated".into(), &2.into(), &1.into())
    );
    assert!(went["losses"][0].as_str().unwrap().contains("row-level security"));
    assert_eq!(tables(), 1);
    team.create("river", &secret).run().succeeds();
    team.env.run(["vault", "verify"]).succeeds();
    team.env.run(["vault", "migrate"]).succeeds();
    assert_eq!((tables(), team.names()), (2.into(), vec!["lake".to_owned(), "river".to_owned()]));
    team.env.run(["vault", "migrate", "--to", "0", "--yes"]).fails(2, "from 1 to 2");
    team.env.run(["vault", "migrate", "--to", "3"]).fails(2, "a newer program");
}

#[test]
fn a_store_in_a_file_has_no_tables_to_migrate() {
    let team = Team::new();
    team.env.plugins("version = 1\n[vault]\nkey = \"file\"\n");
    team.create("lake", &team.env.secret("key")).run().succeeds();
    team.env.run(["vault", "migrate"]).fails(2, "is a file");
}

#[test]
fn roles_of_members_have_their_rights_again_after_the_way_back() {
    let members = Members::new();
    members.let_in("ada", "bob", "use").succeeds();
    members.let_in("ada", "eve", "manage").succeeds();
    let back = ["vault", "migrate", "--to", "1", "--yes"];
    members.run("bob", &back).fails(4, "the right `own`");
    members.run("ada", &back).succeeds();
    // The grants are there still, and whoever was not let in is not let in.
    members.run("bob", &["get", "lake", "--reveal"]).succeeds();
    members.create("eve", "river", "second").succeeds();
    members.server_denies("bob", "DELETE FROM connhub.record");
    members.run("ada", &["vault", "set-right", "bob", "manage"]).fails(2, "connhub vault migrate");
    members.run("ada", &["vault", "verify"]).succeeds();
    members.run("ada", &["vault", "migrate"]).succeeds();
    for (user, right) in [("bob", "use"), ("eve", "manage")] {
        let held = format!(
            "DO $$ BEGIN IF NOT EXISTS (SELECT FROM connhub.member WHERE role = '{user}_role' AND may = '{right}') THEN RAISE 'no'; END IF; END $$"
        );
        members.sql("loader", &held).unwrap();
    }
    members.run("bob", &["get", "lake", "--reveal"]).succeeds();
    members.create("eve", "brook", "third").succeeds();
    // Row-level security is on again: grants by hand show nothing.
    let grants = "CREATE ROLE mallory_role LOGIN PASSWORD 'of-the-role'; GRANT USAGE ON SCHEMA connhub TO mallory_role; \
                  GRANT SELECT ON ALL TABLES IN SCHEMA connhub TO mallory_role";
    members.sql("loader", grants).unwrap();
    assert_eq!(members.sql("mallory_role", "SELECT key FROM connhub.record"), Ok(0));
    members.run("ada", &["vault", "set-right", "bob", "manage"]).succeeds();
}
