//! A connection to a registry that gets its login late. The cluster never changes the type of a Secret, so it is made again: a copy under another
//! name holds everything, the Secret is deleted at the revision that was read, and created with everything that it had. If that fails, it is put
//! back as it was. The copy goes last, so that whoever is killed in between leaves it.

use connhub_sdk::{Connection, Error, Host, Json, Request, Response, Secret, Target};

use crate::api::{as_write, call, read_secret, secret_path, secrets_path, warnings};
use crate::delete::options;
use crate::object::Object;
use crate::patch::SecretPatch;
use crate::status::{Failure, Place, Refusal};

/// The type of a Secret with a login for a registry.
pub(crate) const PULL_SECRET: &str = "kubernetes.io/dockerconfigjson";

/// What is added to the name for the copy.
const COPY: &str = "-connhub-copy";

/// A Secret that is made again.
pub(crate) struct Retype<'a> {
    pub(crate) host: &'a Host,
    pub(crate) target: &'a Target,
    pub(crate) project: &'a str,
    pub(crate) name: &'a str,
    pub(crate) type_: &'a str,
}

/// What became of the Secret.
enum Exchanged {
    /// It was made again.
    Made(Box<Object>, Vec<String>),
    /// It is as it was.
    Untouched(Failure),
    /// It is gone, or may be: the copy stays.
    Lost(Error),
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
        let name = format!("{:.200}{COPY}", self.name);
        let copy = changes.to_secret(&name, PULL_SECRET, &hidden)?;
        let wanted = changes.to_secret(self.name, PULL_SECRET, &hidden)?;
        let before = SecretPatch::new(there, self.type_);
        let before = before.to_secret(self.name, there.kind(), &hidden)?;
        let copied = self.post(copy, self.target);
        let place = Place::secret(self.project, &name).of_type(self.type_);
        let copied = copied.map_err(|failure| failure.into_error(place))?;
        let copy: Object = copied.json()?;
        if self.target.dry_run {
            return self.done(copy, warnings(&copied));
        }
        match self.exchange(there, wanted, before) {
            Exchanged::Made(made, mut notes) => {
                notes.extend(self.remove(&copy, &name));
                self.done(*made, notes)
            }
            Exchanged::Untouched(failure) => Err(match self.remove(&copy, &name) {
                None => failure,
                Some(left) => self.annotated(failure, &left).into(),
            }),
            Exchanged::Lost(error) => Err(error.into()),
        }
    }

    /// Deletes the Secret and creates it as it is wanted.
    fn exchange(&self, there: &Object, wanted: Json<'_>, before: Json<'_>) -> Exchanged {
        if let Err(failure) = self.delete(there, self.name) {
            match self.is_there() {
                Some(true) => return Exchanged::Untouched(failure),
                // It was done, and the answer was lost.
                Some(false) => {}
                None => return self.lost(&self.told(failure), "may be deleted"),
            }
        }
        let made = self.post(wanted, self.target).and_then(|response| {
            let notes = warnings(&response);
            Ok((response.json()?, notes))
        });
        match made {
            Ok((made, notes)) => Exchanged::Made(Box::new(made), notes),
            Err(failure) => self.put_back(before, failure),
        }
    }

    fn delete(&self, there: &Object, name: &str) -> Result<(), Failure> {
        let path = secret_path(self.project, name);
        call(self.host, Request::delete(path).json(options(there, self.target))).map(drop)
    }

    /// Whether there is a Secret of this name; none if that cannot be seen.
    fn is_there(&self) -> Option<bool> {
        match read_secret(self.host, self.project, self.name) {
            Ok(_) => Some(true),
            Err(failure) if failure.refusal().is_some_and(Refusal::is_not_found) => Some(false),
            Err(_) => None,
        }
    }

    /// Deletes the copy. What it returns is what is left, if something is.
    fn remove(&self, copy: &Object, name: &str) -> Option<String> {
        let failure = self.delete(copy, name).err()?;
        let why = failure.into_error(Place::secret(self.project, name)).message();
        Some(format!("the copy `{name}` could not be deleted ({why}): `connhub delete {name}`"))
    }

    fn annotated(&self, failure: Failure, left: &str) -> Error {
        Error::Other(format!("{}; {left}", self.told(failure).message()))
    }

    fn told(&self, failure: Failure) -> Error {
        failure.into_error(Place::secret(self.project, self.name).of_type(self.type_))
    }

    fn lost(&self, error: &Error, what: &str) -> Exchanged {
        let name = self.name;
        Exchanged::Lost(Error::Other(format!(
            "{}; the Secret `{name}` {what}: everything that it had is in its copy `{name:.200}{COPY}`",
            error.message()
        )))
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

    fn post(&self, secret: Json<'_>, target: &Target) -> Result<Response, Failure> {
        call(self.host, as_write(Request::post(secrets_path(self.project)).json(secret), target))
    }

    fn done(&self, made: Object, more: Vec<String>) -> Result<(Connection, Vec<String>), Failure> {
        let mut connection =
            made.into_connection().ok_or_else(|| Error::no_connection(self.name))?;
        connection.name = self.name.to_owned();
        let mut notes = vec![
            "the Secret was made again, because the cluster does not change the type of one"
                .to_owned(),
        ];
        notes.extend(more);
        Ok((connection, notes))
    }

    /// After a creation that failed, or whose answer was lost.
    fn put_back(&self, before: Json<'_>, failure: Failure) -> Exchanged {
        let error = self.told(failure);
        let taken = match &self.post(before, self.target) {
            Ok(_) => return Exchanged::Untouched(error.into()),
            Err(failure) => failure.refusal().is_some_and(|refusal| refusal.is_already_exists()),
        };
        if taken
            && let Ok(made) = read_secret(self.host, self.project, self.name)
            && made.kind() == PULL_SECRET
        {
            return Exchanged::Made(Box::new(made), Vec::new());
        }
        self.lost(&error, "was deleted and could not be put back")
    }
}
