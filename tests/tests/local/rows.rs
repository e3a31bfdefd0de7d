//! Rows that somebody with SQL has moved.

use rusqlite::Connection;

use super::*;

/// A store with `a` and `b`, whose secrets and prefixes differ. `a` was changed once; the table `old` of the database `aside` has its
/// row from before.
struct Rows {
    env: TestEnv,
    secrets: [String; 2],
    good: Backup,
    answers: Vec<Outcome>,
}

impl Rows {
    fn new() -> Self {
        let env = TestEnv::new();
        let secrets = [env.secret("a"), env.secret("b")];
        create_in(&env, "a", "a0", &secrets[0], &[]).run().succeeds();
        let store = Self { env, secrets, good: Backup(BTreeMap::new()), answers: Vec::new() };
        store.sql("CREATE TABLE aside.old AS SELECT * FROM record");
        let update = ["update", "a", "prefix=a1", "secret_access_key=-"];
        store.env.command(update).stdin(store.secrets[1].as_str()).run().succeeds();
        create_in(&store.env, "b", "b0", &store.secrets[1], &[]).run().succeeds();
        let good = Backup::of(&store.env.home().join("data"));
        let answers = store.ask();
        assert!(answers.iter().all(|answer| answer.code == 0), "{answers:?}");
        Self { good, answers, ..store }
    }

    fn sql(&self, sql: &str) {
        let connection = Connection::open(vault(&self.env).join("store.db")).unwrap();
        let aside = self.env.folder("aside").join("old.db");
        connection.execute_batch(&format!("ATTACH '{}' AS aside", aside.display())).unwrap();
        let done = connection.execute_batch(sql);
        done.unwrap_or_else(|error| panic!("{sql}: {error}"));
    }

    /// Everything that can be read, visible and secret.
    fn ask(&self) -> Vec<Outcome> {
        vec![
            self.env.run(["list", "-o", "json"]),
            self.env.run(["get", "a", "-o", "json"]),
            self.env.run(["get", "b", "-o", "json"]),
            compare(&self.env, "a", "a1", &self.secrets[1]),
            compare(&self.env, "b", "b0", &self.secrets[1]),
        ]
    }

    /// Every answer is refused or what it was, and something is refused.
    #[track_caller]
    fn check(&self, sql: &str) {
        self.sql(sql);
        let answers = self.ask();
        for (answer, right) in answers.iter().zip(&self.answers) {
            let is_right = answer.code == 0 && answer.stdout == right.stdout;
            assert!(answer.code == 8 || is_right, "{sql}\n{answer}\ninstead of\n{right}");
        }
        assert!(answers.iter().any(|answer| answer.code == 8), "nothing is refused: {sql}");
        self.good.restore(&self.env.home().join("data"));
    }
}

/// Exchanges columns between the two rows.
fn exchange(columns: &[&str]) -> String {
    let set: Vec<String> = columns
        .iter()
        .map(|column| {
            format!("{column} = (SELECT o.{column} FROM temp.copy o WHERE o.key <> record.key)")
        })
        .collect();
    format!("CREATE TEMP TABLE copy AS SELECT * FROM record; UPDATE record SET {};", set.join(", "))
}

#[test]
fn exchanged_parts_of_rows_are_refused() {
    let rows = Rows::new();
    rows.check(&exchange(&["public", "public_seal"]));
    rows.check(&exchange(&["secret", "secret_seal"]));
    rows.check(&exchange(&["public", "public_seal", "secret", "secret_seal", "revision"]));
    rows.check(&exchange(&["secret"]));
    rows.check(&exchange(&["public"]));
}

#[test]
fn rows_that_were_moved_removed_or_doubled_are_refused() {
    let rows = Rows::new();
    rows.check("DELETE FROM record");
    rows.check("DELETE FROM record WHERE key = (SELECT min(key) FROM record)");
    rows.check("DELETE FROM record WHERE key = (SELECT max(key) FROM record)");
    rows.check("UPDATE record SET revision = revision + 1");
    rows.check("UPDATE record SET scope = zeroblob(16)");
    rows.check("UPDATE record SET space = zeroblob(16)");
    let columns = "space, scope, revision, public_seal, secret_seal, public, secret";
    rows.check(&format!("INSERT INTO record SELECT zeroblob(32), {columns} FROM record LIMIT 1"));
    rows.check("DELETE FROM state");
    rows.check("DELETE FROM header");
}

#[test]
fn a_row_of_before_is_refused() {
    Rows::new().check("INSERT OR REPLACE INTO record SELECT * FROM aside.old");
}

#[test]
fn statements_that_were_added_are_refused() {
    let rows = Rows::new();
    rows.check("CREATE TRIGGER t AFTER UPDATE ON record BEGIN DELETE FROM record; END");
    rows.check("CREATE VIEW v AS SELECT * FROM record");
    rows.check("CREATE INDEX i ON record (revision)");
    rows.check("ALTER TABLE record ADD COLUMN extra BLOB");
}
