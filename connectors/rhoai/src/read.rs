//! Get and open.

use connhub_sdk::{Connection, Error, Host, Request, Secret, SecretField, Setting, Target};

use crate::api::{call, read_secret, secret_path};
use crate::custom::Known;
use crate::mapping::field_of;
use crate::metadata::why_no_connection;
use crate::object::Object;
use crate::scope::{nothing_there, project};
use crate::status::{Failure, Place};
use crate::users::Users;

pub(crate) fn get(host: &Host, target: &Target, name: &str) -> Result<Connection, Error> {
    let project = project(target)?;
    let object = read(host, project, name)?;
    let mut connection = object.into_connection().ok_or_else(|| Error::no_connection(name))?;
    Known::ask(host, target, &connection.type_).present(&mut connection);
    if target.setting(Setting::SHOW_USERS.name) == Some("true") {
        Users::of(host, project, name).show_in(&mut connection);
    }
    Ok(connection)
}

pub(crate) fn open(
    host: &Host,
    project: &str,
    name: &str,
    fields: &[String],
) -> Result<Vec<SecretField>, Error> {
    let request = Request::get(secret_path(project, name)).with_handles();
    let mut response = found(host, project, name, call(host, request))?;
    let object: Object = response.json()?;
    let type_ = require_connection(&object, project, name)?.to_owned();
    let secrets = response.take_secrets_below("/data").into_iter();
    let field = |(key, value): (String, Secret)| SecretField::new(field_of(&type_, &key), value);
    SecretField::select(secrets.map(field).collect(), name, fields)
}

/// Reads the Secret of a connection.
pub(crate) fn read(host: &Host, project: &str, name: &str) -> Result<Object, Error> {
    let object = found(host, project, name, read_secret(host, project, name))?;
    require_connection(&object, project, name)?;
    Ok(object)
}

/// The type of a connection.
///
/// # Errors
///
/// If the Secret is something else, which this connector neither shows nor touches.
pub(crate) fn require_connection<'a>(
    object: &'a Object,
    project: &str,
    name: &str,
) -> Result<&'a str, Error> {
    object.connection_type().ok_or_else(|| {
        let why = why_no_connection(object.labels());
        let message = format!(
            "project `{project}` has a Secret `{name}`, but it is no connection: {why}; \
                 `connhub adopt {name}` makes it one"
        );
        Error::invalid("name", message)
    })
}

/// Takes a missing Secret for a missing connection, or project.
pub(crate) fn found<T>(
    host: &Host,
    project: &str,
    name: &str,
    answer: Result<T, Failure>,
) -> Result<T, Error> {
    answer.map_err(|failure| match failure.refusal() {
        Some(refusal) if refusal.is_not_found() => nothing_there(host, project, name),
        _ => failure.into_error(Place::secret(project, name)),
    })
}
