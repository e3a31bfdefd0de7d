//! Who am I, and may I?

use serde_json::{Value, json};

use super::authorization::Attributes;
use super::call::{Call, WriteOptions};
use super::decode::{self, Decoded};
use super::managed_fields;
use super::resource_type::SELF_SUBJECT_REVIEWS;
use super::status::{self, Failure, FieldError};
use crate::serve::Response;

/// Answers a POST of a SelfSubjectReview or SelfSubjectAccessReview.
pub(super) fn review(call: &Call<'_>) -> Result<Response, Failure> {
    let options = WriteOptions::read(call.request, "CreateOptions")?;
    let body = decode::read_body(call)?;
    let Decoded { object, .. } = decode::check(body, call, options.field_validation)?;
    let answer = if *call.of == SELF_SUBJECT_REVIEWS {
        who(call)
    } else {
        may(call, object, &options.manager)?
    };
    Ok(Response::json(201, &call.shown(answer)))
}

fn who(call: &Call<'_>) -> Value {
    let mut user = json!({"username": call.user.name, "groups": call.user.groups});
    if let Some(uid) = &call.user.uid {
        user["uid"] = json!(uid);
    }
    json!({"metadata": {"creationTimestamp": call.now}, "status": {"userInfo": user}})
}

fn may(call: &Call<'_>, mut review: Value, manager: &str) -> Result<Value, Failure> {
    let attributes = review["spec"]["resourceAttributes"].clone();
    if !attributes.is_object() {
        let message =
            "exactly one of nonResourceAttributes or resourceAttributes must be specified";
        let error = FieldError::required("spec.resourceAttributes", message);
        return Err(status::invalid(call.of, "", &[error]));
    }
    let api_version = call.api_version();
    let change = call.change(manager, &api_version);
    managed_fields::record_update(None, &mut review, call.of, &change);
    let text = |field: &str| attributes[field].as_str().unwrap_or_default();
    let asked = Attributes {
        verb: text("verb"),
        group: text("group"),
        resource: text("resource"),
        namespace: text("namespace"),
    };
    let rule = call.user.may(asked);
    review["status"] = json!({"allowed": rule.is_some()});
    if let Some(rule) = rule.filter(|rule| !rule.is_empty()) {
        review["status"]["reason"] = json!(rule);
    }
    Ok(review)
}
