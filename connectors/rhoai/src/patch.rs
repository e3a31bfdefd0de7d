//! Merge patches (RFC 7396) of a Secret: what they do not name stays, foreign metadata included.

use connhub_sdk::{Error, Field, Json, Secret, SecretField, TestResult, base64};
use serde_json::Value;

use crate::mapping::{key_of, stock_type, to_native};
use crate::metadata::{
    FAILED, MANAGED, Marks, Names, TEST_MESSAGE, TEST_STATUS, TEST_TIME, TRUE, VERIFIED,
};
use crate::object::Object;

/// A patch that is being made, at the revision of the object that was read.
pub(crate) struct SecretPatch<'a> {
    there: &'a Object,
    type_: &'a str,
    /// The keys that the type has a field for, if that is known.
    declared: Option<Vec<&'a str>>,
    data: Members<'a>,
    labels: Members<'a>,
    annotations: Members<'a>,
}

/// Members of an object that change. A value of null removes the member.
type Members<'a> = Vec<(String, Json<'a>)>;

impl<'a> SecretPatch<'a> {
    pub(crate) fn new(there: &'a Object, type_: &'a str) -> Self {
        let (data, labels, annotations) = (Vec::new(), Vec::new(), Vec::new());
        Self { there, type_, declared: None, data, labels, annotations }
    }

    /// Says which keys the type has a field for.
    pub(crate) fn declared(self, keys: Option<Vec<&'a str>>) -> Self {
        Self { declared: keys, ..self }
    }

    /// Sets a visible value, unless it is what is there.
    pub(crate) fn set_field(&mut self, field: &Field) {
        let key = key_of(self.type_, &field.name);
        let value = base64::encode(to_native(key, &field.value));
        let same = self.there.visible_value(key) == Some(value.as_str());
        put(&mut self.data, key, (!same).then(|| value.into()));
    }

    /// Sets a secret value. Whether it is what is there cannot be seen.
    pub(crate) fn set_secret(&mut self, secret: &'a SecretField) {
        let value = Json::secret_base64(&secret.value);
        put(&mut self.data, key_of(self.type_, &secret.name), Some(value));
    }

    /// Removes a value, if it is there.
    pub(crate) fn remove_key(&mut self, key: &str) {
        let there = self.there.keys().any(|there| there == key);
        put(&mut self.data, key, there.then(|| Value::Null.into()));
    }

    /// Sets a label, or removes it.
    pub(crate) fn label(&mut self, key: &str, value: Option<&str>) {
        let same = self.there.labels().get(key).map(String::as_str) == value;
        put(&mut self.labels, key, (!same).then(|| value.into()));
    }

    /// Sets an annotation, or removes it.
    pub(crate) fn annotation(&mut self, key: &str, value: Option<&str>) {
        let same = self.there.annotations().get(key).map(String::as_str) == value;
        put(&mut self.annotations, key, (!same).then(|| value.into()));
    }

    /// Sets the metadata that follow from the type and the keys that there will be, and removes those that do not.
    pub(crate) fn mark(&mut self) {
        let marks = self.marks();
        for (annotation, value) in &marks.annotations {
            self.annotation(annotation, value.as_deref());
        }
        self.label(MANAGED, marks.managed.then_some(TRUE));
    }

    /// Adds the metadata that a connection of a stock type lacks. What is there stays: somebody may have put it there on purpose.
    pub(crate) fn complete_marks(&mut self) {
        if stock_type(self.type_).is_none() {
            return;
        }
        let marks = self.marks();
        for (annotation, value) in &marks.annotations {
            if value.is_some() && !self.there.annotations().contains_key(*annotation) {
                self.annotation(annotation, value.as_deref());
            }
        }
        self.label(MANAGED, marks.managed.then_some(TRUE));
    }

    /// Removes the result of the last test if values change: the new ones have not been tested.
    pub(crate) fn forget_test(&mut self) {
        if self.changes_values() {
            for name in [TEST_STATUS, TEST_TIME, TEST_MESSAGE] {
                self.annotation(name, None);
            }
        }
    }

    /// Keeps the result of a test in the way of the dashboard.
    pub(crate) fn record_test(&mut self, tested: &TestResult) {
        let status = if tested.works { VERIFIED } else { FAILED };
        self.annotation(TEST_STATUS, Some(status));
        self.annotation(TEST_TIME, Some(&tested.at));
        self.annotation(TEST_MESSAGE, Some(&tested.message));
    }

