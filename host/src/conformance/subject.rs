//! A connector that is on trial.

use crate::model::{
    Connection, Description, Draft, Error, Filter, IfExists, Page, Patch, Removed, Report,
    SecretField, Target, Usage, Written,
};

/// A connector whose operations can be called. The operations are those of the contract.
pub trait Subject {
    /// What it is.
    fn describe(&mut self) -> impl Future<Output = Result<Description, Error>>;

    /// Who am I, may I, is the platform there.
    fn check(&mut self, target: &Target) -> impl Future<Output = Result<Report, Error>>;

    /// Stores a connection.
    fn create(
        &mut self,
        target: &Target,
        draft: &Draft,
        if_exists: IfExists,
    ) -> impl Future<Output = Result<Written, Error>>;

    /// Lists one page.
    fn list(
        &mut self,
        target: &Target,
        filter: &Filter,
        cursor: Option<&str>,
        limit: u32,
    ) -> impl Future<Output = Result<Page, Error>>;

    /// Reads one connection.
    fn get(
        &mut self,
        target: &Target,
        name: &str,
    ) -> impl Future<Output = Result<Connection, Error>>;

    /// Reads secret fields.
    fn open(
        &mut self,
        target: &Target,
        name: &str,
        fields: &[String],
    ) -> impl Future<Output = Result<Vec<SecretField>, Error>>;

    /// Changes a connection.
    fn update(
        &mut self,
        target: &Target,
        name: &str,
        patch: &Patch,
        expected: Option<&str>,
    ) -> impl Future<Output = Result<Written, Error>>;

    /// Deletes a connection.
    fn delete(
        &mut self,
        target: &Target,
        name: &str,
        expected: Option<&str>,
    ) -> impl Future<Output = Result<Vec<Removed>, Error>>;

    /// What the last call used and was refused.
    fn usage(&self) -> Usage;

    /// Stops each of the next calls after so many steps of computing; none stops them as users are stopped.
    fn stop_after(&mut self, steps: Option<u64>);

    /// How many steps the last call took; 0 if nobody counted them.
    fn steps(&self) -> u64;
}
