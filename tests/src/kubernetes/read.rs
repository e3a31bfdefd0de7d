use std::sync::Arc;

use serde_json::{Value, json};

use super::accept::{Form, Shape, negotiate};
use super::call::Call;
use super::continue_token::ContinueToken;
use super::resource_type::Scope;
use super::selector::{FieldSelector, LabelSelector};
use super::status::{self, Failure, bad_request};
use super::store::{Key, Store, Stored};
use super::table;
use crate::serve::Response;

/// Answers a GET of one object.
pub(super) fn get(call: &Call<'_>, store: &Store) -> Result<Response, Failure> {
    let form = negotiate(call.request, Shape::One)?;
    let name = &call.info.name;
    let stored = store.get(&call.key(name));
    let object = stored.ok_or_else(|| status::not_found(call.subject(name)))?.object();
    Ok(Response::json(
        200,
        &match form {
            Form::Whole => call.shown(object),
            Form::MetadataOnly => partial(&object),
            Form::Table => {
                let revision = object["metadata"]["resourceVersion"].clone();
                table::table(call.of, json!({"resourceVersion": revision}), &[object])
            }
        },
    ))
}

/// Answers a GET of a collection.
pub(super) fn list(call: &Call<'_>, store: &Store) -> Result<Response, Failure> {
    let form = negotiate(call.request, Shape::Many)?;
    if call.request.query("watch").is_some_and(|watch| ["true", "1"].contains(&watch)) {
        return Err(status::not_implemented("watches"));
    }
    let page = Page::read(call, store)?;
    let body = match form {
        Form::Whole => whole_list(call, &page),
        Form::MetadataOnly => partial_list(&page).to_string(),
        Form::Table => table::table(call.of, page.metadata, &objects(&page.items)).to_string(),
    };
    Ok(Response::with_body(200, "application/json", body))
}

/// What a list of the same request would show, however many pages it would take.
pub(super) fn selected_keys(call: &Call<'_>, store: &Store) -> Result<Vec<Key>, Failure> {
    let selection = Selection::read(call)?;
    let all = store.list(call.of, in_namespace(call), ("", ""), store.revision());
    let wanted = all.filter(|(key, stored)| selection.matches(key, stored));
    Ok(wanted.map(|(key, _)| key.clone()).collect())
}

struct Selection {
    labels: LabelSelector,
    fields: FieldSelector,
}

/// One page of a list.
struct Page<'a> {
    metadata: Value,
    items: Vec<&'a Arc<Stored>>,
}

impl Selection {
    fn read(call: &Call<'_>) -> Result<Self, Failure> {
        let parameter = |name| call.request.query(name).unwrap_or_default();
        Ok(Selection {
            labels: LabelSelector::parse(parameter("labelSelector"))?,
            fields: FieldSelector::parse(parameter("fieldSelector"), call.of)?,
        })
    }

    fn is_everything(&self) -> bool {
        self.labels.is_empty() && self.fields.is_empty()
    }

    fn matches(&self, key: &Key, stored: &Stored) -> bool {
        self.labels.matches(stored) && self.fields.matches(key, stored)
    }
}

impl<'a> Page<'a> {
    fn read(call: &Call<'a>, store: &'a Store) -> Result<Self, Failure> {
        let selection = Selection::read(call)?;
        let limit = limit(call)?;
        let token = continue_token(call, store)?;
        let start = token.as_ref().map_or(("", ""), ContinueToken::start);
        let revision = match &token {
            Some(token) => u64::try_from(token.revision).unwrap_or(store.revision()),
            None => store.revision(),
        };
        let namespace = in_namespace(call);
        let all = store.list(call.of, namespace, start, revision);
        let mut wanted = all.filter(|(key, stored)| selection.matches(key, stored));
        let shown: Vec<_> = wanted.by_ref().take(limit).collect();
        let remaining = wanted.count();
        let mut metadata = json!({"resourceVersion": revision.to_string()});
        if call.of.is_custom() {
            metadata["continue"] = json!("");
        }
        if let Some((last, _)) = shown.last().filter(|_| remaining > 0) {
            let outer = namespace.is_none().then_some(last.namespace.as_str());
            let next = ContinueToken::behind(revision, outer, &last.name);
            metadata["continue"] = json!(next.encode());
            // Counting what a selector leaves over would cost a real server a full scan.
            if selection.is_everything() {
                metadata["remainingItemCount"] = json!(remaining);
            }
        }
        Ok(Page { metadata, items: shown.into_iter().map(|(_, stored)| stored).collect() })
    }
}

