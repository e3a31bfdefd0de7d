use bytes::Bytes;
use http::{HeaderMap, Method};

/// One request, as a [`Service`](super::Service) sees it.
#[derive(Clone, Debug)]
pub struct Request {
    /// The method.
    pub method: Method,
    /// The path as it was sent, percent-encoding included, without the query.
    pub path: String,
    /// The query's pairs in their order, decoded.
    pub query: Vec<(String, String)>,
    /// All headers.
    pub headers: HeaderMap,
    /// The whole body.
    pub body: Bytes,
    /// The client's certificate in DER form. Only a TLS server that asks for one has it.
    pub client_certificate: Option<Vec<u8>>,
}

impl Request {
    /// The first value of a query parameter.
    pub fn query(&self, name: &str) -> Option<&str> {
        let pair = self.query.iter().find(|(key, _)| key == name)?;
        Some(&pair.1)
    }

    /// A header's value, or `None` if it is absent or not text.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// The path's segments, percent-decoded, without empty ones.
    pub fn segments(&self) -> Vec<String> {
        let segments = self.path.split('/').filter(|segment| !segment.is_empty());
        segments.map(percent_decode).collect()
    }
}

/// A request that a [`Server`](super::Server) has received, kept for assertions.
#[derive(Clone, Debug)]
pub struct Recorded {
    /// The method.
    pub method: Method,
    /// The path and query as they were sent.
    pub path: String,
    /// All headers.
    pub headers: HeaderMap,
    /// The body, empty if it was too large to be read.
    pub body: Bytes,
}

/// Decodes a query string into its pairs.
pub(super) fn query_pairs(query: Option<&str>) -> Vec<(String, String)> {
    let pairs = url::form_urlencoded::parse(query.unwrap_or_default().as_bytes());
    pairs.map(|(key, value)| (key.into_owned(), value.into_owned())).collect()
}

/// In a path, unlike in a query, `+` stands for itself.
fn percent_decode(segment: &str) -> String {
    let mut decoded = Vec::with_capacity(segment.len());
    let mut rest = segment.as_bytes();
    while let Some((&byte, tail)) = rest.split_first() {
        match (byte, hex_pair(tail)) {
            (b'%', Some(value)) => {
                decoded.push(value);
                rest = &tail[2..];
            }
            _ => {
                decoded.push(byte);
                rest = tail;
            }
        }
    }
    String::from_utf8_lossy(&decoded).into_owned()
}

fn hex_pair(bytes: &[u8]) -> Option<u8> {
    let digits = std::str::from_utf8(bytes.get(..2)?).ok()?;
    u8::from_str_radix(digits, 16).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(path: &str, query: Option<&str>) -> Request {
        Request {
            method: Method::GET,
            path: path.to_owned(),
            query: query_pairs(query),
            headers: HeaderMap::new(),
            body: Bytes::new(),
            client_certificate: None,
        }
    }

    #[test]
    fn segments_are_decoded() {
        let check = |path, expected: &[&str]| {
            assert_eq!(request(path, None).segments(), expected, "{path}");
        };
        check("/", &[]);
        check("/a//b/", &["a", "b"]);
        check("/a%2Fb/c+d", &["a/b", "c+d"]);
        check("/100%/%4", &["100%", "%4"]);
    }

    #[test]
    fn query_is_decoded_in_order() {
        let request = request("/", Some("a=1&b=x%3Dy+z&a=2"));
        assert_eq!(request.query("a"), Some("1"));
        assert_eq!(request.query("b"), Some("x=y z"));
        assert_eq!(request.query("c"), None);
        assert_eq!(request.query.len(), 3);
    }
}
