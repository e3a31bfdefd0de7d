use std::collections::{BTreeMap, BTreeSet};

// The Kubernetes types bring this clock with them, which spares a dependency of our own.
use k8s_openapi::jiff::{Timestamp, Unit};

use super::resource::{Key, Kind, Moment, Resource};

/// Something that this DataOS does, at which a test can make it fail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// Heimdall's authorize call.
    Authorize,
    /// The check of a manifest.
    Validate,
    /// The creation of a secret.
    CreateSecret,
    /// The creation of a depot.
    CreateDepot,
    /// The update of a secret.
    UpdateSecret,
    /// The update of a depot.
    UpdateDepot,
    /// The deletion of a secret.
    DeleteSecret,
    /// The deletion of a depot.
    DeleteDepot,
    /// A read of one secret, or of its values.
    ReadSecret,
    /// A read of one depot, of its status or runtime, or of what an address means.
    ReadDepot,
    /// Any list.
    List,
    /// What follows the creation or update of a depot: it ends in status `error`.
    Build,
}

/// How a step fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Trouble {
    /// Nothing is done.
    Refused,
    /// All is done, and the answer does not tell.
    AnswerLost,
}

/// All that changes.
#[derive(Clone, Debug, Default)]
pub(super) struct State {
    pub(super) resources: BTreeMap<Key, Resource>,
    /// Who may use secrets of others.
    pub(super) permits: BTreeSet<(Key, String)>,
    planned: Vec<(Step, Trouble)>,
    changes: u64,
}

impl State {
    pub(super) fn plan(&mut self, step: Step, trouble: Trouble) {
        self.planned.push((step, trouble));
    }

    /// The oldest planned trouble for this step, which is then forgotten.
    pub(super) fn take_trouble(&mut self, step: Step) -> Option<Trouble> {
        let at = self.planned.iter().position(|(planned, _)| *planned == step)?;
        Some(self.planned.remove(at).1)
    }

    /// A new moment, later than all before.
    pub(super) fn now(&mut self) -> Moment {
        self.changes += 1;
        let now = Timestamp::now();
        // Rounding to seconds fails only at the end of representable time.
        let text = now.round(Unit::Second).unwrap_or(now).to_string();
        Moment { count: self.changes, text }
    }

    pub(super) fn in_tenant(&self, tenant: &str, kind: Kind) -> impl Iterator<Item = &Resource> {
        let own = move |key: &Key| key.tenant == tenant && key.kind == kind;
        self.resources.values().filter(move |resource| own(&resource.key))
    }

    /// A secret by its reference `TENANT:SECRET`.
    pub(super) fn secret(&self, reference: &str) -> Option<&Resource> {
        let (tenant, name) = reference.split_once(':')?;
        let key = Key { tenant: tenant.into(), kind: Kind::Secret, name: name.into() };
        self.resources.get(&key)
    }

    /// A depot that uses this secret.
    pub(super) fn dependent(&self, secret: &Key) -> Option<&Resource> {
        let reference = secret.reference();
        let uses =
            |resource: &&Resource| resource.references().iter().any(|entry| entry.id == reference);
        self.resources.values().find(uses)
    }
}
