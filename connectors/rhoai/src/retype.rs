//! A connection to a registry that gets its login late. The cluster never changes the type of a Secret, so it is made again: rehearsed under
//! another name, deleted at the revision that was read, and created with everything that it had. If that fails, it is put back as it was.

use connhub_sdk::{Connection, Error, Host, Request, Response, Secret, Target};

use crate::api::{as_write, call, read_secret, secret_path, secrets_path, warnings};
use crate::delete::options;
use crate::object::Object;
use crate::patch::SecretPatch;
use crate::status::{Failure, Place};

/// The type of a Secret with a login for a registry.
pub(crate) const PULL_SECRET: &str = "kubernetes.io/dockerconfigjson";

/// What is added to the name for the rehearsal. Nothing is stored under it.
const REHEARSAL: &str = "-connhub-rehearsal";

/// A Secret that is made again.
pub(crate) struct Retype<'a> {
    pub(crate) host: &'a Host,
    pub(crate) target: &'a Target,
    pub(crate) project: &'a str,
    pub(crate) name: &'a str,
    pub(crate) type_: &'a str,
}

impl Retype<'_> {
    /// Makes it again with these changes. What it returns is the connection, and what the user should know.
    pub(crate) fn run(
        &self,
        there: &Object,
        changes: SecretPatch<'_>,
    ) -> Result<(Connection, Vec<String>), Failure> {
        self.refuse_owned(there)?;
        let hidden = self.hidden_values()?;
        let rehearsal = format!("{:.200}{REHEARSAL}", self.name);
        let rehearsal = changes.to_secret(&rehearsal, PULL_SECRET, &hidden)?;
        let rehearsed = self.post(rehearsal, &Target { dry_run: true, ..self.target.clone() })?;
        if self.target.dry_run {
            return self.done(rehearsed.json()?, &rehearsed);
        }
        let wanted = changes.to_secret(self.name, PULL_SECRET, &hidden)?;
        let before = SecretPatch::new(there, self.type_);
        let before = before.to_secret(self.name, there.kind(), &hidden)?;
        let path = secret_path(self.project, self.name);
        call(self.host, Request::delete(path).json(options(there, self.target)))?;
        match self.post(wanted, self.target) {
            Ok(response) => self.done(response.json()?, &response),
            Err(failure) => self.put_back(before, failure),
        }
    }

    /// What made the Secret would make it again, or remove it with itself.
    fn refuse_owned(&self, there: &Object) -> Result<(), Error> {
        let Some(owner) = there.owner() else { return Ok(()) };
        Err(Error::Unsupported(format!(
            "the Secret has to be made again for a login, and it belongs to {owner}; change that instead"
        )))
    }

    /// The values that the connector does not see, by their keys.
    fn hidden_values(&self) -> Result<Vec<(String, Secret)>, Failure> {
        let request = Request::get(secret_path(self.project, self.name)).with_handles();
        Ok(call(self.host, request)?.take_secrets_below("/data"))
    }

    fn post(&self, secret: connhub_sdk::Json<'_>, target: &Target) -> Result<Response, Failure> {
        call(self.host, as_write(Request::post(secrets_path(self.project)).json(secret), target))
    }

    fn done(
        &self,
        made: Object,
        response: &Response,
    ) -> Result<(Connection, Vec<String>), Failure> {
        let mut connection =
            made.into_connection().ok_or_else(|| Error::no_connection(self.name))?;
        connection.name = self.name.to_owned();
        let mut notes = vec![
            "the Secret was made again, because the cluster does not change the type of one"
                .to_owned(),
        ];
        notes.extend(warnings(response));
        Ok((connection, notes))
    }

    /// After a creation that failed, or whose answer was lost.
    fn put_back(
        &self,
        before: connhub_sdk::Json<'_>,
        failure: Failure,
    ) -> Result<(Connection, Vec<String>), Failure> {
        let error = failure.into_error(Place::secret(self.project, self.name).of_type(self.type_));
        let again = self.post(before, self.target);
        let taken = match &again {
            Ok(_) => return Err(error.into()),
            Err(failure) => failure.refusal().is_some_and(|refusal| refusal.is_already_exists()),
        };
        if taken
            && let Ok(made) = read_secret(self.host, self.project, self.name)
            && made.kind() == PULL_SECRET
        {
            let connection =
                made.into_connection().ok_or_else(|| Error::no_connection(self.name))?;
            return Ok((connection, Vec::new()));
        }
        let name = self.name;
        let text = format!(
            "{}; the Secret `{name}` was deleted and could not be put back: create it again with `connhub create {name}`",
            error.message()
        );
        Err(Error::Other(text).into())
    }
}
