//! PostgreSQL: a login by `tokio-postgres` over a connection that was made and encrypted here, as `ssl_mode` says.
//!
//! <https://www.postgresql.org/docs/current/libpq-ssl.html#LIBPQ-SSL-PROTECTION>

mod wary;

use std::io;

use tokio::io::AsyncWriteExt as _;
use tokio_postgres::config::{ChannelBinding, SslMode};
use tokio_postgres::error::SqlState;
use tokio_postgres::{Config, NoTls};

use wary::{Alarm, Wary};

use super::climber::{Climber, Stream, read};
use super::dial;
use super::ladder::{Climb, Over};
use super::tls::Check;
use crate::model::Rung;

/// Asks whether the server speaks TLS: a length of 8, and the code 80877103.
const SSL_REQUEST: [u8; 8] = [0, 0, 0, 8, 0x04, 0xd2, 0x16, 0x2f];

/// What `ssl_mode` asks for.
struct Mode {
    /// Whether TLS is tried, and whether there is a way without.
    tls: Tls,
    check: Check,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Tls {
    Never,
    IfOffered,
    Always,
}

/// Tests a connection.
pub async fn climb(on: &mut Climber<'_>) -> Climb<()> {
    let place = on.place()?;
    let mode = mode(on.text("ssl_mode").as_deref(), on.secret("ca_certificate").is_some());
    let stream = on.connect(&place).await?;
    let (stream, is_encrypted) = encrypted(on, stream, &place.host, &mode).await?;
    let method = on.method();
    let user = on.text("username");
    let Some(user) = user else {
        return Err(unasked(on, &mode, "the connection has no `username`"));
    };
    if method == "iam" {
        return Err(unasked(on, &mode, "the login is that of whoever uses the connection"));
    }
    let mut config = Config::new();
    config.user(&user).ssl_mode(SslMode::Disable).channel_binding(ChannelBinding::Disable);
    config.application_name("connhub test");
    if method == "password" {
        let password = on.login("password")?;
        config.password(password.expose());
    }
    let database = on.text("database").unwrap_or_else(|| user.clone());
    config.dbname(&database);
    // A server in the way could ask for the password, if it may say that it knows no TLS.
    let is_wary = !is_encrypted && mode.tls != Tls::Never;
    let stream = Wary::new(stream, is_wary);
    on.ladder.begin(Rung::Protocol);
    match config.connect_raw(stream, NoTls).await {
        Ok((client, connection)) => {
            let version = connection.parameter("server_version").unwrap_or("unknown").to_owned();
            drop(client);
            // It says good-bye.
            let _ = connection.await;
            on.ladder.pass(format!("PostgreSQL {version}"));
            accepted(on, &user);
            on.ladder.begin(Rung::Target);
            on.ladder.pass(format!("database `{database}` is there"));
            Ok(())
        }
        Err(error) => refused(on, &error, &user, &database),
    }
}

/// As libpq understands the words. With an authority, `require` checks for it.
fn mode(word: Option<&str>, has_authority: bool) -> Mode {
    let (tls, check) = match word {
        Some("disable") => (Tls::Never, Check::Nothing),
        Some("verify-full") => (Tls::Always, Check::ChainAndName),
        Some("verify-ca") => (Tls::Always, Check::Chain),
        Some("require") if has_authority => (Tls::Always, Check::Chain),
        Some("require") => (Tls::Always, Check::Nothing),
        // `allow`, `prefer`, which is what goes without saying.
        _ => (Tls::IfOffered, Check::Nothing),
    };
    Mode { tls, check }
}

async fn encrypted(
    on: &mut Climber<'_>,
    mut stream: Box<dyn Stream>,
    host: &str,
    mode: &Mode,
) -> Climb<(Box<dyn Stream>, bool)> {
    if mode.tls == Tls::Never {
        return Ok((stream, false));
    }
    on.ladder.begin(Rung::Protocol);
    let mut answer = [0];
    let asked = async {
        stream.write_all(&SSL_REQUEST).await?;
        read(&mut *stream, &mut answer).await
    };
    if let Err(error) = asked.await {
        return Err(on.ladder.fail(dial::words(&error)));
    }
    match answer[0] {
        b'S' => {
            let trust = on.trust_by(mode.check)?;
            Ok((on.encrypt(stream, host, trust).await?, true))
        }
        b'N' if mode.tls == Tls::IfOffered => Ok((stream, false)),
        b'N' => {
            on.ladder.begin(Rung::Tls);
            Err(on.ladder.fail("the server does not speak TLS, and `ssl_mode` asks for it"))
        }
        _ => Err(on.ladder.fail("what answers does not speak PostgreSQL")),
    }
}

/// Without a login there is only the answer to the question for TLS, if it was asked.
fn unasked(on: &mut Climber<'_>, mode: &Mode, why: &str) -> Over {
    if mode.tls != Tls::Never {
        on.ladder.begin(Rung::Protocol);
        on.ladder.pass("it answers as PostgreSQL does");
    }
    on.ladder.skip(Rung::Credential, why)
}

fn accepted(on: &mut Climber<'_>, user: &str) {
    on.ladder.begin(Rung::Credential);
    on.ladder.pass(format!("`{user}` is logged in"));
}

fn refused(
    on: &mut Climber<'_>,
    error: &tokio_postgres::Error,
    user: &str,
    database: &str,
) -> Climb<()> {
    let Some(said) = error.as_db_error() else {
        let cause = std::error::Error::source(error);
        let io = cause.and_then(|cause| cause.downcast_ref::<io::Error>());
        let alarm = io.and_then(io::Error::get_ref).and_then(|inner| inner.downcast_ref());
        if let Some(alarm @ Alarm::Cleartext) = alarm {
            on.ladder.pass("it answers as PostgreSQL does");
            on.ladder.begin(Rung::Credential);
            return Err(on.ladder.fail(alarm.to_string()));
        }
        if let Some(alarm) = alarm {
            return Err(on.ladder.fail(alarm.to_string()));
        }
        return Err(on.ladder.fail(match io {
            Some(io) => dial::words(io),
            None => format!("what answers does not speak PostgreSQL: {error}"),
        }));
    };
    let says = format!("{} ({})", said.message(), said.code().code());
    let code = said.code();
    let is_about_target =
        *code == SqlState::INVALID_CATALOG_NAME || *code == SqlState::INSUFFICIENT_PRIVILEGE;
    let is_about_login = code.code().starts_with("28");
    if !is_about_target && !is_about_login {
        return Err(on.ladder.fail(says));
    }
    on.ladder.pass("it answers as PostgreSQL does");
    if is_about_login {
        on.ladder.begin(Rung::Credential);
        return Err(on.ladder.fail(says));
    }
    accepted(on, user);
    on.ladder.begin(Rung::Target);
    Err(on.ladder.fail(format!("database `{database}`: {says}")))
}
