//! Reading the cluster's connection types: one by name, or the names of all.

use connhub_sdk::{Error, Finding, Host, Problem, Request, Target, Verdict, path};

use super::schema::CustomType;
use super::words::{join, nearest};
use super::{Known, place};
use crate::api::call;
use crate::mapping::stock_type_of_ref;
use crate::metadata::{DISPLAY_NAME, Names, TRUE};
use crate::object::{Object, ObjectList};
use crate::status::Failure;
use crate::validate::is_subdomain;

/// Label: the ConfigMap is a connection type.
const TYPE_LABEL: &str = "opendatahub.io/connection-type";

/// Annotation: the dashboard does not offer the type for new connections.
const DISABLED: &str = "opendatahub.io/disabled";

/// No administrator makes more types than one request brings.
const MAX_TYPES: &str = "500";

/// The kind of answer that holds no fields.
const METADATA_ONLY: &str = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1";

/// Names that mean the same everywhere. A connection of such a type may come from another backend, and is no slip of the pen.
const COMMON: [&str; 17] = [
    "adls",
    "azure-blob",
    "bigquery",
    "elasticsearch",
    "gcs",
    "kafka",
    "mongodb",
    "mssql",
    "mysql",
    "oci",
    "opensearch",
    "oracle",
    "postgresql",
    "redshift",
    "s3",
    "snowflake",
    "uri",
];

/// The types of a cluster.
#[derive(Debug)]
pub(crate) struct Catalog {
    namespace: String,
    heads: Vec<Head>,
}

/// What a list tells of a type.
#[derive(Debug)]
struct Head {
    name: String,
    title: Option<String>,
    disabled: bool,
}

impl Catalog {
    /// The problem of a type whose name is nearly that of one of the cluster.
    pub(super) fn slip(&self, type_: &str) -> Option<Problem> {
        if COMMON.contains(&type_) {
            return None;
        }
        let own = self.own().map(|head| head.name.as_str());
        let by_title = |head: &&Head| {
            head.title.as_ref().is_some_and(|title| title.eq_ignore_ascii_case(type_))
        };
        let titled = self.heads.iter().find(by_title).map(|head| head.name.as_str());
        let meant = titled.or_else(|| nearest(type_, own))?;
        let message = format!("the cluster has no such type; did you mean `--type {meant}`?");
        Some(Problem { field: "type".into(), message })
    }

    /// What becomes of a connection whose type the cluster does not have.
    pub(super) fn raw_keys(&self, type_: &str) -> String {
        let own = join(self.own().map(Head::words));
        let own = if own.is_empty() { "none".to_owned() } else { own };
        format!(
            "the cluster has no connection type `{type_}`: the dashboard shows the values under their keys, and model serving does not \
             use it unless its keys are those of a known type; the cluster's own types are {own}"
        )
    }

    /// Those that the product does not bring and that are offered.
    fn own(&self) -> impl Iterator<Item = &Head> {
        self.heads.iter().filter(|head| !head.disabled && stock_type_of_ref(&head.name).is_none())
    }
}

impl Head {
    fn of(object: &Object) -> Self {
        let annotations = object.annotations();
        Self {
            name: object.metadata.name.clone(),
            title: annotations.get(DISPLAY_NAME).filter(|title| !title.is_empty()).cloned(),
            disabled: is_disabled(annotations),
        }
    }

    fn words(&self) -> String {
        match self.title.as_ref().filter(|title| **title != self.name) {
            Some(title) => format!("`{}` ({title})", self.name),
            None => format!("`{}`", self.name),
        }
    }
}

/// Reads a type from the first namespace that has it.
pub(super) fn look_up(host: &Host, target: &Target, type_: &str) -> Known {
    let mut searched: Vec<String> = Vec::new();
    let mut reasons: Vec<String> = Vec::new();
    for namespace in place::namespaces(host, target) {
        match read(host, &namespace, type_) {
            Ok(Some(found)) => return Known::Found(Box::new(found)),
            Ok(None) => searched.push(namespace),
            Err(why) if reasons.contains(&why) => {}
            Err(why) => reasons.push(why),
        }
    }
    if searched.is_empty() {
        return Known::Unreadable(reasons.join("; "));
    }
    match types_of(host, &searched) {
        Ok(catalog) => Known::Absent(catalog),
        Err(why) => Known::Unreadable(why),
    }
}

/// The types of the first namespace that has some: one that is not there has an empty list.
fn types_of(host: &Host, namespaces: &[String]) -> Result<Catalog, String> {
    let mut found = Catalog { namespace: String::new(), heads: Vec::new() };
    for namespace in namespaces {
        found = list(host, namespace)?;
        if !found.heads.is_empty() {
            break;
        }
    }
    Ok(found)
}

/// What `check` says about the cluster's own types.
pub(crate) fn finding(host: &Host, target: &Target) -> Finding {
    let mut reasons: Vec<String> = Vec::new();
    for namespace in place::namespaces(host, target) {
        match list(host, &namespace) {
            // A namespace that is not there has an empty list.
            Ok(catalog) if catalog.heads.is_empty() => {
                reasons.push(format!("`{namespace}` has none"));
            }
            Ok(catalog) => return Finding::new(SUBJECT, Verdict::Good, catalog.summary()),
            Err(why) if reasons.contains(&why) => {}
            Err(why) => reasons.push(why),
        }
    }
    let message = format!(
        "those of the cluster are not known ({}); connections of such types are carried through as they are",
        reasons.join("; ")
    );
    Finding::new(SUBJECT, Verdict::Unknown, message)
}

