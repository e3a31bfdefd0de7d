//! What can go wrong with a server, and what it means.

use std::error::Error as _;

use tokio_postgres::Error;
use tokio_postgres::error::SqlState;

use super::super::error::{Cause, Doing, ServerFault, VaultError};
use super::place::Server;

/// What went wrong.
#[derive(Debug)]
pub(in super::super) enum Trouble {
    /// What the server or the library says.
    Said(Error),
    /// No answer came in time.
    Silent,
    /// No connection came about.
    Unreachable(Cause),
    /// The server has not decided yet what became of a transaction.
    Undecided,
}

/// What can be done about it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Remedy {
    /// The same once more.
    Again,
    /// The same once more, over another connection.
    Anew,
    /// Nothing.
    None,
}

impl Trouble {
    fn code(&self) -> Option<&SqlState> {
        match self {
            Self::Said(error) => error.code(),
            _ => None,
        }
    }

    pub(super) fn remedy(&self) -> Remedy {
        match (self, self.code()) {
            (_, Some(code)) if is_in_the_way(code) => Remedy::Again,
            (_, Some(code)) if is_ending(code) => Remedy::Anew,
            (_, Some(_)) => Remedy::None,
            (Self::Undecided, _) => Remedy::Again,
            (Self::Silent | Self::Unreachable(_), _) => Remedy::Anew,
            (Self::Said(error), _) if is_lost(error) => Remedy::Anew,
            (Self::Said(_), _) => Remedy::None,
        }
    }

    /// Whether a connection may come about in a moment: the server is starting.
    pub(super) fn is_starting(&self) -> bool {
        self.code() == Some(&SqlState::CANNOT_CONNECT_NOW)
    }

    /// Whether there is no table or no schema of this name.
    pub(super) fn is_absence(&self) -> bool {
        let absences = [SqlState::UNDEFINED_TABLE, SqlState::INVALID_SCHEMA_NAME];
        self.code().is_some_and(|code| absences.contains(code))
    }

    /// Whether there is no role of this name.
    pub(super) fn is_unknown_role(&self) -> bool {
        self.code() == Some(&SqlState::UNDEFINED_OBJECT)
    }

    /// Whether there is no function of this name.
    pub(super) fn is_unknown_function(&self) -> bool {
        self.code() == Some(&SqlState::UNDEFINED_FUNCTION)
    }

    /// Whether a row of this key is there already.
    pub(super) fn is_duplicate(&self) -> bool {
        self.code() == Some(&SqlState::UNIQUE_VIOLATION)
    }

    /// What a user is told.
    pub(super) fn explain(self, server: &Server, doing: Doing) -> VaultError {
        let ended = self.code().is_none_or(is_ending);
        let Some(code) = self.code().cloned().filter(|_| !ended) else { return self.lost(server) };
        let place = server.to_string();
        let (user, database) = (&server.user, &server.database);
        let (why, what, hint) = match code.code() {
            "55P03" | "40001" | "40P01" => return VaultError::Busy { store: place.into() },
            code if code.starts_with("28") => (
                ServerFault::Login,
                format!("`{place}` does not let `{user}` in"),
                "see that `password-file` or `password-command` in `[vault]` gives the password that the server has for this user"
                    .to_owned(),
            ),
            "3D000" => (
                ServerFault::Absent,
                format!("there is no database `{database}` on the server of `{place}`"),
                format!("make it, or have it made: `createdb -h {} -p {} {database}`", server.host, server.port),
            ),
            "42501" if doing == Doing::Rebuild => not_owner(server),
            "42501" => (
                ServerFault::Forbidden,
                format!("`{user}` may not {} `{place}`", verb(doing)),
                grants(server),
            ),
            // Whoever comes here has found a store: a table, a column or a type is not what was made.
            code if code.starts_with("42") || code == "3F000" => {
                return VaultError::Damaged {
                    file: place.into(),
                    what: "its tables are not those that were made",
                    source: Some(told(self)),
                };
            }
            "25006" => (
                ServerFault::Other,
                format!("the server of `{place}` takes no changes: it is a copy that follows another server"),
                "name the server that it follows in `url` of `[vault]`".to_owned(),
            ),
            "53100" => (
                ServerFault::Other,
                format!("there is no space left for `{place}`"),
                "have its administrator make room on the server".to_owned(),
            ),
            "57014" => (
                ServerFault::Unreachable,
                format!("`{place}` takes longer than {} s for an answer", server.answer_limit.as_secs()),
                "raise `answer-timeout-seconds` in `[vault]`, or see what keeps the server busy".to_owned(),
            ),
            _ => (
                ServerFault::Other,
                format!("`{place}` refuses to {} the store", verb(doing)),
                "see the log of the server".to_owned(),
            ),
        };
        VaultError::Server { why, what, hint, source: Some(told(self)) }
    }

