//! Update: a merge patch at the revision that was read.

use connhub_sdk::{Error, Host, Outcome, Patch, Request, Target, TextChange, Written, until_done};

use crate::ATTEMPTS;
use crate::api::{as_write, call, secret_path, warnings};
use crate::custom::Known;
use crate::mapping::{DOCKER_CONFIG_KEY, key_of};
use crate::metadata::{DESCRIPTION, DISPLAY_NAME};
use crate::object::Object;
use crate::patch::SecretPatch;
use crate::read::{read, require_connection};
use crate::retype::{PULL_SECRET, Retype};
use crate::scope::project;
use crate::status::{Failure, Place};
use crate::users::Users;
use crate::validate::check_changes;

pub(crate) fn update(
    host: &Host,
    target: &Target,
    name: &str,
    patch: &Patch,
    expected: Option<&str>,
) -> Result<Written, Error> {
    let project = project(target)?;
    until_done(name, ATTEMPTS, || {
        let there = read(host, project, name)?;
        check_revision(&there, name, expected)?;
        let update = Update { host, project, name, patch, target };
        match update.at_revision(there) {
            Ok(written) => Ok(Some(written)),
            Err(failure) if expected.is_none() && is_stale(&failure) => Ok(None),
            Err(failure) => Err(failure.into_error(Place::secret(project, name))),
        }
    })
}

/// Refuses a revision other than the expected one.
pub(crate) fn check_revision(
    there: &Object,
    name: &str,
    expected: Option<&str>,
) -> Result<(), Error> {
    let found = there.metadata.resource_version.as_deref();
    match (expected, found) {
        (Some(expected), Some(found)) if expected != found => Err(Error::stale(name, found)),
        _ => Ok(()),
    }
}

/// Whether somebody else was quicker.
pub(crate) fn is_stale(failure: &Failure) -> bool {
    failure.refusal().is_some_and(crate::status::Refusal::is_conflict)
}

/// Refuses to change the values of a Secret that its owner has frozen.
pub(crate) fn writable(there: &Object, name: &str) -> Result<(), Error> {
    if !there.is_immutable() {
        return Ok(());
    }
    Err(Error::Unsupported(format!(
        "the Secret is immutable; to change its values delete it and create it again: `connhub delete {name}`"
    )))
}

/// The dashboard says the same after an edit: values are read when a workload starts.
pub(crate) fn restart_note() -> String {
    "workbenches and models that use it see the change when they are restarted".into()
}

struct Update<'a> {
    host: &'a Host,
    project: &'a str,
    name: &'a str,
    patch: &'a Patch,
    target: &'a Target,
}

