//! Oracle: a connect packet for the service. The listener says whether it knows the service before anybody logs in.
//!
//! The protocol is not published; the packets are those that the open clients `go-ora` and `python-oracledb` send.

use std::io;

use tokio::io::AsyncWriteExt as _;

use super::climber::{Climber, Stream, read};
use super::dial::{self, Place};
use super::ladder::Climb;
use super::tls::Check;
use crate::model::Rung;

const CONNECT: u8 = 1;
const ACCEPT: u8 = 2;
const REFUSE: u8 = 4;
const REDIRECT: u8 = 5;
const RESEND: u8 = 11;
/// Where the description begins in a connect packet.
const DATA: u16 = 70;
/// An answer has some hundred bytes.
const MAX_ANSWER: usize = 8192;

/// What a listener says.
#[derive(Debug, PartialEq, Eq)]
enum Answer {
    Known,
    Refused(String),
    Strange,
}

/// Tests a connection.
pub async fn climb(on: &mut Climber<'_>) -> Climb<()> {
    let place = on.place()?;
    let mut stream = on.connect(&place).await?;
    if on.text("protocol").as_deref() == Some("tcps") {
        if on.text("wallet_location").is_some() {
            let message = "the authorities are in an Oracle wallet, which is not read here";
            return Err(on.ladder.skip(Rung::Tls, message));
        }
        let trust = on.trust_by(Check::ChainAndName)?;
        stream = on.encrypt(stream, &place.host, trust).await?;
    }
    let (field, service) = match on.text("service_name") {
        Some(service) => ("SERVICE_NAME", service),
        None => ("SID", on.text("sid").unwrap_or_default()),
    };
    on.ladder.begin(Rung::Protocol);
    let answer = match connect(&mut *stream, &description(&place, field, &service)).await {
        Ok(answer) => answer,
        Err(error) => return Err(on.ladder.fail(dial::words(&error))),
    };
    if answer == Answer::Strange {
        return Err(on.ladder.fail("what answers does not speak TNS, as Oracle does"));
    }
    on.ladder.pass("an Oracle listener");
    on.ladder.skip(Rung::Credential, "not tried: there is no login to Oracle here");
    on.ladder.begin(Rung::Target);
    match answer {
        Answer::Refused(why) => Err(on.ladder.fail(format!("service `{service}`: {why}"))),
        _ => {
            on.ladder.pass(format!("the listener knows service `{service}`"));
            Ok(())
        }
    }
}

fn description(place: &Place, field: &str, service: &str) -> String {
    let Place { host, port } = place;
    format!(
        "(DESCRIPTION=(ADDRESS=(PROTOCOL=TCP)(HOST={host})(PORT={port}))(CONNECT_DATA=({field}={service})(CID=(PROGRAM=connhub)(HOST=)(USER=))))"
    )
}

async fn connect(stream: &mut dyn Stream, description: &str) -> io::Result<Answer> {
    let request = packet(description);
    stream.write_all(&request).await?;
    let mut answer = packet_of(stream).await?;
    if matches!(&answer, Some((RESEND, _))) {
        stream.write_all(&request).await?;
        answer = packet_of(stream).await?;
    }
    Ok(match answer {
        Some((ACCEPT | REDIRECT, _)) => Answer::Known,
        Some((REFUSE, body)) => Answer::Refused(refusal(&body)),
        _ => Answer::Strange,
    })
}

async fn packet_of(stream: &mut dyn Stream) -> io::Result<Option<(u8, Vec<u8>)>> {
    let mut head = [0; 8];
    read(stream, &mut head).await?;
    let length = usize::from(u16::from_be_bytes([head[0], head[1]]));
    let is_known = matches!(head[4], ACCEPT | REFUSE | REDIRECT | RESEND);
    if !is_known || !(8..=MAX_ANSWER).contains(&length) {
        return Ok(None);
    }
    let mut body = vec![0; length - 8];
    read(stream, &mut body).await?;
    Ok(Some((head[4], body)))
}

fn packet(description: &str) -> Vec<u8> {
    let length = DATA + description.len() as u16;
    let mut packet = Vec::with_capacity(usize::from(length));
    packet.extend(length.to_be_bytes());
    packet.extend([0, 0, CONNECT, 0, 0, 0]);
    // Version 317, compatible with 300, and no options.
    packet.extend([0x01, 0x3d, 0x01, 0x2c, 0x0c, 0x41]);
    // Sizes of units, and what the transport can do.
    packet.extend([0x20, 0, 0xff, 0xff, 0x4f, 0x98, 0, 0, 0, 1]);
    packet.extend((description.len() as u16).to_be_bytes());
    packet.extend(DATA.to_be_bytes());
    packet.extend([0, 0, 0, 0, 0x84, 0x84]);
    packet.resize(usize::from(DATA), 0);
    packet.extend(description.as_bytes());
    packet
}

/// The number of the error in a refusal such as `(DESCRIPTION=(TMP=)(VSNNUM=0)(ERR=12514)…`.
fn refusal(body: &[u8]) -> String {
    let text = String::from_utf8_lossy(body);
    let number = text.split_once("(ERR=").and_then(|(_, rest)| rest.split_once(')'));
    match number.map(|(number, _)| number) {
        Some("12514") => "the listener does not know it (ORA-12514)".to_owned(),
        Some("12505") => "the listener does not know the SID (ORA-12505)".to_owned(),
        Some(number) if number.bytes().all(|byte| byte.is_ascii_digit()) => {
            format!("the listener refuses with ORA-{number}")
        }
        _ => "the listener refuses".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_packet_says_where_its_description_is() {
        let packet = packet("(X=1)");
        assert_eq!(packet[..2], 75_u16.to_be_bytes());
        assert_eq!(packet[24..28], [0, 5, 0, 70]);
        assert!(packet.ends_with(b"(X=1)"));
    }

    #[test]
    fn refusals_have_a_number() {
        let check = |body: &str, expected: &str| assert_eq!(refusal(body.as_bytes()), expected);
        check("\0\0(DESCRIPTION=(ERR=12514))", "the listener does not know it (ORA-12514)");
        check("(ERR=12516)", "the listener refuses with ORA-12516");
        check("(ERR=x)", "the listener refuses");
        check("(ERR=", "the listener refuses");
    }
}
