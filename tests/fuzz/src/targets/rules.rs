//! `METHOD PATH` on the first line, one rule on each other.

use connhub::policy::{CheckedPath, METHODS, Rule, Rules};

use super::head_and_rest;
use crate::{Target, reference};

pub(crate) const TARGET: Target = Target {
    name: "rules",
    run,
    words: &["GET ", "POST ", "* ", "/**", "/*", "/", "%2e", "%2f", "..", ";", "%00", "//", "\n"],
};

fn run(data: &[u8]) {
    let Some((head, rest)) = head_and_rest(data) else { return };
    let Some((method, path)) = head.split_once(' ') else { return };
    let Ok(checked) = CheckedPath::parse(path) else { return };
    check_path(path, &checked);
    let rules: Vec<Rule> =
        rest.lines().take(16).filter_map(|rule| Rule::parse(rule).ok()).collect();
    for rule in &rules {
        let single = Rules::parse([rule.as_str()]).expect("a rule that was read can be read again");
        let allowed = single.allows(method, &checked).is_some();
        let expected = METHODS.contains(&method) && reference::allows(rule.as_str(), method, path);
        assert_eq!(allowed, expected, "`{rule}` about `{method} {path}`");
        for wider in rules.iter().filter(|wider| allowed && wider.covers(rule)) {
            let wider = Rules::parse([wider.as_str()]).expect("as above");
            assert!(wider.allows(method, &checked).is_some(), "a rule that covers another");
        }
    }
}

/// A path that passed means one thing only, whoever reads it.
fn check_path(path: &str, checked: &CheckedPath) {
    assert_eq!(checked.as_str(), path, "what was checked is what is sent");
    let segments: Vec<&str> = match path {
        "/" => Vec::new(),
        _ => path.split('/').skip(1).collect(),
    };
    assert_eq!(segments.len(), checked.segments().len());
    for (index, (raw, seen)) in segments.iter().zip(checked.segments()).enumerate() {
        assert_eq!(reference::decoded(raw), seen.as_bytes());
        let last = index + 1 == segments.len();
        assert!(!seen.is_empty() || last, "an empty segment inside");
        // Until nothing changes any more: a proxy may decode once, the server behind it again.
        let mut again = seen.clone();
        for _ in 0..4 {
            let name = again.split(';').next().unwrap_or_default();
            assert!(name != "." && name != "..", "`{raw}` is a dot segment to somebody");
            assert!(!again.contains(['\\', '\0', '\r', '\n']), "`{raw}` hides a character");
            again = String::from_utf8_lossy(&reference::decoded(&again)).into_owned();
        }
    }
}
