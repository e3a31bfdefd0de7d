//! Resources as the resource manager shows them. No answer of it is documented as JSON, so everything in them may be missing.

use connhub_sdk::{Error, Label};
use serde_json::{Map, Value};

/// What the server adds to a manifest, and takes from none.
const OF_THE_SERVER: [&str; 8] = [
    "generation",
    "uid",
    "created",
    "updated",
    "status",
    "aggregateStatus",
    "builderState",
    "runtimeState",
];

/// The tag of a Secret by which we know it as ours; the connection's name follows.
const OWN_TAG: &str = "connhub-connection:";

/// A Secret or a Depot: its manifest and what the server adds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Resource(Map<String, Value>);

/// The state of a resource.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Status {
    /// DataOS' word (`creating`, `active`, `error`); none if it has not said.
    pub(crate) word: Option<String>,
    /// What the builder says about it.
    pub(crate) message: Option<String>,
}

impl Resource {
    /// The resource in an answer.
    pub(crate) fn of(answer: Value) -> Result<Self, Error> {
        match answer {
            Value::Object(members) if members.contains_key("name") => Ok(Self(members)),
            _ => Err(Error::unavailable("DataOS answered with something that is no resource")),
        }
    }

    /// The manifest alone, to be written again.
    pub(crate) fn manifest(&self) -> Map<String, Value> {
        let own = self.0.iter().filter(|(key, _)| !OF_THE_SERVER.contains(&key.as_str()));
        own.map(|(key, value)| (key.clone(), value.clone())).collect()
    }

    /// All that was answered.
    pub(crate) fn into_members(self) -> Map<String, Value> {
        self.0
    }

    pub(crate) fn text(&self, key: &str) -> Option<&str> {
        self.0.get(key)?.as_str().filter(|text| !text.is_empty())
    }

    /// The number of the version that was read.
    pub(crate) fn generation(&self) -> Option<String> {
        match self.0.get("generation")? {
            Value::Number(number) => Some(number.to_string()),
            Value::String(text) if !text.is_empty() => Some(text.clone()),
            _ => None,
        }
    }

    pub(crate) fn tags(&self) -> Vec<&str> {
        tags_of(&self.0)
    }

    /// The body of a Secret, under either of the names that it may have.
    pub(crate) fn secret_body(&self) -> Option<&Map<String, Value>> {
        self.body(["secret", "spec"])
    }

    /// The body of a Depot, under either of the names that it may have.
    pub(crate) fn depot_body(&self) -> Option<&Map<String, Value>> {
        self.body(["spec", "depot"])
    }

    /// The keys of a Secret; empty where the server does not show them.
    pub(crate) fn secret_keys(&self) -> Vec<String> {
        let parts = ["data", "files"].into_iter();
        let parts = parts.filter_map(|part| self.secret_body()?.get(part)?.as_object());
        parts.flat_map(Map::keys).cloned().collect()
    }

    /// Whether a Secret was made for this connection.
    pub(crate) fn is_secret_of(&self, connection: &str) -> bool {
        self.tags().contains(&own_tag(connection).as_str())
    }

    pub(crate) fn status(&self) -> Status {
        let status = self.0.get("status");
        let inner = |key: &str| status.and_then(|status| status.get(key)).or(self.0.get(key));
        let word = inner("aggregateStatus").or(status).and_then(Value::as_str);
        let builder = inner("builderState");
        let part = |key: &str| builder.and_then(|state| state.get(key)).and_then(Value::as_str);
        let word = word.filter(|word| !word.is_empty()).map(str::to_ascii_lowercase);
        let failed = word.as_deref() == Some("error");
        let message = match (part("stage").unwrap_or_default(), part("info").unwrap_or_default()) {
            (_, "") => None,
            ("", info) => Some(info.to_owned()),
            ("error", info) if failed => Some(format!("it could not be built: {info}")),
            // The builder is done, and what was built does not work.
            ("building", info) if failed => Some(format!("it failed after it was built: {info}")),
            (stage, info) => Some(format!("stage `{stage}`: {info}")),
        };
        Status { word, message }
    }

    fn body(&self, names: [&str; 2]) -> Option<&Map<String, Value>> {
        names.into_iter().find_map(|name| self.0.get(name)?.as_object())
    }
}

