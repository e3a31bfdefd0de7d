//! JSON documents and PEM blocks. Both hold secrets, so no message repeats any of their text.

use std::collections::HashMap;

use serde::de::IgnoredAny;

use super::suggest;

/// Checks that the text is JSON, and an object with the given keys if there are any.
pub(super) fn json(text: &str, keys: &[String]) -> Result<(), String> {
    // The words of the parser may quote the document: only the place is passed on.
    if let Err(error) = serde_json::from_str::<IgnoredAny>(text) {
        return Err(format!(
            "must be a JSON document; it goes wrong in line {}, column {}",
            error.line(),
            error.column()
        ));
    }
    if keys.is_empty() {
        return Ok(());
    }
    let object: HashMap<String, IgnoredAny> = serde_json::from_str(text).unwrap_or_default();
    let is_missing = |key: &&str| !object.contains_key(*key);
    let missing: Vec<&str> = keys.iter().map(String::as_str).filter(is_missing).collect();
    if missing.is_empty() {
        return Ok(());
    }
    Err(format!(
        "must be a JSON object with {}; give the whole content of the file",
        suggest::listed(missing.into_iter(), "and")
    ))
}

/// Checks that the text is one PEM block or several.
pub(super) fn pem(text: &str) -> Result<(), String> {
    let mut label: Option<&str> = None;
    let mut blocks = 0;
    for line in text.lines().map(str::trim_end).filter(|line| !line.is_empty()) {
        match label {
            None => label = Some(boundary(line, "BEGIN").ok_or_else(bad_pem)?),
            Some(open) if line.starts_with("-----") => {
                boundary(line, "END").filter(|close| *close == open).ok_or_else(bad_pem)?;
                label = None;
                blocks += 1;
            }
            Some(_) if is_body(line) => {}
            Some(_) => return Err(bad_pem()),
        }
    }
    if label.is_none() && blocks > 0 { Ok(()) } else { Err(bad_pem()) }
}

fn bad_pem() -> String {
    "must be PEM, from `-----BEGIN …-----` to `-----END …-----` with real line ends; a file is given \
     with `FIELD=@FILE`"
        .to_owned()
}

fn boundary<'a>(line: &'a str, word: &str) -> Option<&'a str> {
    line.strip_prefix("-----")?.strip_prefix(word)?.strip_prefix(' ')?.strip_suffix("-----")
}

/// Base64, or a header such as `DEK-Info: AES-256-CBC,…` of an encrypted key.
fn is_body(line: &str) -> bool {
    let is_base64 = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'/' | b'=');
    line.bytes().all(is_base64)
        || line.split_once(": ").is_some_and(|(name, _)| !name.contains(' '))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_documents() {
        let check = |text: &str, keys: &[&str], expected: Result<(), &str>| {
            let keys: Vec<String> = keys.iter().map(ToString::to_string).collect();
            assert_eq!(json(text, &keys), expected.map_err(str::to_owned), "{text}");
        };
        check("[1]", &[], Ok(()));
        check("{\"auths\": {\"hunter2\": 1}}", &["auths"], Ok(()));
        let message = "must be a JSON document; it goes wrong in line 1, column 1";
        check("hunter2", &[], Err(message));
        let message = "must be a JSON object with `auths`; give the whole content of the file";
        for text in ["{\"hunter2\": \"hunter2\"}", "\"hunter2\"", "[\"hunter2\"]"] {
            check(text, &["auths"], Err(message));
        }
        assert!(json(&"[".repeat(100_000), &[]).is_err());
    }

    #[test]
    fn pem_blocks() {
        let certificate = "-----BEGIN CERTIFICATE-----\nTUlJ\n-----END CERTIFICATE-----";
        let key = "-----BEGIN RSA PRIVATE KEY-----\r\nProc-Type: 4,ENCRYPTED\r\nDEK-Info: A,1\r\n\r\nTUlJ\r\n\
                   -----END RSA PRIVATE KEY-----\r\n";
        let good =
            [certificate.to_owned(), format!("{certificate}\n\n{certificate}"), key.to_owned()];
        for text in good {
            assert_eq!(pem(&text), Ok(()), "{text}");
        }
        let bad = [
            "",
            "hunter2",
            "/etc/ssl/ca.pem",
            "-----BEGIN CERTIFICATE-----\nTUlJ",
            "-----BEGIN CERTIFICATE-----\nTUlJ\n-----END PRIVATE KEY-----",
            "-----BEGIN CERTIFICATE-----\\nTUlJ\\n-----END CERTIFICATE-----",
            "-----BEGIN CERTIFICATE-----\nhunter2!\n-----END CERTIFICATE-----",
        ];
        for text in bad {
            let message = pem(text).unwrap_err();
            assert!(!message.contains("hunter2"), "{message}");
        }
    }
}
