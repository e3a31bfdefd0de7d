//! Requests to the endpoints that the grant names.

use serde::de::DeserializeOwned;

use crate::bindings::connhub::connector::http as contract;
use crate::{Error, Json, Secret};

pub use crate::bindings::connhub::connector::http::{
    Encoding, Error as HttpError, Header, MaskedValues, Parameter,
};

/// What the host puts in the place of a value that the grant masks.
pub const MASK: &str = "***";

/// A piece of a body. The pieces are joined without anything between them.
#[derive(Debug)]
pub enum Part<'a> {
    /// Bytes as they are.
    Bytes(Vec<u8>),
    /// A secret, which the host writes at this place.
    Secret {
        /// The secret.
        value: &'a Secret,
        /// How it is written.
        encoding: Encoding,
    },
}

/// A request. [`Host::send`](crate::Host::send) sends it.
///
/// ```
/// use connhub_sdk::{Json, Request, path};
/// let request = Request::post(path(["api", "v1", "things"]))
///     .query("dryRun", "All")
///     .json(Json::object([("name", Json::from("a"))]));
/// assert_eq!(request.path, "/api/v1/things");
/// ```
#[derive(Debug)]
pub struct Request<'a> {
    /// An upper-case method.
    pub method: String,
    /// The absolute path, percent-encoded: see [`path`](crate::path()).
    pub path: String,
    /// The query, which the host encodes.
    pub query: Vec<Parameter>,
    /// Headers but those of the login and the transport.
    pub headers: Vec<Header>,
    /// The body.
    pub body: Vec<Part<'a>>,
    /// What becomes of the values that the grant masks in the answer.
    pub masked: MaskedValues,
    /// Parts of a JSON answer that are not wanted, as pointers in which `*` stands for any one member or element.
    pub omit: Vec<String>,
}

impl<'a> Request<'a> {
    /// A request without a body.
    pub fn new(method: &str, path: impl Into<String>) -> Self {
        Self {
            method: method.to_owned(),
            path: path.into(),
            query: Vec::new(),
            headers: Vec::new(),
            body: Vec::new(),
            masked: MaskedValues::Hide,
            omit: Vec::new(),
        }
    }

    /// Reads.
    pub fn get(path: impl Into<String>) -> Self {
        Self::new("GET", path)
    }

    /// Creates.
    pub fn post(path: impl Into<String>) -> Self {
        Self::new("POST", path)
    }

    /// Replaces.
    pub fn put(path: impl Into<String>) -> Self {
        Self::new("PUT", path)
    }

    /// Changes.
    pub fn patch(path: impl Into<String>) -> Self {
        Self::new("PATCH", path)
    }

    /// Deletes.
    pub fn delete(path: impl Into<String>) -> Self {
        Self::new("DELETE", path)
    }

    /// Adds a parameter of the query.
    #[must_use]
    pub fn query(mut self, name: &str, value: impl Into<String>) -> Self {
        self.query.push(Parameter { name: name.to_owned(), value: value.into() });
        self
    }

    /// Adds a header.
    #[must_use]
    pub fn header(mut self, name: &str, value: impl Into<String>) -> Self {
        self.headers.push(Header { name: name.to_owned(), value: value.into() });
        self
    }

    /// Sets a body of JSON.
    #[must_use]
    pub fn json(self, body: Json<'a>) -> Self {
        self.json_as("application/json", body)
    }

    /// Sets a body of JSON with a media type of its own, such as `application/merge-patch+json`.
    #[must_use]
    pub fn json_as(mut self, media_type: &str, body: Json<'a>) -> Self {
        self.body = body.into_parts();
        self.header("content-type", media_type)
    }

    /// Asks for the masked values of the answer as handles.
    #[must_use]
    pub fn with_handles(mut self) -> Self {
        self.masked = MaskedValues::Handles;
        self
    }

    /// Leaves a part of a JSON answer out, such as `/items/*/metadata/managedFields`.
    #[must_use]
    pub fn omit(mut self, pointer: &str) -> Self {
        self.omit.push(pointer.to_owned());
        self
    }
}

/// A masked value of an answer.
#[derive(Debug)]
pub struct MaskedValue {
    /// The JSON pointer (RFC 6901) to its place in the body.
    pub pointer: String,
    /// The value, decoded as the grant says.
    pub value: Secret,
}

/// An answer.
#[derive(Debug)]
pub struct Response {
    /// The status code.
    pub status: u16,
    /// Content headers and those that the grant names, by lower-case name.
    pub headers: Vec<Header>,
    /// The body, with `***` in the places of masked values.
    pub body: Vec<u8>,
    /// The masked values, if the request asked for them.
    pub secrets: Vec<MaskedValue>,
}