impl Update<'_> {
    fn at_revision(&self, there: Object) -> Result<Written, Failure> {
        let type_ = require_connection(&there, self.project, self.name)?.to_owned();
        let (changes, mut notes) = self.changes(&there, &type_)?;
        if changes.is_empty() {
            return self.unchanged(there, notes);
        }
        let changes_values = changes.changes_values();
        if changes_values {
            writable(&there, self.name)?;
        }
        if self.gets_login(&there, &type_) {
            return self.made_again(&there, &type_, changes, notes);
        }
        let request = Request::patch(secret_path(self.project, self.name));
        let request = request.json_as("application/merge-patch+json", changes.into_body());
        let response = call(self.host, as_write(request, self.target))
            .map_err(|failure| self.told(failure, &type_))?;
        notes.extend(warnings(&response));
        if changes_values {
            notes.extend(Users::of(self.host, self.project, self.name).notes_after_change());
        }
        let after: Object = response.json()?;
        let connection = after.into_connection().ok_or_else(|| Error::no_connection(self.name))?;
        Ok(Written::new(Outcome::Updated, connection).with_notes(notes))
    }

    /// The refusals that name fields are told with the names of the type. A conflict is left as it is, to be tried again.
    fn told(&self, failure: Failure, type_: &str) -> Failure {
        if is_stale(&failure) {
            return failure;
        }
        Failure::Told(failure.into_error(Place::secret(self.project, self.name).of_type(type_)))
    }

    fn unchanged(&self, there: Object, notes: Vec<String>) -> Result<Written, Failure> {
        let connection = there.into_connection().ok_or_else(|| Error::no_connection(self.name))?;
        Ok(Written::unchanged(connection).with_notes(notes))
    }

    /// The patch of the Secret, and what the user should know about it.
    fn changes<'b>(
        &'b self,
        there: &'b Object,
        type_: &'b str,
    ) -> Result<(SecretPatch<'b>, Vec<String>), Error> {
        let asked = self.patch;
        let mut fields = asked.fields.clone();
        let known = Known::ask_for(self.host, self.target, type_, asked);
        let found = known.check_changes(&mut fields, asked);
        let (labels, removed) = (&asked.labels, &asked.remove_labels);
        check_changes(type_, &mut fields, &asked.secrets, labels, removed, found)?;
        self.check_pull_secret(there, type_)?;
        let mut changes = SecretPatch::new(there, type_);
        let notes = self.remove_fields(there, type_, &mut changes);
        fields.iter().for_each(|field| changes.set_field(field));
        asked.secrets.iter().for_each(|secret| changes.set_secret(secret));
        set_text(&mut changes, DISPLAY_NAME, &asked.display_name);
        set_text(&mut changes, DESCRIPTION, &asked.description);
        asked.remove_labels.iter().for_each(|key| changes.label(key, None));
        asked.labels.iter().for_each(|label| changes.label(&label.key, Some(&label.value)));
        match &asked.tested {
            Some(tested) => changes.record_test(tested),
            None => {
                changes.forget_test();
                changes.complete_marks();
            }
        }
        Ok((changes, notes))
    }

    fn remove_fields(
        &self,
        there: &Object,
        type_: &str,
        changes: &mut SecretPatch<'_>,
    ) -> Vec<String> {
        let mut notes = Vec::new();
        for name in &self.patch.remove {
            let key = key_of(type_, name);
            if there.keys().any(|known| known == key) {
                changes.remove_key(key);
            } else {
                notes.push(format!("there was no field `{name}` to remove"));
            }
        }
        notes
    }

    fn made_again(
        &self,
        there: &Object,
        type_: &str,
        changes: SecretPatch<'_>,
        mut notes: Vec<String>,
    ) -> Result<Written, Failure> {
        let Self { host, target, project, name, .. } = *self;
        let retype = Retype { host, target, project, name, type_ };
        let (connection, more) =
            retype.run(there, changes).map_err(|failure| self.told(failure, type_))?;
        notes.extend(more);
        notes.extend(Users::of(host, project, name).notes_after_change());
        Ok(Written::new(Outcome::Updated, connection).with_notes(notes))
    }

    fn sets_login(&self, type_: &str) -> bool {
        let mut secrets = self.patch.secrets.iter();
        secrets.any(|secret| key_of(type_, &secret.name) == DOCKER_CONFIG_KEY)
    }

    /// Whether a Secret that was made without a login for a registry gets one, for which it needs another type.
    fn gets_login(&self, there: &Object, type_: &str) -> bool {
        self.sets_login(type_) && there.kind() != PULL_SECRET
    }

    /// A Secret with a login for a registry keeps it.
    fn check_pull_secret(&self, there: &Object, type_: &str) -> Result<(), Error> {
        let sets = |name: &String| key_of(type_, name) == DOCKER_CONFIG_KEY;
        let is_pull_secret = there.kind() == PULL_SECRET;
        if is_pull_secret && self.patch.remove.iter().any(sets) && !self.sets_login(type_) {
            return Err(Error::invalid(
                "dockerconfigjson",
                "cannot be removed from this kind of Secret",
            ));
        }
        Ok(())
    }
}

fn set_text(changes: &mut SecretPatch<'_>, annotation: &str, change: &TextChange) {
    match change {
        TextChange::Keep => {}
        TextChange::Clear => changes.annotation(annotation, None),
        TextChange::Set(text) => changes.annotation(annotation, Some(text)),
    }
}
