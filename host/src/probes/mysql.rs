//! MySQL and MariaDB: the server's greeting and its certificate, then a login by `mysql_async` to the address that was checked.
//!
//! <https://dev.mysql.com/doc/dev/mysql-server/latest/page_protocol_connection_phase.html>

use mysql_async::{ClientIdentity, Conn, Error, IoError, OptsBuilder, ServerError, SslOpts};
use tokio::io::AsyncWriteExt as _;

use super::climber::{Climber, Stream, read};
use super::dial::{self, Place};
use super::ladder::Climb;
use super::tls::Check;
use crate::capabilities::http::install_cryptography;
use crate::model::{Rung, Secret};

/// The server can change to TLS.
const CLIENT_SSL: u32 = 0x800;
/// Protocol 4.1 and authentication by plugins, which TLS needs.
const CAPABILITIES: u32 = 0x200 | 0x8000 | 0x0008_0000 | CLIENT_SSL;
/// A greeting is shorter than a hundred bytes; this is the length of what is not one.
const MAX_GREETING: usize = 4096;

/// What `ssl_mode` asks for.
#[derive(Clone, Copy)]
struct Mode {
    is_wanted: bool,
    is_needed: bool,
    check: Check,
}

/// What a server says first.
struct Greeting {
    version: String,
    has_tls: bool,
}

/// Tests a connection.
pub async fn climb(on: &mut Climber<'_>) -> Climb<()> {
    let place = on.place()?;
    let mode = mode(on.text("ssl_mode").as_deref());
    let stream = on.connect(&place).await?;
    let with_tls = look(on, stream, &place, mode).await?;
    let user = on.login("username")?;
    let user = String::from_utf8_lossy(user.expose()).into_owned();
    let password = match on.method().as_str() {
        "password" => Some(on.login("password")?),
        _ => on.secret("password"),
    };
    let database = on.text("database");
    let options = options(on, &place, with_tls.then_some(mode.check)).await?;
    let options = options
        .user(Some(&user))
        .pass(password.map(|password| String::from_utf8_lossy(password.expose()).into_owned()))
        .db_name(database.clone());
    on.ladder.begin(Rung::Credential);
    match Conn::new(options).await {
        Ok(connection) => {
            // It says good-bye.
            let _ = connection.disconnect().await;
            accepted(on, &user);
            if let Some(database) = database {
                on.ladder.begin(Rung::Target);
                on.ladder.pass(format!("database `{database}` is there"));
            }
            Ok(())
        }
        Err(error) => refused(on, &error, &user, &database.unwrap_or_default()),
    }
}

fn mode(word: Option<&str>) -> Mode {
    let (is_wanted, is_needed, check) = match word {
        Some("disabled") => (false, false, Check::Nothing),
        Some("required") => (true, true, Check::Nothing),
        Some("verify_ca") => (true, true, Check::Chain),
        Some("verify_identity") => (true, true, Check::ChainAndName),
        // `preferred`, which is what goes without saying.
        _ => (true, false, Check::Nothing),
    };
    Mode { is_wanted, is_needed, check }
}

/// Reads the greeting and looks at the certificate, and says whether the login is to be encrypted.
async fn look(
    on: &mut Climber<'_>,
    mut stream: Box<dyn Stream>,
    place: &Place,
    mode: Mode,
) -> Climb<bool> {
    on.ladder.begin(Rung::Protocol);
    let greeting = match packet(&mut *stream).await {
        Ok(packet) => greeting(&packet),
        Err(error) => return Err(on.ladder.fail(dial::words(&error))),
    };
    match greeting {
        Ok(Greeting { version, has_tls }) => {
            on.ladder.pass(format!("MySQL protocol, server {version}"));
            if !mode.is_wanted || (!has_tls && !mode.is_needed) {
                return Ok(false);
            }
            if !has_tls {
                on.ladder.begin(Rung::Tls);
                return Err(on
                    .ladder
                    .fail("the server does not speak TLS, and `ssl_mode` asks for it"));
            }
        }
        Err(why) => return Err(on.ladder.fail(why)),
    }
    let trust = on.trust_by(mode.check)?;
    if let Err(error) = stream.write_all(&ssl_request()).await {
        return Err(on.ladder.fail(dial::words(&error)));
    }
    on.encrypt(stream, &place.host, trust).await?;
    Ok(true)
}

/// A packet; an empty one in place of one that is no greeting.
async fn packet(stream: &mut dyn Stream) -> std::io::Result<Vec<u8>> {
    let mut head = [0; 4];
    read(stream, &mut head).await?;
    let length = usize::from(head[0]) | usize::from(head[1]) << 8 | usize::from(head[2]) << 16;
    if length > MAX_GREETING {
        return Ok(Vec::new());
    }
    let mut packet = vec![0; length];
    read(stream, &mut packet).await?;
    Ok(packet)
}

