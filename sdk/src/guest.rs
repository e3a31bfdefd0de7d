//! The exports of the contract, by a [`Connector`].

use std::marker::PhantomData;

use crate::bindings::connhub::connector::types as contract;
use crate::bindings::exports::connhub::connector::backend::Guest;
use crate::model::{
    Connection, Description, Draft, Error, Filter, IfExists, Page, PageRequest, Patch, Removed,
    Report, SecretField, Target, Written,
};
use crate::{Connector, Host, Secret};

/// The exports of a connector.
#[derive(Debug)]
pub struct Exports<C>(PhantomData<C>);

impl<C: Connector> Guest for Exports<C> {
    fn describe() -> Description {
        C::describe()
    }

    fn check(target: Target) -> Result<Report, Error> {
        C::check(&Host::new(), &target)
    }

    fn create(
        target: Target,
        draft: contract::Draft,
        if_exists: IfExists,
    ) -> Result<Written, Error> {
        C::create(&Host::new(), &target, draft.into(), if_exists)
    }

    fn list_connections(target: Target, filter: Filter, page: PageRequest) -> Result<Page, Error> {
        C::list(&Host::new(), &target, &filter, &page)
    }

    fn get(target: Target, name: String) -> Result<Connection, Error> {
        C::get(&Host::new(), &target, &name)
    }

    fn open(
        target: Target,
        name: String,
        fields: Vec<String>,
    ) -> Result<Vec<contract::SecretField>, Error> {
        let opened = C::open(&Host::new(), &target, &name, &fields)?;
        let into_contract =
            |field: SecretField| contract::SecretField { name: field.name, value: field.value.0 };
        Ok(opened.into_iter().map(into_contract).collect())
    }

    fn update(
        target: Target,
        name: String,
        patch: contract::Patch,
        expected: Option<String>,
    ) -> Result<Written, Error> {
        C::update(&Host::new(), &target, &name, patch.into(), expected.as_deref())
    }

    fn delete(
        target: Target,
        name: String,
        expected: Option<String>,
    ) -> Result<Vec<Removed>, Error> {
        C::delete(&Host::new(), &target, &name, expected.as_deref())
    }
}

impl From<contract::Draft> for Draft {
    fn from(draft: contract::Draft) -> Self {
        Self {
            name: draft.name,
            type_: draft.type_,
            fields: draft.fields,
            secrets: secrets(draft.secrets),
            display_name: draft.display_name,
            description: draft.description,
            labels: draft.labels,
        }
    }
}

impl From<contract::Patch> for Patch {
    fn from(patch: contract::Patch) -> Self {
        Self {
            fields: patch.fields,
            secrets: secrets(patch.secrets),
            remove: patch.remove,
            display_name: patch.display_name,
            description: patch.description,
            labels: patch.labels,
            remove_labels: patch.remove_labels,
            tested: patch.tested,
        }
    }
}

fn secrets(fields: Vec<contract::SecretField>) -> Vec<SecretField> {
    let field =
        |field: contract::SecretField| SecretField { name: field.name, value: Secret(field.value) };
    fields.into_iter().map(field).collect()
}
