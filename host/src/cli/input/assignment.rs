//! `FIELD=VALUE`.

use std::path::PathBuf;

use crate::model::{Error, Label, Secret};

/// A field and where its value is.
pub(in crate::cli) struct Assignment {
    /// The name as it was typed.
    pub field: String,
    /// Where the value is.
    pub source: Source,
}

/// Where a value is. It is not printable: a literal may be a secret that was typed where it must not be.
pub(in crate::cli) enum Source {
    /// In the command line or the document itself.
    Literal(String),
    /// On stdin.
    Stdin,
    /// On stdin, and said to be a secret: it must not end up in a field that is shown.
    SecretStdin,
    /// In a file.
    File(PathBuf),
    /// In an environment variable.
    Variable(String),
    /// Here: it was read from another connection.
    Known(Secret),
    /// In the document itself, and secret unless the type says otherwise.
    Inline(Secret),
    /// What a program prints, given with its arguments.
    Program(Vec<String>),
    /// In another connection: `BACKEND/SCOPE/NAME#FIELD`.
    Connection(String),
    /// Nowhere yet: it is wanted, and has to be found or asked for.
    Wanted,
}

impl Assignment {
    /// Reads `FIELD=VALUE`, `FIELD=-` and `FIELD=@FILE`. `position` counts from 1, for the message.
    ///
    /// # Errors
    /// It has another form. The text is not repeated, since it may be a secret.
    pub(super) fn parse(text: &str, position: usize) -> Result<Self, Error> {
        match text.split_once('=') {
            Some((field, "@")) if !field.is_empty() => {
                Err(Error::invalid(format!("argument {position} after the command names no file"))
                    .hint("write the path of a file behind the `@`, or `\\@` for the sign itself"))
            }
            Some((field, value)) if !field.is_empty() => {
                Ok(Self { field: field.to_owned(), source: Source::parse(value) })
            }
            _ => Err(Error::invalid(format!(
                "argument {position} after the command is not `FIELD=VALUE`"
            ))
            .hint("write fields as `bucket=sales`, and secrets as `FIELD=-` or `FIELD=@FILE`")),
        }
    }

    /// Reads `FIELD`, `FIELD=-` and `FIELD=@FILE`: a secret that is wanted, and perhaps where it is.
    ///
    /// # Errors
    /// It has another form, or is a value.
    pub(super) fn parse_secret(text: &str) -> Result<Self, Error> {
        match text.split_once('=') {
            None if !text.is_empty() => Ok(Self { field: text.to_owned(), source: Source::Wanted }),
            _ => match Self::parse(text, 2)? {
                Self { source: Source::Literal(_), field } => {
                    let message = format!("`{field}` is a secret and is not typed as a value");
                    Err(Error::invalid(message).hint(format!(
                        "write `{field}` to be asked, `{field}=-` (stdin) or `{field}=@FILE`"
                    )))
                }
                parsed => Ok(parsed),
            },
        }
    }

    /// Reads `FIELD=VARIABLE` of `--from-env`.
    ///
    /// # Errors
    /// It has another form.
    pub(super) fn parse_variable(text: &str) -> Result<Self, Error> {
        match text.split_once('=') {
            Some((field, variable)) if !field.is_empty() && !variable.is_empty() => {
                Ok(Self { field: field.to_owned(), source: Source::Variable(variable.to_owned()) })
            }
            _ => Err(Error::invalid("`--from-env` takes `FIELD=VARIABLE`")
                .hint("write for example `--from-env secret_access_key=AWS_SECRET_ACCESS_KEY`")),
        }
    }
}

impl Source {
    fn parse(value: &str) -> Self {
        match value.strip_prefix('@') {
            Some(path) => Self::File(PathBuf::from(path)),
            None if value == "-" => Self::Stdin,
            None if value == r"\-" || value.starts_with(r"\@") => {
                Self::Literal(value[1..].to_owned())
            }
            None => Self::Literal(value.to_owned()),
        }
    }
}

/// Reads `KEY=VALUE` of `--label`.
///
/// # Errors
/// It has another form.
pub(super) fn label(text: &str) -> Result<Label, Error> {
    match text.split_once('=') {
        Some((key, value)) if !key.is_empty() => {
            Ok(Label { key: key.to_owned(), value: value.to_owned() })
        }
        _ => Err(Error::invalid("`--label` takes `KEY=VALUE`")
            .hint("write for example `--label env=prod`")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn described(source: &Source) -> String {
        match source {
            Source::Literal(text) => format!("literal {text}"),
            Source::Stdin => "stdin".to_owned(),
            Source::SecretStdin => "secret stdin".to_owned(),
            Source::File(path) => format!("file {}", path.display()),
            Source::Variable(name) => format!("variable {name}"),
            Source::Known(_) => "known".to_owned(),
            Source::Inline(_) => "inline".to_owned(),
            Source::Program(words) => format!("program {}", words.join(" ")),
            Source::Connection(place) => format!("connection {place}"),
            Source::Wanted => "wanted".to_owned(),
        }
    }

    #[test]
    fn assignments_name_a_field_and_a_source() {
        let check = |text: &str, field: &str, source: &str| {
            let parsed = Assignment::parse(text, 1).unwrap();
            assert_eq!(
                (parsed.field.as_str(), described(&parsed.source)),
                (field, source.to_owned())
            );
        };
        check("bucket=sales", "bucket", "literal sales");
        check("query=a=b", "query", "literal a=b");
        check("empty=", "empty", "literal ");
        check("key=-", "key", "stdin");
        check("key=@/run/key", "key", "file /run/key");
        check("user=\\@ada", "user", "literal @ada");
        check("sign=\\-", "sign", "literal -");
        check("path=\\\\share", "path", "literal \\\\share");
        check("n=-1", "n", "literal -1");
    }

    #[test]
    fn what_is_no_assignment_is_not_repeated() {
        for text in ["hunter2", "=hunter2", "", "hunter2=@"] {
            let error = Assignment::parse(text, 3).err().unwrap();
            assert!(error.message.contains("argument 3") && !error.message.contains("hunter2"));
        }
    }

    #[test]
    fn variables_and_labels() {
        let parsed = Assignment::parse_variable("password=PGPASSWORD").unwrap();
        assert_eq!(described(&parsed.source), "variable PGPASSWORD");
        assert!(Assignment::parse_variable("password").is_err());
        assert!(Assignment::parse_variable("password=").is_err());
        assert_eq!(label("env=").unwrap(), Label { key: "env".to_owned(), value: String::new() });
        assert!(label("env").is_err() && label("=x").is_err());
    }
}
