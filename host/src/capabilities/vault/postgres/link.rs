//! Making a connection: to the address or the socket, encrypted, logged in.

use std::io;

use rustls::pki_types::ServerName;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::{TcpStream, UnixStream};
use tokio_postgres::config::{ChannelBinding, SslMode};
use tokio_postgres::tls::NoTlsStream;
use tokio_postgres::{Client, Config, Connection, NoTls};
use tokio_rustls::TlsConnector;
use zeroize::Zeroizing;

use super::super::error::{Cause, VaultError};
use super::super::files;
use super::super::key::printed;
use super::place::{Password, Server};
use super::tls;
use super::trouble::Trouble;
use crate::model::Secret;

/// A connection in whatever way it is made.
pub(super) trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}

impl<S: AsyncRead + AsyncWrite + Send + Unpin> Stream for S {}

/// What the connection is made over.
pub(super) type Link = Box<dyn Stream>;

/// Reads the password, which may ask a program.
///
/// # Errors
/// The file cannot be read, or others can; the program prints nothing.
pub(super) fn password(server: &Server) -> Result<Option<Secret>, VaultError> {
    let unavailable = |what: String| VaultError::Invalid { what };
    match &server.password {
        None => Ok(None),
        Some(Password::File(path)) => {
            let read = files::read_private(path)?;
            let text = read.ok_or_else(|| {
                unavailable(format!("the `password-file` `{}` is not there", path.display()))
            })?;
            let end = text.iter().rposition(|byte| !b"\r\n".contains(byte)).map_or(0, |at| at + 1);
            Ok(Some(Secret::new(text[..end].to_vec())))
        }
        Some(Password::Command(argv)) => match printed(argv) {
            Ok(password) => Ok(Some(password)),
            Err(cause) => Err(unavailable(format!(
                "the `password-command` `{}` gives no password: {cause}",
                argv.first().map_or("", String::as_str)
            ))),
        },
    }
}

/// Connects and logs in.
pub(super) async fn connect(
    server: &Server,
    password: Option<&Secret>,
) -> Result<(Client, Connection<Link, NoTlsStream>), Trouble> {
    let link = reach(server).await.map_err(Trouble::Unreachable)?;
    let mut config = Config::new();
    config
        .user(&server.user)
        .dbname(&server.database)
        .application_name(format!("connhub {}", server.schema));
    config.ssl_mode(SslMode::Disable).channel_binding(ChannelBinding::Disable);
    if let Some(password) = password {
        config.password(Zeroizing::new(password.expose().to_vec()).as_slice());
    }
    config.connect_raw(link, NoTls).await.map_err(Trouble::Said)
}

async fn reach(server: &Server) -> Result<Link, Cause> {
    if server.is_socket() {
        return Ok(Box::new(UnixStream::connect(server.socket()).await?));
    }
    let stream = TcpStream::connect((server.host.as_str(), server.port)).await?;
    stream.set_nodelay(true)?;
    let Some(config) = tls::config(server)? else { return Ok(Box::new(stream)) };
    let stream = ask(stream).await?;
    let name = ServerName::try_from(server.host.clone())?;
    Ok(Box::new(TlsConnector::from(config).connect(name, stream).await?))
}

/// Asks the server for TLS. Nothing it says before counts, and nothing is sent to one that does not speak it.
async fn ask(mut stream: TcpStream) -> Result<TcpStream, Cause> {
    let mut answer = [0];
    stream.write_all(&tls::REQUEST).await?;
    stream.read_exact(&mut answer).await?;
    match answer[0] {
        b'S' => Ok(stream),
        b'N' => {
            Err("the server does not speak TLS; have its administrator switch it on (`ssl = on`)"
                .into())
        }
        _ => Err(io::Error::other("what answers does not speak PostgreSQL").into()),
    }
}
