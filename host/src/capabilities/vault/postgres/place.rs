//! Which server a store is on, and how it is reached.

use std::fmt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use ring::digest::{SHA256, digest};

/// A server of PostgreSQL, and the schema of it that a store is in.
#[derive(Clone, Debug)]
pub struct Server {
    /// A name, an address, or the folder of a socket.
    pub host: String,
    /// The port, also of a socket.
    pub port: u16,
    /// Who logs in.
    pub user: String,
    /// The database.
    pub database: String,
    /// The schema, as it is written without quotes.
    pub schema: String,
    /// Where the password comes from; none if the server asks for none.
    pub password: Option<Password>,
    /// How the connection is encrypted.
    pub tls: TlsMode,
    /// A file of authorities in PEM; those of the system if there is none.
    pub authorities: Option<PathBuf>,
    /// How long connecting may take.
    pub connect_limit: Duration,
    /// How long one answer may take.
    pub answer_limit: Duration,
}

/// Where a password comes from. It is read each time a connection is made.
#[derive(Clone, Debug)]
pub enum Password {
    /// A file of mode 0600 with one line.
    File(PathBuf),
    /// What a program prints.
    Command(Vec<String>),
}

/// How a connection is encrypted, in the words of libpq.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TlsMode {
    /// It is not.
    Disable,
    /// It is, with whoever answers.
    Require,
    /// With a server whose certificate a known authority has issued.
    VerifyCa,
    /// And for its name.
    VerifyFull,
}

impl Server {
    /// Whether the host is the folder of a socket.
    pub(super) fn is_socket(&self) -> bool {
        self.host.starts_with('/')
    }

    /// Where the socket is.
    pub(super) fn socket(&self) -> PathBuf {
        Path::new(&self.host).join(format!(".s.PGSQL.{}", self.port))
    }

    /// The server without the user: a name for what belongs to this store alone.
    pub fn fingerprint(&self) -> String {
        let Self { host, port, database, schema, .. } = self;
        let place = format!("{host}\n{port}\n{database}\n{schema}");
        let hash = digest(&SHA256, place.as_bytes());
        hash.as_ref()[..8].iter().map(|byte| format!("{byte:02x}")).collect()
    }
}

/// The address, as messages name the store.
impl fmt::Display for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { host, port, user, database, schema, .. } = self;
        let host = if host.contains(':') { format!("[{host}]") } else { host.clone() };
        if self.is_socket() {
            write!(f, "postgres:///{database}?host={host}&port={port}&user={user}")?;
        } else {
            write!(f, "postgres://{user}@{host}:{port}/{database}")?;
        }
        write!(f, "#{schema}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn server(host: &str) -> Server {
        Server {
            host: host.to_owned(),
            port: 5432,
            user: "ada".to_owned(),
            database: "team".to_owned(),
            schema: "connhub".to_owned(),
            password: None,
            tls: TlsMode::VerifyFull,
            authorities: None,
            connect_limit: Duration::from_secs(1),
            answer_limit: Duration::from_secs(1),
        }
    }

    #[test]
    fn a_server_is_named_without_its_password() {
        assert_eq!(server("db").to_string(), "postgres://ada@db:5432/team#connhub");
        assert_eq!(server("::1").to_string(), "postgres://ada@[::1]:5432/team#connhub");
        assert_eq!(
            server("/run/pg").to_string(),
            "postgres:///team?host=/run/pg&port=5432&user=ada#connhub"
        );
    }

    #[test]
    fn users_of_one_store_share_its_name_and_other_stores_do_not() {
        let one = server("db").fingerprint();
        assert_eq!(one, Server { user: "bob".to_owned(), ..server("db") }.fingerprint());
        assert_ne!(one, Server { schema: "other".to_owned(), ..server("db") }.fingerprint());
        assert_ne!(one, server("db2").fingerprint());
    }
}
