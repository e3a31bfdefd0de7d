//! Connectors on trial: started as usual, and watched while they work.

use std::sync::Arc;

use super::gate::Gate;
use super::{Backend, Plugins, Stage};
use crate::capabilities::http::Tap;
use crate::capabilities::log::Sink;
use crate::capabilities::vault::VaultState;
use crate::model::Error;
use crate::policy::Limits;
use crate::runtime::{Sandbox, Witness};
use crate::settings::{BackendSettings, ConnectorSettings};

/// Who watches, and through what.
pub struct Observer {
    /// Looks for secrets in the memory of the sandbox.
    pub witness: Arc<Witness>,
    /// Takes the messages.
    pub sink: Arc<dyn Sink>,
    /// The store to work in; the user's own if it is none.
    pub vault: Option<VaultState>,
}

/// Starts connectors that are watched. Policy, lock, signatures, needs and grants count as for any other.
pub struct Trial<'p> {
    plugins: &'p Plugins,
    stage: Stage,
}

impl<'p> Trial<'p> {
    /// Nothing is started yet.
    ///
    /// # Errors
    /// The machine is none that the engine can compile for.
    pub fn new(plugins: &'p Plugins, observer: Observer) -> Result<Self, Error> {
        let stage = Stage {
            sandbox: Arc::new(Sandbox::watched(&observer.witness)?),
            vault: observer.vault.unwrap_or_else(|| plugins.vault.for_connector("", false)),
            sink: observer.sink,
            tap: None,
        };
        Ok(Self { plugins, stage })
    }

    /// Starts a connector for a backend. Neither need be what the settings say under these names. `tap` stands between it and its servers.
    ///
    /// # Errors
    /// As for [`Plugins::open`].
    pub fn open(
        &self,
        backend: &BackendSettings,
        connector: &ConnectorSettings,
        tap: Arc<dyn Tap>,
    ) -> Result<Backend, Error> {
        let stage = Stage {
            sandbox: Arc::clone(&self.stage.sandbox),
            vault: self.stage.vault.for_connector("", false),
            sink: Arc::clone(&self.stage.sink),
            tap: Some(tap),
        };
        self.plugins.start_on(&stage, backend, connector)
    }

    /// Starts a connector to which nothing is granted, whatever it needs. It can say what it is, and do nothing else.
    ///
    /// # Errors
    /// It is no connector, or policy refuses it.
    pub fn bare(&self, connector: &ConnectorSettings, limits: Limits) -> Result<Gate, Error> {
        let (loaded, signers) =
            self.plugins.verified(&self.stage.sandbox, &self.plugins.cache, connector)?;
        let mut subject = self.plugins.subject_of(&connector.name, connector);
        subject.connector.sha256 = Some(loaded.sha256.clone());
        subject.connector.signers = signers;
        self.plugins.link_bare(&self.stage, connector, &loaded, (limits, subject))
    }
}
