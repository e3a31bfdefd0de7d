//! Answers that are not what was asked for.

use connhub_sdk::{
    Connection, Field, Finding, Label, Outcome, Page, PageRequest, Removed, Report, TestResult,
    Verdict, Written,
};

use crate::Given;

pub(crate) fn report(given: &Given<'_>, seen: &str) -> Report {
    let text = text(given, seen);
    let finding =
        || Finding::new(format!("behavior{}", given.setting("text")), Verdict::Good, &*text);
    Report {
        user: Some(format!("user{}", given.setting("text"))),
        platform: Some(format!("platform{}", given.setting("text"))),
        findings: (0..given.count_of("findings")).map(|_| finding()).collect(),
    }
}

/// A connection with the text in every place that holds one.
pub(crate) fn connection(given: &Given<'_>, name: &str, seen: &str) -> Connection {
    let text = text(given, seen);
    let some = || Some(text.clone());
    let name = match given.setting("answer") {
        "other-name" => "another".to_owned(),
        "exact-name" => name.to_owned(),
        _ => format!("{name}{}", given.setting("text")),
    };
    Connection {
        scope: scope(given),
        fields: vec![Field::new("bucket", &*text), Field::new(format!("field{text}"), "x")],
        secret_names: vec![format!("secret{text}")],
        display_name: some(),
        description: some(),
        labels: (0..given.count_of("labels"))
            .map(|n| Label::new(format!("l{n}{text}"), &*text))
            .collect(),
        owner: some(),
        address: some(),
        status: some(),
        status_message: some(),
        revision: some(),
        created_at: some(),
        updated_at: some(),
        tested: Some(TestResult { works: true, at: text.clone(), message: text.clone() }),
        warnings: vec![text.clone()],
        ..Connection::new(name, format!("s3{}", given.setting("text")))
    }
}

pub(crate) fn written(given: &Given<'_>, name: &str, seen: &str) -> Written {
    Written {
        outcome: Outcome::Created,
        connection: connection(given, name, seen),
        differences: vec![text(given, seen)],
        notes: vec![text(given, seen)],
    }
}

pub(crate) fn removed(given: &Given<'_>, name: &str, seen: &str) -> Vec<Removed> {
    let text = text(given, seen);
    vec![Removed { kind: text.clone(), name: format!("{name}{text}"), scope: Some(text) }]
}

pub(crate) fn page(given: &Given<'_>, asked: &PageRequest, seen: &str) -> Page {
    let step: u64 = asked.cursor.as_deref().and_then(|text| text.parse().ok()).unwrap_or(0);
    let items = |count: usize| {
        let name = |number| format!("item{}", step * 1000 + number as u64);
        (0..count).map(|number| connection(given, &name(number), seen)).collect()
    };
    let cursor = |text: u64| Some(text.to_string());
    match given.setting("answer") {
        "same-cursor" => Page { items: items(1), cursor: cursor(7) },
        "two-cursors" => Page { items: items(1), cursor: cursor(1 - step.min(1)) },
        "endless-empty" => Page { items: Vec::new(), cursor: cursor(step + 1) },
        "endless" => Page { items: items(given.count_of("items")), cursor: cursor(step + 1) },
        "two-pages" if step == 0 => Page { items: items(1), cursor: cursor(1) },
        "long-cursor" => Page { items: Vec::new(), cursor: Some("c".repeat(given.count())) },
        _ => Page { items: items(given.count_of("items")), cursor: None },
    }
}

fn scope(given: &Given<'_>) -> Option<String> {
    match given.setting("answer") {
        "other-scope" => Some("another".to_owned()),
        _ => given.target.scope.clone(),
    }
}

/// What was seen, the hostile text, and as many bytes as the setting `size` says.
fn text(given: &Given<'_>, seen: &str) -> String {
    let filler = "y".repeat(given.setting("size").parse().unwrap_or(0));
    format!("{seen}{}{filler}", given.setting("text"))
}

impl Given<'_> {
    /// How many of something an answer holds: 1, unless the setting of this name says otherwise.
    fn count_of(&self, what: &str) -> usize {
        self.setting(what).parse().unwrap_or(1)
    }
}
