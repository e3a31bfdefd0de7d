//! Secrets that can be recognized wherever they come out, and in whatever encoding.

use std::fmt::Write;
use std::sync::{Mutex, PoisonError};

use aho_corasick::AhoCorasick;
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE};
use ring::rand::{SecureRandom, SystemRandom};

/// The bytes of a secret that are enough to call it a leak. Chance gives 8 random letters and digits
/// once in 10^14.
const WINDOW: usize = 8;

/// What stands between the two random ends of a canary: characters that shells, JSON, YAML, URLs and
/// terminals treat in their own ways.
const AWKWARD: &str = "'\"\\${x}`%41+/= \u{e9}\u{1F511}";

/// The secrets of one test.
#[derive(Debug, Default)]
pub struct Canaries {
    known: Mutex<Known>,
}

#[derive(Debug, Default)]
struct Known {
    canaries: Vec<Canary>,
    /// Made for the canaries when something is searched, which happens after every command.
    search: Option<Search>,
}

/// What is looked for, and what each pattern means.
#[derive(Debug)]
struct Search {
    searcher: AhoCorasick,
    meanings: Vec<String>,
}

#[derive(Debug)]
struct Canary {
    label: String,
    value: Vec<u8>,
}

impl Canaries {
    /// Makes a secret and looks for it from now on.
    pub fn plant(&self, label: &str) -> String {
        let value = format!("{}{AWKWARD}{}", random_text(), random_text());
        self.watch(label, value.as_bytes());
        value
    }

    /// Looks for a value from now on.
    ///
    /// # Panics
    /// It is so short that it could appear by chance.
    pub fn watch(&self, label: &str, value: &[u8]) {
        assert!(value.len() >= WINDOW, "the secret `{label}` is too short to be recognized");
        let canary = Canary { label: label.to_owned(), value: value.to_vec() };
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        known.canaries.push(canary);
        known.search = None;
    }

    /// Says which secret, or what part of one, the bytes hold, and how it is encoded.
    pub fn find(&self, bytes: &[u8]) -> Option<String> {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let Known { canaries, search } = &mut *known;
        let Search { searcher, meanings } = search.get_or_insert_with(|| Search::new(canaries));
        let found = searcher.find(bytes)?;
        let around = found.start().saturating_sub(40)..(found.end() + 40).min(bytes.len());
        Some(format!(
            "{} at byte {}: …{}…",
            meanings[found.pattern().as_usize()],
            found.start(),
            String::from_utf8_lossy(&bytes[around]).escape_debug()
        ))
    }
}

impl Search {
    fn new(canaries: &[Canary]) -> Self {
        let (meanings, patterns): (Vec<_>, Vec<_>) = canaries.iter().flat_map(forms).unzip();
        let searcher = AhoCorasick::new(&patterns).expect("a few hundred short patterns fit");
        Self { searcher, meanings }
    }
}

/// The encodings of every part of a secret, each with what to call it.
///
/// Letters and digits are the same in JSON, URLs and shell words, so those need no forms of their
/// own.
fn forms(canary: &Canary) -> Vec<(String, Vec<u8>)> {
    let mut forms = Vec::new();
    for window in canary.value.windows(WINDOW) {
        forms.push(("itself", window.to_vec()));
        forms.push(("in hexadecimal", hex(window, Case::Lower)));
        forms.push(("in hexadecimal", hex(window, Case::Upper)));
        for offset in 0..3 {
            forms.push(("in base64", inside_base64(&STANDARD, window, offset)));
            forms.push(("in base64", inside_base64(&URL_SAFE, window, offset)));
        }
    }
    let meaning = |form| format!("the secret `{}` {form}", canary.label);
    forms.into_iter().map(|(form, bytes)| (meaning(form), bytes)).collect()
}

enum Case {
    Lower,
    Upper,
}

fn hex(bytes: &[u8], case: Case) -> Vec<u8> {
    let mut text = String::new();
    for byte in bytes {
        let written = match case {
            Case::Lower => write!(text, "{byte:02x}"),
            Case::Upper => write!(text, "{byte:02X}"),
        };
        written.expect("a string takes any text");
    }
    text.into_bytes()
}

/// The characters of base64 that depend on these bytes alone, if `offset` more bytes than a multiple
/// of three stand before them.
fn inside_base64(engine: &impl Engine, bytes: &[u8], offset: usize) -> Vec<u8> {
    let padded = [&b"\0\0"[..offset], bytes].concat();
    let first = (offset * 8).div_ceil(6);
    let last = padded.len() * 8 / 6;
    engine.encode(padded).as_bytes()[first..last].to_vec()
}

/// Fourteen letters and digits.
fn random_text() -> String {
    const ALPHABET: &[u8; 62] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
    let mut bytes = [0; 14];
    SystemRandom::new().fill(&mut bytes).expect("the system has random numbers");
    bytes.iter().map(|byte| char::from(ALPHABET[usize::from(*byte) % ALPHABET.len()])).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_found_whole_or_in_part_and_in_every_encoding() {
        let canaries = Canaries::default();
        let secret = canaries.plant("key");
        let json = serde_json::to_string(&secret).unwrap();
        let percent: String = url::form_urlencoded::byte_serialize(secret.as_bytes()).collect();
        let check = |text: &str| {
            let found = canaries.find(text.as_bytes());
            assert!(found.is_some_and(|leak| leak.contains("`key`")), "{text}");
        };
        for text in [&secret, &json, &percent, &format!("{secret:?}")] {
            check(text);
            check(&format!("before {text} after"));
        }
        check(&secret[..WINDOW]);
        check(&secret[secret.len() - WINDOW..]);
        check(&String::from_utf8(hex(secret.as_bytes(), Case::Lower)).unwrap());
        for before in ["", "x", "xy", "xyz"] {
            let text = format!("{before}{secret}~~~");
            check(&STANDARD.encode(&text));
            check(&URL_SAFE.encode(&text));
        }
    }

    #[test]
    fn nothing_else_is_a_leak() {
        let canaries = Canaries::default();
        assert_eq!(canaries.find(b"anything"), None);
        let secret = canaries.plant("key");
        assert_eq!(canaries.find(b"secret_access_key: ***"), None);
        assert_eq!(canaries.find(&secret.as_bytes()[..WINDOW - 1]), None);
        let other = Canaries::default().plant("other");
        assert_eq!(canaries.find(&other.as_bytes()[..14]), None);
    }
}