    /// Whether values change.
    pub(crate) fn changes_values(&self) -> bool {
        !self.data.is_empty()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.data.is_empty() && self.labels.is_empty() && self.annotations.is_empty()
    }

    /// The body. The revision in it makes the server refuse it if the object was changed meanwhile.
    pub(crate) fn into_body(self) -> Json<'a> {
        let revision = self.there.metadata.resource_version.clone();
        let mut metadata = vec![("resourceVersion", Json::from(revision))];
        if !self.labels.is_empty() {
            metadata.push(("labels", Json::object(self.labels)));
        }
        if !self.annotations.is_empty() {
            metadata.push(("annotations", Json::object(self.annotations)));
        }
        let mut members = vec![("metadata", Json::object(metadata))];
        if !self.data.is_empty() {
            members.push(("data", Json::object(self.data)));
        }
        Json::object(members)
    }

    /// The whole Secret as it is with the changes, under a name and with a Kubernetes type. `hidden` are the values that are there and not seen.
    ///
    /// # Errors
    ///
    /// If one of them is missing.
    pub(crate) fn to_secret<'s>(
        &'s self,
        name: &'s str,
        kind: &'s str,
        hidden: &'s [(String, Secret)],
    ) -> Result<Json<'s>, Error> {
        let is_changed = |key: &&str| self.data.iter().any(|(changed, _)| changed == key);
        let stays = self.there.keys().filter(|key| !is_changed(key)).map(|key| {
            let seen = self.there.visible_value(key).map(Json::from);
            let handle = || hidden.iter().find(|(own, _)| own == key);
            let value = seen.or_else(|| handle().map(|(_, value)| Json::secret_base64(value)));
            let missing = || Error::unavailable(format!("the cluster does not hand out `{key}`"));
            Ok((key.to_owned(), value.ok_or_else(missing)?))
        });
        let data: Vec<(String, Json<'s>)> = stays.collect::<Result<_, Error>>()?;
        let metadata = Json::object([
            ("name", Json::from(name)),
            ("labels", Json::object(after(self.there.labels(), &self.labels))),
            ("annotations", Json::object(after(self.there.annotations(), &self.annotations))),
        ]);
        Ok(Json::object([
            ("apiVersion", Json::from("v1")),
            ("kind", Json::from("Secret")),
            ("metadata", metadata),
            ("type", Json::from(kind)),
            ("data", Json::object(data.into_iter().chain(set(&self.data)))),
        ]))
    }

    fn marks(&self) -> Marks {
        let keys: Vec<_> = self.keys_after().collect();
        Marks::new(self.type_, self.declared.as_deref(), &keys)
    }

    fn keys_after(&self) -> impl Iterator<Item = &str> {
        let is_set = |value: &Json<'_>| !matches!(value, Json::Plain(Value::Null));
        let stays = |key: &&str| !self.data.iter().any(|(changed, _)| changed == key);
        let set = self.data.iter().filter(move |(_, value)| is_set(value));
        self.there.keys().filter(stays).chain(set.map(|(key, _)| key.as_str()))
    }
}

/// The members that change and stay.
fn set<'s>(changes: &'s Members<'_>) -> impl Iterator<Item = (String, Json<'s>)> {
    let is_set = |value: &Json<'_>| !matches!(value, Json::Plain(Value::Null));
    let set = changes.iter().filter(move |(_, value)| is_set(value));
    set.map(|(key, value)| (key.clone(), value.clone()))
}

/// All members of labels or annotations with their changes.
fn after<'s>(
    there: &'s Names,
    changes: &'s Members<'_>,
) -> impl Iterator<Item = (String, Json<'s>)> {
    let stays = there.iter().filter(|(key, _)| !changes.iter().any(|(own, _)| own == *key));
    stays.map(|(key, value)| (key.clone(), Json::from(value.as_str()))).chain(set(changes))
}

/// Puts a change in the place of an earlier one of the same member, or takes that back.
fn put<'a>(members: &mut Members<'a>, key: &str, change: Option<Json<'a>>) {
    members.retain(|(known, _)| known != key);
    members.extend(change.map(|value| (key.to_owned(), value)));
}
