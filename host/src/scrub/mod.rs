//! Takes secret values out of text that leaves a call.
//!
//! A [`Scrubber`] knows the values of one call and replaces each with `***`, in every encoding in which it can appear. The plain,
//! hexadecimal and base64 forms are looked for as they are; escapes of JSON, of Rust's `Debug`, of URLs and of forms are undone first, so
//! that it does not matter which characters an encoder escapes. Scrub before [`sanitize()`], and before text is cut.

mod encodings;
mod index;
mod json;
mod sanitize;
mod stream;
mod views;

use std::borrow::Cow;
use std::ops::Range;

pub use json::NotJson;
pub use sanitize::{is_plain_line, sanitize};
pub use stream::{Stream, StreamScrubber};

use crate::model::Secret;
use encodings::Forms;
use index::Index;

/// What stands where a secret was. Its width does not depend on the secret's.
pub const MASK: &str = "***";

/// Values that are shorter are replaced only where they stand alone: elsewhere they are parts of words.
const MIN_SUBSTRING: usize = 4;

/// The secret values of one call. Long ones are kept as hashes and short pieces, not as they are.
#[derive(Default)]
pub struct Scrubber {
    index: Index,
    /// Secrets that are also ordinary words, such as the password `postgres`.
    words: Index,
    short: Vec<Secret>,
    traits: views::Traits,
}

/// What kind of text is scrubbed, and so how much of it may be innocent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Care {
    /// Text for people: every secret is replaced wherever it is.
    Text,
    /// A string value of JSON, on which a program acts: words are replaced where they stand alone, not within `postgresql`.
    Value,
    /// A number of JSON: like a value, but a secret of one digit is not looked for.
    Number,
    /// The name of a member of JSON: words stay.
    Name,
}

impl Scrubber {
    /// Makes a value known that is secret beyond doubt: a login, a field that a user typed in as a secret.
    pub fn add(&mut self, secret: &Secret) {
        let value = secret.expose();
        if value.len() < MIN_SUBSTRING {
            if !value.is_empty() && !self.short.contains(secret) {
                self.short.push(secret.clone());
            }
            return;
        }
        self.traits.notice(value);
        let index = if is_plain_word(value) { &mut self.words } else { &mut self.index };
        index.add(value, Forms::All);
    }

    /// Makes a value known that an answer held where the grant masks everything, secret or not.
    ///
    /// Such a place also holds ports, regions and the words `default` and `true`. Text that says the same is no leak, and a name that
    /// became `***` would be a fault, so only values that do not look like a word or a number are taken up. They are looked for plain and
    /// in base64, escaped or not, which is how a server repeats what it stores.
    pub fn add_masked(&mut self, secret: &Secret) {
        if !is_plain_word(secret.expose()) {
            self.traits.notice(secret.expose());
            self.index.add(secret.expose(), Forms::Stored);
        }
    }

    /// The text without the secrets. Borrowed if it held none.
    pub fn text<'t>(&self, text: &'t str) -> Cow<'t, str> {
        self.scrub(text, Care::Text)
    }

    /// The bytes without the secrets. Borrowed if they held none.
    pub fn bytes<'t>(&self, bytes: &'t [u8]) -> Cow<'t, [u8]> {
        let found = self.find(bytes, Care::Text);
        if found.is_empty() {
            return Cow::Borrowed(bytes);
        }
        let mut clean = Vec::with_capacity(bytes.len());
        let mut from = 0;
        for range in merge(found) {
            clean.extend_from_slice(&bytes[from..range.start]);
            clean.extend_from_slice(MASK.as_bytes());
            from = range.end;
        }
        clean.extend_from_slice(&bytes[from..]);
        Cow::Owned(clean)
    }

    fn scrub<'t>(&self, text: &'t str, care: Care) -> Cow<'t, str> {
        let mut found = self.find(text.as_bytes(), care);
        if found.is_empty() {
            return Cow::Borrowed(text);
        }
        for range in &mut found {
            range.start = text.floor_char_boundary(range.start);
            range.end = text.ceil_char_boundary(range.end);
        }
        let mut clean = String::with_capacity(text.len());
        let mut from = 0;
        for range in merge(found) {
            clean.push_str(&text[from..range.start]);
            clean.push_str(MASK);
            from = range.end;
        }
        clean.push_str(&text[from..]);
        Cow::Owned(clean)
    }

    /// Whether it knows no secret.
    pub fn is_empty(&self) -> bool {
        self.index.is_empty() && self.words.is_empty() && self.short.is_empty()
    }

    /// Where secrets are, in no order; ranges may overlap.
    fn find(&self, text: &[u8], care: Care) -> Vec<Range<usize>> {
        if self.is_empty() {
            return Vec::new();
        }
        let mut found = self.find_plain(text, care);
        views::each(text, self.traits, |view| {
            let in_view = self.find_plain(view.bytes(), care);
            found.extend(in_view.into_iter().map(|range| view.source(range)));
        });
        found
    }

    fn find_plain(&self, text: &[u8], care: Care) -> Vec<Range<usize>> {
        let mut found = self.index.find(text);
        if care != Care::Name {
            let words = self.words.find(text).into_iter();
            found.extend(words.filter(|range| care == Care::Text || is_alone(text, range)));
        }
        if matches!(care, Care::Text | Care::Value) {
            found.extend(self.short.iter().flat_map(|secret| alone(text, secret.expose())));
        }
        found
    }
}

/// Joins ranges that overlap or touch.
fn merge(mut ranges: Vec<Range<usize>>) -> Vec<Range<usize>> {
    ranges.sort_unstable_by_key(|range| range.start);
    let mut merged: Vec<Range<usize>> = Vec::with_capacity(ranges.len());
    for range in ranges {
        match merged.last_mut() {
            Some(last) if range.start <= last.end => last.end = last.end.max(range.end),
            _ => merged.push(range),
        }
    }
    merged
}

/// Whether a value of a masked place may well be ordinary: words of letters and numbers of few digits, and not much of them.
fn is_plain_word(value: &[u8]) -> bool {
    let is_word = |part: &[u8]| part.iter().all(u8::is_ascii_alphabetic);
    let is_number = |part: &[u8]| part.len() <= 6 && part.iter().all(u8::is_ascii_digit);
    let mut parts = value.split(|byte| !byte.is_ascii_alphanumeric());
    value.len() < 6 || (value.len() < 16 && parts.all(|part| is_word(part) || is_number(part)))
}

/// Where a value stands alone.
fn alone(text: &[u8], value: &[u8]) -> impl Iterator<Item = Range<usize>> {
    let places = text.windows(value.len()).enumerate().filter(move |(_, window)| *window == value);
    let ranges = places.map(|(start, window)| start..start + window.len());
    ranges.filter(|range| is_alone(text, range))
}

/// Whether a range is not a part of a word, a name or a number.
fn is_alone(text: &[u8], range: &Range<usize>) -> bool {
    let before = text[..range.start].iter().rev().copied();
    let after = text[range.end..].iter().copied();
    !continues_word(before) && !continues_word(after)
}

/// Whether a word goes on in this direction. A period or hyphen belongs to a word only between two of its letters.
fn continues_word(mut next: impl Iterator<Item = u8>) -> bool {
    let is_letter = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_' || byte >= 0x80;
    match next.next() {
        Some(b'.' | b'-') => next.next().is_some_and(is_letter),
        Some(byte) => is_letter(byte),
        None => false,
    }
}

#[cfg(test)]
mod tests;