    /// What a user is told where the server is not known.
    pub(in super::super) fn unplaced(self) -> VaultError {
        VaultError::Server {
            why: ServerFault::Unreachable,
            what: "the server has broken off".to_owned(),
            hint: "run it again".to_owned(),
            source: Some(told(self)),
        }
    }

    fn lost(self, server: &Server) -> VaultError {
        let hint = match server.is_socket() {
            true => format!("see whether it runs: `ls {}`", server.socket().display()),
            false => {
                format!("see whether it runs: `pg_isready -h {} -p {}`", server.host, server.port)
            }
        };
        let what = format!("the server of `{server}` cannot be reached");
        VaultError::Server { why: ServerFault::Unreachable, what, hint, source: Some(told(self)) }
    }
}

/// What nobody knows: whether a change was made.
pub(super) fn uncertain(server: &Server, cause: &VaultError) -> VaultError {
    VaultError::Server {
        why: ServerFault::Unreachable,
        what: format!(
            "the connection to `{server}` broke while a change was being made durable, and it is not known whether it was"
        ),
        hint: "look whether it was made before you repeat it: `connhub list`".to_owned(),
        source: Some(cause.to_string().into()),
    }
}

fn verb(doing: Doing) -> &'static str {
    match doing {
        Doing::Read => "read",
        Doing::Change => "change",
        Doing::Rebuild => "migrate the tables of",
    }
}

/// Why a user may not change the form of the tables.
fn not_owner(server: &Server) -> (ServerFault, String, String) {
    let schema = server.schema.replace('\'', "''");
    (
        ServerFault::Forbidden,
        format!("`{}` may not migrate the tables of `{server}`", server.user),
        format!(
            "name the role that owns them in `url` of `[vault]`: `SELECT tableowner FROM pg_tables WHERE schemaname = '{schema}'` says who it is"
        ),
    )
}

/// What the administrator of the server has to say so that a user can work, or make the store.
fn grants(server: &Server) -> String {
    let (user, schema) = (quoted(&server.user), quoted(&server.schema));
    format!(
        "have its owner say in the database `{}`: `GRANT USAGE ON SCHEMA {schema} TO {user}; GRANT SELECT, INSERT, UPDATE, \
         DELETE ON ALL TABLES IN SCHEMA {schema} TO {user}`; to make the store: `CREATE SCHEMA {schema} AUTHORIZATION {user}`; \
         an owner of a store with members says instead `connhub vault add-member NAME --key KEY --role {}`",
        server.database, server.user
    )
}

/// A name as SQL takes it.
pub(super) fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// Other transactions are in the way.
fn is_in_the_way(code: &SqlState) -> bool {
    [SqlState::T_R_SERIALIZATION_FAILURE, SqlState::T_R_DEADLOCK_DETECTED].contains(code)
}

/// The server ends the connection.
fn is_ending(code: &SqlState) -> bool {
    let ends = [
        SqlState::ADMIN_SHUTDOWN,
        SqlState::CRASH_SHUTDOWN,
        SqlState::CANNOT_CONNECT_NOW,
        SqlState::TOO_MANY_CONNECTIONS,
        SqlState::IDLE_IN_TRANSACTION_SESSION_TIMEOUT,
    ];
    code.code().starts_with("08") || ends.contains(code)
}

fn is_lost(error: &Error) -> bool {
    error.is_closed() || error.source().is_some_and(|cause| cause.is::<std::io::Error>())
}

/// The words of the server alone: its details can repeat what was in a row.
fn told(trouble: Trouble) -> Cause {
    match trouble {
        Trouble::Said(error) => match error.as_db_error() {
            Some(said) => format!("{} ({})", said.message(), said.code().code()).into(),
            None => error.to_string().into(),
        },
        Trouble::Silent => "no answer came in time".into(),
        Trouble::Undecided => "it has not ended a transaction yet".into(),
        Trouble::Unreachable(cause) => cause,
    }
}
