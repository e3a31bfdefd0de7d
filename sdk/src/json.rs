//! JSON bodies in which a secret is a value like any other.

use serde_json::Value;

use crate::Secret;
use crate::http::{Encoding, Part};

/// A JSON value whose leaves may be secrets.
///
/// ```
/// use connhub_sdk::{Json, testing::secret};
/// let password = secret("p");
/// let body = Json::object([
///     ("user", Json::from("me")),
///     ("password", Json::secret(&password)),
///     ("data", Json::object([("password", Json::secret_base64(&password))])),
/// ]);
/// assert_eq!(body.into_parts().len(), 5);
/// ```
#[derive(Clone, Debug)]
pub enum Json<'a> {
    /// Anything without secrets.
    Plain(Value),
    /// A list.
    Array(Vec<Json<'a>>),
    /// Members in the order in which they are written. The caller sees to it that no key is there twice.
    Object(Vec<(String, Json<'a>)>),
    /// A string that is the secret, which must be UTF-8.
    SecretText(&'a Secret),
    /// A string that is the secret in base64.
    SecretBase64(&'a Secret),
}

impl<'a> Json<'a> {
    /// An object of these members.
    pub fn object<K: Into<String>>(members: impl IntoIterator<Item = (K, Json<'a>)>) -> Self {
        Self::Object(members.into_iter().map(|(key, value)| (key.into(), value)).collect())
    }

    /// A secret as a JSON string.
    pub fn secret(value: &'a Secret) -> Self {
        Self::SecretText(value)
    }

    /// A secret as a JSON string of base64.
    pub fn secret_base64(value: &'a Secret) -> Self {
        Self::SecretBase64(value)
    }

    /// The pieces of a request's body.
    pub fn into_parts(self) -> Vec<Part<'a>> {
        let mut writer = Writer::default();
        writer.value(self);
        writer.finish()
    }
}

impl<T: Into<Value>> From<T> for Json<'_> {
    fn from(value: T) -> Self {
        Self::Plain(value.into())
    }
}

#[derive(Default)]
struct Writer<'a> {
    text: String,
    parts: Vec<Part<'a>>,
}

impl<'a> Writer<'a> {
    fn value(&mut self, value: Json<'a>) {
        match value {
            Json::Plain(value) => self.text.push_str(&value.to_string()),
            Json::Array(items) => self.array(items),
            Json::Object(members) => self.object(members),
            // The host writes the quotation marks of this encoding.
            Json::SecretText(secret) => self.secret(secret, Encoding::JsonString),
            Json::SecretBase64(secret) => {
                self.text.push('"');
                self.secret(secret, Encoding::Base64);
                self.text.push('"');
            }
        }
    }

    fn array(&mut self, items: Vec<Json<'a>>) {
        self.text.push('[');
        for (index, item) in items.into_iter().enumerate() {
            self.separate(index);
            self.value(item);
        }
        self.text.push(']');
    }

    fn object(&mut self, members: Vec<(String, Json<'a>)>) {
        self.text.push('{');
        for (index, (key, value)) in members.into_iter().enumerate() {
            self.separate(index);
            self.text.push_str(&Value::from(key).to_string());
            self.text.push(':');
            self.value(value);
        }
        self.text.push('}');
    }

    fn separate(&mut self, index: usize) {
        if index > 0 {
            self.text.push(',');
        }
    }

    fn secret(&mut self, value: &'a Secret, encoding: Encoding) {
        self.flush();
        self.parts.push(Part::Secret { value, encoding });
    }

    fn flush(&mut self) {
        if !self.text.is_empty() {
            self.parts.push(Part::Bytes(std::mem::take(&mut self.text).into_bytes()));
        }
    }

    fn finish(mut self) -> Vec<Part<'a>> {
        self.flush();
        self.parts
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::testing::{render, secret};

    #[test]
    fn secrets_and_keys_are_escaped_in_their_places() {
        let value = secret("a\"b\\\n");
        let body = Json::object([
            ("k\"ey", Json::from("x")),
            ("list", Json::Array(vec![Json::from(1), Json::secret(&value), Json::from(true)])),
            ("base64", Json::secret_base64(&value)),
            ("plain", Json::from(json!({"n": null}))),
            ("empty", Json::Object(Vec::new())),
        ]);
        let bytes = render(&body.into_parts());
        let parsed: Value = serde_json::from_slice(&bytes).expect("the body is JSON");
        let expected = json!({
            "k\"ey": "x", "list": [1, "a\"b\\\n", true], "base64": "YSJiXAo=",
            "plain": {"n": null}, "empty": {},
        });
        assert_eq!(parsed, expected);
    }
}
