//! MongoDB: the command `hello`, which every server answers before a login.
//!
//! <https://www.mongodb.com/docs/manual/reference/mongodb-wire-protocol/>

use tokio::io::AsyncWriteExt as _;

use super::climber::{Climber, Stream, read};
use super::dial;
use super::ladder::Climb;
use super::tls::Check;
use crate::model::Rung;

/// The port of servers that name none.
const PORT: u16 = 27017;
const OP_MSG: u32 = 2013;
/// By this number the answer is known.
const REQUEST: u32 = 0x6875_623f;
/// An answer has some hundred bytes.
const MAX_ANSWER: usize = 64 * 1024;

/// Tests a connection.
pub async fn climb(on: &mut Climber<'_>) -> Climb<()> {
    if on.flag("srv") == Some(true) {
        let message = "the servers are found by SRV records, which are not looked up here";
        return Err(on.ladder.skip(Rung::Resolve, message));
    }
    let places = on.places("nodes", PORT)?;
    let (place, stream) = on.connect_to_one(&places).await?;
    let mut stream = match on.flag("tls") {
        Some(true) => {
            let trust = on.trust_by(Check::ChainAndName)?;
            on.encrypt(stream, &place.host, trust).await?
        }
        _ => stream,
    };
    on.ladder.begin(Rung::Protocol);
    match hello(&mut *stream).await {
        Ok(true) => on.ladder.pass("MongoDB"),
        Ok(false) => return Err(on.ladder.fail("what answers does not speak MongoDB")),
        Err(error) => return Err(on.ladder.fail(dial::words(&error))),
    }
    match on.method().as_str() {
        "none" => Ok(()),
        _ => Err(on.ladder.skip(Rung::Credential, "not tried: there is no login to MongoDB here")),
    }
}

async fn hello(stream: &mut dyn Stream) -> std::io::Result<bool> {
    stream.write_all(&request()).await?;
    let mut head = [0; 16];
    read(stream, &mut head).await?;
    let number =
        |at: usize| u32::from_le_bytes([head[at], head[at + 1], head[at + 2], head[at + 3]]);
    let length = number(0) as usize;
    if number(8) != REQUEST || number(12) != OP_MSG || !(26..=MAX_ANSWER).contains(&length) {
        return Ok(false);
    }
    let mut body = vec![0; length - 16];
    read(stream, &mut body).await?;
    // A document with the name `ok` of a double.
    Ok(body.windows(4).any(|window| window == b"\x01ok\0"))
}

/// `{hello: 1, $db: "admin"}`.
fn request() -> Vec<u8> {
    let mut document = b"\x10hello\0\x01\0\0\0\x02$db\0\x06\0\0\0admin\0\0".to_vec();
    let mut sized = (document.len() as u32 + 4).to_le_bytes().to_vec();
    sized.append(&mut document);
    // No flags, and one section of kind 0.
    let mut body = vec![0, 0, 0, 0, 0];
    body.append(&mut sized);
    let head = [body.len() as u32 + 16, REQUEST, 0, OP_MSG];
    let mut request: Vec<u8> = head.iter().flat_map(|number| number.to_le_bytes()).collect();
    request.append(&mut body);
    request
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_says_its_length_twice() {
        let request = request();
        assert_eq!(request[0] as usize, request.len());
        assert_eq!(request[21] as usize, request.len() - 21);
        assert!(request.ends_with(b"admin\0\0"));
    }
}