impl Response {
    /// Whether the status is one of success, 200 to 299.
    pub fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
    }

    /// The value of a header, by lower-case name.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|header| header.name == name).map(|header| header.value.as_str())
    }

    /// The seconds of `retry-after`, if the answer has the header, the grant names it, and it is a number.
    pub fn retry_after(&self) -> Option<u32> {
        self.header("retry-after")?.trim().parse().ok()
    }

    /// The body as text, with replacement characters where it is not UTF-8.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// The body as JSON.
    ///
    /// # Errors
    ///
    /// [`Error::Unavailable`] for a body that is not JSON of this shape. The text names the place in the body, not what is there.
    pub fn json<T: DeserializeOwned>(&self) -> Result<T, Error> {
        serde_json::from_slice(&self.body).map_err(|error| {
            let (line, column) = (error.line(), error.column());
            let status = self.status;
            Error::unavailable(format!(
                "the answer (status {status}) is not the expected JSON at line {line}, column {column}"
            ))
        })
    }

    /// Takes the masked value at a pointer.
    pub fn take_secret(&mut self, pointer: &str) -> Option<Secret> {
        let index = self.secrets.iter().position(|masked| masked.pointer == pointer)?;
        Some(self.secrets.swap_remove(index).value)
    }

    /// Takes the masked values directly below a pointer, by the names of their members: below `/data`, what is at `/data/a~1b` has the
    /// name `a/b`.
    pub fn take_secrets_below(&mut self, pointer: &str) -> Vec<(String, Secret)> {
        let (below, others) = std::mem::take(&mut self.secrets)
            .into_iter()
            .partition(|masked| member_of(pointer, &masked.pointer).is_some());
        self.secrets = others;
        let named =
            |masked: MaskedValue| Some((member_of(pointer, &masked.pointer)?, masked.value));
        Vec::into_iter(below).filter_map(named).collect()
    }
}

/// The name of the member that `pointer` points to, if it is one of the object at `parent`.
fn member_of(parent: &str, pointer: &str) -> Option<String> {
    let name = pointer.strip_prefix(parent)?.strip_prefix('/')?;
    (!name.contains('/')).then(|| name.replace("~1", "/").replace("~0", "~"))
}

impl<'a> From<Request<'a>> for contract::Request<'a>
where
    contract::Part<'a>: From<Part<'a>>,
{
    fn from(request: Request<'a>) -> Self {
        Self {
            method: request.method,
            path: request.path,
            query: request.query,
            headers: request.headers,
            body: request.body.into_iter().map(Into::into).collect(),
            masked: request.masked,
            omit: request.omit,
        }
    }
}

#[cfg(target_arch = "wasm32")]
impl<'a> From<Part<'a>> for contract::Part<'a> {
    fn from(part: Part<'a>) -> Self {
        match part {
            Part::Bytes(bytes) => Self::Bytes(bytes),
            Part::Secret { value, encoding } => {
                Self::Secret(contract::PlacedSecret { value: &value.0, encoding })
            }
        }
    }
}

#[cfg(target_arch = "wasm32")]
impl From<contract::Response> for Response {
    fn from(response: contract::Response) -> Self {
        let masked = |masked: contract::MaskedValue| MaskedValue {
            pointer: masked.pointer,
            value: Secret(masked.value),
        };
        Self {
            status: response.status,
            headers: response.headers,
            body: response.body,
            secrets: response.secrets.into_iter().map(masked).collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{secret, value_of};

    #[test]
    fn masked_values_are_found_by_member_name() {
        let masked =
            |pointer: &str| MaskedValue { pointer: pointer.into(), value: secret(pointer) };
        let mut response = Response {
            status: 200,
            headers: Vec::new(),
            body: Vec::new(),
            secrets: ["/data/a~1b~0", "/database/x", "/data/deep/er"].map(masked).into(),
        };
        let below = response.take_secrets_below("/data");
        assert_eq!(below.len(), 1);
        assert_eq!(below[0].0, "a/b~");
        let other = response.take_secret("/database/x").expect("it is still there");
        assert_eq!(value_of(&other), b"/database/x");
        assert!(response.take_secret("/database/x").is_none());
    }

    #[test]
    fn json_errors_do_not_repeat_the_body() {
        let response = Response {
            status: 200,
            headers: Vec::new(),
            body: br#"{"a": "canary"}"#.to_vec(),
            secrets: Vec::new(),
        };
        #[derive(Debug, serde::Deserialize)]
        struct Body {
            #[expect(dead_code, reason = "only the failure to read it is looked at")]
            a: u32,
        }
        let error = response.json::<Body>().expect_err("a text is no number");
        assert!(!format!("{error:?}").contains("canary"));
    }
}
