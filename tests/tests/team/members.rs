//! Members of a store on a server, each with a home and a role of their own: what the program refuses them, and what the server does.

use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;

use tokio_postgres::error::SqlState;
use tokio_postgres::tls::NoTlsStream;
use tokio_postgres::{Client, Config, Connection, Error, NoTls, SimpleQueryMessage, Socket};

use super::*;

/// What roles of the server have as their password, but for the one that it was made with.
const PASSWORD: &str = "of-the-role";

/// `ada`, who makes the store, and others with a home and a role of their own.
pub(super) struct Members {
    team: Team,
}

impl Members {
    pub(super) fn new() -> Self {
        let team = Team::new();
        team.settle("", "members = true\n");
        let members = Self { team };
        for user in ["bob", "eve"] {
            let role = format!("CREATE ROLE {user}_role LOGIN PASSWORD '{PASSWORD}'");
            members.sql("loader", &role).unwrap();
            members.settle(user);
        }
        members.create("ada", "lake", "first").succeeds();
        members
    }

    /// Writes the settings of a user.
    fn settle(&self, user: &str) {
        let home = self.home(user);
        let password = home.join("password");
        let port = self.team.server.port();
        let settings = format!(
            "version = 1\n[vault]\nkey = \"file\"\nmembers = true\npassword-file = \"{}\"\n\
             url = \"postgres://{user}_role@127.0.0.1:{port}/postgres\"\n",
            password.display()
        );
        for (file, text) in [(password, PASSWORD), (home.join("plugins.toml"), &settings)] {
            fs_err::write(&file, text).unwrap();
            fs_err::set_permissions(&file, std::fs::Permissions::from_mode(0o600)).unwrap();
        }
    }

    fn home(&self, user: &str) -> PathBuf {
        match user {
            "ada" => self.team.env.home(),
            _ => self.team.env.folder(user),
        }
    }

    pub(super) fn run(&self, user: &str, words: &[&str]) -> Outcome {
        self.team.env.command(words).at_home(&self.home(user)).revealing().run()
    }

    pub(super) fn create(&self, user: &str, name: &str, label: &str) -> Outcome {
        let secret = self.team.env.secret(label);
        self.team.create(name, &secret).at_home(&self.home(user)).run()
    }

    pub(super) fn let_in(&self, by: &str, user: &str, right: &str) -> Outcome {
        let key = self.run(user, &["vault", "identity"]).succeeds().stdout.trim().to_owned();
        let role = format!("{user}_role");
        let words = ["vault", "add-member", user, "--key", &key, "--right", right, "--role", &role];
        self.run(by, &words)
    }

    /// What the server says to a role without this program: the number of rows, or why not.
    pub(super) fn sql(&self, role: &str, statement: &str) -> Result<u64, String> {
        let password = if role == "loader" { &self.team.password } else { PASSWORD };
        let mut config = Config::new();
        config.host("127.0.0.1").port(self.team.server.port()).dbname("postgres");
        config.user(role).password(password);
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let (client, connection) = connect(&config).await;
            tokio::spawn(connection);
            let said = client.simple_query(statement).await;
            let said = said.map_err(|error| error.as_db_error().unwrap().message().to_owned())?;
            Ok(said.iter().filter_map(counted).sum())
        })
    }

    #[track_caller]
    pub(super) fn server_denies(&self, user: &str, statement: &str) {
        let role = format!("{user}_role");
        match self.sql(&role, statement) {
            Err(why) => assert!(why.contains("permission denied"), "{statement}: {why}"),
            Ok(rows) => assert_eq!(rows, 0, "{statement}"),
        }
    }
}

/// Connects, also to a server that is starting.
async fn connect(config: &Config) -> (Client, Connection<Socket, NoTlsStream>) {
    let is_starting = |error: &Error| error.code() == Some(&SqlState::CANNOT_CONNECT_NOW);
    loop {
        match config.connect(NoTls).await {
            Err(error) if is_starting(&error) => tokio::task::yield_now().await,
            connected => return connected.expect("the server lets the role in"),
        }
    }
}

fn counted(message: &SimpleQueryMessage) -> Option<u64> {
    match message {
        SimpleQueryMessage::CommandComplete(rows) => Some(*rows),
        _ => None,
    }
}

