//! Escapes undone: what a text says to the reader who decodes it, with the way back to the text.

use std::ops::Range;

/// How often escapes within escapes are undone.
const UNESCAPED: usize = 3;
const UNQUOTED: usize = 2;

/// What the values need to be found, so that views that cannot show one are not made.
#[derive(Clone, Copy, Default)]
pub struct Traits {
    has_space: bool,
    is_long: bool,
}

impl Traits {
    /// Takes note of one more value.
    pub fn notice(&mut self, value: &[u8]) {
        self.has_space |= value.contains(&b' ');
        // The shortest line of base64 that mailers and PEM writers break is 64 characters, which hold 48 bytes.
        self.is_long |= value.len() >= 40;
    }
}

/// A decoded text.
pub struct View {
    bytes: Vec<u8>,
    /// The part of the source that each byte comes from. Bodies are capped far below 4 GiB.
    spans: Vec<(u32, u32)>,
}

impl View {
    /// The decoded bytes.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The part of the source that decodes to this range, which is not empty.
    pub fn source(&self, range: Range<usize>) -> Range<usize> {
        self.spans[range.start].0 as usize..self.spans[range.end - 1].1 as usize
    }

    fn with_capacity(capacity: usize) -> Self {
        Self { bytes: Vec::with_capacity(capacity), spans: Vec::with_capacity(capacity) }
    }

    /// Appends what `length` bytes of the source decode to.
    fn push(&mut self, decoded: &[u8], at: usize, length: usize) {
        self.bytes.extend_from_slice(decoded);
        self.spans.resize(self.bytes.len(), (at as u32, (at + length) as u32));
    }

    /// Leads back to the source of the source.
    fn through(mut self, source: Option<&Self>) -> Self {
        if let Some(source) = source {
            for (start, end) in &mut self.spans {
                (*start, *end) =
                    (source.spans[*start as usize].0, source.spans[*end as usize - 1].1);
            }
        }
        self
    }
}

/// Shows every view of a text that differs from it.
pub fn each(text: &[u8], traits: Traits, mut show: impl FnMut(&View)) {
    unquoted(text, None, traits, &mut show);
    if hides_an_escape(text)
        && let Some(view) = unescape(text, Pairs::Apart)
    {
        show(&view);
    }
    let mut current: Option<View> = None;
    for _ in 0..UNESCAPED {
        let bytes = current.as_ref().map_or(text, View::bytes);
        let Some(next) = unescape(bytes, Pairs::Together) else { break };
        let next = next.through(current.as_ref());
        show(&next);
        unquoted(&next.bytes, Some(&next), traits, &mut show);
        current = Some(next);
    }
    if traits.is_long {
        let bytes = current.as_ref().map_or(text, View::bytes);
        for view in [join_lines(text), join_lines(bytes).map(|v| v.through(current.as_ref()))] {
            view.iter().for_each(&mut show);
        }
    }
}

/// Shows the views that undo percent-encoding. `source` is where the text itself comes from.
fn unquoted(text: &[u8], source: Option<&View>, traits: Traits, show: &mut impl FnMut(&View)) {
    let mut current: Option<View> = None;
    for _ in 0..UNQUOTED {
        let bytes = current.as_ref().map_or(text, View::bytes);
        let Some(next) = unquote(bytes, Plus::Plain) else {
            break;
        };
        let next = next.through(current.as_ref().or(source));
        show(&next);
        current = Some(next);
    }
    if traits.has_space
        && let Some(form) = unquote(text, Plus::Space)
    {
        show(&form.through(source));
    }
}

/// What two backslashes say.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Pairs {
    /// They are one that was escaped.
    Together,
    /// The first is one, and the second begins an escape: something that ends in a backslash stands before an escaped value.
    Apart,
}

/// Whether a backslash stands before what would be an escape without it.
fn hides_an_escape(text: &[u8]) -> bool {
    text.windows(3).any(|three| matches!(three, [b'\\', b'\\', b'u' | b'x' | b'"']))
}

