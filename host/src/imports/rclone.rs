//! The configuration of rclone: `fs/config` and `fs/config/obscure` of rclone/rclone say how it is encrypted, and how passwords are obscured.

use std::collections::HashSet;

use aes::cipher::{KeyIvInit as _, StreamCipher as _};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use crypto_secretbox::aead::{Aead as _, KeyInit as _};
use crypto_secretbox::{Nonce, XSalsa20Poly1305};
use ring::digest;
use zeroize::Zeroizing;

use super::ini::{Flavor, Section, sections, utf8};
use super::record::Record;
use super::rules::Rules;
use super::{Entry, Found, Text};
use crate::model::{Error, Secret};

const RULES: &str = include_str!("../../imports/rclone.toml");
/// The line before the encrypted part.
const ENCRYPTED: &str = "RCLONE_ENCRYPT_V0:";
/// With this key rclone keeps passwords from casual looks; it is published, so nothing is secret about it.
const PUBLISHED_KEY: [u8; 32] = [
    0x9c, 0x93, 0x5b, 0x48, 0x73, 0x0a, 0x55, 0x4d, 0x6b, 0xfd, 0x7c, 0x63, 0xc8, 0x86, 0xa9, 0x2b,
    0xd3, 0x90, 0x19, 0x8e, 0xb8, 0x12, 0x8a, 0xfb, 0xf4, 0xde, 0x16, 0x2b, 0x8b, 0x95, 0xf6, 0x38,
];
/// Bytes of the initial counter of an obscured value.
const COUNTER: usize = 16;
/// Bytes of the nonce of an encrypted file.
const NONCE: usize = 24;

/// Whether a file is encrypted.
///
/// # Errors
/// It is, in a way that is not known.
pub fn is_encrypted(text: Text<'_>) -> Result<bool, Error> {
    for (at, line) in text.plain().lines().enumerate() {
        match line.trim() {
            "" => {}
            line if line.starts_with(['#', ';']) => {}
            ENCRYPTED => return Ok(true),
            line if line.starts_with("RCLONE_ENCRYPT_") => {
                return Err(text.fault(
                    at + 1,
                    "it is encrypted in a way that is not known; `RCLONE_ENCRYPT_V0` is",
                ));
            }
            _ => return Ok(false),
        }
    }
    Ok(false)
}

/// The password does not open the file, or the file is damaged: the seal does not tell which.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Wrong;

/// The text of an encrypted file.
///
/// # Errors
/// The file is not what rclone writes, or the password is another.
pub fn opened(
    text: Text<'_>,
    password: &Secret,
) -> Result<Result<Zeroizing<String>, Wrong>, Error> {
    let (line, body) = encrypted_part(text);
    let body: String = body.split_whitespace().collect();
    let sealed = STANDARD.decode(body);
    let sealed = sealed.map_err(|_| text.fault(line + 1, "the encrypted part is not base64"))?;
    let Some((nonce, sealed)) = sealed.split_at_checked(NONCE) else {
        return Err(text.fault(line + 1, "the encrypted part is too short"));
    };
    let cipher = XSalsa20Poly1305::new(key(password).as_slice().into());
    let Ok(bytes) = cipher.decrypt(Nonce::from_slice(nonce), sealed) else { return Ok(Err(Wrong)) };
    match utf8(bytes) {
        Ok(text) => Ok(Ok(text)),
        Err(bytes) => {
            drop(Zeroizing::new(bytes));
            Err(text.fault(line + 1, "what is encrypted is not UTF-8"))
        }
    }
}

/// The line of the mark, and what follows it.
fn encrypted_part(text: Text<'_>) -> (usize, &str) {
    let mut rest = text.plain();
    for at in 1.. {
        let Some((line, after)) = rest.split_once('\n') else { break };
        if line.trim() == ENCRYPTED {
            return (at, after);
        }
        rest = after;
    }
    (1, "")
}

fn key(password: &Secret) -> Zeroizing<Vec<u8>> {
    let text = Zeroizing::new([b"[", password.expose(), b"][rclone-config]"].concat());
    Zeroizing::new(digest::digest(&digest::SHA256, &text).as_ref().to_vec())
}

/// The remotes of a file that is not encrypted, or was opened.
///
/// # Errors
/// A line is no part of such a file.
pub fn read(text: Text<'_>) -> Result<Found, Error> {
    let rules = Rules::parse(RULES);
    let mut found = Found::default();
    let mut names = HashSet::new();
    for section in sections(text, Flavor::Rclone)? {
        let place = text.place(section.line);
        if !names.insert(section.name.clone()) {
            found
                .remarks
                .push(format!("{place}: a remote of this name stands further up; both are listed"));
        }
        found.entries.push(entry(section, place, &rules));
    }
    Ok(found)
}

fn entry(section: Section, place: String, rules: &Rules) -> Entry {
    let mut record = Record::new(&section.name, place);
    for (key, value) in section.values {
        let value = match rules.obscured.contains(&key) && !value.is_empty() {
            true => match revealed(&value) {
                Some(value) => value,
                None => {
                    let why = format!("`{key}` is not obscured as rclone does it");
                    return Entry::broken(&record.name, record.place, why);
                }
            },
            false => value,
        };
        record.set(&key, value);
    }
    rules.apply(record)
}

/// What `rclone reveal` prints.
fn revealed(value: &Secret) -> Option<Secret> {
    let bytes = Zeroizing::new(URL_SAFE_NO_PAD.decode(value.expose()).ok()?);
    let (counter, hidden) = bytes.split_at_checked(COUNTER)?;
    let mut cipher = ctr::Ctr128BE::<aes::Aes256>::new_from_slices(&PUBLISHED_KEY, counter).ok()?;
    let mut clear = hidden.to_vec();
    cipher.apply_keystream(&mut clear);
    Some(Secret::new(clear))
}
