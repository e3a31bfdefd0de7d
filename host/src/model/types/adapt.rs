//! A type as one backend has it.

use super::super::{FieldSchema, SupportedType};
use super::address::sounds_like_address;
use super::auth::{AUTH_METHOD, Auth};
use super::kind::FieldKind;
use super::pattern::Pattern;
use super::schema::{FieldSpec, TypeSchema, Unlisted};

impl TypeSchema {
    /// The type as the backend has it: with the fields that only the connector knows, without those that the backend
    /// cannot hold, and without the auth methods that need one of these.
    #[must_use]
    pub fn for_backend(&self, supported: &SupportedType) -> Self {
        let mut schema = self.extended(&supported.fields);
        for name in &supported.unsupported {
            let canonical = schema.field(name).map(|field| field.name.clone());
            let mut fields = schema.fields.iter_mut();
            if let Some(field) = fields.find(|field| Some(&field.name) == canonical.as_ref()) {
                field.unsupported = true;
            }
        }
        schema.settle_auth();
        schema.settle_groups();
        schema
    }

    /// The type with further fields. One that is there already becomes narrower: it can become required, secret or
    /// bound to a pattern or to fewer choices, and never the reverse.
    #[must_use]
    pub fn extended(&self, extra: &[FieldSchema]) -> Self {
        let mut schema = self.clone();
        for field in extra {
            let canonical = schema.field(&field.name).map(|known| known.name.clone());
            let mut fields = schema.fields.iter_mut();
            match fields.find(|known| Some(&known.name) == canonical.as_ref()) {
                Some(known) => known.narrow(field),
                None => schema.fields.push(FieldSpec::from_connector(field)),
            }
        }
        schema.settle_auth();
        schema
    }

    /// A type that only the connector knows, made of the fields that it names. Without any, the type is opaque.
    #[must_use]
    pub fn from_connector(supported: &SupportedType) -> Self {
        let opaque = Self {
            name: supported.name.clone(),
            title: supported.native.clone(),
            ..Self::opaque()
        };
        if supported.fields.is_empty() {
            return opaque;
        }
        Self {
            summary: "A type of the connector's own.".to_owned(),
            dialects: Vec::new(),
            unlisted: Unlisted::Refused,
            ..opaque.extended(&supported.fields)
        }
    }

    /// Drops auth methods that the fields no longer allow.
    fn settle_auth(&mut self) {
        let Some(mut auth) = self.auth.take() else {
            return;
        };
        auth.methods.retain(|method| {
            let is_allowed =
                self.field(AUTH_METHOD).is_none_or(|field| field.choices.contains(&method.name));
            is_allowed && method.required.iter().all(|name| self.lists(name))
        });
        for method in &mut auth.methods {
            method.optional.retain(|name| self.lists(name));
        }
        self.settle_choices(&auth);
        let Some(first) = auth.methods.first() else {
            return;
        };
        if auth.method(&auth.default).is_none() {
            auth.default.clone_from(&first.name);
        }
        self.auth = Some(auth);
    }

    fn settle_choices(&mut self, auth: &Auth) {
        let mut fields = self.fields.iter_mut();
        if let Some(field) = fields.find(|field| field.name == AUTH_METHOD) {
            field.choices.retain(|choice| auth.method(choice).is_some());
            let choices = &field.choices;
            field.choice_aliases.retain(|(_, choice)| choices.contains(choice));
            field.example = field.choices.first().cloned();
            field.unsupported |= field.choices.is_empty();
        }
    }

    /// Drops what the backend cannot hold from the groups of which one field must be given.
    fn settle_groups(&mut self) {
        let mut groups = std::mem::take(&mut self.any_of);
        for group in &mut groups {
            group.retain(|name| self.lists(name));
        }
        groups.retain(|group| !group.is_empty());
        self.any_of = groups;
    }

    fn lists(&self, name: &str) -> bool {
        self.field(name).is_some_and(|field| !field.unsupported)
    }
}

impl FieldSpec {
    /// A field of which only the necessary is said.
    pub(super) fn new(name: &str, kind: FieldKind, description: &str) -> Self {
        Self {
            name: name.to_owned(),
            kind,
            description: description.to_owned(),
            secret: false,
            address: false,
            required: false,
            default: None,
            example: None,
            pattern: None,
            pattern_hint: None,
            min: None,
            max: None,
            choices: Vec::new(),
            choice_aliases: Vec::new(),
            schemes: Vec::new(),
            items: None,
            json_keys: Vec::new(),
            advanced: false,
            aliases: Vec::new(),
            env: Vec::new(),
            env_file: Vec::new(),
            backend_pattern: None,
            unsupported: false,
        }
    }

    fn from_connector(field: &FieldSchema) -> Self {
        Self {
            secret: field.secret,
            address: sounds_like_address(&field.name),
            required: field.required,
            default: field.default.clone().filter(|_| !field.secret),
            pattern: field.pattern.clone().map(Pattern::from),
            choices: field.choices.clone(),
            ..Self::new(&field.name, FieldKind::Text, &field.description)
        }
    }

    fn narrow(&mut self, field: &FieldSchema) {
        self.secret |= field.secret;
        self.required |= field.required;
        if field.default.is_some() {
            self.default.clone_from(&field.default);
        }
        if self.secret {
            self.default = None;
        }
        self.backend_pattern = field.pattern.clone().map(Pattern::from);
        self.narrow_choices(&field.choices);
    }