const SUBJECT: &str = "connection types";

impl Catalog {
    fn summary(&self) -> String {
        let own = join(self.own().map(Head::words));
        let own = if own.is_empty() { "none of its own".to_owned() } else { own };
        let disabled = join(self.heads.iter().filter(|head| head.disabled).map(Head::words));
        let disabled =
            if disabled.is_empty() { disabled } else { format!("; not for new ones: {disabled}") };
        format!("the cluster has, in `{}`, {own}{disabled}", self.namespace)
    }
}

/// The type of a name in a namespace; none if there is no such type.
fn read(host: &Host, namespace: &str, type_: &str) -> Result<Option<CustomType>, String> {
    if !is_subdomain(type_) {
        return Ok(None);
    }
    let request = Request::get(path(["api", "v1", "namespaces", namespace, "configmaps", type_]));
    let object: Object = match call(host, request) {
        Ok(response) => response.json().map_err(|error| error.message())?,
        Err(failure) if failure.refusal().is_some_and(|it| it.is_not_found()) => return Ok(None),
        Err(failure) => return Err(why(failure, namespace)),
    };
    if object.labels().get(TYPE_LABEL).is_none_or(|value| value != TRUE) {
        return Ok(None);
    }
    let Some(fields) = object.visible_value("fields") else {
        return match object.keys().any(|key| key == "fields") {
            true => {
                Err("the grant of the endpoint `cluster` has no `fields` under `visible`".into())
            }
            false => Ok(Some(named(&object, Vec::new()))),
        };
    };
    let fields = super::schema::parse_fields(fields)
        .map_err(|error| format!("the fields of `{type_}` in `{namespace}` are broken: {error}"))?;
    Ok(Some(named(&object, fields)))
}

fn named(object: &Object, fields: Vec<super::schema::CustomField>) -> CustomType {
    let Head { name, title, disabled } = Head::of(object);
    CustomType { name, title, disabled, fields }
}

fn list(host: &Host, namespace: &str) -> Result<Catalog, String> {
    let request = Request::get(path(["api", "v1", "namespaces", namespace, "configmaps"]))
        .query("labelSelector", format!("{TYPE_LABEL}={TRUE}"))
        .query("limit", MAX_TYPES)
        .header("accept", METADATA_ONLY);
    let response = call(host, request).map_err(|failure| why(failure, namespace))?;
    let list: ObjectList = response.json().map_err(|error| error.message())?;
    let mut heads: Vec<_> = list.into_parts().1.iter().map(Head::of).collect();
    heads.sort_unstable_by(|one, other| one.name.cmp(&other.name));
    Ok(Catalog { namespace: namespace.to_owned(), heads })
}

fn is_disabled(annotations: &Names) -> bool {
    annotations.get(DISABLED).is_some_and(|value| value == TRUE)
}

fn why(failure: Failure, namespace: &str) -> String {
    match failure {
        Failure::Refused(refusal) if refusal.is_forbidden() => {
            format!("the login may not read ConfigMaps of `{namespace}`")
        }
        Failure::Refused(refusal) => refusal.message(),
        Failure::Http(error) => Error::from(error).message(),
        Failure::Told(error) => error.message(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn common_names_are_those_of_the_program() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../host/types");
        let files = std::fs::read_dir(folder).expect("the types of the program are there");
        let names = files.map(|file| file.expect("it can be read").path());
        let mut names: Vec<_> = names
            .map(|path| path.file_stem().expect("a name").to_string_lossy().into_owned())
            .collect();
        names.sort_unstable();
        assert_eq!(names, COMMON);
    }

    #[test]
    fn slips_are_told_from_other_types() {
        let head = |name: &str, title: Option<&str>, disabled| Head {
            name: name.into(),
            title: title.map(str::to_owned),
            disabled,
        };
        let catalog = Catalog {
            namespace: "apps".into(),
            heads: vec![
                head("mssql", None, false),
                head("old-database", None, true),
                head("our-database", Some("Our database"), false),
                head("s3", None, false),
            ],
        };
        let check = |type_: &str, meant: Option<&str>| {
            let found = catalog.slip(type_).map(|problem| problem.message);
            let expected = meant.map(|meant| format!("did you mean `--type {meant}`?"));
            assert_eq!(found.is_some(), expected.is_some(), "{type_}: {found:?}");
            assert!(found.unwrap_or_default().contains(&expected.unwrap_or_default()), "{type_}");
        };
        check("our-databse", Some("our-database"));
        check("OUR DATABASE", Some("our-database"));
        check("mysql", None);
        check("old-databse", None);
        check("warehouse", None);
        assert!(catalog.raw_keys("x").contains("`mssql`, `our-database` (Our database)"));
        assert!(catalog.summary().contains("not for new ones: `old-database`"));
    }
}
