//! The labels and annotations by which the product knows a connection.

use std::collections::BTreeMap;

use crate::mapping::{DOCKER_CONFIG_KEY, S3_SERVING_KEYS, stock_type, stock_type_of_ref};

/// Label: the dashboard lists it.
pub(crate) const DASHBOARD: &str = "opendatahub.io/dashboard";
/// Label: model serving copies it into `storage-config`. Only for object storage that has everything that serving needs.
pub(crate) const MANAGED: &str = "opendatahub.io/managed";
/// Annotation: the type, in the form before 2.16. Model serving still reads it for object storage.
pub(crate) const LEGACY_TYPE: &str = "opendatahub.io/connection-type";
/// Annotation: the name of the type's ConfigMap.
pub(crate) const TYPE_REF: &str = "opendatahub.io/connection-type-ref";
/// Annotation: what kind of storage it is, for model serving since 3.0.
pub(crate) const PROTOCOL: &str = "opendatahub.io/connection-type-protocol";
/// Annotation: belongs to one model and is not listed.
pub(crate) const HIDDEN: &str = "opendatahub.io/connection-hidden";
/// Annotation: what people call it.
pub(crate) const DISPLAY_NAME: &str = "openshift.io/display-name";
/// Annotation: what it is for.
pub(crate) const DESCRIPTION: &str = "openshift.io/description";
/// Annotation: the result of the dashboard's last test.
pub(crate) const TEST_STATUS: &str = "opendatahub.io/connection-test-status";
/// Annotation: when that was.
pub(crate) const TEST_TIME: &str = "opendatahub.io/connection-test-timestamp";
/// Annotation: what the test said.
pub(crate) const TEST_MESSAGE: &str = "opendatahub.io/connection-test-message";

/// Labels that only the connector writes.
pub(crate) const OWN_LABELS: [&str; 2] = [DASHBOARD, MANAGED];

/// What the dashboard calls a test that passed, and one that did not.
pub(crate) const VERIFIED: &str = "verified";
pub(crate) const FAILED: &str = "failed";

/// The value of a label or annotation that is on.
pub(crate) const TRUE: &str = "true";

/// Labels or annotations.
pub(crate) type Names = BTreeMap<String, String>;

/// The canonical type of a connection, or the product's own word for it; none if it is no connection.
///
/// The dashboard takes a Secret for a connection if it has the label and one of the two type annotations.
pub(crate) fn connection_type<'a>(labels: &Names, annotations: &'a Names) -> Option<&'a str> {
    if !labels.contains_key(DASHBOARD) {
        return None;
    }
    let legacy = annotations.get(LEGACY_TYPE);
    let reference = annotations.get(TYPE_REF).or(legacy)?;
    Some(match stock_type_of_ref(reference) {
        Some(stock) => stock.mapping.canonical,
        None => reference,
    })
}

/// Why a Secret is no connection, in words.
pub(crate) fn why_no_connection(labels: &Names) -> String {
    let lack = if labels.contains_key(DASHBOARD) {
        format!("neither the annotation `{TYPE_REF}` nor `{LEGACY_TYPE}`")
    } else {
        format!("no label `{DASHBOARD}`")
    };
    format!("it has {lack}")
}

/// What the product has to know about a connection of a type with these keys.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Marks {
    /// The annotations of the type. None means that it must not be there.
    pub(crate) annotations: [(&'static str, Option<String>); 3],
    /// Whether model serving may use it as object storage.
    pub(crate) managed: bool,
}

impl Marks {
    /// `declared` are the keys that the type has a field for, if that is known: the dashboard tells the protocol by them, and by the
    /// values that are there whether model serving may use it.
    pub(crate) fn new(type_: &str, declared: Option<&[&str]>, keys: &[&str]) -> Self {
        let stock = stock_type(type_);
        let declared = declared.unwrap_or(keys);
        let protocol = stock.map_or_else(|| by_keys(declared), |stock| Some(stock.protocol));
        let reference = stock.map_or(type_, |stock| stock.mapping.native);
        let is_s3 = protocol == Some("s3");
        Self {
            annotations: [
                (TYPE_REF, Some(reference.to_owned())),
                (PROTOCOL, protocol.map(str::to_owned)),
                (LEGACY_TYPE, is_s3.then(|| "s3".to_owned())),
            ],
            managed: is_s3 && has_all(keys, &S3_SERVING_KEYS),
        }
    }
}

/// The protocol of a type that the product does not bring, as the dashboard tells it by the keys.
fn by_keys(keys: &[&str]) -> Option<&'static str> {
    if has_all(keys, &S3_SERVING_KEYS) {
        Some("s3")
    } else if has_all(keys, &[DOCKER_CONFIG_KEY, "OCI_HOST"]) {
        Some("oci")
    } else {
        has_all(keys, &["URI"]).then_some("uri")
    }
}

fn has_all(keys: &[&str], needed: &[&str]) -> bool {
    needed.iter().all(|key| keys.contains(key))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(pairs: &[(&str, &str)]) -> Names {
        pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
    }

    #[test]
    fn a_connection_is_told_by_label_and_annotation() {
        let labels = names(&[(DASHBOARD, "true")]);
        let check = |labels: &Names, annotations: &[(&str, &str)], expected: Option<&str>| {
            let annotations = names(annotations);
            assert_eq!(connection_type(labels, &annotations), expected, "{annotations:?}");
        };
        check(&labels, &[(LEGACY_TYPE, "s3")], Some("s3"));
        check(&labels, &[(TYPE_REF, "uri-v1")], Some("uri"));
        check(&labels, &[(TYPE_REF, "oci-v1")], Some("oci"));
        check(&labels, &[(TYPE_REF, "our-database")], Some("our-database"));
        check(&labels, &[(TYPE_REF, "our-s3"), (LEGACY_TYPE, "s3")], Some("our-s3"));
        check(&labels, &[(PROTOCOL, "s3")], None);
        check(&labels, &[], None);
        check(&names(&[]), &[(LEGACY_TYPE, "s3")], None);
        check(&names(&[(DASHBOARD, "false")]), &[(LEGACY_TYPE, "s3")], Some("s3"));
    }

    #[test]
    fn marks_follow_the_type_and_the_keys() {
        let check = |type_: &str, keys: &[&str], annotations: [Option<&str>; 3], managed: bool| {
            let marks = Marks::new(type_, None, keys);
            let found = marks.annotations.each_ref().map(|(_, value)| value.as_deref());
            assert_eq!((found, marks.managed), (annotations, managed), "{type_} {keys:?}");
        };
        let s3 = [Some("s3"), Some("s3"), Some("s3")];
        check("s3", &S3_SERVING_KEYS, s3, true);
        check("s3", &S3_SERVING_KEYS[..3], s3, false);
        check("uri", &["URI"], [Some("uri-v1"), Some("uri"), None], false);
        check("oci", &["OCI_HOST"], [Some("oci-v1"), Some("oci"), None], false);
        check("ours", &S3_SERVING_KEYS, [Some("ours"), Some("s3"), Some("s3")], true);
        check("ours", &["URI"], [Some("ours"), Some("uri"), None], false);
        check("ours", &["OCI_HOST"], [Some("ours"), None, None], false);
        let oci = ["OCI_HOST", ".dockerconfigjson"];
        check("ours", &oci, [Some("ours"), Some("oci"), None], false);
        // A type of the cluster for object storage whose bucket was left out.
        let marks = Marks::new("ours", Some(&S3_SERVING_KEYS), &S3_SERVING_KEYS[..3]);
        assert_eq!((marks.annotations[1].1.as_deref(), marks.managed), (Some("s3"), false));
    }
}