/// Undoes backslash escapes as JSON, Rust and C write them. None if there is no backslash.
fn unescape(text: &[u8], pairs: Pairs) -> Option<View> {
    text.contains(&b'\\').then(|| {
        let mut view = View::with_capacity(text.len());
        let mut at = 0;
        while at < text.len() {
            let rest = &text[at..];
            let mut buffer = [0; 4];
            let is_apart = pairs == Pairs::Apart && rest.starts_with(br"\\");
            let escape = if is_apart { None } else { escape(rest, &mut buffer) };
            let (decoded, length) = escape.unwrap_or((&rest[..1], 1));
            view.push(decoded, at, length);
            at += length;
        }
        view
    })
}

/// Decodes the escape that the text starts with, if it does, and says how many bytes it has.
fn escape<'b>(text: &[u8], buffer: &'b mut [u8; 4]) -> Option<(&'b [u8], usize)> {
    let [b'\\', letter, ..] = text else {
        return None;
    };
    let (c, length) = match letter {
        b'n' => ('\n', 2),
        b'r' => ('\r', 2),
        b't' => ('\t', 2),
        b'b' => ('\u{8}', 2),
        b'f' => ('\u{c}', 2),
        b'0' => ('\0', 2),
        b'"' | b'\'' | b'\\' | b'/' => (char::from(*letter), 2),
        b'x' => {
            buffer[0] = u8::try_from(hexadecimal(text.get(2..4))?).ok()?;
            return Some((&buffer[..1], 4));
        }
        b'u' => unicode(text)?,
        _ => return None,
    };
    Some((c.encode_utf8(buffer).as_bytes(), length))
}

/// `\uXXXX`, `\uXXXX\uXXXX` or `\u{X}`, with its length.
fn unicode(text: &[u8]) -> Option<(char, usize)> {
    if text.get(2) == Some(&b'{') {
        let length = text.iter().take(10).position(|byte| *byte == b'}')?;
        return Some((char::from_u32(hexadecimal(text.get(3..length))?)?, length + 1));
    }
    let first = hexadecimal(text.get(2..6))?;
    if let Some(c) = char::from_u32(first) {
        return Some((c, 6));
    }
    if text.get(6..8) != Some(b"\\u") {
        return None;
    }
    let second = u16::try_from(hexadecimal(text.get(8..12))?).ok()?;
    let pair = [u16::try_from(first).ok()?, second];
    char::decode_utf16(pair).next()?.ok().map(|c| (c, 12))
}

/// What `+` says.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Plus {
    Plain,
    Space,
}

/// Undoes percent-encoding. None if there is none.
fn unquote(text: &[u8], plus: Plus) -> Option<View> {
    let is_encoded = text.contains(&b'%') || (plus == Plus::Space && text.contains(&b'+'));
    is_encoded.then(|| {
        let mut view = View::with_capacity(text.len());
        let mut at = 0;
        while at < text.len() {
            let code = (text[at] == b'%').then(|| hexadecimal(text.get(at + 1..at + 3))).flatten();
            let (decoded, length) = match (code, text[at]) {
                (Some(code), _) => (code as u8, 3),
                (None, b'+') if plus == Plus::Space => (b' ', 1),
                (None, byte) => (byte, 1),
            };
            view.push(&[decoded], at, length);
            at += length;
        }
        view
    })
}

/// Takes line breaks and the indentation after them out. None if there are none.
fn join_lines(text: &[u8]) -> Option<View> {
    text.contains(&b'\n').then(|| {
        let mut view = View::with_capacity(text.len());
        let mut is_indentation = false;
        for (at, byte) in text.iter().enumerate() {
            is_indentation =
                matches!(byte, b'\n' | b'\r') || (is_indentation && matches!(byte, b' ' | b'\t'));
            if !is_indentation {
                view.push(&[*byte], at, 1);
            }
        }
        view
    })
}

fn hexadecimal(digits: Option<&[u8]>) -> Option<u32> {
    let digits = digits.filter(|digits| !digits.is_empty())?;
    digits.iter().try_fold(0, |number, digit| Some(16 * number + char::from(*digit).to_digit(16)?))
}
