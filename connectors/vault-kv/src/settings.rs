//! The settings of a backend.

use connhub_sdk::{Error, KeyNames, Setting, SettingReader, Target};

use crate::place;

/// All of them.
pub(crate) const SETTINGS: &[Setting] = &[
    Setting::new("mount", "secret", "Where the key-value engine is mounted: one segment or two."),
    Setting::new(
        "delete",
        "soft",
        "What `delete` does: `soft` keeps the versions, so that they can be undeleted; `destroy` removes all versions and the metadata.",
    ),
    Setting::new(
        "field-names",
        "",
        "Other keys for fields, as TYPE.FIELD=KEY, separated by commas. Keys that are to be shown have to be `visible` in the grant.",
    ),
];

/// What `delete` does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Deletion {
    Soft,
    Destroy,
}

/// What the settings of a backend say.
#[derive(Debug)]
pub(crate) struct Settings {
    /// The segments of the mount's path.
    pub(crate) mount: Vec<String>,
    pub(crate) deletion: Deletion,
    pub(crate) field_names: KeyNames,
}

impl Settings {
    pub(crate) fn of(target: &Target) -> Result<Self, Error> {
        let read = SettingReader::new(SETTINGS, target);
        Ok(Self {
            mount: mount(read.text("mount"))?,
            deletion: read
                .word("delete", &[("soft", Deletion::Soft), ("destroy", Deletion::Destroy)])?,
            field_names: read.key_names("field-names")?,
        })
    }
}

fn mount(text: &str) -> Result<Vec<String>, Error> {
    let wrong = |why: &str| Error::wrong_setting("mount", &format!("is `{text}`; {why}"));
    let segments: Vec<_> = text.trim_matches('/').split('/').map(str::to_owned).collect();
    if segments.len() > 2 {
        return Err(wrong("it must have one segment or two, as in `secret` or `team/kv`"));
    }
    match segments.iter().find_map(|segment| place::segment_problem(segment)) {
        Some(problem) => Err(wrong(&problem)),
        None => Ok(segments),
    }
}
