//! A secret on the first line, innocent text on the others.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE, URL_SAFE_NO_PAD};
use connhub::model::Secret;
use connhub::scrub::{Scrubber, sanitize};

use super::head_and_rest;
use crate::Target;

pub(crate) const TARGET: Target = Target {
    name: "scrub",
    run,
    words: &[
        "hunter2hunter2",
        "\\u0068",
        "\\n",
        "%68",
        "68",
        "\"",
        "\\",
        "=",
        "+",
        "/",
        "\u{1b}[2J",
        "\u{202e}",
        "***",
    ],
};

fn run(data: &[u8]) {
    let Some((secret, text)) = head_and_rest(data) else { return };
    let mut scrubber = Scrubber::default();
    scrubber.add(&Secret::from(secret.to_owned()));
    let _ = scrubber.json(text);
    check_clean(&sanitize(&scrubber.text(text), 4096));
    // Shorter ones are only looked for where they stand alone.
    if secret.len() < 8 || MASK_LIKE.iter().any(|part| secret.contains(part)) {
        return;
    }
    for form in forms(secret) {
        for around in [text.get(..text.len().min(40)).unwrap_or(""), " ", "x"] {
            // A backslash before an escaped backslash makes it another text to every reader.
            if around.ends_with('\\') && form.contains("\\\\") {
                continue;
            }
            let said = format!("{around}{form}{around}");
            let clean = scrubber.text(&said);
            let is_left = holds(&clean, &form) && !holds(around, &form);
            assert!(!is_left, "{form:?} is left in {clean:?} of {said:?}");
        }
    }
}

/// What the mask itself is made of could be "found" in it.
const MASK_LIKE: [&str; 1] = ["*"];

/// The forms in which programs write a value.
fn forms(secret: &str) -> Vec<String> {
    let bytes = secret.as_bytes();
    let hexadecimal: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    let percent: String = bytes.iter().map(|byte| format!("%{byte:02X}")).collect();
    let json = serde_json::to_string(secret).unwrap_or_default();
    let units: String = secret.encode_utf16().map(|unit| format!("\\u{unit:04x}")).collect();
    vec![
        secret.to_owned(),
        json.get(1..json.len() - 1).unwrap_or_default().to_owned(),
        format!("{secret:?}"),
        units,
        hexadecimal.to_uppercase(),
        hexadecimal,
        percent,
        STANDARD.encode(bytes),
        STANDARD_NO_PAD.encode(bytes),
        URL_SAFE.encode(bytes),
        URL_SAFE_NO_PAD.encode(bytes),
        STANDARD.encode([b"x", bytes, b"y"].concat()),
        STANDARD.encode([b"xy", bytes, b"z"].concat()),
    ]
}

/// Whether the middle of a form is left: its ends may belong to what stands around it.
fn holds(clean: &str, form: &str) -> bool {
    let start = form.ceil_char_boundary(4.min(form.len()));
    let end = form.floor_char_boundary(form.len().saturating_sub(4));
    start < end && end - start >= 8 && clean.contains(&form[start..end])
}

/// Nothing that steers a terminal.
fn check_clean(text: &str) {
    let steers = |c: char| {
        (c.is_control() && c != '\n' && c != '\t')
            || matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    assert!(!text.contains(steers), "{text:?}");
}
