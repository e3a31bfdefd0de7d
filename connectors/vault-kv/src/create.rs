//! Create: the data is written only if the name is free, by the server's own check, and then described.

use connhub_sdk::{Connection, Draft, Error, Field, IfExists, Json, Outcome, Written, until_done};

use crate::ATTEMPTS;
use crate::api::{Part, Store, Version};
use crate::entry::{Live, Stored};
use crate::fault::Fault;
use crate::metadata::Custom;
use crate::read::cannot_read;
use crate::update::describe;
use crate::validate::{check_draft, check_entries};

pub(crate) fn create(
    store: &Store<'_>,
    draft: &Draft,
    if_exists: IfExists,
    dry_run: bool,
) -> Result<Written, Error> {
    check_draft(&store.settings, draft)?;
    check_entries(&Custom::of(draft))?;
    let write = Write { store, draft, dry_run };
    // What is there can come and go between two requests.
    until_done(&draft.name, ATTEMPTS, || {
        let there = match write.insert(0)? {
            Attempt::Written(written) => return Ok(Some(*written)),
            Attempt::Taken => write.there()?,
        };
        match (there, if_exists) {
            (Stored::Live(live), IfExists::Fail) => Err(write.taken(&live)),
            (Stored::Live(live), IfExists::Keep) => Ok(Some(write.keep(&live))),
            (Stored::Live(live), IfExists::Replace) => write.replace(&live),
            (Stored::Deleted(version), _) => Ok(write.insert(version)?.written()),
            (Stored::Nothing, _) => Ok(None),
        }
    })
}

enum Attempt {
    Written(Box<Written>),
    /// The current version is another one than the write was bound to.
    Taken,
}

impl Attempt {
    fn written(self) -> Option<Written> {
        match self {
            Self::Written(written) => Some(*written),
            Self::Taken => None,
        }
    }
}

struct Write<'a> {
    store: &'a Store<'a>,
    draft: &'a Draft,
    dry_run: bool,
}

impl Write<'_> {
    /// Writes a new secret on a name whose last version is `after`: 0 if it never had one, else one that was deleted.
    fn insert(&self, after: u64) -> Result<Attempt, Error> {
        if self.dry_run {
            return self.rehearse();
        }
        let version = match self.store.write(&self.draft.name, after, self.data()) {
            Ok(version) => version,
            Err(fault) if fault.is_mismatch() => return Ok(Attempt::Taken),
            Err(fault) => return Err(self.refused(fault)),
        };
        let custom = Custom::of(self.draft);
        // Of a secret that was deleted nothing stays.
        if let Err(fault) = self.store.describe_all(&self.draft.name, &custom) {
            return Err(self.undo(fault, version.version));
        }
        let written = self.written(Outcome::Created, &custom, Some(version));
        Ok(Attempt::Written(Box::new(written)))
    }

    fn rehearse(&self) -> Result<Attempt, Error> {
        match self.there()? {
            Stored::Live(_) => Ok(Attempt::Taken),
            Stored::Nothing | Stored::Deleted(_) => {
                let written = self.written(Outcome::Created, &Custom::of(self.draft), None);
                Ok(Attempt::Written(Box::new(written)))
            }
        }
    }

    fn there(&self) -> Result<Stored, Error> {
        let name = &self.draft.name;
        self.store.read(name).map_err(|fault| cannot_read(self.store, fault, name))
    }

    /// A secret without its type is half a connection: its version is deleted again. A later one that somebody else wrote stays.
    fn undo(&self, fault: Fault, version: u64) -> Error {
        let name = &self.draft.name;
        let right = format!("`update` on `{}`", self.store.shown(Part::Metadata, name));
        let error = fault.into_error(&format!("describe `{name}`"), &right);
        if self.store.delete_version(name, version).is_ok() {
            return error;
        }
        Error::Other(format!(
            "{}; version {version} of `{}` was written before and could not be deleted again",
            error.message(),
            self.store.shown(Part::Data, name)
        ))
    }

    /// Reports how what is there differs. The server does not compare secrets.
    fn keep(&self, live: &Live) -> Written {
        let connection = self.connection(live);
        let differences = self.differences(&connection);
        let note = "secret values in the store cannot be compared; those given count as different";
        let notes = (!self.draft.secrets.is_empty()).then(|| note.to_owned());
        Written::kept(connection, differences).with_notes(notes)
    }

    /// Puts the draft in the place of what is there; none if that was changed meanwhile. Labels of others stay.
    fn replace(&self, live: &Live) -> Result<Option<Written>, Error> {
        if self.differences(&self.connection(live)).is_empty() {
            return Ok(Some(Written::unchanged(self.connection(live))));
        }
        let mut custom = live.custom.clone();
        custom.apply(self.draft);
        check_entries(&custom)?;
        if self.dry_run {
            return Ok(Some(self.written(Outcome::Replaced, &custom, None)));
        }
        let name = &self.draft.name;
        let written = describe(self.store, name, &live.custom, &custom, || {
            self.store.write(name, live.version, self.data())
        });
        match written {
            Ok(version) => Ok(Some(self.written(Outcome::Replaced, &custom, Some(version)))),
            Err(fault) if fault.is_mismatch() => Ok(None),
            Err(fault) => Err(self.refused(fault)),
        }
    }

    fn taken(&self, live: &Live) -> Error {
        Error::AlreadyExists(format!(
            "`{}` exists (type {}, version {})",
            self.store.shown(Part::Data, &self.draft.name),
            live.custom.type_(),
            live.version
        ))
    }

    fn refused(&self, fault: Fault) -> Error {
        let name = &self.draft.name;
        let right = format!("`create` and `update` on `{}`", self.store.shown(Part::Data, name));
        fault.into_error(&format!("write `{name}`"), &right)
    }

    fn connection(&self, live: &Live) -> Connection {
        live.connection(&self.store.settings, &self.store.folder, &self.draft.name)
    }

    /// Labels of others are none of the draft's business.
    fn differences(&self, stored: &Connection) -> Vec<String> {
        let mut own = stored.clone();
        own.labels.retain(|label| self.draft.labels.iter().any(|wanted| wanted.key == label.key));
        own.differences(self.draft, |_| false)
    }

    fn data(&self) -> Json<'_> {
        let Draft { type_, fields, secrets, .. } = self.draft;
        let key = |name| self.store.settings.field_names.key(type_, name);
        let visible =
            fields.iter().map(|field| (key(&field.name), Json::from(field.value.as_str())));
        let secret = secrets.iter().map(|field| (key(&field.name), Json::secret(&field.value)));
        Json::object(visible.chain(secret))
    }

    fn written(&self, outcome: Outcome, custom: &Custom, version: Option<Version>) -> Written {
        let draft = self.draft;
        let time = version.as_ref().and_then(|version| version.created_time.clone());
        let mut fields: Vec<Field> = draft.fields.clone();
        fields.sort_by(|a, b| a.name.cmp(&b.name));
        let mut secret_names: Vec<_> =
            draft.secrets.iter().map(|field| field.name.clone()).collect();
        secret_names.sort_unstable();
        let connection = Connection {
            scope: self.store.folder.scope(),
            fields,
            secret_names,
            display_name: custom.display_name(),
            description: custom.description(),
            owner: custom.owner(),
            labels: custom.labels(),
            revision: version.map(|version| version.version.to_string()),
            created_at: time.clone().filter(|_| outcome == Outcome::Created),
            updated_at: time,
            ..Connection::new(&draft.name, &draft.type_)
        };
        Written::new(outcome, connection)
    }
}
