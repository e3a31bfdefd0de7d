//! Documents that a connector puts together with secrets in them: bodies of requests, files and the input of programs.
//!
//! Where secrets are is found out with random words in their places, so that no secret is parsed and none can change the shape of the
//! document.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ring::rand::{SecureRandom, SystemRandom};
use serde_json::Value;
use zeroize::Zeroizing;

use crate::model::Secret;

/// A piece of a document.
#[derive(Clone, Debug)]
pub enum Part {
    /// Bytes as they are.
    Bytes(Vec<u8>),
    /// A secret.
    Secret {
        /// The value.
        value: Secret,
        /// How it is written.
        encoding: Encoding,
    },
}

/// How a secret is written into a document.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Encoding {
    /// The bytes as they are.
    Raw,
    /// A JSON string with its quotation marks.
    JsonString,
    /// Base64 with padding, without quotation marks.
    Base64,
    /// `application/x-www-form-urlencoded`.
    Form,
}

/// A document that cannot be put together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadParts {
    /// It is larger than it may be; the caller says of what.
    #[error("it is too large")]
    TooLarge,
    /// It is to be written as text and is none.
    #[error("a secret that is not UTF-8 cannot be written as text")]
    NotText,
    /// It would have to be escaped.
    #[error("a secret with quotation marks or control characters needs the encoding `json-string`")]
    NotPlain,
    /// No random words.
    #[error("the system has no random numbers")]
    NoRandom,
    /// Places can be told in JSON alone.
    #[error("a secret was placed in a {0} that is not JSON without it")]
    NotJson(&'static str),
    /// It is a part of a text, or the name of a member.
    #[error("a secret was placed in a {0} where it is not a whole JSON string value")]
    NotWhole(&'static str),
}

/// The bytes of a document on their way; they are wiped when they are dropped.
pub type Document = Zeroizing<Vec<u8>>;

/// The secrets of a document.
pub fn secrets(parts: &[Part]) -> impl Iterator<Item = &Secret> {
    parts.iter().filter_map(|part| match part {
        Part::Bytes(_) => None,
        Part::Secret { value, .. } => Some(value),
    })
}

/// Joins parts, secrets encoded and in their places.
///
/// # Errors
/// A secret cannot be encoded as asked, or the document has more than `limit` bytes.
pub fn assemble(parts: &[Part], limit: usize) -> Result<Document, BadParts> {
    join(parts, limit, encode)
}

/// Where in a JSON document each of its secrets is a whole string value, step by step. `what` is the word for the document in messages.
///
/// # Errors
/// It is no JSON, or a secret is elsewhere in it.
pub fn places(
    parts: &[Part],
    limit: usize,
    what: &'static str,
) -> Result<Vec<Vec<String>>, BadParts> {
    let words = Words::new()?;
    let mut count = 0;
    let document = join(parts, limit, |value, encoding| {
        count += 1;
        words.write(count - 1, value, encoding)
    })?;
    let document = serde_json::from_slice(&document).map_err(|_| BadParts::NotJson(what))?;
    let mut found = vec![None; count];
    words.find(&document, &mut Vec::new(), &mut found);
    found.into_iter().map(|steps| steps.ok_or(BadParts::NotWhole(what))).collect()
}

/// Joins parts with whatever stands for the secrets. The buffer is made once, so that no copy of a secret is left behind by growing.
fn join(
    parts: &[Part],
    limit: usize,
    mut write: impl FnMut(&Secret, Encoding) -> Result<Document, BadParts>,
) -> Result<Document, BadParts> {
    let mut pieces = Vec::with_capacity(parts.len());
    for part in parts {
        pieces.push(match part {
            Part::Bytes(bytes) => Zeroizing::new(bytes.clone()),
            Part::Secret { value, encoding } => write(value, *encoding)?,
        });
    }
    let length = pieces.iter().map(|piece| piece.len()).sum();
    if length > limit {
        return Err(BadParts::TooLarge);
    }
    let mut document = Zeroizing::new(Vec::with_capacity(length));
    pieces.iter().for_each(|piece| document.extend_from_slice(piece));
    Ok(document)
}

fn encode(value: &Secret, encoding: Encoding) -> Result<Document, BadParts> {
    let bytes = value.expose();
    let text = || std::str::from_utf8(bytes).map_err(|_| BadParts::NotText);
    Ok(Zeroizing::new(match encoding {
        Encoding::Raw => bytes.to_vec(),
        Encoding::JsonString => serde_json::to_vec(text()?).map_err(|_| BadParts::NotText)?,
        Encoding::Base64 => STANDARD.encode(bytes).into_bytes(),
        Encoding::Form => {
            url::form_urlencoded::byte_serialize(bytes).collect::<String>().into_bytes()
        }
    }))
}

/// Random words that stand for secrets.
struct Words {
    stem: String,
}

impl Words {
    fn new() -> Result<Self, BadParts> {
        let mut random = [0; 16];
        SystemRandom::new().fill(&mut random).map_err(|_| BadParts::NoRandom)?;
        Ok(Self { stem: random.iter().map(|byte| format!("{byte:02x}")).collect() })
    }

    fn write(
        &self,
        index: usize,
        value: &Secret,
        encoding: Encoding,
    ) -> Result<Document, BadParts> {
        let word = format!("{}-{index}", self.stem);
        let word = match encoding {
            Encoding::JsonString => format!("\"{word}\""),
            Encoding::Raw if !is_plain(value) => return Err(BadParts::NotPlain),
            Encoding::Raw | Encoding::Base64 | Encoding::Form => word,
        };
        Ok(Zeroizing::new(word.into_bytes()))
    }

    /// Notes at which pointer each word is a whole string value.
    fn find(&self, value: &Value, at: &mut Vec<String>, found: &mut [Option<Vec<String>>]) {
        match value {
            Value::String(text) => {
                let index = text.strip_prefix(&self.stem).and_then(|rest| rest.strip_prefix('-'));
                if let Some(slot) = index.and_then(|i| found.get_mut(i.parse::<usize>().ok()?)) {
                    *slot = Some(at.clone());
                }
            }
            Value::Array(elements) => {
                for (index, element) in elements.iter().enumerate() {
                    at.push(index.to_string());
                    self.find(element, at, found);
                    at.pop();
                }
            }
            Value::Object(members) => {
                for (name, member) in members {
                    at.push(name.clone());
                    self.find(member, at, found);
                    at.pop();
                }
            }
            Value::Null | Value::Bool(_) | Value::Number(_) => {}
        }
    }
}

/// Whether a value is the same within a JSON string as outside.
fn is_plain(value: &Secret) -> bool {
    std::str::from_utf8(value.expose())
        .is_ok_and(|text| !text.contains(|c: char| c == '"' || c == '\\' || c.is_control()))
}
