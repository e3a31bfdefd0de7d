//! Types of connections and of depots, and the fields of a connection in DataOS' places.

use connhub_sdk::{Error, Field, Problem, SecretField};
use serde_json::{Map, Value};

use crate::credentials::{
    Credential, CredentialValue, SecretKey, SecretPart, keys_of, written_keys,
};
use crate::settings::Settings;
use crate::sources::{Form, OPAQUE, Place, Source};
use crate::spec;

/// The field that names the way to log in. DataOS has none: the keys in the Secret tell.
pub(crate) const AUTH_METHOD: &str = "auth_method";

/// What a connection is, here and in DataOS.
#[derive(Clone, Debug)]
pub(crate) struct DepotType {
    /// The canonical name; DataOS' own where there is none.
    pub(crate) name: String,
    /// What `spec.type` says.
    pub(crate) native: String,
    /// The table, which is empty for a type that is carried through.
    pub(crate) source: &'static Source,
}

/// The fields of a connection on their way to DataOS.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Given<'a> {
    pub(crate) fields: &'a [Field],
    pub(crate) secrets: &'a [SecretField],
}

impl DepotType {
    /// The type of a connection that is to be written.
    pub(crate) fn named(name: &str) -> Result<Self, Error> {
        let source = Source::named(name).map_err(|_| {
            Error::Unsupported(format!("DataOS has no depot type for `{name}` connections"))
        })?;
        Ok(Self {
            name: name.to_owned(),
            native: source.map_or(name, |source| source.native).to_owned(),
            source: source.unwrap_or(&OPAQUE),
        })
    }

    /// The type of a depot that was read.
    pub(crate) fn of_depot(native: &str, spec: &Map<String, Value>) -> Self {
        let has = |path: &str, value: &str| is_at(spec, path, value);
        let source = Source::of_depot(native, has);
        Self {
            name: source.map_or(native, |source| source.name).to_owned(),
            native: native.to_owned(),
            source: source.unwrap_or(&OPAQUE),
        }
    }

    /// Writes fields into a spec and returns those that belong into the Secret. All that is wrong is reported at once.
    pub(crate) fn write<'a>(
        &self,
        settings: &Settings,
        given: Given<'a>,
        spec: &mut Map<String, Value>,
    ) -> Result<Vec<Credential<'a>>, Error> {
        if self.source.has_native(&self.native) {
            for (path, value) in self.source.fixed {
                spec::put(spec, path, Value::from(*value));
            }
        }
        let mut writer = Writer { settings, of: self, spec, credentials: Vec::new() };
        let mut problems = Vec::new();
        for field in self.in_order(given.fields) {
            writer.visible(field).or_else(|error| note(error, &mut problems))?;
        }
        for field in given.secrets {
            writer.secret(field).or_else(|error| note(error, &mut problems))?;
        }
        if problems.is_empty() { Ok(writer.credentials) } else { Err(Error::Invalid(problems)) }
    }

    /// Takes a field out of a spec and returns the keys under which it may be in the Secret.
    pub(crate) fn remove(
        &self,
        settings: &Settings,
        name: &str,
        spec: &mut Map<String, Value>,
    ) -> Vec<String> {
        if name == AUTH_METHOD {
            return Vec::new();
        }
        let Some(field) = self.source.field(name) else {
            return if spec::take(spec, name).is_some() {
                Vec::new()
            } else {
                vec![name.to_owned()]
            };
        };
        for place in field.places {
            let Place::Spec(path) = place else { continue };
            let Some(path) = storage_path(path, spec) else {
                continue;
            };
            if field.form == Form::Parameters {
                self.put_parameters(spec, &path, Map::new());
            } else {
                spec::take(spec, &path);
            }
        }
        keys_of(settings, self.source, name).into_iter().map(|key| key.key).collect()
    }

    /// The fields in the order of the table, since a place can depend on an earlier field; then those that the table does not have.
    fn in_order<'a>(&self, fields: &'a [Field]) -> impl Iterator<Item = &'a Field> {
        let known = self.source.fields;
        let in_table = known.iter().flat_map(|known| named(fields, known.name));
        let is_in_table = |field: &&Field| known.iter().any(|known| known.name == field.name);
        in_table.chain(fields.iter().filter(move |field| !is_in_table(field)))
    }

    /// Replaces those parameters that have no field of their own.
    fn put_parameters(&self, spec: &mut Map<String, Value>, path: &str, new: Map<String, Value>) {
        let has_own_field = |key: &str| {
            let own = format!("{path}.{key}");
            let is_own = |place: &Place| matches!(place, Place::Spec(path) if *path == own);
            self.source.fields.iter().any(|field| field.places.iter().any(is_own))
        };
        let old = spec::take(spec, path);
        let old = old.and_then(|old| old.as_object().cloned()).unwrap_or_default();
        let mut all: Map<_, _> = old.into_iter().filter(|(key, _)| has_own_field(key)).collect();
        all.extend(new);
        if !all.is_empty() {
            spec::put(spec, path, Value::Object(all));
        }
    }
}

