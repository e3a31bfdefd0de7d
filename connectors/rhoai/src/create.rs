//! Create: one request that holds everything, so that there is either the whole connection or none.

use connhub_sdk::{
    Connection, Draft, Error, Host, IfExists, Json, Outcome, Request, Response, Target, Written,
    base64, until_done,
};

use crate::ATTEMPTS;
use crate::api::{as_write, call, read_secret, secret_path, secrets_path, warnings};
use crate::custom::Known;
use crate::mapping::{DOCKER_CONFIG_KEY, key_of, to_native};
use crate::metadata::{
    DASHBOARD, DESCRIPTION, DISPLAY_NAME, MANAGED, Marks, TRUE, why_no_connection,
};
use crate::object::Object;
use crate::patch::SecretPatch;
use crate::scope::{explained, project};
use crate::status::{Failure, Place};
use crate::update::writable;
use crate::users::Users;
use crate::validate::check_draft;

pub(crate) fn create(
    host: &Host,
    target: &Target,
    mut draft: Draft,
    if_exists: IfExists,
) -> Result<Written, Error> {
    let project = project(target)?;
    let known = Known::ask(host, target, &draft.type_);
    let problems = known.check_draft(&mut draft);
    check_draft(&mut draft, problems)?;
    let write = Write { host, project, draft: &draft, target, known: &known };
    let place = Place::secret(project, &draft.name).of_type(&draft.type_);
    // What is there can come and go between two requests.
    until_done(&draft.name, ATTEMPTS, || {
        let taken = match write.post() {
            Ok(written) => return Ok(Some(write.presented(written))),
            Err(failure) => failure,
        };
        if if_exists == IfExists::Fail || !taken.refusal().is_some_and(|r| r.is_already_exists()) {
            return Err(explained(host, taken.into_error(place)));
        }
        let done = match if_exists {
            IfExists::Replace => write.replace(),
            _ => write.keep(),
        };
        match done {
            Ok(written) => Ok(Some(write.presented(written))),
            Err(failure) if is_race(&failure) => Ok(None),
            Err(failure) => Err(failure.into_error(place)),
        }
    })
}

/// Whether somebody else deleted or changed the Secret between reading it and writing it.
fn is_race(failure: &Failure) -> bool {
    failure.refusal().is_some_and(|refusal| refusal.is_not_found() || refusal.is_conflict())
}

struct Write<'a> {
    host: &'a Host,
    project: &'a str,
    draft: &'a Draft,
    target: &'a Target,
    known: &'a Known,
}

