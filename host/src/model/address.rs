//! Addresses under which consumers find data, and where that data is. What is known of schemes and types is data in `host/formats`.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde::Deserialize;

use super::{Connection, Error};

/// Longer addresses are none that anybody wrote.
const LONGEST: usize = 4096;

static KNOWN: LazyLock<Known> = LazyLock::new(|| {
    toml::from_str(include_str!("../../formats/addresses.toml")).expect("the file is tested")
});

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Known {
    scheme: Vec<Scheme>,
    place: Vec<TypePlace>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Scheme {
    name: String,
    connectors: Vec<String>,
}

/// Where the data of connections of some types is.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct TypePlace {
    types: Vec<String>,
    fields: Vec<String>,
    below: Option<String>,
    #[serde(default)]
    levels: Vec<String>,
    #[serde(default)]
    locations: Vec<String>,
}

/// `SCHEME://NAME`, and what lies below the connection of that name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Address {
    /// As it was written, without what lies below.
    pub base: String,
    /// The part before `://`, in lower case.
    pub scheme: String,
    /// The name of the connection.
    pub name: String,
    /// The parts of the path, between slashes or colons.
    pub path: Vec<String>,
    /// The parameters of the query, as they were written.
    pub parameters: Vec<(String, String)>,
}

/// Where the data of an address is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Location {
    /// Fields of the connection that say where it is; none of them is a secret.
    pub fields: Vec<(String, String)>,
    /// The folder of the connection and the path of the address together.
    pub path: String,
    /// What the parts of the path are called at the source.
    pub levels: BTreeMap<String, String>,
    /// The address at the source itself, where there is a usual form for it.
    pub url: Option<String>,
}

impl Address {
    /// Reads an address.
    ///
    /// # Errors
    /// It is none, or climbs out of the connection.
    pub fn parse(text: &str) -> Result<Self, Error> {
        let wrong = |why: &str| {
            Error::invalid(format!("the address {why}"))
                .hint("write `SCHEME://NAME`, or `SCHEME://NAME/PATH`")
        };
        if text.len() > LONGEST {
            return Err(wrong("is too long"));
        }
        if text.chars().any(char::is_control) {
            return Err(wrong("has a control character"));
        }
        let (scheme, rest) = text.split_once("://").ok_or_else(|| wrong("has no scheme"))?;
        let is_letter = |letter: char| letter.is_ascii_alphanumeric() || "+-.".contains(letter);
        if scheme.is_empty() || !scheme.chars().all(is_letter) {
            return Err(wrong("has no scheme"));
        }
        let rest = rest.split_once('#').map_or(rest, |(before, _)| before);
        let (place, query) = rest.split_once('?').unwrap_or((rest, ""));
        let end = place.find(['/', ':']).unwrap_or(place.len());
        let (name, below) = place.split_at(end);
        if name.is_empty() {
            return Err(wrong("names no connection"));
        }
        let path: Vec<String> =
            below.split(['/', ':']).filter(|part| !part.is_empty()).map(str::to_owned).collect();
        if path.iter().any(|part| part == "." || part == "..") {
            return Err(wrong("has `.` or `..` in its path"));
        }
        Ok(Self {
            base: format!("{scheme}://{name}"),
            scheme: scheme.to_ascii_lowercase(),
            name: name.to_owned(),
            path,
            parameters: parameters(query),
        })
    }

    /// The connectors whose backends have such addresses; empty if that is not known.
    pub fn connectors(&self) -> &'static [String] {
        let known = KNOWN.scheme.iter().find(|scheme| scheme.name == self.scheme);
        known.map(|scheme| scheme.connectors.as_slice()).unwrap_or_default()
    }

    /// Whether it is an address of this connection.
    pub fn leads_to(&self, connection: &Connection) -> bool {
        let own = connection.address.as_deref().and_then(|own| own.split_once("://"));
        own.is_some_and(|(scheme, name)| {
            scheme.eq_ignore_ascii_case(&self.scheme) && name == self.name
        })
    }

    /// Where the data is.
    pub fn locate(&self, connection: &Connection) -> Location {
        let Some(place) = TypePlace::of(&connection.type_name) else {
            return Location {
                fields: visible(connection).collect(),
                path: self.path.join("/"),
                ..Location::default()
            };
        };
        let value = |name: &str| field(connection, name);
        let fields = place.fields.iter();
        let fields =
            fields.filter_map(|name| Some((name.clone(), value(name)?.to_owned()))).collect();
        let folder = place.below.as_deref().and_then(value).unwrap_or_default();
        let path = joined(folder, &self.path);
        Location {
            fields,
            url: place.url(connection, &path),
            levels: place.levels_of(&self.path),
            path,
        }
    }
}

impl TypePlace {
    fn of(type_name: &str) -> Option<&'static Self> {
        KNOWN.place.iter().find(|place| place.types.iter().any(|name| name == type_name))
    }

    /// Nothing is said about a path that is longer than the levels.
    fn levels_of(&self, path: &[String]) -> BTreeMap<String, String> {
        if path.len() > self.levels.len() {
            return BTreeMap::new();
        }
        self.levels.iter().cloned().zip(path.iter().cloned()).collect()
    }

    fn url(&self, connection: &Connection, path: &str) -> Option<String> {
        self.locations.iter().find_map(|template| filled(template, connection, path))
    }
}

