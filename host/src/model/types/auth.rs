//! The ways to log in, and which of them a user means.

use serde::Deserialize;

use super::kind::FieldKind;
use super::name::fold;
use super::schema::{FieldSpec, TypeSchema};

/// The name of the field that holds the auth method.
pub const AUTH_METHOD: &str = "auth_method";

/// The ways to log in that a type knows.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Auth {
    /// The method used when nothing that is given speaks for another.
    pub default: String,
    /// The methods. The earlier of two that fit equally well is taken.
    pub methods: Vec<AuthMethod>,
}

/// One way to log in.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AuthMethod {
    /// The canonical name.
    pub name: String,
    /// What it is, in one sentence.
    pub description: String,
    /// Other names, known from other tools.
    #[serde(default)]
    pub aliases: Vec<String>,
    /// The fields that it needs.
    #[serde(default)]
    pub required: Vec<String>,
    /// The fields that it can use.
    #[serde(default)]
    pub optional: Vec<String>,
}

impl Auth {
    /// The method of this name or alias.
    pub fn method(&self, name: &str) -> Option<&AuthMethod> {
        let folded = fold(name);
        self.methods.iter().find(|method| {
            let mut names = [&method.name].into_iter().chain(&method.aliases);
            names.any(|known| fold(known) == folded)
        })
    }

    /// The method that the given fields (canonical names) speak for.
    ///
    /// Of the methods that can use all given login fields, the first whose needs are met wins, then the first of which
    /// something needed is given, then the first that needs nothing. Without a login field it is the default. Where no
    /// method can use all of them, it is the one that can use most, and the others will be reported.
    pub fn infer(&self, given: &[&str]) -> &AuthMethod {
        let given: Vec<&str> = given.iter().copied().filter(|name| self.governs(name)).collect();
        let default = self.method(&self.default).unwrap_or(&self.methods[0]);
        if given.is_empty() {
            return default;
        }
        // `max_by_key` takes the last of equals, hence the reversed order.
        let ranked = self.methods.iter().rev();
        ranked.max_by_key(|method| method.fit(&given)).unwrap_or(default)
    }

    /// Whether the field (canonical name) belongs to some method, and so is refused with the others.
    pub fn governs(&self, field: &str) -> bool {
        self.methods.iter().any(|method| method.can_use(field))
    }

    /// The login fields that do not go with the method. Those of them that are stored are to be removed when the
    /// method of a connection changes.
    pub fn forbidden<'a>(&'a self, method: &AuthMethod) -> Vec<&'a str> {
        let mut forbidden: Vec<&str> = Vec::new();
        for other in &self.methods {
            for field in other.required.iter().chain(&other.optional) {
                if !method.can_use(field) && !forbidden.contains(&field.as_str()) {
                    forbidden.push(field);
                }
            }
        }
        forbidden
    }
}

impl AuthMethod {
    /// Whether the method needs the field (canonical name) or can use it.
    pub fn can_use(&self, field: &str) -> bool {
        self.required.iter().chain(&self.optional).any(|known| known == field)
    }

    /// Whether a connection with this method holds a secret: always, or if an optional field is given.
    pub fn holds_secrets(&self, schema: &TypeSchema) -> bool {
        let mut names = self.required.iter().chain(&self.optional);
        names.any(|name| schema.field(name).is_some_and(|field| field.secret))
    }

    fn fit(&self, given: &[&str]) -> (usize, u8) {
        let usable = given.iter().filter(|name| self.can_use(name)).count();
        let met = |name: &String| given.contains(&name.as_str());
        let rank = match self.required.as_slice() {
            [] => 1,
            required if required.iter().all(met) => 3,
            required if required.iter().any(met) => 2,
            _ => 0,
        };
        (usable, rank)
    }
}

/// Gives a type with auth methods the field that names the method, before the first login field.
pub(super) fn add_field(schema: &mut TypeSchema) {
    let Some(auth) = &schema.auth else { return };
    let place = schema.fields.iter().position(|field| auth.governs(&field.name));
    let field = method_field(auth);
    schema.fields.insert(place.unwrap_or(schema.fields.len()), field);
}

fn method_field(auth: &Auth) -> FieldSpec {
    let stands_for = |method: &AuthMethod| {
        let name = method.name.clone();
        let pairs = method.aliases.iter().cloned();
        pairs.map(move |alias| (alias, name.clone())).collect::<Vec<_>>()
    };
    FieldSpec {
        choices: auth.methods.iter().map(|method| method.name.clone()).collect(),
        choice_aliases: auth.methods.iter().flat_map(stands_for).collect(),
        example: Some(auth.default.clone()),
        aliases: ["auth", "auth_type", "auth_mode", "authentication"].map(str::to_owned).into(),
        ..FieldSpec::new(
            AUTH_METHOD,
            FieldKind::Text,
            "How to log in. Left out, it follows from the fields that are given.",
        )
    }
}

#[cfg(test)]
mod tests {
    use super::super::catalog;

    fn check(type_name: &str, given: &[&str], expected: &str) {
        let schema = catalog::find(type_name).expect("the type exists");
        let auth = schema.auth.as_ref().expect("the type has methods");
        assert_eq!(auth.infer(given).name, expected, "{type_name} {given:?}");
    }

    #[test]
    fn the_method_follows_from_the_fields() {
        check("s3", &[], "access_key");
        check("s3", &["bucket", "endpoint"], "access_key");
        check("s3", &["access_key_id"], "access_key");
        check("s3", &["secret_access_key"], "access_key");
        check("s3", &["access_key_id", "secret_access_key", "session_token"], "session");
        check("s3", &["session_token"], "session");
        check("s3", &["profile"], "profile");
        check("s3", &["profile", "role_arn"], "profile");
        check("s3", &["role_arn"], "iam_role");
        check("adls", &["sas_token"], "sas_token");
        check("adls", &["tenant_id", "client_id"], "service_principal");
        check("postgresql", &["username"], "password");
        check("postgresql", &["username", "client_certificate", "client_key"], "certificate");
        check("postgresql", &["username", "password", "client_certificate"], "password");
        check("snowflake", &["username", "private_key"], "key_pair");
        check("kafka", &[], "none");
        check("kafka", &["username"], "sasl");
        check("kafka", &["client_certificate"], "certificate");
        check("elasticsearch", &["api_key"], "api_key");
        check("redshift", &["username", "password", "access_key_id"], "password");
        check("oracle", &["wallet_location", "username"], "wallet");
        check("oci", &["username"], "password");
    }

    #[test]
    fn a_method_knows_what_it_excludes_and_whether_it_holds_secrets() {
        let s3 = catalog::find("s3").expect("the type exists");
        let auth = s3.auth.as_ref().expect("s3 has methods");
        let profile = auth.method("aws_cli").expect("an alias of `profile`");
        assert_eq!(profile.name, "profile");
        assert_eq!(
            auth.forbidden(profile),
            ["access_key_id", "secret_access_key", "session_token"]
        );
        assert!(!profile.holds_secrets(s3));
        assert!(auth.method("session").expect("a method").holds_secrets(s3));
    }
}
