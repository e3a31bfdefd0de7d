//! Kafka: the request `ApiVersions`, which every broker answers before a login.
//!
//! <https://kafka.apache.org/protocol.html>

use tokio::io::AsyncWriteExt as _;

use super::climber::{Climber, Stream, read};
use super::dial;
use super::ladder::Climb;
use super::tls::Check;
use crate::model::Rung;

/// The port of brokers that name none.
const PORT: u16 = 9092;
/// By this number the answer is known.
const CORRELATION: [u8; 4] = *b"hub?";
/// An answer has some hundred bytes.
const MAX_ANSWER: usize = 64 * 1024;

/// Tests a connection.
pub async fn climb(on: &mut Climber<'_>) -> Climb<()> {
    let places = on.places("brokers", PORT)?;
    let (place, stream) = on.connect_to_one(&places).await?;
    let mut stream = match is_encrypted(on) {
        true => {
            let trust = on.trust_by(Check::ChainAndName)?;
            on.encrypt(stream, &place.host, trust).await?
        }
        false => stream,
    };
    on.ladder.begin(Rung::Protocol);
    match versions(&mut *stream).await {
        Ok(Some(count)) => on.ladder.pass(format!("Kafka, {count} kinds of requests")),
        Ok(None) => return Err(on.ladder.fail("what answers does not speak Kafka")),
        Err(error) => return Err(on.ladder.fail(dial::words(&error))),
    }
    match on.method().as_str() {
        "none" => Ok(()),
        _ => Err(on.ladder.skip(Rung::Credential, "not tried: there is no login to Kafka here")),
    }
}

fn is_encrypted(on: &Climber<'_>) -> bool {
    match on.text("security_protocol") {
        Some(protocol) => protocol.ends_with("SSL"),
        // Clients take `PLAINTEXT`, unless there is something that only TLS has.
        None => on.secret("ca_certificate").is_some() || on.secret("client_key").is_some(),
    }
}

/// How many kinds of requests the broker knows; none if it is no broker.
async fn versions(stream: &mut dyn Stream) -> std::io::Result<Option<usize>> {
    stream.write_all(&request()).await?;
    let mut head = [0; 8];
    read(stream, &mut head).await?;
    let length = u32::from_be_bytes([head[0], head[1], head[2], head[3]]) as usize;
    if head[4..] != CORRELATION || !(10..=MAX_ANSWER).contains(&length) {
        return Ok(None);
    }
    let mut body = vec![0; length - 4];
    read(stream, &mut body).await?;
    Ok(count(&body))
}

fn request() -> Vec<u8> {
    let client = b"connhub";
    let mut body = vec![0, 18, 0, 0];
    body.extend(CORRELATION);
    body.extend([0, client.len() as u8]);
    body.extend(client);
    let mut request = (body.len() as u32).to_be_bytes().to_vec();
    request.extend(body);
    request
}

/// An error code of zero, and an array with six bytes for each kind of request.
fn count(body: &[u8]) -> Option<usize> {
    let [0, 0, a, b, c, d, rest @ ..] = body else { return None };
    let count = u32::from_be_bytes([*a, *b, *c, *d]) as usize;
    (count > 0 && rest.len() >= count.checked_mul(6)?).then_some(count)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_has_as_many_entries_as_it_says() {
        assert_eq!(&request()[..8], [0, 0, 0, 17, 0, 18, 0, 0]);
        let entry = [0, 18, 0, 0, 0, 3];
        assert_eq!(count(&[&[0, 0, 0, 0, 0, 1][..], &entry].concat()), Some(1));
        assert_eq!(count(&[&[0, 0, 0, 0, 0, 2][..], &entry].concat()), None);
        assert_eq!(count(&[&[0, 35, 0, 0, 0, 1][..], &entry].concat()), None);
        assert_eq!(count(&[0, 0, 0xff, 0xff, 0xff, 0xff]), None);
        assert_eq!(count(b""), None);
    }
}
