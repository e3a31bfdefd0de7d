//! Signatures of requests to AWS and to what speaks like it: Signature Version 4, in the header `Authorization`.
//!
//! <https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html>

use http::header::AUTHORIZATION;
use http::{HeaderMap, HeaderName, HeaderValue};
use jiff::Timestamp;
use ring::digest::{SHA256, digest};
use ring::hmac::{HMAC_SHA256, Key, sign as hmac};
use url::Url;

use super::http::authority;
use crate::model::Secret;

const ALGORITHM: &str = "AWS4-HMAC-SHA256";
const DATE: HeaderName = HeaderName::from_static("x-amz-date");
const HASH: HeaderName = HeaderName::from_static("x-amz-content-sha256");
const TOKEN: HeaderName = HeaderName::from_static("x-amz-security-token");

/// Keys, and for what they are used.
pub struct Signer<'a> {
    /// The access key id.
    pub id: &'a str,
    /// The secret access key.
    pub key: &'a Secret,
    /// The token that belongs to temporary keys.
    pub token: Option<&'a Secret>,
    /// The region.
    pub region: &'a str,
    /// The service, such as `s3`.
    pub service: &'a str,
}

impl Signer<'_> {
    /// The headers that sign a request without a body. Path and query of the address are signed as they are: encoded by [`query`], and the
    /// path once.
    pub fn headers(&self, method: &str, url: &Url, now: Timestamp) -> HeaderMap {
        let time = now.strftime("%Y%m%dT%H%M%SZ").to_string();
        let hash = hex(digest(&SHA256, b"").as_ref());
        let token = self.token.map(|token| String::from_utf8_lossy(token.expose()).into_owned());
        let mut signed = vec![
            ("host", authority(url)),
            ("x-amz-content-sha256", hash.clone()),
            ("x-amz-date", time.clone()),
        ];
        signed.extend(token.clone().map(|token| ("x-amz-security-token", token)));
        let lines: String =
            signed.iter().map(|(name, value)| format!("{name}:{}\n", value.trim())).collect();
        let names: Vec<&str> = signed.iter().map(|(name, _)| *name).collect();
        let names = names.join(";");
        let (path, query) = (url.path(), url.query().unwrap_or_default());
        let canonical = format!("{method}\n{path}\n{query}\n{lines}\n{names}\n{hash}");
        let day = time.get(..8).unwrap_or_default();
        let scope = format!("{day}/{}/{}/aws4_request", self.region, self.service);
        let canonical = hex(digest(&SHA256, canonical.as_bytes()).as_ref());
        let text = format!("{ALGORITHM}\n{time}\n{scope}\n{canonical}");
        let signature = hex(&self.sign(day, text.as_bytes()));
        let authorization = format!(
            "{ALGORITHM} Credential={}/{scope},SignedHeaders={names},Signature={signature}",
            self.id
        );
        let pairs = [
            (AUTHORIZATION, Some(authorization)),
            (DATE, Some(time)),
            (HASH, Some(hash)),
            (TOKEN, token),
        ];
        let mut headers = HeaderMap::new();
        for (name, value) in pairs {
            // What no header can hold is not sent, and the server says that the signature is wrong.
            if let Some(Ok(mut value)) = value.map(|value| HeaderValue::from_str(&value)) {
                value.set_sensitive(true);
                headers.insert(name, value);
            }
        }
        headers
    }

    fn sign(&self, day: &str, text: &[u8]) -> Vec<u8> {
        let first = [b"AWS4".as_slice(), self.key.expose()].concat();
        let parts = [day, self.region, self.service, "aws4_request"];
        let key = parts.iter().fold(Secret::new(first), |key, part| {
            Secret::new(
                hmac(&Key::new(HMAC_SHA256, key.expose()), part.as_bytes()).as_ref().to_vec(),
            )
        });
        hmac(&Key::new(HMAC_SHA256, key.expose()), text).as_ref().to_vec()
    }
}

/// A query in the order and the encoding in which it is signed.
pub fn query(pairs: &[(&str, &str)]) -> String {
    let mut pairs: Vec<(String, String)> =
        pairs.iter().map(|(name, value)| (encoded(name), encoded(value))).collect();
    pairs.sort();
    let pairs: Vec<String> =
        pairs.into_iter().map(|(name, value)| format!("{name}={value}")).collect();
    pairs.join("&")
}

/// Everything but letters, digits and `-._~` is encoded (RFC 3986 §2.3).
pub fn encoded(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
                encoded.push(char::from(byte));
            }
            other => encoded.push_str(&format!("%{other:02X}")),
        }
    }
    encoded
}

/// Bytes as hexadecimal digits.
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The examples of the page above.
    #[test]
    fn signatures_are_those_that_amazon_publishes() {
        let key = Secret::from("wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY".to_owned());
        let signer = Signer {
            id: "AKIAIOSFODNN7EXAMPLE",
            key: &key,
            token: None,
            region: "us-east-1",
            service: "s3",
        };
        let now: Timestamp = "2013-05-24T00:00:00Z".parse().unwrap();
        let check = |query: &str, signature: &str| {
            let url =
                Url::parse(&format!("https://examplebucket.s3.amazonaws.com/?{query}")).unwrap();
            let headers = signer.headers("GET", &url, now);
            let expected = format!(
                "AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request,\
                 SignedHeaders=host;x-amz-content-sha256;x-amz-date,Signature={signature}"
            );
            assert_eq!(headers[AUTHORIZATION], expected, "{query}");
            assert_eq!(headers[DATE], "20130524T000000Z");
        };
        check(
            &query(&[("lifecycle", "")]),
            "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543",
        );
        check(
            &query(&[("prefix", "J"), ("max-keys", "2")]),
            "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7",
        );
    }

    #[test]
    fn a_token_is_signed_too_and_headers_do_not_print() {
        let key = Secret::from("key".to_owned());
        let token = Secret::from("s3cret-token".to_owned());
        let signer =
            Signer { id: "id", key: &key, token: Some(&token), region: "r", service: "es" };
        let url = Url::parse("https://h:9200/a").unwrap();
        let headers = signer.headers("GET", &url, Timestamp::UNIX_EPOCH);
        assert_eq!(headers[TOKEN], "s3cret-token");
        let signed = headers[AUTHORIZATION].to_str().unwrap();
        assert!(
            signed.contains(
                "SignedHeaders=host;x-amz-content-sha256;x-amz-date;x-amz-security-token"
            )
        );
        assert!(!format!("{headers:?}").contains("s3cret"));
    }

    #[test]
    fn queries_are_sorted_and_encoded() {
        assert_eq!(query(&[("b", "x/y z"), ("a", "~")]), "a=~&b=x%2Fy%20z");
    }
}
