//! How tests show what was found.

use super::{Content, Entry, Found};

/// Each entry in a line: place, name, type, and fields in the order of their names; a secret has a `!` before its value.
pub(super) fn shown(found: &Found) -> Vec<String> {
    found.entries.iter().map(one).collect()
}

fn one(entry: &Entry) -> String {
    let head = format!("{} {}", entry.place, entry.source);
    let imported = match &entry.content {
        Content::Skipped(why) => return format!("{head}: {why}"),
        Content::Broken(what) => return format!("{head}! {what}"),
        Content::Connection(imported) => imported,
    };
    let draft = &imported.draft;
    let visible = draft.fields.iter().map(|field| format!("{}={}", field.name, field.value));
    let secret = draft.secrets.iter().map(|secret| {
        format!("{}=!{}", secret.name, String::from_utf8_lossy(secret.value.expose()))
    });
    let files =
        imported.files.iter().map(|file| format!("{}=@{}", file.field, file.path.display()));
    let mut all: Vec<String> = visible.chain(secret).chain(files).collect();
    all.sort();
    let remarks: Vec<String> = entry.remarks.iter().map(|text| format!(" ({text})")).collect();
    format!("{head} {} {}{}", draft.type_name, all.join(" "), remarks.concat())
}

#[track_caller]
pub(super) fn check(found: &Found, expected: &[&str]) {
    let shown = shown(found);
    for (shown, expected) in shown.iter().zip(expected) {
        assert_eq!(shown, expected);
    }
    assert_eq!(shown.len(), expected.len(), "{shown:#?}");
}
