//! From `[vault]` to the server that the store of a team is on.

use std::path::PathBuf;
use std::time::Duration;

use percent_encoding::percent_decode_str;
use url::Url;

use crate::capabilities::vault::{Password, Server, TlsMode};
use crate::model::Error;
use crate::settings::{Settings, VaultSection, expand};

/// The schema if none is named.
const SCHEMA: &str = "connhub";

/// The port if none is named.
const PORT: u16 = 5432;

/// How long connecting may take if nothing is said.
const CONNECT: u32 = 10;

/// How long an answer may take if nothing is said.
const ANSWER: u32 = 30;

/// The most bytes that PostgreSQL takes for a name.
const MAX_NAME: usize = 63;

const EXAMPLE: &str = "say for example `url = \"postgres://ada@db.example:5432/team\"`";

/// The server that the store is on; none if it is a file.
///
/// # Errors
/// `[vault]` does not say what a server needs, says something that only a server needs, or has a password in the address.
pub fn server(settings: &Settings) -> Result<Option<Server>, Error> {
    let section = &settings.vault;
    let Some(text) = &section.url else {
        return refuse_without_url(section).map(|()| None);
    };
    let text = expanded(settings, "url", text)?;
    let address = Address::parse(&text)?;
    Ok(Some(Server {
        tls: address.tls()?,
        host: address.host,
        port: address.port,
        user: address.user,
        database: address.database,
        schema: schema(section)?,
        password: password(settings)?,
        authorities: path(settings, "ca-file", section.ca_file.as_deref())?,
        connect_limit: seconds(section.connect_timeout_seconds, CONNECT),
        answer_limit: seconds(section.answer_timeout_seconds, ANSWER),
    }))
}

fn refuse_without_url(section: &VaultSection) -> Result<(), Error> {
    let given = [
        ("schema", section.schema.is_some()),
        ("ca-file", section.ca_file.is_some()),
        ("password-file", section.password_file.is_some()),
        ("password-command", section.password_command.is_some()),
        ("connect-timeout-seconds", section.connect_timeout_seconds.is_some()),
        ("answer-timeout-seconds", section.answer_timeout_seconds.is_some()),
    ];
    match given.into_iter().find(|(_, is_given)| *is_given) {
        None => Ok(()),
        Some((name, _)) => Err(Error::invalid(format!(
            "`{name}` in `[vault]` is for a store on a server, and there is no `url`"
        ))
        .hint(format!("{EXAMPLE}, or remove `{name}`"))),
    }
}

/// The parts of an address.
#[derive(Debug, PartialEq, Eq)]
struct Address {
    host: String,
    port: u16,
    user: String,
    database: String,
    mode: Option<String>,
}

impl Address {
    fn parse(text: &str) -> Result<Self, Error> {
        let wrong = |what: &str| Error::invalid(format!("`url` in `[vault]` {what}")).hint(EXAMPLE);
        // The address is not repeated: there could be a password in it.
        let url = Url::parse(text).map_err(|_| wrong("is no address"))?;
        if !matches!(url.scheme(), "postgres" | "postgresql") {
            return Err(wrong("is not the address of a PostgreSQL server"));
        }
        let mut found = Self {
            host: url.host_str().unwrap_or_default().trim_matches(['[', ']']).to_owned(),
            port: url.port().unwrap_or(PORT),
            user: decoded(url.username()),
            database: decoded(url.path().trim_start_matches('/')),
            mode: None,
        };
        let mut has_password = url.password().is_some();
        for (name, value) in url.query_pairs() {
            match &*name {
                "host" => found.host = value.into_owned(),
                "port" => {
                    found.port = value.parse().map_err(|_| wrong("has a `port` that is none"))?
                }
                "user" => found.user = value.into_owned(),
                "sslmode" => found.mode = Some(value.into_owned()),
                "password" => has_password = true,
                other => {
                    return Err(wrong(&format!(
                        "has the option `{other}`, which is not known here"
                    )));
                }
            }
        }
        if has_password {
            return Err(Error::invalid("`url` in `[vault]` has a password in it, which everybody who reads the file would know").hint(
                "take it out, replace it, and say `password-file = \"PATH\"` (a file of mode 0600) or `password-command = [\"PROGRAM\", …]`",
            ));
        }
        match () {
            () if found.host.is_empty() => Err(wrong("names no server")),
            () if found.user.is_empty() => Err(wrong("names no user")),
            () if found.database.is_empty() => Err(wrong("names no database")),
            () => Ok(found),
        }
    }

    /// Off the machine a server has to prove who it is, unless something else is said.
    fn tls(&self) -> Result<TlsMode, Error> {
        match self.mode.as_deref() {
            None if self.is_here() => Ok(TlsMode::Disable),
            None | Some("verify-full") => Ok(TlsMode::VerifyFull),
            Some("verify-ca") => Ok(TlsMode::VerifyCa),
            Some("require") => Ok(TlsMode::Require),
            Some("disable") => Ok(TlsMode::Disable),
            Some(word) => Err(Error::invalid(format!("`sslmode={word}` in `url` of `[vault]` is not known here"))
                .hint("it is `verify-full`, `verify-ca`, `require` or `disable`; `prefer` would let whoever is in the way switch it off")),
        }
    }

