//! A backend's connector as the conformance kit calls it.

use std::sync::Arc;

use super::tap::Watch;
use crate::conformance::Subject;
use crate::model::{
    Connection, Description, Draft, Error, Filter, IfExists, Page, Patch, Removed, Report,
    SecretField, Target, Usage, Written,
};
use crate::plugins::Gate;
use crate::runtime::Computing;

/// A connector, and who calls it.
pub(super) struct Called {
    pub(super) gate: Gate,
    pub(super) by: &'static str,
    pub(super) watch: Arc<Watch>,
}

impl Subject for Called {
    async fn describe(&mut self) -> Result<Description, Error> {
        Gate::describe(&mut self.gate).await
    }

    async fn check(&mut self, target: &Target) -> Result<Report, Error> {
        self.watch.begin(self.by, "check");
        Gate::check(&mut self.gate, target).await
    }

    async fn create(
        &mut self,
        target: &Target,
        draft: &Draft,
        if_exists: IfExists,
    ) -> Result<Written, Error> {
        self.watch.begin(self.by, "create");
        Gate::create(&mut self.gate, target, draft, if_exists).await
    }

    async fn list(
        &mut self,
        target: &Target,
        filter: &Filter,
        cursor: Option<&str>,
        limit: u32,
    ) -> Result<Page, Error> {
        self.watch.begin(self.by, "list");
        Gate::list(&mut self.gate, target, filter, cursor, limit).await
    }

    async fn get(&mut self, target: &Target, name: &str) -> Result<Connection, Error> {
        self.watch.begin(self.by, "get");
        Gate::get(&mut self.gate, target, name).await
    }

    async fn open(
        &mut self,
        target: &Target,
        name: &str,
        fields: &[String],
    ) -> Result<Vec<SecretField>, Error> {
        self.watch.begin(self.by, "open");
        Gate::open(&mut self.gate, target, name, fields).await
    }

    async fn update(
        &mut self,
        target: &Target,
        name: &str,
        patch: &Patch,
        expected: Option<&str>,
    ) -> Result<Written, Error> {
        self.watch.begin(self.by, "update");
        Gate::update(&mut self.gate, target, name, patch, expected).await
    }

    async fn delete(
        &mut self,
        target: &Target,
        name: &str,
        expected: Option<&str>,
    ) -> Result<Vec<Removed>, Error> {
        self.watch.begin(self.by, "delete");
        Gate::delete(&mut self.gate, target, name, expected).await
    }

    fn usage(&self) -> Usage {
        Gate::usage(&self.gate)
    }

    fn stop_after(&mut self, steps: Option<u64>) {
        self.gate.compute(steps.map_or(Computing::Time, Computing::Steps));
    }

    fn steps(&self) -> u64 {
        self.gate.steps()
    }
}
