//! The store of a team, on a real PostgreSQL, as its users meet it: whole processes and a server that breaks.

mod breaking;
mod life;
mod many;
mod members;
mod migrating;
mod pooled;
mod refusals;

use connhub_tests::cli::{Outcome, Run, TestEnv};
use connhub_tests::databases::Database;
use connhub_tests::serve::Tls;

/// A server, and a user of it who has said where the store is.
struct Team {
    env: TestEnv,
    server: Database,
    tls: Tls,
    password: String,
}

impl Team {
    fn new() -> Self {
        let env = TestEnv::new();
        let (tls, password) = (Tls::new(), env.secret("database"));
        let server = Database::postgresql(&password, &tls);
        let team = Self { env, server, tls, password };
        team.env.file("password", &team.password);
        team.settle("", "");
        team
    }

    /// Writes `[vault]`: what is added to the address, and further lines.
    fn settle(&self, more: &str, lines: &str) {
        self.env.plugins(&self.settings("connhub", more, lines));
    }

    fn settings(&self, schema: &str, more: &str, lines: &str) -> String {
        self.settings_at(self.server.port(), schema, more, lines)
    }

    fn settings_at(&self, port: u16, schema: &str, more: &str, lines: &str) -> String {
        let file = self.env.files().join("password");
        format!(
            "version = 1\n[vault]\nkey = \"file\"\nurl = \"postgres://loader@127.0.0.1:{port}/postgres{more}\"\n\
             schema = \"{schema}\"\npassword-file = \"{}\"\n{lines}",
            file.display()
        )
    }

    fn create(&self, name: &str, secret: &str) -> Run<'_> {
        let words = [
            "create",
            name,
            "--type=s3",
            "endpoint=https://s3.example.com",
            "bucket=sales",
            "access_key_id=AKIAEXAMPLE",
            "secret_access_key=-",
        ];
        self.env.command(words).stdin(secret)
    }

    #[track_caller]
    fn names(&self) -> Vec<String> {
        names(&self.env.run(["list", "-o", "name"]).succeeds())
    }
}

fn names(listed: &Outcome) -> Vec<String> {
    let mut names: Vec<String> = listed.stdout.lines().map(str::to_owned).collect();
    names.sort();
    names
}

/// Manifests of so many connections with a name of this beginning.
fn manifests(prefix: &str, count: usize) -> String {
    let one = |number| {
        format!(
            "---\nname: {prefix}-{number}\ntype: uri\nfields: {{uri: 'https://{prefix}.example.com/{number}'}}\n"
        )
    };
    (0..count).map(one).collect()
}
