//! What keeps a store from being reached, and which exit code says so.

use super::*;

#[test]
fn a_server_that_is_not_there_is_unreachable() {
    let team = Team::new();
    let settings =
        team.settings("connhub", "", "").replace(&format!(":{}/", team.server.port()), ":1/");
    team.env.plugins(&settings);
    team.env.run(["list"]).fails(6, "cannot be reached");
    team.create("lake", &team.env.secret("key")).run().fails(6, "cannot be reached");
}

#[test]
fn a_wrong_password_is_a_login_that_is_refused() {
    let team = Team::new();
    let wrong = team.env.secret("wrong");
    team.env.file("password", &wrong);
    team.env.run(["list"]).fails(4, "does not let `loader` in");
    let printed = format!(
        "password-command = [\"cat\", \"{}\"]",
        team.env.file("right", &team.password).display()
    );
    let settings = team.settings("connhub", "", &printed);
    let without: Vec<&str> =
        settings.lines().filter(|line| !line.starts_with("password-file")).collect();
    team.env.plugins(&without.join("\n"));
    team.env.run(["list"]).succeeds();
}

#[test]
fn a_password_file_that_others_read_is_refused() {
    let team = Team::new();
    let file = team.env.files().join("password");
    let wide = std::os::unix::fs::PermissionsExt::from_mode(0o644);
    fs_err::set_permissions(&file, wide).unwrap();
    team.env.run(["list"]).fails(8, "mode 0644");
}

#[test]
fn a_password_in_the_address_is_refused() {
    let team = Team::new();
    let secret = team.env.secret("address");
    let settings = team.settings("connhub", "", "").replace("loader@", "loader:PASSWORD@");
    // A canary is never in a file of a home, not even to be refused.
    assert!(!settings.contains(&secret));
    team.env.plugins(&settings);
    team.env.run(["list"]).fails(2, "has a password in it");
}

#[test]
fn a_server_proves_who_it_is_where_that_is_asked() {
    let team = Team::new();
    team.settle("?sslmode=verify-full", "");
    team.env.run(["list"]).fails(6, "cannot be reached");
    let ca = team.env.file("ca.pem", team.tls.ca_pem());
    team.settle("?sslmode=verify-full", &format!("ca-file = \"{}\"", ca.display()));
    team.env.run(["list"]).succeeds();
    team.create("lake", &team.env.secret("key")).run().succeeds();
    let other = team.env.file("other.pem", Tls::new().ca_pem());
    team.settle("?sslmode=verify-ca", &format!("ca-file = \"{}\"", other.display()));
    team.env.run(["list"]).fails(6, "cannot be reached");
    team.settle("?sslmode=require", "");
    assert_eq!(team.names(), ["lake"]);
}

#[test]
fn what_is_said_of_a_server_without_one_is_refused() {
    let team = Team::new();
    team.env.plugins("version = 1\n[vault]\nschema = \"team\"\n");
    team.env.run(["list"]).fails(2, "there is no `url`");
}

#[test]
fn a_copy_does_not_become_the_store_of_a_team() {
    let team = Team::new();
    team.create("lake", &team.env.secret("key")).run().succeeds();
    let copy = team.env.files().join("copy");
    let copy = copy.to_str().unwrap();
    team.env.run(["vault", "backup", copy]).succeeds();
    team.env.run(["vault", "restore", copy, "--replace"]).fails(2, "pg_restore");
}
