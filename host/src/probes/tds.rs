//! SQL Server: the message `PRELOGIN`, which every server answers before a login.
//!
//! <https://learn.microsoft.com/openspecs/windows_protocols/ms-tds>

mod wrapped;

use std::io;

use tokio::io::AsyncWriteExt as _;

use wrapped::Wrapped;

use super::climber::{Climber, Stream, read};
use super::dial;
use super::ladder::Climb;
use super::tls::Check;
use crate::model::Rung;

const PRELOGIN: u8 = 0x12;
const RESPONSE: u8 = 0x04;
const VERSION: u8 = 0;
const ENCRYPTION: u8 = 1;
const END: u8 = 0xff;
/// Of the answers to `ENCRYPTION` the one that there is none.
const NOT_SUPPORTED: u8 = 2;
/// An answer has less than a hundred bytes.
const MAX_ANSWER: usize = 4096;

/// What a server says of itself.
#[derive(Debug, PartialEq, Eq)]
struct Server {
    version: (u8, u8, u16),
    encryption: u8,
}

/// Tests a connection.
pub async fn climb(on: &mut Climber<'_>) -> Climb<()> {
    let place = on.place()?;
    let mut stream = on.connect(&place).await?;
    let encrypt = on.text("encrypt").unwrap_or_default();
    if encrypt == "strict" {
        let trust = on.trust_by(Check::ChainAndName)?;
        stream = on.encrypt(stream, &place.host, trust).await?;
    }
    on.ladder.begin(Rung::Protocol);
    let server = match prelogin(&mut *stream).await {
        Ok(Some(server)) => server,
        Ok(None) => {
            return Err(on.ladder.fail("what answers does not speak TDS, as SQL Server does"));
        }
        Err(error) => return Err(on.ladder.fail(dial::words(&error))),
    };
    let (major, minor, build) = server.version;
    on.ladder.pass(format!("SQL Server {major}.{minor}.{build}"));
    if encrypt != "strict" {
        look(on, stream, &place.host, &encrypt, server.encryption).await?;
    }
    Err(on.ladder.skip(Rung::Credential, "not tried: there is no login to SQL Server here"))
}

/// Looks at the certificate, which is shown before a login even where only that is encrypted.
async fn look(
    on: &mut Climber<'_>,
    stream: Box<dyn Stream>,
    host: &str,
    encrypt: &str,
    offered: u8,
) -> Climb<()> {
    if offered == NOT_SUPPORTED {
        if encrypt != "true" {
            return Ok(());
        }
        on.ladder.begin(Rung::Tls);
        return Err(on
            .ladder
            .fail("the server does not speak TLS, and the connection asks for it"));
    }
    let check = match on.flag("trust_server_certificate") {
        None | Some(false) if encrypt == "true" => Check::ChainAndName,
        _ => Check::Nothing,
    };
    let trust = on.trust_by(check)?;
    on.encrypt(Box::new(Wrapped::new(stream)), host, trust).await?;
    Ok(())
}

async fn prelogin(stream: &mut dyn Stream) -> io::Result<Option<Server>> {
    stream.write_all(&request()).await?;
    let mut head = [0; 8];
    read(stream, &mut head).await?;
    let length = usize::from(u16::from_be_bytes([head[2], head[3]]));
    if head[0] != RESPONSE || !(9..=MAX_ANSWER).contains(&length) {
        return Ok(None);
    }
    let mut body = vec![0; length - 8];
    read(stream, &mut body).await?;
    Ok(server(&body))
}

/// Two options, `VERSION` and `ENCRYPTION`, each with its place and its length, and then their values.
fn request() -> Vec<u8> {
    let mut request = vec![PRELOGIN, 1, 0, 26, 0, 0, 1, 0];
    request.extend([VERSION, 0, 11, 0, 6, ENCRYPTION, 0, 17, 0, 1, END]);
    // A version of ours, and that encryption is off unless the server wants it.
    request.extend([0, 1, 0, 0, 0, 0, 0]);
    request
}

fn server(body: &[u8]) -> Option<Server> {
    let version = option(body, VERSION)?;
    let [major, minor, high, low, ..] = *version else { return None };
    let encryption = *option(body, ENCRYPTION)?.first()?;
    Some(Server { version: (major, minor, u16::from_be_bytes([high, low])), encryption })
}

fn option(body: &[u8], wanted: u8) -> Option<&[u8]> {
    let mut heads = body.chunks(5).take_while(|head| head.first() != Some(&END));
    let head = heads.find(|head| head.first() == Some(&wanted))?;
    let &[_, a, b, c, d] = head else { return None };
    let (from, length) = (u16::from_be_bytes([a, b]).into(), u16::from_be_bytes([c, d]).into());
    body.get(from..)?.get(..length)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_are_found_where_the_answer_says() {
        assert_eq!(request().len(), 26);
        let mut body = vec![VERSION, 0, 11, 0, 6, ENCRYPTION, 0, 17, 0, 1, END];
        body.extend([16, 0, 0x10, 0x04, 0, 0, 1]);
        let expected = Server { version: (16, 0, 4100), encryption: 1 };
        assert_eq!(server(&body), Some(expected));
        body.truncate(14);
        assert_eq!(server(&body), None);
        assert_eq!(server(b""), None);
        assert_eq!(server(&[VERSION, 0xff, 0xff, 0xff, 0xff]), None);
    }
}
