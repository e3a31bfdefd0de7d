//! To whom the secrets of a connection are sent, and whether a change would send them to somebody else.
//!
//! Who may change a connection but not read its secrets could otherwise change its address to a server of their own and wait for the
//! secrets to arrive there. Another port is the same machine, and counts as the same.

use super::super::Field;
use super::kind::{FieldKind, list_items};
use super::name::fold;
use super::schema::TypeSchema;

impl TypeSchema {
    /// The names of the fields by which a change would send the secrets elsewhere. `set` and `removed` have canonical names; `before` is
    /// what is stored.
    pub fn moves(&self, before: &[Field], set: &[Field], removed: &[String]) -> Vec<String> {
        let old = |name: &str| {
            let field = before.iter().find(|field| field.name == name);
            field.map(|field| field.value.as_str()).unwrap_or_default()
        };
        let is_moved =
            |name: &str, new: &str| self.target(name, old(name)) != self.target(name, new);
        let set_moves = set.iter().filter(|field| is_moved(&field.name, &field.value));
        let removal_moves = removed.iter().filter(|name| is_moved(name, ""));
        set_moves.map(|field| field.name.clone()).chain(removal_moves.cloned()).collect()
    }

    /// What of a value says to whom secrets are sent.
    fn target<'a>(&self, name: &str, value: &'a str) -> Vec<&'a str> {
        let is_address = match self.field(name) {
            // A driver takes an address from its further settings, too.
            Some(field) if field.items == Some(FieldKind::Parameter) => return addresses(value),
            Some(field) => field.address,
            None => sounds_like_address(name) || value.contains("://"),
        };
        if is_address { vec![value] } else { Vec::new() }
    }
}

fn addresses(parameters: &str) -> Vec<&str> {
    let is_address = |item: &&str| {
        item.split_once('=').is_some_and(|(name, value)| {
            sounds_like_address(name) || value.contains("://") || fold(name).contains("proxy")
        })
    };
    list_items(parameters).filter(is_address).collect()
}

/// Whether a name says that its value is an address. It is asked only about names of which no schema of ours knows.
pub(super) fn sounds_like_address(name: &str) -> bool {
    const WORDS: [&str; 8] =
        ["host", "endpoint", "url", "uri", "server", "address", "broker", "nodes"];
    let folded = fold(name);
    WORDS.iter().any(|word| folded.ends_with(word) || folded.ends_with(&format!("{word}s")))
        || folded.starts_with("host")
}

#[cfg(test)]
mod tests {
    use super::super::catalog;
    use super::*;

    fn fields(pairs: &[(&str, &str)]) -> Vec<Field> {
        let field =
            |(name, value): &(&str, &str)| Field { name: (*name).into(), value: (*value).into() };
        pairs.iter().map(field).collect()
    }

    fn check(schema: &TypeSchema, set: &[(&str, &str)], removed: &[&str], expected: &[&str]) {
        let before = fields(&[
            ("endpoint", "https://a.example.com"),
            ("bucket", "raw"),
            ("params", "a=1,hostaddr=192.0.2.1"),
            ("DB_HOST", "db"),
            ("jdbc", "jdbc:x://db"),
        ]);
        let removed: Vec<String> = removed.iter().map(ToString::to_string).collect();
        let found = schema.moves(&before, &fields(set), &removed);
        assert_eq!(found, expected, "{set:?} {removed:?}");
    }

    #[test]
    fn a_change_of_the_address_is_noticed_and_no_other() {
        let s3 = catalog::find("s3").expect("the type exists");
        check(s3, &[("endpoint", "https://b.example.com")], &[], &["endpoint"]);
        check(s3, &[("endpoint", "https://a.example.com"), ("bucket", "clean")], &["region"], &[]);
        check(s3, &[], &["endpoint"], &["endpoint"]);
        let snowflake = catalog::find("snowflake").expect("the type exists");
        check(snowflake, &[("account", "evil")], &[], &["account"]);
        check(snowflake, &[("params", "a=2,hostaddr=192.0.2.1")], &[], &[]);
        check(snowflake, &[("params", "a=1,hostaddr=192.0.2.2")], &[], &["params"]);
        check(snowflake, &[], &["params"], &["params"]);
    }

    #[test]
    fn where_no_schema_helps_the_name_or_the_value_does() {
        let opaque = TypeSchema::opaque();
        check(&opaque, &[("DB_HOST", "evil"), ("topic", "x")], &[], &["DB_HOST"]);
        check(&opaque, &[("jdbc", "jdbc:x://evil")], &[], &["jdbc"]);
        check(&opaque, &[("proxyUrl", "x")], &["DB_HOST"], &["proxyUrl", "DB_HOST"]);
    }

    #[test]
    fn every_type_that_sends_secrets_says_where() {
        for name in catalog::names() {
            let schema = catalog::find(name).expect("each name has a type");
            // The address of BigQuery is always Google's.
            let has_address = schema.fields.iter().any(|field| field.address) || name == "bigquery";
            assert!(has_address, "{name}");
        }
    }
}
