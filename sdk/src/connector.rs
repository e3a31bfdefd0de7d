//! What a connector does.

use crate::model::{
    Connection, Description, Draft, Error, Filter, IfExists, Page, PageRequest, Patch, Removed,
    Report, SecretField, Target, Written,
};
use crate::{Host, Operation};

/// A connector. [`export!`](crate::export) makes a component of it.
///
/// Every function is called in a fresh instance, so a connector has no state. An operation that it does not have fails with
/// [`Error::Unsupported`]; `describe` lists those that it has.
pub trait Connector {
    /// What the connector is.
    fn describe() -> Description;

    /// Who am I, may I, is the platform there. Problems are findings.
    ///
    /// # Errors
    ///
    /// If nothing could be found out.
    fn check(host: &Host, target: &Target) -> Result<Report, Error> {
        let _ = (host, target);
        Err(Error::no_operation("check"))
    }

    /// Stores a connection: all of it or nothing.
    ///
    /// # Errors
    ///
    /// [`Error::AlreadyExists`] if the name is taken and `if_exists` is [`IfExists::Fail`], or another case of [`Error`].
    fn create(
        host: &Host,
        target: &Target,
        draft: Draft,
        if_exists: IfExists,
    ) -> Result<Written, Error> {
        let _ = (host, target, draft, if_exists);
        Err(Error::no_operation("create"))
    }

    /// Lists connections, a page at a time.
    ///
    /// # Errors
    ///
    /// [`Error::NotFound`] for a scope that does not exist, but not for one that is empty; or another case of [`Error`].
    fn list(
        host: &Host,
        target: &Target,
        filter: &Filter,
        page: &PageRequest,
    ) -> Result<Page, Error> {
        let _ = (host, target, filter, page);
        Err(Error::no_operation("list"))
    }

    /// Reads one connection, without its secrets.
    ///
    /// # Errors
    ///
    /// [`Error::NotFound`], or another case of [`Error`].
    fn get(host: &Host, target: &Target, name: &str) -> Result<Connection, Error> {
        let _ = (host, target, name);
        Err(Error::no_operation("get"))
    }

    /// Reads secret fields as handles: those named, or all if none is named.
    ///
    /// # Errors
    ///
    /// [`Error::NotFound`], or another case of [`Error`].
    fn open(
        host: &Host,
        target: &Target,
        name: &str,
        fields: &[String],
    ) -> Result<Vec<SecretField>, Error> {
        let _ = (host, target, name, fields);
        Err(Error::no_operation("open"))
    }

    /// Changes a connection: all of it or nothing. With `expected`, only if the revision is still that.
    ///
    /// # Errors
    ///
    /// [`Error::NotFound`], [`Error::Conflict`], or another case of [`Error`].
    fn update(
        host: &Host,
        target: &Target,
        name: &str,
        patch: Patch,
        expected: Option<&str>,
    ) -> Result<Written, Error> {
        let _ = (host, target, name, patch, expected);
        Err(Error::no_operation("update"))
    }

    /// Deletes a connection and returns everything that it removed. With `expected`, only if the revision is still that.
    ///
    /// # Errors
    ///
    /// [`Error::NotFound`], [`Error::Conflict`], [`Error::InUse`], or another case of [`Error`].
    fn delete(
        host: &Host,
        target: &Target,
        name: &str,
        expected: Option<&str>,
    ) -> Result<Vec<Removed>, Error> {
        let _ = (host, target, name, expected);
        Err(Error::no_operation("delete"))
    }
}

/// Every operation, for the `describe` of a connector that has them all.
pub const ALL_OPERATIONS: [Operation; 7] = [
    Operation::Check,
    Operation::Create,
    Operation::Get,
    Operation::ListConnections,
    Operation::Open,
    Operation::Update,
    Operation::Delete,
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::FakeHost;

    struct Nothing;

    impl Connector for Nothing {
        fn describe() -> Description {
            Description {
                name: "nothing".into(),
                version: "1.0.0".into(),
                summary: "can do nothing".into(),
                types: Vec::new(),
                any_type: false,
                operations: Vec::new(),
                scope: None,
                settings: Vec::new(),
            }
        }
    }

    #[test]
    fn an_operation_that_is_not_written_is_unsupported() {
        let fake = FakeHost::new();
        let target = Target::default();
        let error = Nothing::get(&fake.host(), &target, "a").expect_err("it is not written");
        assert_eq!(error, Error::Unsupported("this connector cannot `get`".into()));
    }
}
