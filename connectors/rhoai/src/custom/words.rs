//! Types and fields in words.

use super::schema::{CustomField, CustomType, Kind};

/// How many fields of a type are told in one message.
const MAX_FIELDS: usize = 30;

/// The longest name that is compared with what somebody typed, in bytes.
const MAX_COMPARED: usize = 253;

/// All of a list, with commas.
pub(super) fn join(words: impl Iterator<Item = String>) -> String {
    words.collect::<Vec<_>>().join(", ")
}

/// The name that was probably meant: the same in another case, or one that is near.
pub(super) fn nearest<'a>(word: &str, names: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let limit = match word.chars().count() {
        0..3 => 0,
        length => (length / 4).clamp(1, 3),
    };
    let lower = word.to_lowercase();
    // The cluster's words can have any length, and comparing costs the product of both.
    let names = names.filter(|name| name.len() <= MAX_COMPARED);
    let distances =
        names.map(|name| (strsim::damerau_levenshtein(&lower, &name.to_lowercase()), name));
    let near = distances.filter(|(distance, _)| *distance <= limit).min_by_key(|found| found.0);
    near.map(|(_, name)| name)
}

impl CustomType {
    /// The type as people call it.
    pub(super) fn words(&self) -> String {
        match self.title.as_ref().filter(|title| **title != self.name) {
            Some(title) => format!("`{}` ({title})", self.name),
            None => format!("`{}`", self.name),
        }
    }

    /// All fields, in the order of the form and under its headings.
    pub(super) fn explain(&self) -> String {
        let mut text = format!("{} has ", self.words());
        let mut section = None;
        for (index, field) in self.fields.iter().enumerate() {
            if index > 0 {
                text.push_str(", ");
            }
            if index == MAX_FIELDS {
                text.push_str(&format!("and {} more", self.fields.len() - index));
                break;
            }
            if field.section != section {
                section.clone_from(&field.section);
                text.push_str(&format!("under {:?} ", section.as_deref().unwrap_or_default()));
            }
            text.push_str(&field.explain());
        }
        if self.fields.is_empty() { format!("{} has no fields", self.words()) } else { text }
    }
}

impl CustomField {
    /// The field with what it takes.
    fn explain(&self) -> String {
        let mut facts = vec![self.kind.words()];
        if self.required {
            facts.push("required".into());
        }
        match (&self.default, &self.kind) {
            // What an administrator wrote there is no secret, but need not be repeated.
            (Some(_), Kind::Hidden | Kind::File { .. }) => facts.push("has a default".into()),
            (Some(default), _) if self.fixed => facts.push(format!("always `{default}`")),
            (Some(default), _) => facts.push(format!("default `{default}`")),
            (None, _) => {}
        }
        format!("`{}` ({})", self.key, facts.join(", "))
    }

    /// What to give, for somebody who has not given it.
    pub(super) fn how_to_give(&self) -> String {
        let key = &self.key;
        match self.kind {
            Kind::Hidden => format!("add `{key}=-` or `{key}=@FILE`"),
            Kind::File { .. } => format!("add `{key}=@FILE`"),
            _ => format!("add `{key}=VALUE`"),
        }
    }

    /// What it is for, in the administrator's words.
    pub(super) fn meaning(&self) -> String {
        match &self.description {
            Some(description) => format!("{}: {description}", self.label),
            None => self.label.clone(),
        }
    }
}

impl Kind {
    fn words(&self) -> String {
        match self {
            Self::Text => "text".into(),
            Self::Hidden => "secret".into(),
            Self::Uri => "URI".into(),
            Self::Boolean => "`true` or `false`".into(),
            Self::Number { min, max, unit } => {
                let unit = unit.as_ref().map(|unit| format!(" of {unit}")).unwrap_or_default();
                format!("number{unit}{}", range(*min, *max))
            }
            Self::Choice { several, items } => {
                let values = join(items.iter().map(|item| format!("`{}`", item.value)));
                let count = if *several { "some" } else { "one" };
                format!("{count} of {values}")
            }
            Self::File { extensions } if extensions.is_empty() => "file".into(),
            Self::File { extensions } => format!("file {}", extensions.join(" or ")),
            Self::Other(word) => word.clone(),
        }
    }
}

/// The bounds of a number, empty if there are none.
pub(super) fn range(min: Option<f64>, max: Option<f64>) -> String {
    match (min, max) {
        (Some(min), Some(max)) => format!(" from {min} to {max}"),
        (Some(min), None) => format!(" of at least {min}"),
        (None, Some(max)) => format!(" of at most {max}"),
        (None, None) => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_are_near_are_found() {
        let names = || ["DB_HOST", "DB_PORT", "PASSWORD"].into_iter();
        assert_eq!(nearest("db_host", names()), Some("DB_HOST"));
        assert_eq!(nearest("DB_HOTS", names()), Some("DB_HOST"));
        assert_eq!(nearest("PASWORD", names()), Some("PASSWORD"));
        assert_eq!(nearest("USER", names()), None);
        assert_eq!(nearest("b", ["a", "B"].into_iter()), Some("B"));
        assert_eq!(nearest("c", ["a", "B"].into_iter()), None);
    }
}
