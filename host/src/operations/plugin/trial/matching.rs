//! Whether a request is the one that was recorded.

use std::sync::LazyLock;

use regex_lite::Regex;

use super::recording::{Piece, Sent};

/// What stands where the host took a secret out.
const TAKEN_OUT: &str = "***";
/// The most letters of a text that are quoted.
const QUOTED: usize = 60;

/// A point in time, as RFC 3339 writes it.
static TIME: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:?\d\d)?").ok()
});

/// Says what is different. Points in time may differ, and `***` of a recording is like anything.
pub(super) fn differs(recorded: &Sent, sent: &Sent) -> Option<String> {
    let line = |sent: &Sent| format!("{} {} to `{}`", sent.method, sent.path, sent.endpoint);
    let is_same_line = recorded.endpoint == sent.endpoint
        && recorded.method == sent.method
        && is_like(&recorded.path, &sent.path);
    if !is_same_line {
        let (recorded, sent) = (line(recorded), line(sent));
        return Some(format!("the recording has {recorded}, the connector sent {sent}"));
    }
    let parts = [
        ("query", joined(&recorded.query, "&"), joined(&sent.query, "&")),
        ("headers", joined(&recorded.headers, "; "), joined(&sent.headers, "; ")),
        ("wishes", wishes(recorded), wishes(sent)),
        ("body", body(&recorded.body), body(&sent.body)),
    ];
    let (what, recorded, own) =
        parts.into_iter().find(|(_, recorded, sent)| !is_like(recorded, sent))?;
    let (recorded, own) = excerpts(&recorded, &own);
    let line = line(sent);
    Some(format!(
        "the {what} of {line}: the recording has `{recorded}`, the connector sent `{own}`"
    ))
}

fn joined(pairs: &[(String, String)], between: &str) -> String {
    let pairs: Vec<String> = pairs.iter().map(|(name, value)| format!("{name}={value}")).collect();
    pairs.join(between)
}

fn wishes(sent: &Sent) -> String {
    let masked = if sent.handles { "handles" } else { "nothing of masked values" };
    format!("{masked}, without [{}]", sent.omit.join(", "))
}

fn body(pieces: &[Piece]) -> String {
    let text = |piece: &Piece| match piece {
        Piece::Text(text) => text.clone(),
        Piece::Bytes(bytes) => format!("«bytes {bytes}»"),
        Piece::Secret(name, encoding) => format!("«{name} as {encoding}»"),
    };
    pieces.iter().map(text).collect()
}

/// Whether a text is the recorded one but for points in time and for what was taken out.
fn is_like(recorded: &str, sent: &str) -> bool {
    recorded == sent || {
        let (recorded, sent) = (timeless(recorded), timeless(sent));
        fits(&recorded, &sent)
    }
}

fn timeless(text: &str) -> std::borrow::Cow<'_, str> {
    match &*TIME {
        Some(time) => time.replace_all(text, "«time»"),
        None => text.into(),
    }
}

/// The pieces between what was taken out are there, in order.
fn fits(pattern: &str, text: &str) -> bool {
    let Some((first, rest)) = pattern.split_once(TAKEN_OUT) else { return pattern == text };
    let Some(mut text) = text.strip_prefix(first) else { return false };
    let mut pieces: Vec<&str> = rest.split(TAKEN_OUT).collect();
    let last = pieces.pop().unwrap_or_default();
    for piece in pieces {
        match text.split_once(piece) {
            Some((_, after)) => text = after,
            None => return false,
        }
    }
    text.ends_with(last)
}

/// The parts of two texts where they begin to differ.
fn excerpts(one: &str, other: &str) -> (String, String) {
    let same = one.chars().zip(other.chars()).take_while(|(a, b)| a == b).count();
    let from = same.saturating_sub(QUOTED / 3);
    let cut = |text: &str| {
        let mut part: String = text.chars().skip(from).take(QUOTED).collect();
        if from > 0 {
            part.insert(0, '…');
        }
        if text.chars().nth(from + QUOTED).is_some() {
            part.push('…');
        }
        part
    };
    (cut(one), cut(other))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sent(path: &str, body: &str) -> Sent {
        Sent {
            endpoint: "api".to_owned(),
            method: "POST".to_owned(),
            path: path.to_owned(),
            query: vec![("limit".to_owned(), "5".to_owned())],
            headers: Vec::new(),
            handles: false,
            omit: Vec::new(),
            body: vec![Piece::Text(body.to_owned())],
        }
    }

    #[test]
    fn what_must_differ_may_differ() {
        let check = |recorded: &str, own: &str, expected: bool| {
            assert_eq!(is_like(recorded, own), expected, "{recorded} {own}");
        };
        check("a 2026-11-26T13:00:00Z b", "a 2027-01-02T03:04:05.678+01:00 b", true);
        check("a 2026-11-26T13:00:00Z b", "a later b", false);
        check("a***b***c", "aXbYYc", true);
        check("a***b***c", "aXcYYb", false);
        check("***", "", true);
        check("ab***ba", "aba", false);
        check("a", "a***", false);
    }

    #[test]
    fn what_differs_is_said() {
        let one = sent("/a", "{\"x\":1}");
        assert_eq!(differs(&one, &one), None);
        let other = differs(&one, &sent("/b", "{\"x\":1}")).unwrap();
        assert_eq!(
            other,
            "the recording has POST /a to `api`, the connector sent POST /b to `api`"
        );
        let other = differs(&one, &sent("/a", "{\"x\":2}")).unwrap();
        assert!(other.contains("the body of POST /a to `api`"), "{other}");
        assert!(other.contains("`{\"x\":1}`") && other.contains("`{\"x\":2}`"), "{other}");
        let mut query = one.clone();
        query.query[0].1 = "6".to_owned();
        assert!(differs(&one, &query).unwrap().contains("limit=6"));
        let mut handles = one.clone();
        handles.handles = true;
        assert!(differs(&one, &handles).unwrap().contains("handles"));
    }
}
