//! The steps from a component to a connector that can be called, one by one, so that what each costs can be measured.

use std::path::Path;
use std::sync::Arc;

use super::gate::{Gate, Subject};
use super::{Backend, Plugins, Stage, unusable};
use crate::capabilities::command::CommandState;
use crate::capabilities::http::HttpState;
use crate::capabilities::secrets::RevealGrant;
use crate::capabilities::vault::VaultState;
use crate::model::Error;
use crate::policy::Limits;
use crate::runtime::{Connector, Host, Loaded};
use crate::settings::{BackendSettings, ConnectorSettings};

impl Plugins {
    /// Compiles a component into an empty folder, whatever the cache holds. Returns how many bytes its compiled form takes there.
    ///
    /// # Errors
    /// As for [`Plugins::load`].
    pub fn compile_anew(&self, connector: &ConnectorSettings, folder: &Path) -> Result<u64, Error> {
        let cache = self.cache.elsewhere(folder);
        let (loaded, _) = self.verified(self.sandbox()?, &cache, connector)?;
        Ok(cache.size(&loaded.sha256).unwrap_or_default())
    }

    /// Links a connector to which nothing is granted. It can say what it is.
    ///
    /// # Errors
    /// It is no connector.
    pub fn link(&self, connector: &ConnectorSettings, loaded: &Loaded) -> Result<Gate, Error> {
        let (stage, subject) = (self.usual_stage()?, self.subject_of(&connector.name, connector));
        let policy = &self.settings.policy;
        let limits = policy.narrow(&connector.name, &connector.grants, &connector.limits).1;
        self.link_bare(&stage, connector, loaded, (limits, subject))
    }

    /// Starts a connector for a backend; neither need be what the settings say under these names. `vault` takes the place of the user's store.
    ///
    /// # Errors
    /// As for [`Plugins::open`].
    pub fn open_with(
        &self,
        backend: &BackendSettings,
        connector: &ConnectorSettings,
        vault: Option<VaultState>,
    ) -> Result<Backend, Error> {
        let usual = self.usual_stage()?;
        let stage = Stage { vault: vault.unwrap_or(usual.vault), ..usual };
        self.start_on(&stage, backend, connector)
    }

    pub(super) fn link_bare(
        &self,
        stage: &Stage,
        connector: &ConnectorSettings,
        loaded: &Loaded,
        (limits, subject): (Limits, Subject),
    ) -> Result<Gate, Error> {
        let host = Host {
            connector: connector.name.clone(),
            http: HttpState::new(&connector.name, Vec::new()),
            command: CommandState::new(&connector.name, Vec::new()),
            vault: stage.vault.for_connector(&connector.name, false),
            reveal: RevealGrant {
                connector: connector.name.clone(),
                allowed: false,
                source: connector.source.clone(),
            },
            sink: Arc::clone(&stage.sink),
        };
        let linked = Connector::link(&stage.sandbox, loaded, host, limits)
            .map_err(|error| unusable(connector, error))?;
        Ok(Gate::new(linked, Arc::clone(&self.trail), subject))
    }
}