#[test]
fn two_members_with_roles_of_their_own_share_a_store() {
    let members = Members::new();
    members.run("bob", &["list"]).exits_with(4);
    members.let_in("ada", "bob", "manage").succeeds();
    assert_eq!(names(&members.run("bob", &["list", "-o", "name"]).succeeds()), ["lake"]);
    members.create("bob", "river", "second").succeeds();
    members.run("bob", &["delete", "lake", "--yes"]).succeeds();
    members.run("bob", &["undo", "lake"]).succeeds();
    assert_eq!(members.team.names(), ["lake", "river"]);
    members.run("bob", &["vault", "verify"]).succeeds();
    let listed = members.run("bob", &["vault", "members", "-o", "json"]).succeeds().json();
    assert_eq!(listed["items"][1]["role"], "bob_role");
    for statement in
        ["UPDATE connhub.header SET content = ''", "INSERT INTO connhub.member VALUES ('x', 'own')"]
    {
        members.server_denies("bob", statement);
    }
    members.server_denies("bob", "SELECT connhub.let_in('bob_role', 'own')");
    for word in ["river", "lake", "AKIAEXAMPLE"] {
        assert!(!members.team.server.holds(word.as_bytes()), "the server has `{word}`");
    }
}

#[test]
fn the_right_to_read_is_all_that_program_and_server_allow() {
    let members = Members::new();
    members.let_in("ada", "bob", "use").succeeds();
    members.run("bob", &["get", "lake", "--reveal"]).succeeds();
    members.create("bob", "river", "second").fails(4, "the right `manage`");
    assert_eq!(members.sql("bob_role", "SELECT key FROM connhub.record"), Ok(1));
    for statement in [
        "UPDATE connhub.record SET revision = 9",
        "DELETE FROM connhub.record",
        "DELETE FROM connhub.history",
        "UPDATE connhub.state SET sealed = ''",
        "UPDATE connhub.header SET content = ''",
        "DELETE FROM connhub.member",
        "TRUNCATE connhub.record",
    ] {
        members.server_denies("bob", statement);
    }
    members.run("ada", &["vault", "set-right", "bob", "manage"]).succeeds();
    members.create("bob", "river", "third").succeeds();
    members.run("ada", &["vault", "set-right", "bob", "use"]).succeeds();
    members.server_denies("bob", "DELETE FROM connhub.record");
    members.run("ada", &["vault", "verify"]).succeeds();
}

#[test]
fn who_was_removed_loses_the_key_and_the_server() {
    let members = Members::new();
    members.let_in("ada", "bob", "manage").succeeds();
    members.run("bob", &["get", "lake", "--reveal"]).succeeds();
    members.run("ada", &["vault", "remove-member", "bob", "--yes"]).succeeds();
    members.create("ada", "later", "later").succeeds();
    members.run("bob", &["get", "later", "--reveal"]).exits_with(4);
    members.server_denies("bob", "SELECT content FROM connhub.header");
    members.server_denies("bob", "SELECT key FROM connhub.record");
    // Also with a role that reads everything, as the administrator has, the key is gone.
    members.sql("loader", "ALTER ROLE bob_role SUPERUSER").unwrap();
    members.run("bob", &["get", "later", "--reveal"]).fails(4, "you are no member");
}

#[test]
fn an_owner_without_the_tables_lets_others_in_and_out() {
    let members = Members::new();
    members.let_in("ada", "bob", "own").succeeds();
    members.run("bob", &["list"]).succeeds();
    members.let_in("bob", "eve", "manage").succeeds();
    members.create("eve", "river", "second").succeeds();
    members.run("bob", &["vault", "rotate-key"]).succeeds();
    members.run("eve", &["list"]).succeeds();
    members.run("bob", &["vault", "remove-member", "eve", "--yes"]).succeeds();
    members.run("eve", &["list"]).exits_with(4);
    members.server_denies("eve", "SELECT key FROM connhub.record");
    assert_eq!(members.team.names(), ["lake", "river"]);
}

#[test]
fn a_role_that_is_not_there_is_named() {
    let members = Members::new();
    let key = members.run("bob", &["vault", "identity"]).succeeds().stdout.trim().to_owned();
    let words = ["vault", "add-member", "bob", "--key", &key, "--role", "nobody_role"];
    members.run("ada", &words).fails(2, "the server has no role `nobody_role`");
    let listed = members.run("ada", &["vault", "members", "-o", "name"]).succeeds();
    assert_eq!(listed.stdout.lines().count(), 1, "nothing was changed");
}
