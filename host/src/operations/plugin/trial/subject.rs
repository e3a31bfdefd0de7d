//! A backend's connector as the conformance kit calls it.

use crate::conformance::Subject;
use crate::model::{
    Connection, Description, Draft, Error, Filter, IfExists, Page, Patch, Removed, Report,
    SecretField, Target, Usage, Written,
};
use crate::plugins::Gate;

impl Subject for Gate {
    async fn describe(&mut self) -> Result<Description, Error> {
        Gate::describe(self).await
    }

    async fn check(&mut self, target: &Target) -> Result<Report, Error> {
        Gate::check(self, target).await
    }

    async fn create(
        &mut self,
        target: &Target,
        draft: &Draft,
        if_exists: IfExists,
    ) -> Result<Written, Error> {
        Gate::create(self, target, draft, if_exists).await
    }

    async fn list(
        &mut self,
        target: &Target,
        filter: &Filter,
        cursor: Option<&str>,
        limit: u32,
    ) -> Result<Page, Error> {
        Gate::list(self, target, filter, cursor, limit).await
    }

    async fn get(&mut self, target: &Target, name: &str) -> Result<Connection, Error> {
        Gate::get(self, target, name).await
    }

    async fn open(
        &mut self,
        target: &Target,
        name: &str,
        fields: &[String],
    ) -> Result<Vec<SecretField>, Error> {
        Gate::open(self, target, name, fields).await
    }

    async fn update(
        &mut self,
        target: &Target,
        name: &str,
        patch: &Patch,
        expected: Option<&str>,
    ) -> Result<Written, Error> {
        Gate::update(self, target, name, patch, expected).await
    }

    async fn delete(
        &mut self,
        target: &Target,
        name: &str,
        expected: Option<&str>,
    ) -> Result<Vec<Removed>, Error> {
        Gate::delete(self, target, name, expected).await
    }

    fn usage(&self) -> Usage {
        Gate::usage(self)
    }
}