    fn is_here(&self) -> bool {
        let address: Option<std::net::IpAddr> = self.host.parse().ok();
        self.host.starts_with('/')
            || self.host == "localhost"
            || address.is_some_and(|address| address.is_loopback())
    }
}

fn decoded(text: &str) -> String {
    percent_decode_str(text).decode_utf8_lossy().into_owned()
}

fn schema(section: &VaultSection) -> Result<String, Error> {
    let name = section.schema.as_deref().unwrap_or(SCHEMA);
    let is_good = !name.is_empty()
        && name.len() <= MAX_NAME
        && !name.starts_with("pg_")
        && !name.contains(['\0', '@'])
        && name != "information_schema";
    if is_good {
        return Ok(name.to_owned());
    }
    Err(Error::invalid(format!("`schema` in `[vault]` is `{}`, which cannot be the name of one", name.escape_debug()))
        .hint("say for example `schema = \"connhub\"`: up to 63 bytes, without `@`, and not one of the server's own"))
}

fn password(settings: &Settings) -> Result<Option<Password>, Error> {
    let section = &settings.vault;
    let file = path(settings, "password-file", section.password_file.as_deref())?;
    match (file, &section.password_command) {
        (None, None) => Ok(None),
        (Some(file), None) => Ok(Some(Password::File(file))),
        (None, Some(argv)) if !argv.is_empty() => Ok(Some(Password::Command(argv.clone()))),
        (None, Some(_)) => Err(Error::invalid("`password-command` in `[vault]` names no program")
            .hint("say for example `password-command = [\"pass\", \"show\", \"team-db\"]`")),
        (Some(_), Some(_)) => {
            Err(Error::invalid("`[vault]` has both a `password-file` and a `password-command`")
                .hint("leave one of them"))
        }
    }
}

fn path(settings: &Settings, name: &str, text: Option<&str>) -> Result<Option<PathBuf>, Error> {
    text.map(|text| expanded(settings, name, text).map(PathBuf::from)).transpose()
}

fn expanded(settings: &Settings, name: &str, text: &str) -> Result<String, Error> {
    expand(text, &settings.environment).map_err(|variable| {
        Error::invalid(format!(
            "`{name}` in `[vault]` uses the variable `{variable}`, which is not set"
        ))
        .hint(format!("export {variable}=…"))
    })
}

fn seconds(given: Option<u32>, otherwise: u32) -> Duration {
    Duration::from_secs(given.unwrap_or(otherwise).max(1).into())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(text: &str) -> Address {
        Address::parse(text).unwrap()
    }

    #[test]
    fn an_address_has_a_server_a_user_and_a_database() {
        let full = address("postgres://ada@db.example:5433/team");
        assert_eq!((&*full.host, full.port), ("db.example", 5433));
        assert_eq!((&*full.user, &*full.database), ("ada", "team"));
        assert_eq!(address("postgresql://a%40b@[::1]/t").user, "a@b");
        assert_eq!(address("postgresql://a@[::1]/t").host, "::1");
        let socket = address("postgres:///team?host=/run/postgresql&user=ada");
        assert_eq!((&*socket.host, socket.port), ("/run/postgresql", 5432));
        for (bad, what) in [
            ("postgres://ada@db", "no database"),
            ("postgres://db/team", "no user"),
            ("postgres:///team?user=ada", "no server"),
            ("mysql://ada@db/team", "not the address of a PostgreSQL server"),
            ("db/team", "is no address"),
            ("postgres://ada@db/team?options=x", "the option `options`"),
            ("postgres://ada@db/team?port=x", "a `port` that is none"),
        ] {
            let error = Address::parse(bad).unwrap_err().to_string();
            assert!(error.contains(what), "{bad}: {error}");
        }
    }

    #[test]
    fn a_password_in_the_address_is_refused_and_not_repeated() {
        for text in ["postgres://ada:hunter2@db/team", "postgres://ada@db/team?password=hunter2"] {
            let error = Address::parse(text).unwrap_err();
            assert!(error.to_string().contains("has a password in it"), "{error}");
            assert!(!format!("{error:?}").contains("hunter2"), "{error:?}");
        }
    }

    #[test]
    fn a_server_elsewhere_has_to_prove_who_it_is() {
        let mode = |text: &str| address(text).tls();
        assert_eq!(mode("postgres://a@db.example/t").unwrap(), TlsMode::VerifyFull);
        assert_eq!(mode("postgres://a@127.0.0.1/t").unwrap(), TlsMode::Disable);
        assert_eq!(mode("postgres://a@localhost/t").unwrap(), TlsMode::Disable);
        assert_eq!(
            mode("postgres://a@localhost/t?sslmode=verify-full").unwrap(),
            TlsMode::VerifyFull
        );
        assert_eq!(mode("postgres://a@db/t?sslmode=require").unwrap(), TlsMode::Require);
        assert!(mode("postgres://a@db/t?sslmode=prefer").is_err());
    }
}