impl Status {
    /// Whether nothing more will come of itself.
    pub(crate) fn is_settled(&self) -> bool {
        let under_way = ["creating", "pending", "building", "updating"];
        self.word.as_deref().is_some_and(|word| !under_way.contains(&word))
    }

    pub(crate) fn is_error(&self) -> bool {
        matches!(self.word.as_deref(), Some("error" | "failed"))
    }
}

/// The tag that marks the Secret of a connection.
pub(crate) fn own_tag(connection: &str) -> String {
    format!("{OWN_TAG}{connection}")
}

/// Whether a tag marks the Secret of any connection.
pub(crate) fn is_own_tag(tag: &str) -> bool {
    tag.starts_with(OWN_TAG)
}

/// Labels as tags: `KEY=VALUE`, or `KEY` alone where the value is empty.
pub(crate) fn tag_of(label: &Label) -> String {
    match label.value.as_str() {
        "" => label.key.clone(),
        value => format!("{}={value}", label.key),
    }
}

/// A tag as a label.
pub(crate) fn label_of(tag: &str) -> Label {
    let (key, value) = tag.split_once('=').unwrap_or((tag, ""));
    Label::new(key, value)
}

/// The tags of a manifest.
pub(crate) fn tags_of(manifest: &Map<String, Value>) -> Vec<&str> {
    let tags = manifest.get("tags").and_then(Value::as_array);
    tags.into_iter().flatten().filter_map(Value::as_str).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn resource(value: Value) -> Resource {
        Resource::of(value).expect("it is a resource")
    }

    #[test]
    fn the_state_is_found_wherever_it_is() {
        let check = |members: Value, word: Option<&str>, message: Option<&str>| {
            let mut value = json!({"name": "a"});
            let all = value.as_object_mut().expect("it is an object");
            all.extend(members.as_object().expect("members are given").clone());
            let status = resource(value).status();
            assert_eq!((status.word.as_deref(), status.message.as_deref()), (word, message));
        };
        check(json!({}), None, None);
        check(json!({"status": {"aggregateStatus": "Active"}}), Some("active"), None);
        check(json!({"aggregateStatus": "active"}), Some("active"), None);
        check(json!({"status": "creating"}), Some("creating"), None);
        let builder = json!({"stage": "building", "info": "no such host"});
        check(
            json!({"status": {"aggregateStatus": "error", "builderState": builder}}),
            Some("error"),
            Some("it failed after it was built: no such host"),
        );
        check(json!({"builderState": {"info": "why"}}), None, Some("why"));
    }

    #[test]
    fn a_state_is_settled_or_not() {
        let check = |word: Option<&str>, settled: bool, error: bool| {
            let status = Status { word: word.map(str::to_owned), message: None };
            assert_eq!((status.is_settled(), status.is_error()), (settled, error), "{word:?}");
        };
        check(None, false, false);
        check(Some("creating"), false, false);
        check(Some("active"), true, false);
        check(Some("error"), true, true);
        check(Some("deleted"), true, false);
    }

    #[test]
    fn manifests_leave_out_what_the_server_adds() {
        let read = resource(json!({
            "name": "a", "type": "secret", "uid": "u", "generation": 3, "created": "t",
            "status": {}, "custom": 1, "secret": {"data": {"k": "***"}, "files": {"f": "***"}},
        }));
        let keys: Vec<String> = read.manifest().keys().cloned().collect();
        assert_eq!(keys, ["custom", "name", "secret", "type"]);
        assert_eq!(read.generation().as_deref(), Some("3"));
        assert_eq!(read.secret_keys(), ["k", "f"]);
    }

    #[test]
    fn labels_are_tags() {
        let check = |tag: &str, key: &str, value: &str| {
            let label = label_of(tag);
            assert_eq!((label.key.as_str(), label.value.as_str()), (key, value));
            assert_eq!(tag_of(&label), tag);
        };
        check("snowflake", "snowflake", "");
        check("team=sales", "team", "sales");
        check("a=b=c", "a", "b=c");
        check("roles:id:user", "roles:id:user", "");
    }

    #[test]
    fn a_secret_is_known_by_its_tag() {
        let secret = resource(json!({"name": "a-cred", "tags": ["x", "connhub-connection:a"]}));
        assert!(secret.is_secret_of("a"));
        assert!(!secret.is_secret_of("b"));
    }
}
