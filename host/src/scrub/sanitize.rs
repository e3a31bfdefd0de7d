//! Makes foreign text safe to show on a terminal.

use std::borrow::Cow;
use std::fmt::Write as _;

/// The text with everything made visible that would steer a terminal or deceive a reader, cut to `max` bytes.
///
/// Control characters become their pictures (`␛`), invisible and direction-changing characters become `\u{202e}`. Nothing is dropped:
/// pieces that a hostile author kept apart must not join to a word. Newlines and tabs stay. Borrowed if there is nothing to do.
pub fn sanitize(text: &str, max: usize) -> Cow<'_, str> {
    if text.len() <= max && is_harmless(text) {
        return Cow::Borrowed(text);
    }
    let mut clean = String::with_capacity(text.len().min(max) + 16);
    let mut characters = text.chars().peekable();
    while let Some(c) = characters.next() {
        if clean.len() + c.len_utf8() > max {
            cut(&mut clean, max);
            break;
        }
        match c {
            '\r' if characters.peek() == Some(&'\n') => {}
            '\n' | '\t' => clean.push(c),
            '\u{7f}' => clean.push('␡'),
            '\0'..' ' => clean.push(picture(c)),
            _ if is_deceptive(c) => show_code(&mut clean, c),
            _ => clean.push(c),
        }
    }
    Cow::Owned(clean)
}

/// Whether the text is one line of printable ASCII, which is safe whatever is done with it.
pub fn is_plain_line(text: &str) -> bool {
    // Without an early end: texts are short, and almost all are plain.
    text.bytes().fold(true, |plain, byte| plain & PRINTABLE[usize::from(byte)])
}

const PRINTABLE: [bool; 256] = {
    let mut printable = [false; 256];
    let mut byte = b' ';
    while byte <= b'~' {
        printable[byte as usize] = true;
        byte += 1;
    }
    printable
};

fn is_harmless(text: &str) -> bool {
    is_plain_line(text)
        || !text.chars().any(|c| (c.is_control() && !matches!(c, '\n' | '\t')) || is_deceptive(c))
}

/// The picture of a control character from the block U+2400.
fn picture(control: char) -> char {
    char::from_u32(0x2400 + u32::from(control)).unwrap_or(char::REPLACEMENT_CHARACTER)
}

fn show_code(clean: &mut String, c: char) {
    // Writing to a string does not fail.
    let _ = write!(clean, "\\u{{{:x}}}", u32::from(c));
}

fn cut(clean: &mut String, max: usize) {
    let end = clean.floor_char_boundary(max.saturating_sub('…'.len_utf8()));
    clean.truncate(end);
    clean.push('…');
}

/// The controls of C1, and what is invisible, breaks lines or turns the direction of writing.
fn is_deceptive(c: char) -> bool {
    matches!(c,
        '\u{80}'..='\u{9f}'
        | '\u{ad}'
        | '\u{61c}'
        | '\u{115f}' | '\u{1160}' | '\u{3164}' | '\u{ffa0}'
        | '\u{180b}'..='\u{180f}'
        | '\u{200b}'..='\u{200f}'
        | '\u{2028}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}'
        | '\u{feff}'
        | '\u{fff0}'..='\u{fffb}'
        | '\u{e0000}'..='\u{e0fff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: &str) {
        assert_eq!(sanitize(text, 64), expected, "{text:?}");
    }

    #[test]
    fn plain_text_is_not_copied() {
        for text in ["", "a line\n\tand one", "Grüße, 東京 – 🦀"] {
            assert!(matches!(sanitize(text, 64), Cow::Borrowed(_)), "{text:?}");
        }
    }

    #[test]
    fn a_plain_line_has_printable_ascii_only() {
        for byte in 0..=u8::MAX {
            let text = format!("a{}b", char::from(byte));
            assert_eq!(is_plain_line(&text), (b' '..=b'~').contains(&byte), "{text:?}");
        }
        assert!(is_plain_line(""));
    }

    #[test]
    fn what_steers_a_terminal_is_shown() {
        check("\x1b[31mred\x1b[0m", "␛[31mred␛[0m");
        check("\x1b]0;title\x07", "␛]0;title␇");
        check("\u{9b}31m", "\\u{9b}31m");
        check("a\rb\r\nc\x08\x7f\0", "a␍b\nc␈␡␀");
        check("user\u{202e}txt.exe", "user\\u{202e}txt.exe");
        check("pass\u{200b}word\u{feff}\u{2066}", "pass\\u{200b}word\\u{feff}\\u{2066}");
        check("tag\u{e0041}", "tag\\u{e0041}");
    }

    #[test]
    fn long_text_is_cut_at_a_character() {
        for text in ["a".repeat(100), "ä".repeat(100), "\x1b".repeat(100), "\u{202e}".repeat(100)]
        {
            let cut = sanitize(&text, 20);
            assert!(cut.len() <= 20 && cut.ends_with('…'), "{cut:?}");
        }
        assert_eq!(sanitize(&"a".repeat(20), 20), "a".repeat(20));
    }
}
