//! What every visible value must be, whatever its kind: it is shown in lists, so it holds no secret.

use super::name::{fold, is_invisible, shown};

/// The value without what a copy from a page or a terminal puts around it.
pub(super) fn trimmed(value: &str) -> &str {
    value.trim_matches(|c: char| c.is_whitespace() || matches!(c, '\u{feff}' | '\u{200b}'))
}

/// Checks a value as it will be stored. The error is the message of a problem and does not repeat the value.
pub(super) fn check(value: &str, is_multiline: bool, max_len: usize) -> Result<(), String> {
    if value.is_empty() {
        return Err("must not be empty".to_owned());
    }
    if value.len() > max_len {
        return Err(format!("is {} bytes long; at most {max_len} are allowed", value.len()));
    }
    let is_allowed = |c: char| is_multiline && matches!(c, '\n' | '\r' | '\t');
    if let Some(c) = value.chars().find(|&c| is_invisible(c) && !is_allowed(c)) {
        return Err(format!("must not hold the invisible character U+{:04X}", c as u32));
    }
    secret_inside(value).map_or(Ok(()), Err)
}

/// Whether a name says that its value is a secret. It is asked only about names of which no schema knows.
pub(super) fn sounds_secret(name: &str) -> bool {
    const ENDINGS: [&str; 16] = [
        "password",
        "passwd",
        "pwd",
        "passphrase",
        "secret",
        "secretvalue",
        "token",
        "apikey",
        "secretkey",
        "secretaccesskey",
        "privatekey",
        "accountkey",
        "sharedaccesskey",
        "credential",
        "credentials",
        "dockerconfigjson",
    ];
    let folded = fold(name);
    ENDINGS.iter().any(|ending| folded.ends_with(ending))
}

/// Why a visible value with a secret in it is refused.
pub(super) fn refusal(reason: &str) -> String {
    format!(
        "must not hold {reason}, since it is shown in lists; give the secret in a field of its own"
    )
}

/// The query parameters with which a signed URI lets in whoever holds it.
const SIGNATURES: [&str; 5] =
    ["sig", "signature", "xamzsignature", "xgoogsignature", "xamzsecuritytoken"];

fn secret_inside(value: &str) -> Option<String> {
    let reason = if value.contains("PRIVATE KEY-----") {
        "a private key".to_owned()
    } else if has_userinfo(value) {
        "a login before the `@` of an address".to_owned()
    } else {
        format!("a value for `{}`", named_secret(value)?)
    };
    Some(refusal(&reason))
}

/// Whether some address in the text has something before an `@`. Backslashes count as slashes, as they do in browsers.
fn has_userinfo(value: &str) -> bool {
    let value = value.replace('\\', "/");
    value.match_indices("://").any(|(at, _)| {
        let rest = value[at + 3..].trim_start_matches('/');
        let end = rest.find(['/', '?', '#', ' ']).unwrap_or(rest.len());
        rest[..end].contains('@') || (rest.contains('@') && has_odd_port(&rest[..end]))
    })
}

/// Whether what stands where the port should be is none: a password with a slash in it ends there.
fn has_odd_port(authority: &str) -> bool {
    let port = authority.rsplit_once(':').map(|(_, port)| port);
    port.is_some_and(|port| !port.ends_with(']') && !port.bytes().all(|b| b.is_ascii_digit()))
}

/// The name in the first `NAME=VALUE` of an address or a connection string that gives a secret away.
fn named_secret(value: &str) -> Option<String> {
    let is_address = value.contains("://");
    let joined = value.replace(" =", "=").replace("= ", "=");
    let is_separator = |c: char| c.is_whitespace() || "?&;#,".contains(c);
    let mut pairs = joined.split(is_separator).filter_map(|pair| pair.split_once('='));
    let gives_away = |(name, value): &(&str, &str)| {
        let is_signature = is_address && SIGNATURES.contains(&fold(name).as_str());
        !value.trim_matches('=').is_empty() && (is_signature || sounds_secret(name))
    };
    pairs.find(gives_away).map(|(name, _)| shown(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_in_a_visible_value_is_refused_and_not_repeated() {
        let cases = [
            "https://user:hunter2@example.com",
            "https://hunter2@example.com/a",
            "jdbc:postgresql://user:hunter2@db/sales",
            "https:\\\\user:hunter2@example.com",
            "https:///user:hunter2@example.com",
            "a,mongodb://u:hunter2@h1,h2/db",
            "https://b.s3.amazonaws.com/k?X-Amz-Date=1&X-Amz-Signature=hunter2",
            "https://a.blob.core.windows.net/c?sv=1&sig=hunter2",
            "https://example.com/?access_token=hunter2",
            "https://example.com/?a=1#token=hunter2",
            "jdbc:mysql://db/sales?user=x&password=hunter2",
            "jdbc:sqlserver://db:1433;databaseName=sales;password=hunter2",
            "jdbc:postgresql://user:hunter2/x@db/sales",
            "DefaultEndpointsProtocol=https;AccountName=a;AccountKey=hunter2==",
            "host=db user=x password = hunter2",
            "-----BEGIN RSA PRIVATE KEY-----\nhunter2",
        ];
        for value in cases {
            let message = check(value, true, 4096).unwrap_err();
            assert!(message.starts_with("must not hold a"), "{value}: {message}");
            assert!(!message.contains("hunter2"), "{message}");
        }
    }

    #[test]
    fn harmless_values_pass() {
        let cases = [
            "https://example.com/a@b",
            "oci://quay.io/acme/model@sha256:abc",
            "loader@acme.iam.gserviceaccount.com",
            "https://example.com/?download=true&token=",
            "what?sig=1",
            "token",
            "YWJjdG9rZW4=",
            "a=b; c",
            "https://[::1]:9000/a@b",
            "https://db:5432/a@b",
            "a=b",
        ];
        for value in cases {
            assert_eq!(check(value, false, 4096), Ok(()), "{value}");
        }
    }

    #[test]
    fn names_of_secrets() {
        for name in [
            "password",
            "DB_PASSWORD",
            "AWS_SECRET_ACCESS_KEY",
            "api-key",
            "x.token",
            ".dockerconfigjson",
        ] {
            assert!(sounds_secret(name), "{name}");
        }
        for name in ["password_file", "token_url", "secret_name", "key", "AWS_ACCESS_KEY_ID", ""] {
            assert!(!sounds_secret(name), "{name}");
        }
    }
}