/// A template with the fields in their places; none if one is missing.
fn filled(template: &str, connection: &Connection, path: &str) -> Option<String> {
    let mut text = String::new();
    let mut rest = template;
    while let Some((before, after)) = rest.split_once('{') {
        let (name, behind) = after.split_once('}')?;
        text.push_str(before);
        match name {
            "path" => text.push_str(path),
            name => text.push_str(field(connection, name)?.trim_end_matches('/')),
        }
        rest = behind;
    }
    text.push_str(rest);
    Some(text)
}

/// A file stays below the folder of the root where the folder begins there.
fn joined(folder: &str, path: &[String]) -> String {
    let folder = folder.trim_end_matches('/');
    let parts = (!folder.is_empty()).then_some(folder).into_iter();
    parts.chain(path.iter().map(String::as_str)).collect::<Vec<_>>().join("/")
}

fn field<'a>(connection: &'a Connection, name: &str) -> Option<&'a str> {
    let field = connection.fields.iter().find(|field| field.name == name)?;
    Some(field.value.as_str()).filter(|value| !value.is_empty())
}

fn visible(connection: &Connection) -> impl Iterator<Item = (String, String)> {
    connection.fields.iter().map(|field| (field.name.clone(), field.value.clone()))
}

fn parameters(query: &str) -> Vec<(String, String)> {
    let pairs = query.split('&').filter(|pair| !pair.is_empty());
    let pair = |pair: &str| {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        (name.to_owned(), value.to_owned())
    };
    pairs.map(pair).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Field;

    fn connection(type_name: &str, fields: &[(&str, &str)]) -> Connection {
        let field = |(name, value): &(&str, &str)| Field {
            name: (*name).to_owned(),
            value: (*value).to_owned(),
        };
        Connection {
            type_name: type_name.to_owned(),
            fields: fields.iter().map(field).collect(),
            address: Some("x://lake".to_owned()),
            ..Connection::default()
        }
    }

    #[test]
    fn addresses_are_split_at_the_name() {
        let check = |text: &str, name: &str, path: &[&str], parameters: &[(&str, &str)]| {
            let address = Address::parse(text).expect("it is an address");
            assert_eq!((address.scheme.as_str(), address.name.as_str()), ("x", name), "{text}");
            assert_eq!(address.path, path, "{text}");
            let found = address.parameters.iter().map(|(name, value)| (&**name, &**value));
            assert_eq!(found.collect::<Vec<_>>(), parameters, "{text}");
        };
        check("x://lake", "lake", &[], &[]);
        check("X://lake/", "lake", &[], &[]);
        check("x://lake/a/b.csv?purpose=rw", "lake", &["a", "b.csv"], &[("purpose", "rw")]);
        check(
            "x://lake:public/orders?acl=r&x#y",
            "lake",
            &["public", "orders"],
            &[("acl", "r"), ("x", "")],
        );
    }

    #[test]
    fn what_is_no_address_is_refused() {
        let long = format!("x://{}", "a".repeat(LONGEST));
        for text in [
            "",
            "lake",
            "://lake",
            "x y://lake",
            "x://",
            "x:///a",
            "x://a/../b",
            "x://a/b\n",
            &long,
        ] {
            Address::parse(text).expect_err(text);
        }
    }

    #[test]
    fn only_the_whole_name_leads_to_a_connection() {
        let lake = connection("s3", &[]);
        let leads = |text: &str| Address::parse(text).expect("it is one").leads_to(&lake);
        assert!(leads("x://lake/orders") && leads("X://lake"));
        assert!(!leads("x://lakehouse") && !leads("y://lake") && !leads("x://Lake"));
    }

    #[test]
    fn data_is_found_below_the_folder_of_the_connection() {
        let check = |type_name: &str, fields: &[(&str, &str)], path: &str, url: Option<&str>| {
            let address = Address::parse("x://lake/orders/2026").expect("it is an address");
            let found = address.locate(&connection(type_name, fields));
            assert_eq!((found.path.as_str(), found.url.as_deref()), (path, url), "{type_name}");
        };
        check(
            "s3",
            &[("bucket", "raw"), ("prefix", "in/")],
            "in/orders/2026",
            Some("s3://raw/in/orders/2026"),
        );
        check("s3", &[("endpoint", "https://s3")], "orders/2026", None);
        let azure = [("account_name", "acme"), ("container", "c")];
        let url = "abfss://c@acme.dfs.core.windows.net/orders/2026";
        check("adls", &azure, "orders/2026", Some(url));
        check(
            "http",
            &[("baseUrl", "https://api/")],
            "orders/2026",
            Some("https://api/orders/2026"),
        );
        check("file", &[("path", "/data/in")], "/data/in/orders/2026", None);
        check("postgresql", &[("host", "db")], "orders/2026", None);
    }

    #[test]
    fn fields_that_do_not_say_where_are_left_out() {
        let fields = [("host", "db"), ("username", "u"), ("port", "5432"), ("params", "x=1")];
        let address = Address::parse("x://lake/public/orders").expect("it is an address");
        let found = address.locate(&connection("postgresql", &fields));
        let shown: Vec<_> = found.fields.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(shown, ["host", "port"]);
        let levels = found.levels.iter().map(|(name, value)| (&**name, &**value));
        assert_eq!(levels.collect::<Vec<_>>(), [("schema", "public"), ("table", "orders")]);
        let own = address.locate(&connection("acmequeue", &[("topic", "t")]));
        assert_eq!(own.fields, [("topic".to_owned(), "t".to_owned())]);
    }
}