/// `None` stands for all namespaces.
fn in_namespace<'a>(call: &Call<'a>) -> Option<&'a str> {
    match (call.of.scope, call.namespace()) {
        (Scope::Namespaced, "") => None,
        (_, namespace) => Some(namespace),
    }
}

fn limit(call: &Call<'_>) -> Result<usize, Failure> {
    let Some(text) = call.request.query("limit").filter(|text| !text.is_empty()) else {
        return Ok(usize::MAX);
    };
    match text.parse::<i64>() {
        Ok(0) => Ok(usize::MAX),
        Ok(limit) if limit > 0 => Ok(usize::try_from(limit).unwrap_or(usize::MAX)),
        _ => Err(bad_request(format!("strconv.ParseInt: parsing {text:?}: invalid syntax"))),
    }
}

fn continue_token(call: &Call<'_>, store: &Store) -> Result<Option<ContinueToken>, Failure> {
    let Some(text) = call.request.query("continue").filter(|text| !text.is_empty()) else {
        return Ok(None);
    };
    if !["", "0"].contains(&call.request.query("resourceVersion").unwrap_or_default()) {
        return Err(bad_request("specifying resource version is not allowed when using continue"));
    }
    let token = ContinueToken::decode(text)?;
    match u64::try_from(token.revision) {
        Ok(revision) if revision < store.compacted() => {
            Err(status::expired(token.in_present().encode()))
        }
        _ => Ok(Some(token)),
    }
}

/// The items are copied as they are stored: ten thousand secrets need not be parsed to be listed.
fn whole_list(call: &Call<'_>, page: &Page<'_>) -> String {
    let api_version = call.api_version();
    let head = json!({"kind": format!("{}List", call.of.kind), "apiVersion": api_version});
    let length = page.items.iter().map(|item| item.json.len() + 128).sum::<usize>() + 512;
    let mut body = String::with_capacity(length);
    body += head.to_string().trim_end_matches('}');
    body += &format!(",\"metadata\":{},\"items\":[", page.metadata);
    let type_of_item = json!({"kind": call.of.kind, "apiVersion": api_version}).to_string();
    for (index, item) in page.items.iter().enumerate() {
        if index > 0 {
            body.push(',');
        }
        if call.of.is_custom() {
            body += type_of_item.trim_end_matches('}');
            body.push(',');
            body += &item.json[1..];
        } else {
            body += &item.json;
        }
    }
    body += "]}";
    body
}

/// Without items it has `null`, other than a whole list: the server makes it anew, and Go has no empty list there.
fn partial_list(page: &Page<'_>) -> Value {
    let items: Vec<_> = objects(&page.items).iter().map(partial).collect();
    json!({
        "kind": "PartialObjectMetadataList",
        "apiVersion": "meta.k8s.io/v1",
        "metadata": page.metadata,
        "items": if items.is_empty() { Value::Null } else { items.into() },
    })
}

/// Everything but the content of an object.
pub(super) fn partial(object: &Value) -> Value {
    json!({
        "kind": "PartialObjectMetadata",
        "apiVersion": "meta.k8s.io/v1",
        "metadata": object["metadata"],
    })
}

fn objects(items: &[&Arc<Stored>]) -> Vec<Value> {
    items.iter().map(|item| item.object()).collect()
}
