//! Masks of answers, as the host applies them.

use serde_json::Value;

use super::grant::{Endpoint, MaskEncoding, matches_path, matches_pointer};
use super::value::secret;
use crate::{MASK, MaskedValue, base64};

impl Endpoint {
    /// Replaces the values that the grant masks in the answer to a request, and returns them.
    pub(crate) fn mask_values(
        &self,
        method: &str,
        path: &str,
        body: &mut Value,
    ) -> Vec<MaskedValue> {
        let visible = self.visible.iter().filter_map(|entry| counting(entry, method, path));
        let mut masked = Vec::new();
        Masking { rules: self, visible: visible.collect() }.walk(
            body,
            &mut String::new(),
            Inside::Open,
            &mut masked,
        );
        masked
    }
}

/// An entry of `visible` without the request in front of it; none if that is another one.
fn counting<'e>(entry: &'e str, method: &str, path: &str) -> Option<&'e str> {
    match entry.splitn(3, ' ').collect::<Vec<_>>()[..] {
        [own, pattern, place] if pattern.starts_with('/') => {
            (own == method && matches_path(pattern, path)).then_some(place)
        }
        _ => Some(entry),
    }
}

/// What is masked in one answer, and what of that stays visible.
struct Masking<'e> {
    rules: &'e Endpoint,
    visible: Vec<&'e str>,
}

impl Masking<'_> {
    fn walk(
        &self,
        value: &mut Value,
        place: &mut String,
        outer: Inside,
        out: &mut Vec<MaskedValue>,
    ) {
        let inside = self.inside(place, outer);
        match value {
            Value::Object(members) => {
                for (key, member) in members {
                    let segment = key.replace('~', "~0").replace('/', "~1");
                    self.descend(member, place, &segment, inside, out);
                }
            }
            Value::Array(items) => {
                for (index, item) in items.iter_mut().enumerate() {
                    self.descend(item, place, &index.to_string(), inside, out);
                }
            }
            Value::Null => {}
            leaf if inside == Inside::Masked => {
                out.push(MaskedValue { pointer: place.clone(), value: secret(self.decode(leaf)) });
                *leaf = Value::from(MASK);
            }
            _ => {}
        }
    }

    fn descend(
        &self,
        value: &mut Value,
        place: &mut String,
        segment: &str,
        inside: Inside,
        out: &mut Vec<MaskedValue>,
    ) {
        let length = place.len();
        place.push('/');
        place.push_str(segment);
        self.walk(value, place, inside, out);
        place.truncate(length);
    }

    fn inside(&self, place: &str, outer: Inside) -> Inside {
        if !self.rules.mask.iter().any(|pattern| matches_pointer(pattern, place)) {
            return outer;
        }
        let last = place.rsplit('/').next().unwrap_or_default();
        let shows = |entry: &&str| match entry.starts_with('/') {
            true => matches_pointer(entry, place),
            false => *entry == last,
        };
        if self.visible.iter().any(shows) { Inside::Open } else { Inside::Masked }
    }

    fn decode(&self, leaf: &Value) -> Vec<u8> {
        let text = leaf.as_str().map_or_else(|| leaf.to_string(), str::to_owned);
        match self.rules.mask_encoding {
            MaskEncoding::Text => text.into_bytes(),
            MaskEncoding::Base64 => base64::decode(&text).expect("masked values are base64"),
        }
    }
}

/// Whether a place lies inside something that is masked.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Inside {
    Masked,
    Open,
}

/// Cuts out what matches a pointer pattern.
pub(crate) fn omit(body: &mut Value, pattern: &str) {
    let segments: Vec<_> = pattern.split('/').skip(1).collect();
    omit_segments(body, &segments);
}

fn omit_segments(value: &mut Value, segments: &[&str]) {
    let [first, rest @ ..] = segments else { return };
    if rest.is_empty() {
        if let Value::Object(members) = value {
            members.retain(|key, _| *first != "*" && *key != unescape(first));
        }
        return;
    }
    match value {
        Value::Object(members) if *first == "*" => {
            members.values_mut().for_each(|member| omit_segments(member, rest));
        }
        Value::Object(members) => {
            if let Some(member) = members.get_mut(&unescape(first)) {
                omit_segments(member, rest);
            }
        }
        Value::Array(items) if *first == "*" => {
            items.iter_mut().for_each(|item| omit_segments(item, rest));
        }
        _ => {}
    }
}

fn unescape(segment: &str) -> String {
    segment.replace("~1", "/").replace("~0", "~")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn parts_are_cut_out() {
        let mut body = json!({"items": [{"a": 1, "b": 2}, {"a": 3}], "x/y": {"z": 1, "w": 2}});
        omit(&mut body, "/items/*/a");
        omit(&mut body, "/x~1y/z");
        omit(&mut body, "/not/there");
        assert_eq!(body, json!({"items": [{"b": 2}, {}], "x/y": {"w": 2}}));
    }
}
