//! The forms in which a value is looked for.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use zeroize::Zeroizing;

use super::MIN_SUBSTRING;

/// Longer values are looked for piece by piece, so that a part of one is found too. A multiple of 3, so that pieces do not move
/// against base64's groups.
const PIECE: usize = 48;

/// Lines of a value that are shorter are not looked for on their own.
const MIN_LINE: usize = 8;

/// One form of a value.
pub struct Pattern<'p> {
    /// The bytes to look for.
    pub bytes: &'p [u8],
    /// What to cover besides them.
    pub margin: Margin,
}

/// How many characters next to a match hold bits of the value, as base64 has it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Margin {
    /// Before it.
    pub before: u8,
    /// After it; padding comes on top.
    pub after: u8,
}

/// How many forms of a value are looked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Forms {
    /// Every one.
    All,
    /// Those in which a server repeats a stored value: not hexadecimal. Thousands of values come in one list.
    Stored,
}

/// Hands over the forms of a value of at least [`MIN_SUBSTRING`] bytes.
pub fn of(value: &[u8], forms: Forms, mut add: impl FnMut(Pattern<'_>)) {
    for piece in pieces(value) {
        add(Pattern { bytes: piece, margin: Margin::default() });
        escaped(piece, &mut add);
        base64(piece, &mut add);
        if forms == Forms::All {
            hexadecimal(piece, &mut add);
        }
    }
}

fn pieces(value: &[u8]) -> Vec<&[u8]> {
    let mut pieces = cut(value);
    if value.contains(&b'\n') {
        let lines = value.split(|byte| *byte == b'\n').map(<[u8]>::trim_ascii);
        pieces.extend(lines.filter(|line| line.len() >= MIN_LINE).flat_map(cut));
    }
    pieces
}

/// Cuts what is longer than two pieces; the last piece reaches back, so that none is short.
fn cut(value: &[u8]) -> Vec<&[u8]> {
    if value.len() <= 2 * PIECE {
        return vec![value];
    }
    let mut pieces: Vec<_> = value.chunks_exact(PIECE).collect();
    pieces.push(&value[value.len() - PIECE..]);
    pieces
}

/// As JSON and as `Debug` write it, letter by letter. What undoes escapes can be led astray by the beginning of one before the value, such as
/// `\u00`, which takes the first letters of the value along.
fn escaped(value: &[u8], add: &mut impl FnMut(Pattern<'_>)) {
    let Ok(text) = std::str::from_utf8(value) else { return };
    let json = Zeroizing::new(serde_json::to_string(text).unwrap_or_default());
    let debug = Zeroizing::new(format!("{text:?}"));
    for quoted in [json, debug] {
        let inner = quoted.len().checked_sub(1).and_then(|end| quoted.get(1..end));
        if let Some(inner) = inner.filter(|inner| *inner != text) {
            add(Pattern { bytes: inner.as_bytes(), margin: Margin::default() });
        }
    }
}

fn hexadecimal(value: &[u8], add: &mut impl FnMut(Pattern<'_>)) {
    for digits in [b"0123456789abcdef", b"0123456789ABCDEF"] {
        let digit = |half: u8| digits[usize::from(half & 15)];
        let mut text = Zeroizing::new(Vec::with_capacity(2 * value.len()));
        text.extend(value.iter().flat_map(|byte| [digit(byte >> 4), digit(*byte)]));
        add(Pattern { bytes: &text, margin: Margin::default() });
    }
}

/// The characters that the value alone decides, for each of the three places that it can have in a larger base64 text.
fn base64(value: &[u8], add: &mut impl FnMut(Pattern<'_>)) {
    let mut bytes = Zeroizing::new(vec![0; 2]);
    bytes.extend_from_slice(value);
    for (before, foreign) in [(0, 0), (1, 2), (2, 3)] {
        let shifted = &bytes[2 - before..];
        let mut text = Zeroizing::new(STANDARD_NO_PAD.encode(shifted).into_bytes());
        let bits = shifted.len() * 8;
        let margin =
            Margin { before: u8::from(before > 0), after: u8::from(!bits.is_multiple_of(6)) };
        let own = &mut text[foreign..bits / 6];
        if own.len() < MIN_SUBSTRING {
            continue;
        }
        add(Pattern { bytes: own, margin });
        if to_url_safe(own) {
            add(Pattern { bytes: own, margin });
        }
    }
}

/// Whether the URL-safe alphabet writes it in another way; if so, the text is that way now.
fn to_url_safe(text: &mut [u8]) -> bool {
    let mut differs = false;
    for byte in text {
        match byte {
            b'+' => (*byte, differs) = (b'-', true),
            b'/' => (*byte, differs) = (b'_', true),
            _ => {}
        }
    }
    differs
}
