use super::status::{Failure, not_acceptable};
use crate::serve::Request;

/// The form in which a client wants an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    /// The objects themselves.
    Whole,
    /// `PartialObjectMetadata` or a list of them: no values.
    MetadataOnly,
    /// The rows that `kubectl get` prints.
    Table,
}

/// Whether a request asks for one object or a collection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shape {
    One,
    Many,
}

/// Takes the first acceptable entry of the `Accept` header. A real server also answers YAML and
/// protobuf; a client that accepts nothing else gets a 406 from this one.
pub(super) fn negotiate(request: &Request, shape: Shape) -> Result<Form, Failure> {
    let Some(accept) = request.header("accept").filter(|accept| !accept.trim().is_empty()) else {
        return Ok(Form::Whole);
    };
    let forms = accept.split(',').filter_map(|entry| form(entry, shape));
    forms.into_iter().next().ok_or_else(not_acceptable)
}

fn form(entry: &str, shape: Shape) -> Option<Form> {
    let mut parts = entry.split(';').map(str::trim);
    let media_type = parts.next()?;
    let parameters: Vec<(&str, &str)> = parts.filter_map(|part| part.split_once('=')).collect();
    let parameter = |name| parameters.iter().find(|(key, _)| *key == name).map(|(_, value)| *value);
    if !["application/json", "application/*", "*/*"].contains(&media_type) {
        return None;
    }
    let meta = parameter("g") == Some("meta.k8s.io") && parameter("v") == Some("v1");
    match (parameter("as"), shape) {
        (None, _) => Some(Form::Whole),
        (Some("Table"), _) if meta => Some(Form::Table),
        (Some("PartialObjectMetadata"), Shape::One) if meta => Some(Form::MetadataOnly),
        (Some("PartialObjectMetadataList"), Shape::Many) if meta => Some(Form::MetadataOnly),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(accept: Option<&str>, shape: Shape, expected: Option<Form>) {
        let mut headers = http::HeaderMap::new();
        if let Some(accept) = accept {
            headers.insert("accept", accept.parse().expect("a header"));
        }
        let request = Request {
            method: http::Method::GET,
            path: String::from("/"),
            query: Vec::new(),
            headers,
            body: bytes::Bytes::new(),
            client_certificate: None,
        };
        assert_eq!(negotiate(&request, shape).ok(), expected, "{accept:?}");
    }

    #[test]
    fn forms() {
        let table = "application/json;as=Table;v=v1;g=meta.k8s.io";
        let list = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1";
        check(None, Shape::Many, Some(Form::Whole));
        check(Some("*/*"), Shape::One, Some(Form::Whole));
        check(Some("application/json"), Shape::Many, Some(Form::Whole));
        check(Some(table), Shape::Many, Some(Form::Table));
        check(Some(&format!("{table}, application/json")), Shape::One, Some(Form::Table));
        check(Some(list), Shape::Many, Some(Form::MetadataOnly));
        check(Some(list), Shape::One, None);
        check(Some(&format!("{list},application/json")), Shape::One, Some(Form::Whole));
        check(Some("application/json;as=Table;v=v9;g=meta.k8s.io"), Shape::Many, None);
        check(Some("text/html"), Shape::Many, None);
    }
}
