use serde_json::{Value, json};

use super::decode::{members, metadata};
use super::read::partial;
use super::resource_type::{CONFIG_MAPS, NAMESPACES, ResourceType, SECRETS};
use super::stamp;

/// A column: its name and the description that the API documents for it.
type Column = (&'static str, &'static str);

const NAME: Column = (
    "Name",
    "Name must be unique within a namespace. Is required when creating resources, although some \
     resources may allow a client to request the generation of an appropriate name automatically. \
     Name is primarily intended for creation idempotence and configuration definition. Cannot be \
     updated. More info: \
     https://kubernetes.io/docs/concepts/overview/working-with-objects/names#names",
);
const AGE: Column = (
    "Age",
    "CreationTimestamp is a timestamp representing the server time when this object was created. \
     It is not guaranteed to be set in happens-before order across separate operations. Clients \
     may not set this value. It is represented in RFC3339 form and is in UTC.\n\nPopulated by the \
     system. Read-only. Null for lists. More info: \
     https://git.k8s.io/community/contributors/devel/sig-architecture/api-conventions.md#metadata",
);
const SECRET_TYPE: Column = (
    "Type",
    "Used to facilitate programmatic handling of secret data. More info: \
     https://kubernetes.io/docs/concepts/configuration/secret/#secret-types",
);
const SECRET_DATA: Column = (
    "Data",
    "Data contains the secret data. Each key must consist of alphanumeric characters, '-', '_' or \
     '.'. The serialized form of the secret data is a base64 encoded string, representing the \
     arbitrary (possibly non-string) data value here. Described in \
     https://tools.ietf.org/html/rfc4648#section-4",
);
const CONFIG_DATA: Column = (
    "Data",
    "Data contains the configuration data. Each key must consist of alphanumeric characters, '-', \
     '_' or '.'. Values with non-UTF-8 byte sequences must use the BinaryData field. The keys \
     stored in Data must not overlap with the keys in the BinaryData field, this is enforced \
     during validation process.",
);
const PHASE: Column = ("Status", "The status of the namespace");

/// The rows that `kubectl get` prints. A type without columns of its own shows name and age.
pub(super) fn table(of: &ResourceType, list_metadata: Value, objects: &[Value]) -> Value {
    let columns: Vec<Value> = columns(of).iter().map(definition).collect();
    let row = |object: &Value| json!({"cells": cells(of, object), "object": partial(object)});
    json!({
        "kind": "Table",
        "apiVersion": "meta.k8s.io/v1",
        "metadata": list_metadata,
        "columnDefinitions": columns,
        "rows": objects.iter().map(row).collect::<Vec<_>>(),
    })
}

fn columns(of: &ResourceType) -> Vec<Column> {
    match of {
        of if *of == SECRETS => vec![NAME, SECRET_TYPE, SECRET_DATA, AGE],
        of if *of == CONFIG_MAPS => vec![NAME, CONFIG_DATA, AGE],
        of if *of == NAMESPACES => vec![NAME, PHASE, AGE],
        _ => vec![NAME, AGE],
    }
}

fn definition((name, description): &Column) -> Value {
    let format = if *name == "Name" { "name" } else { "" };
    json!({
        "name": name, "type": "string", "format": format, "description": description,
        "priority": 0,
    })
}

fn cells(of: &ResourceType, object: &Value) -> Vec<Value> {
    let cell = |(name, _): &Column| match *name {
        "Name" => json!(metadata(object, "name")),
        "Type" => object["type"].clone(),
        "Data" => json!(members(&object["data"]).count()),
        "Status" => object["status"]["phase"].clone(),
        _ => json!(age(stamp::age_seconds(metadata(object, "creationTimestamp")))),
    };
    columns(of).iter().map(cell).collect()
}

/// Go's `duration.HumanDuration`, which shows two units while the first is small.
fn age(seconds: i64) -> String {
    let (minutes, hours, days) = (seconds / 60, seconds / 3600, seconds / 86400);
    let two = |big: i64, big_unit: &str, small: i64, small_unit: &str| match small {
        0 => format!("{big}{big_unit}"),
        small => format!("{big}{big_unit}{small}{small_unit}"),
    };
    match seconds {
        ..120 => format!("{seconds}s"),
        120..600 => two(minutes, "m", seconds % 60, "s"),
        600..10_800 => format!("{minutes}m"),
        10_800..28_800 => two(hours, "h", minutes % 60, "m"),
        28_800..172_800 => format!("{hours}h"),
        172_800..691_200 => two(days, "d", hours % 24, "h"),
        _ => format!("{days}d"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ages() {
        let check = |seconds, expected| assert_eq!(age(seconds), expected);
        check(0, "0s");
        check(119, "119s");
        check(120, "2m");
        check(121, "2m1s");
        check(3600, "60m");
        check(3 * 3600 + 60, "3h1m");
        check(30 * 3600, "30h");
        check(49 * 3600, "2d1h");
        check(30 * 86400, "30d");
    }
}
