//! A connection from its making to its end, and what of it the server has.

use super::*;

#[test]
fn a_connection_lives_on_the_server() {
    let team = Team::new();
    let (first, second) = (team.env.secret("first"), team.env.secret("second"));
    assert_eq!(team.names(), [""; 0]);
    team.create("lake", &first).run().succeeds();
    team.create("lake", &first).run().fails(5, "`lake` exists");
    let got = team.env.command(["get", "lake", "--reveal", "-o", "json"]).revealing().run();
    assert_eq!(got.succeeds().json()["secretValues"]["secret_access_key"], first.as_str());
    let update = team.env.command(["update", "lake", "bucket=raw", "secret_access_key=-"]);
    update.stdin(second.as_str()).run().succeeds();
    assert_eq!(
        team.env.run(["list", "-o", "json"]).succeeds().json()["items"][0]["fields"]["bucket"],
        "raw"
    );
    team.env.run(["undo", "lake"]).succeeds();
    assert_eq!(
        team.env.run(["get", "lake", "-o", "json"]).succeeds().json()["fields"]["bucket"],
        "sales"
    );
    team.env.run(["vault", "verify"]).succeeds();
    team.env.run(["vault", "rotate-key"]).succeeds();
    let status = team.env.run(["vault", "status", "-o", "json"]).succeeds().json();
    assert_eq!((&status["state"], &status["records"]), (&"open".into(), &1.into()));
    let copy = team.env.files().join("copy");
    team.env.run(["vault", "backup", copy.to_str().unwrap()]).succeeds();
    team.env.run(["vault", "verify", copy.to_str().unwrap()]).succeeds();
    team.env.run(["delete", "lake", "--yes"]).succeeds();
    assert_eq!(team.names(), [""; 0]);
    // Neither the tables nor the log of the server have anything of it, the names included.
    team.create("name-canary", &second).run().succeeds();
    assert!(team.server.holds(b"connhub"), "nothing is found at all");
    for word in [&*first, &*second, "name-canary", "AKIAEXAMPLE", "s3.example.com"] {
        assert!(!team.server.holds(word.as_bytes()), "the server has `{word}`");
    }
}

#[test]
fn a_second_user_with_the_key_sees_the_same() {
    let team = Team::new();
    let secret = team.env.secret("key");
    team.create("lake", &secret).run().succeeds();
    let other = team.env.folder("other");
    fs_err::copy(team.env.home().join("vault.key"), other.join("vault.key")).unwrap();
    fs_err::copy(team.env.home().join("plugins.toml"), other.join("plugins.toml")).unwrap();
    let listed = team.env.command(["list", "-o", "name"]).at_home(&other).run().succeeds();
    assert_eq!(names(&listed), ["lake"]);
    let stranger = team.env.folder("stranger");
    fs_err::copy(team.env.home().join("plugins.toml"), stranger.join("plugins.toml")).unwrap();
    team.env.command(["list"]).at_home(&stranger).run().fails(8, "is not there");
}