/// Reads version 10 of the handshake, or the error that a server sends instead of it.
fn greeting(packet: &[u8]) -> Result<Greeting, String> {
    const NOT_MYSQL: &str = "what answers does not speak MySQL";
    match packet {
        [10, rest @ ..] => {
            let end = rest.iter().position(|byte| *byte == 0).ok_or(NOT_MYSQL)?;
            let version = String::from_utf8_lossy(&rest[..end]);
            // MariaDB puts this before its own, for replicas of old versions.
            let version = version.strip_prefix("5.5.5-").unwrap_or(&version).to_owned();
            // The id of the connection, a part of the nonce, and a zero byte lie between.
            let low = rest.get(end + 14..end + 16).ok_or(NOT_MYSQL)?;
            let flags = u32::from(u16::from_le_bytes([low[0], low[1]]));
            Ok(Greeting { version, has_tls: flags & CLIENT_SSL != 0 })
        }
        [0xff, _, _, message @ ..] => {
            Err(format!("the server says: {}", String::from_utf8_lossy(message)))
        }
        _ => Err(NOT_MYSQL.to_owned()),
    }
}

fn ssl_request() -> [u8; 36] {
    let mut packet = [0; 36];
    packet[0] = 32;
    packet[3] = 1;
    packet[4..8].copy_from_slice(&CAPABILITIES.to_le_bytes());
    packet[8..12].copy_from_slice(&0x0100_0000_u32.to_le_bytes());
    packet[12] = 45; // utf8mb4_general_ci
    packet
}

/// Where to log in: the address that was checked, under the name that its certificate must have.
async fn options(on: &mut Climber<'_>, place: &Place, check: Option<Check>) -> Climb<OptsBuilder> {
    let Some(address) = on.dialed() else {
        return Err(on.ladder.fail("there is no address to log in at"));
    };
    let options = OptsBuilder::default()
        .ip_or_hostname(&place.host)
        .resolved_ips(Some(vec![address.ip()]))
        .tcp_port(place.port)
        .prefer_socket(false);
    let Some(check) = check else { return Ok(options) };
    install_cryptography();
    let trust = on.trust_by(check)?;
    let roots = on.roots(&trust);
    let roots = roots.iter().map(|root| root.to_vec().into()).collect();
    let tls = SslOpts::default()
        .with_disable_built_in_roots(true)
        .with_root_certs(roots)
        .with_danger_accept_invalid_certs(check == Check::Nothing)
        .with_danger_skip_domain_validation(check == Check::Chain)
        .with_client_identity(identity(on));
    Ok(options.ssl_opts(tls))
}

fn identity(on: &Climber<'_>) -> Option<ClientIdentity> {
    let bytes = |secret: Secret| secret.expose().to_vec().into();
    let (chain, key) = (on.secret("client_certificate")?, on.secret("client_key")?);
    Some(ClientIdentity::new(bytes(chain), bytes(key)))
}

fn accepted(on: &mut Climber<'_>, user: &str) {
    on.ladder.begin(Rung::Credential);
    on.ladder.pass(format!("`{user}` is logged in"));
}

fn refused(on: &mut Climber<'_>, error: &Error, user: &str, database: &str) -> Climb<()> {
    let Error::Server(ServerError { code, message, .. }) = error else {
        if matches!(error, Error::Io(IoError::Tls(_))) {
            // The certificate has been looked at: what is left is one that vouches for itself.
            let message = "not tried: the client that logs in here takes no certificate that vouches for itself";
            return Err(on.ladder.skip(Rung::Credential, message));
        }
        return Err(on.ladder.fail(error.to_string()));
    };
    let says = format!("{message} ({code})");
    match code {
        // ER_DBACCESS_DENIED_ERROR and ER_BAD_DB_ERROR come after the login.
        1044 | 1049 => {
            accepted(on, user);
            on.ladder.begin(Rung::Target);
            Err(on.ladder.fail(format!("database `{database}`: {says}")))
        }
        _ => Err(on.ladder.fail(says)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn greetings_are_read() {
        let mut packet = b"\x0a11.8.3-MariaDB\0\x01\0\0\0abcdefgh\0".to_vec();
        packet.extend([0xfe, 0xff, 45]);
        let read = greeting(&packet).unwrap();
        assert_eq!(read.version, "11.8.3-MariaDB");
        assert!(read.has_tls);
        let end = packet.len() - 2;
        packet[end - 1] = 0xf7 & 0xfe;
        packet[end] = 0xf7;
        assert!(!greeting(&packet).unwrap().has_tls);
        let blocked = b"\xff\x69\x04Host is blocked";
        assert_eq!(greeting(blocked).err().unwrap(), "the server says: Host is blocked");
        for garbage in [b"".as_slice(), b"HTTP/1.1", b"\x0aabc", b"\x0aabc\0def"] {
            assert!(greeting(garbage).is_err());
        }
        assert_eq!(ssl_request().len(), 36);
    }
}
