//! The fields of a connection, as they are read from a Depot and its Secret.

use connhub_sdk::Field;
use serde_json::{Map, Value};

use crate::credentials::keys_of;
use crate::depot_type::{AUTH_METHOD, DepotType, is_at, storage_path};
use crate::settings::Settings;
use crate::sources::{Need, Place};
use crate::spec;

/// What was read.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Found {
    pub(crate) fields: Vec<Field>,
    /// Fields that are in the Secret, also those that are no secrets for us: DataOS shows none of its values.
    pub(crate) secret_names: Vec<String>,
    /// Fields that every official example has and this one has not.
    pub(crate) missing: Vec<&'static str>,
}

/// How much is known about the Secret.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Keys<'a> {
    /// These are all keys in it.
    Known(&'a [String]),
    /// It was not looked at.
    Unknown,
}

impl DepotType {
    /// Reads the fields of a connection.
    pub(crate) fn read(
        &self,
        settings: &Settings,
        spec: &Map<String, Value>,
        keys: Keys<'_>,
    ) -> Found {
        let mut found = Found { fields: self.visible(spec), ..Found::default() };
        if let Keys::Known(keys) = keys {
            found.secret_names = self.secret_names(settings, keys, &found.fields);
            found.fields.extend(self.auth_method(&found.secret_names));
            found.missing = self.missing(&found);
        }
        found
    }

    /// The names of fields by keys of the Secret; what the table does not have keeps its key.
    pub(crate) fn names_of_keys<'k>(
        &self,
        settings: &Settings,
        keys: &'k [String],
    ) -> Vec<(String, Vec<&'k String>)> {
        let mut rest: Vec<&String> = keys.iter().collect();
        let mut names = Vec::new();
        for field in self.source.fields {
            let own = keys_of(settings, self.source, field.name);
            let (mine, others): (Vec<_>, Vec<_>) =
                rest.into_iter().partition(|key| own.iter().any(|own| own.key == **key));
            rest = others;
            if !mine.is_empty() {
                names.push((field.name.to_owned(), mine));
            }
        }
        names.extend(rest.into_iter().map(|key| (key.clone(), vec![key])));
        names
    }

    fn visible(&self, spec: &Map<String, Value>) -> Vec<Field> {
        let mut rest = spec.clone();
        for (path, value) in self.source.fixed.iter().chain(self.source.implied) {
            if is_at(&rest, path, value) {
                spec::take(&mut rest, path);
            }
        }
        let mut fields = Vec::new();
        for field in self.source.fields {
            for place in field.places {
                let Place::Spec(path) = place else { continue };
                let value = storage_path(path, spec).and_then(|path| spec::take(&mut rest, &path));
                fields.extend(value.map(|value| Field::new(field.name, field.form.text(&value))));
            }
        }
        fields.extend(spec::flatten(&rest).into_iter().map(|(path, text)| Field::new(path, text)));
        fields
    }

    /// A field that is in the spec as well is visible, and not named again.
    fn secret_names(&self, settings: &Settings, keys: &[String], visible: &[Field]) -> Vec<String> {
        let names = self.names_of_keys(settings, keys).into_iter().map(|(name, _)| name);
        names.filter(|name| !visible.iter().any(|field| field.name == *name)).collect()
    }

    fn auth_method(&self, secret_names: &[String]) -> Option<Field> {
        let shows = |shown_by: &str| match shown_by {
            "" => secret_names.is_empty(),
            name => secret_names.iter().any(|stored| stored == name),
        };
        let method = self.source.methods.iter().find(|method| shows(method.shown_by))?;
        Some(Field::new(AUTH_METHOD, method.name))
    }

    fn missing(&self, found: &Found) -> Vec<&'static str> {
        let has = |name: &str| {
            found.fields.iter().any(|field| field.name == name)
                || found.secret_names.iter().any(|stored| stored == name)
        };
        let takes_no_login = self.source.methods.iter().any(|method| method.shown_by.is_empty());
        let no_login = takes_no_login && found.secret_names.is_empty();
        let expected = self.source.fields.iter().filter(|field| {
            let in_spec = field.places.iter().any(|place| matches!(place, Place::Spec(_)));
            field.need == Need::Expected && (in_spec || !no_login)
        });
        expected.map(|field| field.name).filter(|name| !has(name)).collect()
    }
}
