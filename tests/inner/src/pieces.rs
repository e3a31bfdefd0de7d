//! What is done to texts, and what is decided, without a connector.

use std::fmt::Write as _;
use std::path::Path;

use connhub::capabilities::http::{MaskedValues, Masking, Treatment};
use connhub::cli::check_manifest;
use connhub::model::Secret;
use connhub::policy::{
    CheckedPath, MaskEncoding, Needs, PointerPattern, PointerSet, Rules, Visible,
};
use connhub::scrub::Scrubber;

/// How many things are in one text.
const MANY: usize = 100;

/// An answer of a server with values that are masked.
pub struct Masked {
    pointers: PointerSet<Treatment>,
    answer: String,
}

impl Masked {
    /// A list of secrets, as an API server sends it.
    ///
    /// # Panics
    /// Never: the patterns are good.
    pub fn new() -> Self {
        let pattern = |text| PointerPattern::parse(text).expect("it is a pattern");
        let patterns = [
            (pattern("/items/*/data/*"), Treatment::Mask),
            (pattern("/items/*/metadata/managedFields"), Treatment::Omit),
        ];
        let pointers = PointerSet::new(patterns.iter().map(|(one, what)| (one, *what)));
        let item = |number| {
            format!(
                r#"{{"kind":"Secret","metadata":{{"name":"n{number}","uid":"6f0c{number:08}","labels":{{"opendatahub.io/dashboard":"true"}},"managedFields":[{{"manager":"dashboard","fieldsV1":{{"f:data":{{}},"f:type":{{}}}}}}]}},"type":"Opaque","data":{{"AWS_S3_BUCKET":"ZGF0YQ==","AWS_SECRET_ACCESS_KEY":"d0phbHJYVXRuRkVNSQ=="}}}}"#
            )
        };
        let items: Vec<_> = (0..MANY).map(item).collect();
        let answer = format!(r#"{{"kind":"SecretList","items":[{}]}}"#, items.join(","));
        Self { pointers: pointers.expect("they agree"), answer }
    }

    /// Masks and cuts. Returns how long the rest is.
    pub fn run(&self) -> usize {
        let masking = Masking {
            pointers: &self.pointers,
            visible: &Visible::default(),
            encoding: MaskEncoding::Base64,
            values: MaskedValues::Hide,
        };
        masking.apply(&self.answer).expect("it is JSON").text.len()
    }
}

/// A text without secrets, by far the most usual one.
pub struct Scrubbed {
    scrubber: Scrubber,
    text: String,
}

impl Scrubbed {
    /// Four secrets, and some kilobytes.
    pub fn new() -> Self {
        let mut scrubber = Scrubber::default();
        for number in 0..4 {
            scrubber.add(&Secret::new(format!("wJalrXUtnFEMI-K7MDENG-{number}").into_bytes()));
        }
        let line = |text: &mut String, number| {
            let _ = writeln!(text, "line {number} of a message that a connector wrote");
        };
        let mut text = String::new();
        (0..MANY).for_each(|number| line(&mut text, number));
        Self { scrubber, text }
    }

    /// Looks for all forms of all secrets.
    pub fn run(&self) -> usize {
        self.scrubber.text(&self.text).len()
    }
}

/// The description of a connection, as `-f` reads it.
pub struct Manifest(&'static str);

impl Manifest {
    /// A document of YAML.
    pub fn new() -> Self {
        Self(
            "name: sales\ntype: s3\nfields:\n  bucket: data\n  endpoint: https://s3.example.com\n  access_key_id: AKIAEXAMPLE\n",
        )
    }

    /// Parses it.
    ///
    /// # Panics
    /// Never: it is good.
    pub fn run(&self) {
        check_manifest(self.0, Some(Path::new("/d/x.yaml"))).expect("it is a manifest");
    }
}

/// The requests that the needs of a connector allow.
pub struct Ruled(Rules);

impl Ruled {
    /// Those of the connector with the most rules.
    ///
    /// # Panics
    /// Never: the connector is built with the same needs.
    pub fn new() -> Self {
        let needs = Needs::parse(include_str!("../../../connectors/rhoai/needs.toml"));
        let needs = needs.expect("it declares its needs");
        let rules = needs.endpoints.iter().flat_map(|need| &need.allow);
        Self(Rules::parse(rules).expect("what was read can be read again"))
    }

    /// Checks a path, and whether a rule allows it.
    pub fn run(&self, path: &str) -> bool {
        let path = CheckedPath::parse(path).expect("it is a path");
        self.0.allows("GET", &path).is_some()
    }
}

macro_rules! new_is_default {
    ($($name:ty),*) => { $(impl Default for $name { fn default() -> Self { Self::new() } })* };
}
new_is_default!(Masked, Scrubbed, Manifest, Ruled);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_piece_does_what_is_timed() {
        assert!(Masked::new().run() > 0);
        assert!(Scrubbed::new().run() > 0);
        Manifest::new().run();
        assert!(Ruled::new().run("/api/v1/namespaces/demo/secrets/one"));
        assert!(!Ruled::new().run("/api/v1/nodes"));
    }
}