    fn narrow_choices(&mut self, choices: &[String]) {
        if self.choices.is_empty() {
            self.choices = choices.to_vec();
        } else if self.choices.iter().any(|choice| choices.contains(choice)) {
            self.choices.retain(|choice| choices.contains(choice));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::Field;
    use super::super::{Mode, catalog};
    use super::*;

    fn extra(name: &str) -> FieldSchema {
        FieldSchema {
            name: name.to_owned(),
            description: "d".to_owned(),
            secret: false,
            required: false,
            default: None,
            pattern: None,
            choices: Vec::new(),
        }
    }

    fn supported(fields: Vec<FieldSchema>, unsupported: &[&str]) -> SupportedType {
        SupportedType {
            name: "s3".to_owned(),
            native: "S3 compatible object storage".to_owned(),
            fields,
            unsupported: unsupported.iter().map(ToString::to_string).collect(),
        }
    }

    fn s3() -> &'static TypeSchema {
        catalog::find("s3").expect("the type exists")
    }

    fn field(name: &str, value: &str) -> Field {
        Field { name: name.to_owned(), value: value.to_owned() }
    }

    #[test]
    fn a_connector_narrows_a_field_and_never_widens_it() {
        let fields = vec![
            FieldSchema {
                required: true,
                pattern: Some("[a-z]+".to_owned()),
                ..extra("AWS_S3_BUCKET")
            },
            FieldSchema {
                default: Some("AKIA".to_owned()),
                choices: vec!["x".to_owned()],
                ..extra("auth_method")
            },
            extra("secret_access_key"),
        ];
        let schema = s3().for_backend(&supported(fields, &[]));
        assert_eq!(schema.fields.len(), s3().fields.len());
        let bucket = schema.field("bucket").expect("there");
        assert!(bucket.required && bucket.normalize("raw").is_ok());
        assert_eq!(bucket.normalize("raw1").unwrap_err(), "must be text that matches `[a-z]+`");
        assert!(bucket.normalize("a").unwrap_err().starts_with("must be 3 to 255"));
        assert!(schema.field("secret_access_key").expect("there").secret);
        assert_eq!(schema.auth.as_ref().map(|auth| auth.methods.len()), Some(6));
    }

    #[test]
    fn what_a_backend_cannot_hold_is_refused_and_not_filled_in() {
        let unsupported =
            ["session_token", "profile", "role_arn", "external_id", "region", "auth_method"];
        let methods = ["access_key"].map(str::to_owned).to_vec();
        let fields = vec![FieldSchema { choices: methods, ..extra("auth_method") }];
        let schema = s3().for_backend(&supported(fields, &unsupported));
        let methods = &schema.auth.as_ref().expect("one is left").methods;
        assert_eq!(methods.len(), 1);
        let keys = [field("access_key_id", "AKIA1234")];
        let normalized = schema.validate(&keys, &["secret"], &[], Mode::Create).expect("right");
        assert_eq!(normalized.fields, keys);
        assert_eq!(normalized.auth_method.as_deref(), Some("access_key"));
        let region = [field("region", "x")];
        let problems = schema.validate(&region, &["token"], &[], Mode::Update).unwrap_err();
        let message = "cannot be held by this backend; leave it out";
        assert!(problems.iter().all(|problem| problem.message == message), "{problems:?}");
        assert_eq!(problems.len(), 2);
    }

    #[test]
    fn a_field_of_the_connector_is_checked_like_others() {
        let fields = [
            FieldSchema { default: Some("ICEBERG".to_owned()), ..extra("format") },
            FieldSchema {
                secret: true,
                required: true,
                default: Some("hunter2".to_owned()),
                ..extra("signing")
            },
        ];
        let given = [field("auth_method", "anonymous"), field("Format", "\u{1b}")];
        let problems = s3().validate(&given, &[], &fields, Mode::Create).unwrap_err();
        let fields_named: Vec<&str> =
            problems.iter().map(|problem| problem.field.as_str()).collect();
        assert_eq!(fields_named, ["format", "signing"]);
        assert!(!format!("{problems:?}").contains("hunter2"));
        let given = [field("auth_method", "anonymous")];
        let normalized = s3().validate(&given, &["signing"], &fields, Mode::Create).expect("right");
        assert!(normalized.fields.contains(&field("format", "ICEBERG")));
    }

    #[test]
    fn a_type_of_the_connector_is_closed_if_it_names_fields() {
        let own = TypeSchema::from_connector(&supported(vec![extra("topic")], &[]));
        assert!(own.validate(&[field("topic", "a")], &[], &[], Mode::Create).is_ok());
        assert!(own.validate(&[field("topics", "a")], &[], &[], Mode::Create).is_err());
        let opaque = TypeSchema::from_connector(&supported(Vec::new(), &[]));
        assert!(opaque.validate(&[field("topics", "a")], &[], &[], Mode::Create).is_ok());
    }

    #[test]
    fn a_type_of_which_no_method_is_left_has_none() {
        let fields =
            vec![FieldSchema { choices: vec!["access_key".to_owned()], ..extra("auth_method") }];
        let schema = s3().for_backend(&supported(fields, &["access_key_id"]));
        assert!(schema.auth.is_none());
        assert!(schema.validate(&[], &[], &[], Mode::Create).is_ok());
    }

    #[test]
    fn a_group_asks_only_for_what_the_backend_holds() {
        let snowflake = catalog::find("snowflake").expect("the type exists");
        let schema = snowflake.for_backend(&supported(Vec::new(), &["url"]));
        assert_eq!(schema.any_of, [["account"]]);
    }
}
