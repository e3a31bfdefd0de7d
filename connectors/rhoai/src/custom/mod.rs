//! Connection types that an administrator has made: ConfigMaps in the namespace of the product's own applications.
//!
//! Most logins may not read them. What this room finds is a help, never a condition: without it a connection is carried through under the
//! names of its keys.

mod catalog;
mod place;
mod rules;
mod schema;
mod show;
mod uri;
mod words;

use connhub_sdk::{Connection, Draft, Field, Host, Patch, Problem, Target};

pub(crate) use catalog::finding;
pub(crate) use place::APPLICATIONS_NAMESPACE;

use crate::mapping::stock_type;
use catalog::Catalog;
use schema::CustomType;

/// What is known about the type of a connection.
#[derive(Debug)]
pub(crate) enum Known {
    /// The product brings it, or nobody asked: nothing was read.
    Unasked,
    /// The cluster has it.
    Found(Box<CustomType>),
    /// The cluster's types can be read, and it is not among them.
    Absent(Catalog),
    /// The cluster's types cannot be read, and why.
    Unreadable(String),
}

impl Known {
    /// Asks the cluster, unless the product brings the type.
    pub(crate) fn ask(host: &Host, target: &Target, type_: &str) -> Self {
        match stock_type(type_) {
            Some(_) => Self::Unasked,
            None => catalog::look_up(host, target, type_),
        }
    }

    /// Asks only if the patch changes values.
    pub(crate) fn ask_for(host: &Host, target: &Target, type_: &str, patch: &Patch) -> Self {
        let no_values =
            patch.fields.is_empty() && patch.secrets.is_empty() && patch.remove.is_empty();
        if no_values { Self::Unasked } else { Self::ask(host, target, type_) }
    }

    /// Puts defaults and the product's form of values into a draft, and says what the type refuses.
    pub(crate) fn check_draft(&self, draft: &mut Draft) -> Vec<Problem> {
        match self {
            Self::Found(found) => rules::check_draft(found, draft),
            Self::Absent(catalog) => catalog.slip(&draft.type_).into_iter().collect(),
            Self::Unasked | Self::Unreadable(_) => Vec::new(),
        }
    }

    /// Puts what a patch sets into the product's form, and says what the type refuses.
    pub(crate) fn check_changes(&self, fields: &mut [Field], patch: &Patch) -> Vec<Problem> {
        match self {
            Self::Found(found) => rules::check_changes(found, fields, patch),
            Self::Unasked | Self::Absent(_) | Self::Unreadable(_) => Vec::new(),
        }
    }

    /// The keys that the type has a field for; none if that is not known.
    pub(crate) fn declared_keys(&self) -> Option<Vec<&str>> {
        match self {
            Self::Found(found) => {
                Some(found.fields.iter().map(|field| field.key.as_str()).collect())
            }
            _ => None,
        }
    }

    /// Shows a connection as its type means it.
    pub(crate) fn present(&self, connection: &mut Connection) {
        match self {
            Self::Found(found) => show::present(found, connection),
            Self::Absent(catalog) => connection.warnings.push(catalog.raw_keys(&connection.type_)),
            Self::Unasked | Self::Unreadable(_) => {}
        }
    }

    /// What somebody who creates a connection should know about its type.
    pub(crate) fn note(&self, type_: &str) -> Option<String> {
        let carried =
            "the connection is kept under the names of its keys, and model serving does not use it";
        match self {
            Self::Unasked | Self::Found(_) | Self::Absent(_) => None,
            Self::Unreadable(why) => Some(format!(
                "`{type_}` is no type that every OpenShift AI has, and the cluster's own types cannot be read ({why}); {carried} \
                 unless its keys are those of a known type"
            )),
        }
    }
}
