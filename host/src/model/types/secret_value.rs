//! Values of secrets: what is checked about them, without a word about what they are.

use super::super::{FieldProblem, Secret};
use super::kind::FieldKind;
use super::name::shown;
use super::schema::{FieldSpec, TypeSchema};
use super::structured;

/// The greatest length of a secret in bytes: that of a Kubernetes Secret.
const MAX_SECRET: usize = 1024 * 1024;

impl TypeSchema {
    /// The secret as it is stored: without the line end that an editor or a pipe has put at its end, checked as far as
    /// its kind says. Blanks stay, since a password may begin or end with them. A secret of which no schema knows is
    /// taken as it is.
    ///
    /// # Errors
    /// The problem says what is wrong and holds nothing of the value.
    pub fn normalize_secret(&self, name: &str, value: Secret) -> Result<Secret, FieldProblem> {
        let field = self.field(name);
        let problem = |message: String| FieldProblem {
            field: field.map_or_else(|| shown(name), |field| field.name.clone()),
            message,
        };
        let value = match field {
            Some(_) => without_line_end(value),
            None => value,
        };
        check_length(&value)
            .and_then(|()| field.map_or(Ok(()), |field| field.check_secret(&value)))
            .map_err(problem)?;
        Ok(value)
    }
}

impl FieldSpec {
    fn check_secret(&self, value: &Secret) -> Result<(), String> {
        let text = std::str::from_utf8(value.expose())
            .map_err(|_not_text| "must be text in UTF-8".to_owned())?;
        match self.kind {
            FieldKind::Json => structured::json(text, &self.json_keys),
            FieldKind::Pem => structured::pem(text.trim()),
            _ if text.chars().any(char::is_control) => {
                Err("must be one line, without control characters".to_owned())
            }
            _ => self.check_pattern(text),
        }
    }
}

fn without_line_end(value: Secret) -> Secret {
    let bytes = value.expose();
    let line_end = |b: &u8| matches!(b, b'\n' | b'\r');
    let kept = bytes.iter().rposition(|b| !line_end(b)).map_or(0, |at| at + 1);
    if kept == bytes.len() {
        return value;
    }
    Secret::new(bytes[..kept].to_vec())
}

fn check_length(value: &Secret) -> Result<(), String> {
    match value.len() {
        0 => Err("must not be empty".to_owned()),
        len if len > MAX_SECRET => {
            Err(format!("is {len} bytes long; at most {MAX_SECRET} are allowed"))
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::super::catalog;
    use super::*;

    fn check(type_name: &str, field: &str, value: &[u8], expected: Result<&[u8], &str>) {
        let schema = catalog::find(type_name).expect("the type exists");
        let actual = schema.normalize_secret(field, Secret::new(value.to_vec()));
        let actual = actual.as_ref().map(Secret::expose);
        let actual = actual.map_err(|problem| problem.message.as_str());
        assert_eq!(actual, expected, "{type_name} {field} {value:?}");
    }

    #[test]
    fn secrets_lose_their_line_end_and_nothing_else() {
        check("s3", "secret", b"hunter2\r\n", Ok(b"hunter2"));
        check("mysql", "password", b" hunter2 ", Ok(b" hunter2 "));
        check("mysql", "password", "höchst geheim".as_bytes(), Ok("höchst geheim".as_bytes()));
        check("mysql", "password", b"\n", Err("must not be empty"));
        check(
            "mysql",
            "password",
            b"hunter2\nx",
            Err("must be one line, without control characters"),
        );
        check("mysql", "password", b"\xff\xfe", Err("must be text in UTF-8"));
    }

    #[test]
    fn documents_are_checked_and_kept() {
        let key = br#"{"type": "service_account", "private_key": "x\ny"}"#;
        check("gcs", "service_account_key", key, Ok(key));
        let path = "must be a JSON document; it goes wrong in line 1, column 1";
        check("gcs", "service_account_key", b"/home/me/key.json", Err(path));
        let pem = b"-----BEGIN PRIVATE KEY-----\nTUlJ\n-----END PRIVATE KEY-----";
        check("snowflake", "private_key", pem, Ok(pem));
    }

    #[test]
    fn an_opaque_secret_is_any_bytes_up_to_the_limit() {
        let opaque = TypeSchema::opaque();
        let keep = |bytes: Vec<u8>| opaque.normalize_secret("key_store", Secret::new(bytes));
        assert_eq!(keep(b"\x00\xff\n".to_vec()).expect("kept").expose(), b"\x00\xff\n");
        assert!(keep(vec![b'x'; MAX_SECRET]).is_ok());
        let problem = keep(vec![b'x'; MAX_SECRET + 1]).unwrap_err();
        assert_eq!(problem.field, "key_store");
        assert_eq!(problem.message, "is 1048577 bytes long; at most 1048576 are allowed");
    }
}
