//! The fields that a connection of some type has in some backend.

use crate::model::types::{TypeSchema, catalog};
use crate::model::{Description, Error, SupportedType};

/// A connection type as one backend has it.
#[derive(Clone, Debug)]
pub struct Schema {
    /// The name under which the backend knows the type: the canonical one where there is one.
    pub type_name: String,
    /// Fields, auth methods and rules.
    pub fields: TypeSchema,
}

impl Schema {
    /// The type of this name or alias. Without a description of a connector it is the canonical type.
    ///
    /// # Errors
    /// There is no such type, or the connector does not support it; the hints name those that there are.
    pub fn of(description: Option<&Description>, type_name: &str) -> Result<Self, Error> {
        let canonical = catalog::canonical(type_name);
        let Some(description) = description else {
            return canonical.and_then(Self::canonical).ok_or_else(|| unknown(type_name));
        };
        // A type of the connector's own may have the name that is an alias of a canonical type elsewhere.
        let exact = description.types.iter().find(|known| known.name == type_name);
        if let Some(supported) = exact.or_else(|| find(description, canonical.unwrap_or(type_name)))
        {
            return Ok(Self::supported(supported));
        }
        if !description.any_type {
            return Err(unsupported(description, type_name));
        }
        Ok(canonical.and_then(Self::canonical).unwrap_or_else(|| Self::opaque(type_name)))
    }

    fn canonical(name: &str) -> Option<Self> {
        let fields = catalog::find(name)?.clone();
        Some(Self { type_name: fields.name.clone(), fields })
    }

    fn supported(supported: &SupportedType) -> Self {
        let known = catalog::find(&supported.name).filter(|known| known.name == supported.name);
        let fields = match known {
            Some(known) => known.for_backend(supported),
            None => TypeSchema::from_connector(supported),
        };
        Self { type_name: supported.name.clone(), fields }
    }

    fn opaque(type_name: &str) -> Self {
        Self { type_name: type_name.to_owned(), fields: TypeSchema::opaque() }
    }
}

fn find<'a>(description: &'a Description, name: &str) -> Option<&'a SupportedType> {
    let types = &description.types;
    let by_name = types.iter().find(|known| known.name == name);
    by_name.or_else(|| types.iter().find(|known| known.native.eq_ignore_ascii_case(name)))
}

fn unknown(name: &str) -> Error {
    let error = Error::invalid(format!("there is no connection type `{name}`"));
    with_suggestion(error, catalog::suggest(name))
        .hint(format!("the types are {}", catalog::names().collect::<Vec<_>>().join(", ")))
}

fn unsupported(description: &Description, name: &str) -> Error {
    let names: Vec<&str> = description.types.iter().map(|known| known.name.as_str()).collect();
    let error =
        Error::invalid(format!("connector `{}` has no connection type `{name}`", description.name));
    with_suggestion(error, nearest(name, &names))
        .hint(format!("it has the types {}", names.join(", ")))
}

fn with_suggestion(error: Error, meant: Option<&str>) -> Error {
    match meant {
        Some(meant) => error.hint(format!("did you mean `--type {meant}`?")),
        None => error,
    }
}

fn nearest<'a>(name: &str, names: &[&'a str]) -> Option<&'a str> {
    let limit = (name.chars().count() / 3).clamp(1, 4);
    let distances = names.iter().map(|known| (strsim::damerau_levenshtein(name, known), *known));
    let near = distances.filter(|(distance, _)| *distance <= limit).min_by_key(|found| found.0);
    near.map(|(_, known)| known)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::types::Secrecy;
    use crate::model::{FieldSchema, Operation};

    fn description(any_type: bool) -> Description {
        let own = FieldSchema {
            name: "topic".to_owned(),
            description: "the topic".to_owned(),
            secret: false,
            required: true,
            default: None,
            pattern: None,
            choices: Vec::new(),
        };
        let supported = |name: &str, native: &str, fields, unsupported: &[&str]| SupportedType {
            name: name.to_owned(),
            native: native.to_owned(),
            fields,
            unsupported: unsupported.iter().map(ToString::to_string).collect(),
        };
        Description {
            name: "x".to_owned(),
            version: "1".to_owned(),
            summary: String::new(),
            types: vec![
                supported("s3", "S3 storage", Vec::new(), &["session_token"]),
                supported("queue", "QUEUE", vec![own], &[]),
            ],
            any_type,
            operations: vec![Operation::Create],
            scope: None,
            settings: Vec::new(),
        }
    }

    #[test]
    fn aliases_natives_and_own_types_are_found() {
        let check = |name: &str, any_type, expected: &str| {
            let found = Schema::of(Some(&description(any_type)), name).unwrap();
            assert_eq!(found.type_name, expected, "{name}");
        };
        check("minio", false, "s3");
        check("s3 STORAGE", false, "s3");
        check("queue", false, "queue");
        check("postgres", true, "postgresql");
        check("my-own", true, "my-own");
        assert_eq!(Schema::of(None, "postgres").unwrap().type_name, "postgresql");
    }

    #[test]
    fn the_backend_narrows_the_canonical_type() {
        let s3 = Schema::of(Some(&description(false)), "s3").unwrap().fields;
        assert!(s3.field("session_token").unwrap().unsupported);
        let queue = Schema::of(Some(&description(false)), "queue").unwrap().fields;
        assert!(queue.field("topic").unwrap().required);
        assert_eq!(queue.secrecy("other"), Secrecy::Unknown);
        let opaque = Schema::of(Some(&description(true)), "my-own").unwrap().fields;
        assert_eq!(opaque.secrecy("other"), Secrecy::Either);
    }

    #[test]
    fn what_is_not_there_is_named_with_what_is() {
        let check = |description: Option<&Description>, name: &str, words: &[&str]| {
            let error = Schema::of(description, name).unwrap_err();
            let text = format!("{} / {}", error.message, error.hints.join(" / "));
            assert!(words.iter().all(|word| text.contains(word)), "{text}");
        };
        check(None, "postgress", &["`postgress`", "did you mean `--type postgresql`?", "s3, gcs"]);
        check(
            Some(&description(false)),
            "qeue",
            &["`x`", "did you mean `--type queue`?", "s3, queue"],
        );
        check(Some(&description(false)), "postgresql", &["no connection type `postgresql`"]);
    }
}
