//! Where a connection is, as a user writes it: `[backend/][scope/]name`.

use super::{Error, FieldProblem};
use crate::model::types::check_name;

/// A place as far as it was written. What is missing has a default.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Place {
    /// The backend.
    pub backend: Option<String>,
    /// The project, tenant or folder.
    pub scope: Option<String>,
    /// The name; empty if the text ends with a slash.
    pub name: String,
}

impl Place {
    /// Reads a place. Of two parts the first is a backend if there is one of that name, else a scope; of three it is the backend.
    ///
    /// # Errors
    /// A part is empty, or the name is none.
    pub fn parse(text: &str, is_backend: impl Fn(&str) -> bool) -> Result<Self, Error> {
        let parts: Vec<&str> = text.split('/').collect();
        let (name, before) = parts.split_last().unwrap_or((&"", &[]));
        if before.iter().any(|part| part.is_empty()) {
            return Err(wrong("a part of it is empty"));
        }
        if !name.is_empty()
            && let Err(FieldProblem { message, .. }) = check_name(name)
        {
            return Err(wrong(&format!("the name {message}")));
        }
        let (backend, scope) = match before {
            [] => (None, None),
            [one] if is_backend(one) => (Some(*one), None),
            [one] => (None, Some((*one).to_owned())),
            [backend, scope @ ..] => (Some(*backend), Some(scope.join("/"))),
        };
        Ok(Self { backend: backend.map(str::to_owned), scope, name: (*name).to_owned() })
    }
}

fn wrong(what: &str) -> Error {
    Error::invalid(format!("this is no place of a connection: {what}")).hint(
        "write `NAME`, `SCOPE/NAME`, `BACKEND/NAME` or `BACKEND/SCOPE/NAME`, for example `local/lake`",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_has_up_to_three_parts() {
        let check = |text: &str, backend: Option<&str>, scope: Option<&str>, name: &str| {
            let expected = Place {
                backend: backend.map(str::to_owned),
                scope: scope.map(str::to_owned),
                name: name.to_owned(),
            };
            let found = Place::parse(text, |name| name == "prod").unwrap();
            assert_eq!(found, expected, "{text}");
        };
        check("lake", None, None, "lake");
        check("prod/lake", Some("prod"), None, "lake");
        check("fraud/lake", None, Some("fraud"), "lake");
        check("prod/fraud/lake", Some("prod"), Some("fraud"), "lake");
        check("other/prod/lake", Some("other"), Some("prod"), "lake");
        check("prod/a/b/lake", Some("prod"), Some("a/b"), "lake");
        check("prod/fraud/", Some("prod"), Some("fraud"), "");
        check("prod/", Some("prod"), None, "");
    }

    #[test]
    fn what_is_no_place_is_refused() {
        for text in ["/lake", "prod//lake", "prod/fraud/-lake", "a b"] {
            assert!(Place::parse(text, |_| false).is_err(), "{text}");
        }
    }
}
