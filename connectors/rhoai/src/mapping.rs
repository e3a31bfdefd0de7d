//! The connection types that the product brings, as data. Every other type is carried through as it is.

use connhub_sdk::{FieldMapping, TypeMapping};

/// A connection type that every installation has.
#[derive(Debug)]
pub(crate) struct StockType {
    /// Names; `native` is the name of the type's ConfigMap.
    pub(crate) mapping: TypeMapping,
    /// The value of the annotation `connection-type-protocol`.
    pub(crate) protocol: &'static str,
    /// Canonical fields that the type requires and the canonical type does not, and what to type.
    pub(crate) required: &'static [(&'static str, &'static str)],
    /// The ways to log in that its keys can hold; empty if the type has only one way.
    pub(crate) auth_methods: &'static [&'static str],
}

/// All of them.
pub(crate) const STOCK_TYPES: [&StockType; 3] = [&S3, &URI, &OCI];

/// The keys of object storage without which model serving cannot use a connection.
pub(crate) const S3_SERVING_KEYS: [&str; 4] =
    ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_S3_ENDPOINT", "AWS_S3_BUCKET"];

/// The key that makes a Secret one of the type `kubernetes.io/dockerconfigjson`.
pub(crate) const DOCKER_CONFIG_KEY: &str = ".dockerconfigjson";

/// A list of choices, which the dashboard keeps as a JSON text.
pub(crate) const ACCESS_TYPE_KEY: &str = "ACCESS_TYPE";

static S3: StockType = StockType {
    mapping: TypeMapping {
        canonical: "s3",
        native: "s3",
        fields: &[
            FieldMapping::visible("endpoint", "AWS_S3_ENDPOINT"),
            FieldMapping::visible("bucket", "AWS_S3_BUCKET"),
            FieldMapping::visible("region", "AWS_DEFAULT_REGION"),
            FieldMapping::visible("access_key_id", "AWS_ACCESS_KEY_ID"),
            FieldMapping::secret("secret_access_key", "AWS_SECRET_ACCESS_KEY"),
            FieldMapping::secret("session_token", "AWS_SESSION_TOKEN"),
        ],
        unsupported: &[
            "prefix",
            "profile",
            "role_arn",
            "external_id",
            "path_style",
            "verify_ssl",
            "ca_bundle",
        ],
    },
    protocol: "s3",
    required: &[
        ("endpoint", "for Amazon S3 itself add `endpoint=https://s3.us-east-1.amazonaws.com`"),
        ("access_key_id", "add `access_key_id=ID`"),
        ("secret_access_key", "add `secret_access_key=@FILE`"),
    ],
    auth_methods: &["access_key", "session"],
};

static URI: StockType = StockType {
    mapping: TypeMapping {
        canonical: "uri",
        native: "uri-v1",
        fields: &[FieldMapping::visible("uri", "URI")],
        unsupported: &[],
    },
    protocol: "uri",
    required: &[("uri", "add `uri=https://…`")],
    auth_methods: &[],
};

static OCI: StockType = StockType {
    mapping: TypeMapping {
        canonical: "oci",
        native: "oci-v1",
        fields: &[
            FieldMapping::visible("host", "OCI_HOST"),
            FieldMapping::visible("access_type", ACCESS_TYPE_KEY),
            FieldMapping::secret("dockerconfigjson", DOCKER_CONFIG_KEY),
        ],
        unsupported: &["username", "password"],
    },
    protocol: "oci",
    required: &[("host", "add `host=quay.io/ORGANIZATION`")],
    auth_methods: &["docker_config", "anonymous"],
};

/// The stock type of a canonical name.
pub(crate) fn stock_type(canonical: &str) -> Option<&'static StockType> {
    STOCK_TYPES.into_iter().find(|stock| stock.mapping.canonical == canonical)
}

/// The stock type of a ConfigMap's name.
pub(crate) fn stock_type_of_ref(reference: &str) -> Option<&'static StockType> {
    STOCK_TYPES.into_iter().find(|stock| stock.mapping.native == reference)
}

/// The key of a canonical field in the Secret of a type.
pub(crate) fn key_of<'a>(type_: &str, field: &'a str) -> &'a str {
    stock_type(type_).map_or(field, |stock| stock.mapping.native_name(field))
}

/// The canonical field of a key in the Secret of a type.
pub(crate) fn field_of<'a>(type_: &str, key: &'a str) -> &'a str {
    stock_type(type_).map_or(key, |stock| stock.mapping.canonical_name(key))
}

/// A visible value as the product keeps it.
pub(crate) fn to_native(key: &str, value: &str) -> String {
    if key != ACCESS_TYPE_KEY {
        return value.to_owned();
    }
    let choices = value.split(',').map(str::trim).filter(|choice| !choice.is_empty());
    serde_json::Value::from_iter(choices).to_string()
}

/// A value of the product as it is shown.
pub(crate) fn to_canonical(key: &str, value: String) -> String {
    if key != ACCESS_TYPE_KEY {
        return value;
    }
    serde_json::from_str::<Vec<String>>(&value).map_or(value, |choices| choices.join(","))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_of_choices_are_json_in_the_secret() {
        let check = |canonical: &str, native: &str| {
            assert_eq!(to_native(ACCESS_TYPE_KEY, canonical), native);
            assert_eq!(to_canonical(ACCESS_TYPE_KEY, native.to_owned()), canonical);
        };
        check("Pull", r#"["Pull"]"#);
        check("Push,Pull", r#"["Push","Pull"]"#);
        assert_eq!(to_canonical(ACCESS_TYPE_KEY, "Pull".into()), "Pull");
        assert_eq!(to_native("OCI_HOST", "a,b"), "a,b");
    }

    #[test]
    fn every_name_is_mapped_once() {
        for stock in STOCK_TYPES {
            for field in stock.mapping.fields {
                let type_ = stock.mapping.canonical;
                assert_eq!(key_of(type_, field.canonical), field.native);
                assert_eq!(field_of(type_, field.native), field.canonical);
                assert!(!stock.mapping.unsupported.contains(&field.canonical));
            }
        }
    }
}