fn named<'a>(fields: &'a [Field], name: &'static str) -> impl Iterator<Item = &'a Field> {
    fields.iter().filter(move |field| field.name == name)
}

/// Whether a spec has this text at a path.
pub(crate) fn is_at(spec: &Map<String, Value>, path: &str, text: &str) -> bool {
    let found = spec::value_at(spec, path).and_then(Value::as_str);
    found.is_some_and(|found| found.eq_ignore_ascii_case(text))
}

/// A path of the table, with the kind of storage in the place of `{storageType}`; none if that is not known.
pub(crate) fn storage_path(path: &str, spec: &Map<String, Value>) -> Option<String> {
    let Some(rest) = path.strip_prefix("{storageType}") else {
        return Some(path.to_owned());
    };
    let storage = spec.get("storageType")?.as_str()?;
    Some(format!("{storage}{rest}"))
}

struct Writer<'a, 's> {
    settings: &'s Settings,
    of: &'s DepotType,
    spec: &'s mut Map<String, Value>,
    credentials: Vec<Credential<'a>>,
}

impl<'a> Writer<'a, '_> {
    fn visible(&mut self, field: &'a Field) -> Result<(), Error> {
        let name = field.name.as_str();
        if name == AUTH_METHOD && !self.of.source.methods.is_empty() {
            return self.check_method(&field.value);
        }
        self.check_supported(name)?;
        let Some(known) = self.of.source.field(name) else {
            spec::put(self.spec, name, Form::Any.value(name, &field.value)?);
            return Ok(());
        };
        for place in known.places {
            if let Place::Spec(path) = place {
                self.put(name, path, known.form, &field.value)?;
            }
        }
        self.keep(name, CredentialValue::Visible(&field.value))
    }

    fn secret(&mut self, field: &'a SecretField) -> Result<(), Error> {
        let value = CredentialValue::Handle(&field.value);
        self.check_supported(&field.name)?;
        match self.of.source.field(&field.name) {
            Some(known) if known.places.iter().any(|place| matches!(place, Place::Spec(_))) => {
                let message = "everybody who may read the Depot sees it, so it cannot be a secret";
                Err(Error::invalid(&field.name, message))
            }
            Some(known) => self.keep(known.name, value),
            None => {
                let (key, part) = (field.name.clone(), SecretPart::Data);
                self.credentials.push(Credential { field: key.clone(), key, part, value });
                Ok(())
            }
        }
    }

    fn put(&mut self, name: &str, path: &str, form: Form, text: &str) -> Result<(), Error> {
        let missing = || Error::invalid("storageType", format!("`{name}` needs it"));
        let path = storage_path(path, self.spec).ok_or_else(missing)?;
        match form.value(name, text)? {
            Value::Object(parameters) if form == Form::Parameters => {
                self.of.put_parameters(self.spec, &path, parameters);
            }
            value => spec::put(self.spec, &path, value),
        }
        Ok(())
    }

    fn keep(&mut self, name: &str, value: CredentialValue<'a>) -> Result<(), Error> {
        for SecretKey { key, part, .. } in written_keys(self.settings, self.of.source, name) {
            if part == SecretPart::Files && !self.settings.secret_files.is_sent() {
                return Err(files_unsupported(name, &key));
            }
            self.credentials.push(Credential { field: name.to_owned(), key, part, value });
        }
        Ok(())
    }

    fn check_supported(&self, name: &str) -> Result<(), Error> {
        if !self.of.source.unsupported.contains(&name) {
            return Ok(());
        }
        let message = format!("DataOS has no place for it in a `{}` depot", self.of.native);
        Err(Error::invalid(name, message))
    }

    fn check_method(&self, method: &str) -> Result<(), Error> {
        let methods = self.of.source.methods;
        if methods.iter().any(|known| known.name == method) {
            return Ok(());
        }
        let known: Vec<_> = methods.iter().map(|known| format!("`{}`", known.name)).collect();
        let (name, known) = (&self.of.name, known.join(" or "));
        Err(Error::Unsupported(format!(
            "DataOS cannot hold the login `{method}` of `{name}` connections; it takes {known}"
        )))
    }
}

fn files_unsupported(name: &str, key: &str) -> Error {
    Error::Unsupported(format!(
        "DataOS keeps `{name}` as the file `{key}` of a Secret, and how files are sent over HTTP is \
         not documented; install `dataos-ctl` and log in, which is, or, if your DataOS takes their content inline, set \
         `secret-files = \"data\"` under `[backends.NAME.settings]`"
    ))
}

/// Collects what is wrong with fields; other errors end the write.
fn note(error: Error, problems: &mut Vec<Problem>) -> Result<(), Error> {
    match error {
        Error::Invalid(new) => {
            problems.extend(new);
            Ok(())
        }
        other => Err(other),
    }
}