impl Write<'_> {
    fn post(&self) -> Result<Written, Failure> {
        let request = Request::post(secrets_path(self.project)).json(self.body());
        let response = call(self.host, as_write(request, self.target))?;
        self.written(Outcome::Created, &response)
    }

    /// What was written, shown as its type means it.
    fn presented(&self, mut written: Written) -> Written {
        if written.connection.type_ == self.draft.type_ {
            self.known.present(&mut written.connection);
        }
        written
    }

    /// Reports how what is there differs. Values of secrets cannot be compared, since the server does not do it and they are not read here.
    fn keep(&self) -> Result<Written, Failure> {
        let connection = self.connection_there()?;
        let differences = self.differences(&connection);
        let mut notes = Vec::new();
        if !self.draft.secrets.is_empty() {
            notes.push(
                "secret values in the cluster cannot be compared; those given count as different"
                    .into(),
            );
        }
        Ok(Written::kept(connection, differences).with_notes(notes))
    }

    /// Puts the draft in the place of what is there by one request, which keeps the labels and annotations of others.
    fn replace(&self) -> Result<Written, Failure> {
        let there = self.there()?;
        writable(&there, &self.draft.name)?;
        self.check_kind(&there)?;
        let patch = self.patch(&there);
        if patch.is_empty() {
            return Ok(Written::unchanged(self.connection(there)?));
        }
        let request = Request::patch(secret_path(self.project, &self.draft.name));
        let request = request.json_as("application/merge-patch+json", patch.into_body());
        let response = call(self.host, as_write(request, self.target))?;
        let mut written = self.written(Outcome::Replaced, &response)?;
        let users = Users::of(self.host, self.project, &self.draft.name);
        written.notes.extend(users.notes_after_change());
        Ok(written)
    }

    fn patch<'a>(&'a self, there: &'a Object) -> SecretPatch<'a> {
        let draft = self.draft;
        let mut patch = SecretPatch::new(there, &draft.type_).declared(self.known.declared_keys());
        let wanted = self.keys();
        there.keys().filter(|key| !wanted.contains(key)).for_each(|key| patch.remove_key(key));
        draft.fields.iter().for_each(|field| patch.set_field(field));
        draft.secrets.iter().for_each(|secret| patch.set_secret(secret));
        patch.annotation(DISPLAY_NAME, Some(self.display_name()));
        patch.annotation(DESCRIPTION, draft.description.as_deref());
        draft.labels.iter().for_each(|label| patch.label(&label.key, Some(&label.value)));
        patch.mark();
        patch.forget_test();
        patch
    }

    fn there(&self) -> Result<Object, Failure> {
        let object = read_secret(self.host, self.project, &self.draft.name)?;
        if object.connection_type().is_some() {
            return Ok(object);
        }
        Err(Failure::Told(self.no_connection(&object)))
    }

    fn connection_there(&self) -> Result<Connection, Failure> {
        let there = self.there()?;
        self.connection(there)
    }

    fn connection(&self, object: Object) -> Result<Connection, Failure> {
        let no_connection = self.no_connection(&object);
        object.into_connection().ok_or(Failure::Told(no_connection))
    }

    fn no_connection(&self, object: &Object) -> Error {
        Error::AlreadyExists(format!(
            "project `{}` has a Secret `{}` that is no connection ({}); it is left alone",
            self.project,
            self.draft.name,
            why_no_connection(object.labels())
        ))
    }

    /// The Kubernetes type of a Secret cannot be changed.
    fn check_kind(&self, there: &Object) -> Result<(), Error> {
        let wanted = self.kind();
        let found = there.kind.as_deref().unwrap_or("Opaque");
        if found == wanted {
            return Ok(());
        }
        Err(Error::Unsupported(format!(
            "the Secret has the Kubernetes type `{found}` and would need `{wanted}`, which cannot be changed; \
             delete it first: `connhub delete {}`",
            self.draft.name
        )))
    }

    fn differences(&self, stored: &Connection) -> Vec<String> {
        let mut comparable = stored.clone();
        // Labels of others are none of the draft's business.
        if self.draft.display_name.is_none()
            && comparable.display_name.as_deref().unwrap_or(&self.draft.name) == self.display_name()
        {
            comparable.display_name = None;
        }
        comparable.labels.retain(|label| self.draft.labels.iter().any(|own| own.key == label.key));
        comparable.differences(self.draft, |_| false)
    }

    /// The product expects one; the dashboard shows the name where there is none.
    fn display_name(&self) -> &str {
        self.draft.display_name.as_deref().unwrap_or(&self.draft.name)
    }

    fn keys(&self) -> Vec<&str> {
        let draft = self.draft;
        let fields = draft.fields.iter().map(|field| field.name.as_str());
        let secrets = draft.secrets.iter().map(|secret| secret.name.as_str());
        fields.chain(secrets).map(|name| key_of(&draft.type_, name)).collect()
    }

    fn kind(&self) -> &'static str {
        if self.keys().contains(&DOCKER_CONFIG_KEY) {
            "kubernetes.io/dockerconfigjson"
        } else {
            "Opaque"
        }
    }

    fn body(&self) -> Json<'_> {
        let declared = self.known.declared_keys();
        let marks = Marks::new(&self.draft.type_, declared.as_deref(), &self.keys());
        let metadata = Json::object([
            ("name", Json::from(self.draft.name.as_str())),
            ("labels", self.labels(&marks)),
            ("annotations", self.annotations(&marks)),
        ]);
        Json::object([
            ("apiVersion", Json::from("v1")),
            ("kind", Json::from("Secret")),
            ("metadata", metadata),
            ("type", Json::from(self.kind())),
            ("data", self.data()),
        ])
    }

    fn labels(&self, marks: &Marks) -> Json<'_> {
        let own = self.draft.labels.iter().map(|label| (label.key.as_str(), label.value.as_str()));
        let managed = marks.managed.then_some((MANAGED, TRUE));
        let all = own.chain([(DASHBOARD, TRUE)]).chain(managed);
        Json::object(all.map(|(key, value)| (key, Json::from(value))))
    }

    fn annotations(&self, marks: &Marks) -> Json<'_> {
        let type_ = marks.annotations.iter().map(|(key, value)| (*key, value.as_deref()));
        let texts = [
            (DISPLAY_NAME, Some(self.display_name())),
            (DESCRIPTION, self.draft.description.as_deref()),
        ];
        let given = type_.chain(texts).filter_map(|(key, value)| Some((key, Json::from(value?))));
        Json::object(given)
    }

    fn data(&self) -> Json<'_> {
        let draft = self.draft;
        let fields = draft.fields.iter().map(|field| {
            let key = key_of(&draft.type_, &field.name);
            (key, Json::from(base64::encode(to_native(key, &field.value))))
        });
        let secrets = draft
            .secrets
            .iter()
            .map(|secret| (key_of(&draft.type_, &secret.name), Json::secret_base64(&secret.value)));
        Json::object(fields.chain(secrets))
    }

    fn written(&self, outcome: Outcome, response: &Response) -> Result<Written, Failure> {
        let connection = self.connection(response.json()?)?;
        let mut notes = warnings(response);
        notes.extend(self.known.note(&self.draft.type_));
        Ok(Written::new(outcome, connection).with_notes(notes))
    }
}
