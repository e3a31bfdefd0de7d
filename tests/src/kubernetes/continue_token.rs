use base64::Engine;
use serde::{Deserialize, Serialize};

use super::go_decoding;
use super::status::{Failure, bad_request};

/// Where a list goes on. A client must take it as opaque; the form is that of a real API server.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct ContinueToken {
    #[serde(rename = "v")]
    version: String,
    /// The revision of the list, or -1 to go on in the present state.
    #[serde(rename = "rv")]
    pub(super) revision: i64,
    start: String,
}

const VERSION: &str = "meta.k8s.io/v1";

impl ContinueToken {
    /// Goes on behind this object. The zero byte makes the least name that is greater.
    pub(super) fn behind(revision: u64, namespace: Option<&str>, name: &str) -> Self {
        let start = match namespace {
            Some(namespace) => format!("/{namespace}/{name}\0"),
            None => format!("/{name}\0"),
        };
        let revision = i64::try_from(revision).unwrap_or(i64::MAX);
        ContinueToken { version: VERSION.to_owned(), revision, start }
    }

    /// The same place in the present state.
    pub(super) fn in_present(&self) -> Self {
        ContinueToken { revision: -1, ..self.clone() }
    }

    pub(super) fn encode(&self) -> String {
        let json = serde_json::to_vec(self).expect("a number and two strings");
        go_decoding::RAW_URL.encode(json)
    }

    pub(super) fn decode(token: &str) -> Result<Self, Failure> {
        let invalid = |why: String| bad_request(format!("invalid continue token: {why}"));
        let bytes = go_decoding::RAW_URL.decode(token).map_err(|_| {
            let at = go_decoding::illegal_base64_at(token.as_bytes());
            invalid(format!("continue key is not valid: illegal base64 data at input byte {at}"))
        })?;
        let decoded: ContinueToken = serde_json::from_slice(&bytes).map_err(|_| {
            let why = go_decoding::syntax_error(&bytes);
            let why = why.unwrap_or_else(|| String::from("json: cannot unmarshal the token"));
            invalid(format!("continue key is not valid: {why}"))
        })?;
        if decoded.version != VERSION {
            let why = format!(
                "continue key is not valid: server does not recognize this encoded version {:?}",
                decoded.version
            );
            return Err(invalid(why));
        }
        Ok(decoded)
    }

    /// Namespace and name at which to go on. Within one namespace the former is empty.
    pub(super) fn start(&self) -> (&str, &str) {
        let start = self.start.strip_prefix('/').unwrap_or(&self.start);
        start.split_once('/').unwrap_or(("", start))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_recorded_token_is_understood() {
        let token = "eyJ2IjoibWV0YS5rOHMuaW8vdjEiLCJydiI6MTEzMjcsInN0YXJ0IjoiL2F3cy1jb25uZWN0aW9uLT\
            AwMDAyXHUwMDAwIn0";
        let decoded = ContinueToken::decode(token).expect("a token");
        assert_eq!(decoded, ContinueToken::behind(11327, None, "aws-connection-00002"));
        assert_eq!(decoded.encode(), token);
        assert_eq!(decoded.start(), ("", "aws-connection-00002\0"));
    }

    #[test]
    fn namespaces_are_part_of_the_place() {
        let token = ContinueToken::behind(3, Some("n"), "a").in_present();
        assert_eq!((token.start(), token.revision), (("n", "a\0"), -1));
    }

    #[test]
    fn other_tokens_are_refused() {
        for token in ["garbage", "%%%", "e30", "bnVsbA"] {
            assert!(ContinueToken::decode(token).is_err(), "{token}");
        }
    }
}
