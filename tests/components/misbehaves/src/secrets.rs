//! Getting at the bytes of a secret, and getting them out.

use std::fmt::Write;

use connhub_sdk::{Error, Key, Level, Secret, base64};

use crate::{Given, memory, requests};

pub(crate) fn act(behavior: &str, given: &Given<'_>) -> Option<Result<String, Error>> {
    match behavior {
        "reveal" => Some(reveal(given)),
        "leak" => Some(leak(given)),
        "dump" => Some(dump(given)),
        _ => None,
    }
}

fn reveal(given: &Given<'_>) -> Result<String, Error> {
    let bytes = given.secret()?.reveal()?;
    Ok(format!("GOT {} bytes", bytes.len()))
}

/// Puts a revealed secret into everything that leaves the sandbox.
fn leak(given: &Given<'_>) -> Result<String, Error> {
    let text = every_form(&given.secret()?.reveal()?);
    for level in [Level::Trace, Level::Debug, Level::Info, Level::Warn, Level::Error] {
        text.lines().for_each(|line| given.host.log(level, line));
    }
    println!("{text}");
    eprintln!("{text}");
    match given.setting("then") {
        "panic" => panic!("{text}"),
        "fail" => Err(given.failure(&text)),
        _ => Ok(text),
    }
}

/// The forms in which a value appears when programs print it.
fn every_form(value: &[u8]) -> String {
    let text = String::from_utf8_lossy(value);
    let hexadecimal = |bytes: &[u8]| {
        bytes.iter().fold(String::new(), |mut text, byte| {
            let _ = write!(text, "{byte:02x}");
            text
        })
    };
    let percent = hexadecimal(value)
        .as_bytes()
        .chunks(2)
        .fold(String::new(), |text, pair| format!("{text}%{}", String::from_utf8_lossy(pair)));
    let shifted = |before: &str| base64::encode([before.as_bytes(), value, b"~"].concat());
    [
        text.to_string(),
        format!("x{text}y"),
        format!("{text:?}"),
        text.escape_unicode().to_string(),
        hexadecimal(value),
        hexadecimal(value).to_uppercase(),
        percent,
        base64::encode(value),
        shifted("x"),
        shifted("xy"),
    ]
    .join("\n")
}

/// Moves the secret through every capability, then shows all of its own memory.
fn dump(given: &Given<'_>) -> Result<String, Error> {
    let secret = given.secret()?;
    let echoed = requests::send(given)?;
    let opened = store_and_open(given, secret)?;
    let revealed = secret.reveal().map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
    memory::dump(given);
    let lengths: Vec<u64> = opened.iter().map(|(_, secret)| secret.length()).collect();
    Ok(format!(
        "status {}, {} handles of the answer, handles of lengths {lengths:?}, revealed: {}",
        echoed.status,
        echoed.secrets.len(),
        revealed.is_ok()
    ))
}

fn store_and_open(given: &Given<'_>, secret: &Secret) -> Result<Vec<(String, Secret)>, Error> {
    let vault = given.host.vault();
    let key = Key::new("dump", "x");
    let stored = vault.insert(&key, b"", &[("key", secret)]);
    stored.and_then(|_| vault.open(&key)).map_err(|error| error.of_connection("x"))
}
