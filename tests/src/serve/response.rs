use super::Request;

/// The answer of a [`Service`](super::Service).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Response {
    /// The HTTP status, 100 to 999.
    pub status: u16,
    /// The headers. `content-length` is added by the server.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Vec<u8>,
}

impl Response {
    /// An answer without body and headers.
    pub fn empty(status: u16) -> Self {
        Response { status, headers: Vec::new(), body: Vec::new() }
    }

    /// A body of any media type.
    pub fn with_body(status: u16, content_type: &str, body: impl Into<Vec<u8>>) -> Self {
        let answer = Response { body: body.into(), ..Response::empty(status) };
        answer.header("content-type", content_type)
    }

    /// A JSON body.
    pub fn json(status: u16, body: &serde_json::Value) -> Self {
        Response::with_body(status, "application/json", body.to_string())
    }

    /// A plain text body.
    pub fn text(status: u16, body: &str) -> Self {
        Response::with_body(status, "text/plain; charset=utf-8", body)
    }

    /// The same answer with one header more.
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// What of an answer a request asks for: all of it, or with `range: bytes=N-` the rest, unless
    /// `if-range` names another version.
    pub fn part_for(mut self, request: &Request) -> Self {
        let tag = self.headers.iter().find(|(name, _)| name == "etag").map(|(_, tag)| tag.as_str());
        let range = request.header("range").and_then(|range| range.strip_prefix("bytes="));
        let first = range.and_then(|range| range.strip_suffix('-')?.parse::<usize>().ok());
        let is_same = request.header("if-range").is_none_or(|asked| Some(asked) == tag);
        let Some(first) = first.filter(|_| is_same) else { return self };
        let total = self.body.len();
        if first >= total {
            return Response::empty(416).header("content-range", &format!("bytes */{total}"));
        }
        self.body.drain(..first);
        self.status = 206;
        self.header("content-range", &format!("bytes {first}-{}/{total}", total - 1))
    }
}
