//! What connections were, where the connector keeps them in the local store.

use super::Gate;
use crate::audit::Entry;
use crate::capabilities::vault::{At, Moment, Version};
use crate::model::{Connection, Error, Kind, Removed, SecretField, Target};
use crate::scrub::Scrubber;

impl Gate {
    /// The versions of a connection that are kept, the oldest first; what it is now is one of them. It may be deleted.
    ///
    /// # Errors
    /// Those of [`Gate::get`].
    pub async fn versions(&mut self, target: &Target, name: &str) -> Result<Vec<Version>, Error> {
        self.get_at(target, name, At::Last).await?;
        self.connector.versions()
    }

    /// Reads a version of a connection.
    ///
    /// # Errors
    /// Those of [`Gate::get`].
    pub async fn get_at(
        &mut self,
        target: &Target,
        name: &str,
        at: At,
    ) -> Result<Connection, Error> {
        let entry = Entry::now();
        let result = self.connector.at(Moment::Past(at)).get(target, name).await;
        self.read("get", entry, target, Some(name), result)
    }

    /// Reads all secret fields of a version.
    ///
    /// # Errors
    /// Those of [`Gate::open`].
    pub async fn open_at(
        &mut self,
        target: &Target,
        name: &str,
        at: At,
    ) -> Result<Vec<SecretField>, Error> {
        let mut record = self.record("open version", target, Some(name));
        let scrubber = Scrubber::default();
        let entry = self.trail.begin(&record, &scrubber)?;
        let result = self.connector.at(Moment::Past(at)).open(target, name, &[]).await;
        if let Ok(opened) = &result {
            record.fields = opened.iter().map(|field| field.name.clone()).collect();
        }
        self.end(entry, record, &scrubber, "revealed", result)
    }

    /// Deletes a connection with all of its versions; if it is deleted already, its versions alone.
    ///
    /// # Errors
    /// Those of [`Gate::delete`].
    pub async fn purge(&mut self, target: &Target, name: &str) -> Result<Vec<Removed>, Error> {
        let record = self.record("purge", target, Some(name));
        let scrubber = Scrubber::default();
        let entry = self.trail.begin(&record, &scrubber)?;
        let result = match self.connector.at(Moment::Purge).delete(target, name, None).await {
            Err(error) if error.kind == Kind::NotFound => {
                self.purge_deleted(target, name, error).await
            }
            result => result,
        };
        self.end(entry, record, &scrubber, "purged", result)
    }

    async fn purge_deleted(
        &mut self,
        target: &Target,
        name: &str,
        missing: Error,
    ) -> Result<Vec<Removed>, Error> {
        let last = Moment::Past(At::Last);
        let was = self.connector.at(last).get(target, name).await.map_err(|_| missing)?;
        self.connector.forget()?;
        Ok(vec![Removed { kind: "past version".to_owned(), name: was.name, scope: was.scope }])
    }
}
