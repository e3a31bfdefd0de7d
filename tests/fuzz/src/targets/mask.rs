//! An answer of a server: patterns up to an empty line, then the JSON.

use connhub::capabilities::http::{MaskedValues, Masking, Treatment};
use connhub::policy::{MaskEncoding, PointerPattern, PointerSet, Visible};
use serde_json::Value;

use crate::Target;

pub(crate) const TARGET: Target = Target {
    name: "mask",
    run,
    words: &[
        "/data/*\n",
        "/items/*/data/*\n",
        "-/metadata\n",
        "\n",
        "{\"data\":{\"k\":\"djE=\"}}",
        "[[",
        "{\"a\":",
        "\"***\"",
        "\\u0064",
        "null",
        "1e9",
    ],
};

fn run(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let (patterns, json) = text.split_once("\n\n").unwrap_or(("/data/*", text));
    let patterns: Vec<(PointerPattern, Treatment)> =
        patterns.lines().take(20).filter_map(pattern).collect();
    let Ok(pointers) = PointerSet::new(patterns.iter().map(|(one, what)| (one, *what))) else {
        return;
    };
    // Elements that were cut out move those behind them: then the places in lists say nothing.
    let shift = patterns.iter().any(|(_, what)| *what == Treatment::Omit);
    let visible = Visible::parse(&["endpoint".to_owned()]).expect("a name");
    for encoding in [MaskEncoding::Text, MaskEncoding::Base64] {
        for values in [MaskedValues::Hide, MaskedValues::Handles] {
            let masking = Masking { pointers: &pointers, visible: &visible, encoding, values };
            let Ok(masked) = masking.apply(json) else { continue };
            let seen: Value =
                serde_json::from_str(&masked.text).expect("what is let through is JSON");
            check(&seen, &mut Vec::new(), &pointers, shift);
            for (pointer, _) in &masked.handles {
                let found = seen.pointer(pointer).and_then(Value::as_str);
                assert_eq!(found, Some("***"), "a handle points at a mask: `{pointer}`");
            }
        }
    }
}

fn pattern(line: &str) -> Option<(PointerPattern, Treatment)> {
    match line.strip_prefix('-') {
        Some(omit) => Some((PointerPattern::parse(omit).ok()?, Treatment::Omit)),
        None => Some((PointerPattern::parse(line).ok()?, Treatment::Mask)),
    }
}

/// Nothing is left where a pattern leads, however its names were written.
fn check(value: &Value, steps: &mut Vec<String>, pointers: &PointerSet<Treatment>, shift: bool) {
    match pointers.action_at(steps) {
        Some(Treatment::Omit) if !steps.is_empty() => panic!("{steps:?} is there"),
        Some(Treatment::Mask) => {
            let is_visible = steps.last().is_some_and(|last| last == "endpoint");
            let is_plain = !value.is_object() && !value.is_array();
            assert!(
                value == "***" || value.is_null() || (is_visible && is_plain),
                "{steps:?}: {value}"
            );
            return;
        }
        _ => {}
    }
    let mut below = |step: String, value: &Value| {
        steps.push(step);
        check(value, steps, pointers, shift);
        steps.pop();
    };
    match value {
        Value::Object(map) => map.iter().for_each(|(name, value)| below(name.clone(), value)),
        Value::Array(list) if !shift => {
            list.iter().enumerate().for_each(|(at, value)| below(at.to_string(), value))
        }
        _ => {}
    }
}
