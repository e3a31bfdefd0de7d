//! From a name to a connector that can be called: find the component, check its digest, decide, link.

mod audit;
mod bench;
mod gate;
mod permit;
mod place;
mod signatures;
mod store;
mod team;
mod trial;

pub use crate::signing::Signed;
pub use audit::trail;
pub use gate::Gate;
pub use permit::{
    Facts, Newcomer, Seen, explain, permit, permit_newcomer, place as component_place, public_key,
};
pub use place::proxies;
pub use signatures::{
    Beside, SIGNATURE_ENDINGS, SignatureEnding, beside, signatures_beside, who_signed,
};
pub use store::{identity_config, key_source, vault, vault_config};
pub use trial::{Observer, Trial};

pub use crate::capabilities::log::{Level, Sink};
pub use crate::capabilities::vault::{
    At, Ended, Ending, KeySource, PassphraseReader, Purpose, VaultConfig, Version,
};
pub use crate::runtime::{Compiler, serve as compile_if_asked};

use std::cell::OnceCell;
use std::sync::Arc;

use gate::Subject;

use crate::audit::{ConnectorId, Entry, Trail};
use crate::capabilities::command::CommandState;
use crate::capabilities::http::{HttpState, Tap};
use crate::capabilities::secrets::RevealGrant;
use crate::capabilities::vault::VaultState;
use crate::model::{Error, Field, Kind, Target};
use crate::policy::admin::PolicySet;
use crate::policy::{CompileLimits, Grants, authorize, limit_hint};
use crate::programs::Terminal;
use crate::runtime::{
    Cache, CompileError, ComponentFile, Connector, Fingerprint, Found, Halt, Host, LoadError,
    Loaded, Sandbox,
};
use crate::scrub::Scrubber;
use crate::settings::{BackendSettings, ConnectorSettings, Locked, Settings};

/// Starts connectors, each when it is first needed.
pub struct Plugins {
    settings: Settings,
    cache: Cache,
    vault: VaultState,
    sink: Arc<dyn Sink>,
    terminal: Terminal,
    trail: Arc<Trail>,
    sandbox: OnceCell<Arc<Sandbox>>,
}

/// What a connector meets when it starts.
struct Stage {
    sandbox: Arc<Sandbox>,
    vault: VaultState,
    sink: Arc<dyn Sink>,
    tap: Option<Arc<dyn Tap>>,
}

/// A backend whose connector can be called.
pub struct Backend {
    /// The backend's name.
    pub name: String,
    /// Its connector, behind the gate that records what is done.
    pub connector: Gate,
    scope: Option<String>,
    settings: Vec<Field>,
    http: HttpState,
    policy: Arc<PolicySet>,
}

impl Backend {
    /// Where an operation works: the scope that was asked for, else the one that is configured for the backend, else the login's own.
    ///
    /// # Errors
    /// The login's own scope was needed and cannot be read, or policy does not allow the scope.
    pub fn target(&self, scope: Option<&str>) -> Result<Target, Error> {
        let scope = match scope.or(self.scope.as_deref()) {
            Some(scope) => Some(scope.to_owned()),
            None => self.http.default_scope()?,
        };
        self.policy.check_scope(self.connector.name(), scope.as_deref())?;
        Ok(Target { scope, settings: self.settings.clone(), dry_run: false })
    }
}

impl Plugins {
    /// Nothing is opened, compiled or connected yet.
    pub fn new(
        settings: Settings,
        compiler: Compiler,
        vault: VaultState,
        sink: Arc<dyn Sink>,
        terminal: Terminal,
        trail: Arc<Trail>,
    ) -> Self {
        let cache = Cache::new(&settings.paths.cache, &settings.paths.state, compiler);
        Self { settings, cache, vault, sink, terminal, trail, sandbox: OnceCell::new() }
    }

    /// The way of all records.
    pub fn trail(&self) -> &Arc<Trail> {
        &self.trail
    }

    /// What stops the compiler; none if it cannot be stopped.
    pub fn halt(&self) -> Option<&Halt> {
        self.cache.halt()
    }

    /// What is configured.
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// The backends for which the configuration says where they are: those that "all" means. A shipped backend that nobody uses here
    /// is none of them.
    pub fn configured_backends(&self) -> Vec<&str> {
        self.backends_that(|backend| self.is_configured(backend))
    }

    /// The other backends.
    pub fn left_out_backends(&self) -> Vec<&str> {
        self.backends_that(|backend| !self.is_configured(backend))
    }

    fn backends_that(&self, is_wanted: impl Fn(&BackendSettings) -> bool) -> Vec<&str> {
        let wanted = self.settings.backends.iter().filter(|(_, backend)| is_wanted(backend));
        wanted.map(|(name, _)| name.as_str()).collect()
    }

    /// A backend with a fault in its configuration counts: asking it says what is wrong.
    fn is_configured(&self, backend: &BackendSettings) -> bool {
        self.settings.backend(&backend.name).is_err()
            || self
                .settings
                .connectors
                .get(&backend.connector)
                .is_some_and(|connector| place::is_configured(&self.settings, backend, connector))
    }

    /// Starts the connector of a backend.
    ///
    /// # Errors
    /// The backend or connector is not there, its digest is another than the lock's, it needs what is not granted, or it is no connector.
    pub fn open(&self, backend: &str) -> Result<Backend, Error> {
        let (backend, connector) = self.settings.backend(backend)?;
        self.start_on(&self.usual_stage()?, backend, connector)
    }

    /// Starts a connector for a backend. A refusal is recorded.
    fn start_on(
        &self,
        stage: &Stage,
        backend: &BackendSettings,
        connector: &ConnectorSettings,
    ) -> Result<Backend, Error> {
        let entry = Entry::now();
        let mut subject = self.subject_of(&backend.name, connector);
        self.start(stage, backend, connector, &mut subject)
            .inspect_err(|error| self.record_refusal(entry, &subject, error))
    }

    fn subject_of(&self, backend: &str, connector: &ConnectorSettings) -> Subject {
        Subject {
            backend: backend.to_owned(),
            connector: ConnectorId { name: connector.name.clone(), ..ConnectorId::default() },
            policy: self.settings.policy.hash(),
        }
    }

    /// What connectors meet when nobody watches them.
    fn usual_stage(&self) -> Result<Stage, Error> {
        Ok(Stage {
            sandbox: Arc::clone(self.sandbox()?),
            vault: self.vault.for_connector("", false),
            sink: Arc::clone(&self.sink),
            tap: None,
        })
    }

    /// A connector that may not start leaves a record; one that cannot does not.
    fn record_refusal(&self, entry: Entry, subject: &Subject, error: &Error) {
        if error.kind == Kind::Refused {
            let mut record = subject.record("start");
            record.end(Some(error), "");
            self.trail.end(entry, record, &Scrubber::default());
        }
    }

    fn start(
        &self,
        stage: &Stage,
        backend: &BackendSettings,
        connector: &ConnectorSettings,
        subject: &mut Subject,
    ) -> Result<Backend, Error> {
        let (loaded, signers) = self.verified(&stage.sandbox, &self.cache, connector)?;
        subject.connector.sha256 = Some(loaded.sha256.clone());
        subject.connector.signers = signers;
        decide(connector, &loaded)?;
        let policy = &self.settings.policy;
        let (grants, limits) = policy.narrow(&connector.name, &connector.grants, &connector.limits);
        let site = place::Site {
            settings: &self.settings,
            backend,
            connector,
            limits: &limits,
            terminal: &self.terminal,
        };
        let mut endpoints = place::endpoints(&site, &grants, &loaded.inspected.needs)?;
        endpoints.iter_mut().for_each(|endpoint| endpoint.tap.clone_from(&stage.tap));
        let mut commands = place::commands(&site, &grants, &loaded.inspected.needs)?;
        commands.iter_mut().for_each(|command| command.on_trial = stage.tap.is_some());
        let http = HttpState::new(&connector.name, endpoints);
        let host = Host {
            connector: connector.name.clone(),
            http: http.clone(),
            command: CommandState::new(&connector.name, commands),
            vault: stage.vault_for(connector, &grants, &loaded),
            reveal: reveal(connector, &grants, &loaded),
            sink: Arc::clone(&stage.sink),
        };
        let linked = Connector::link(&stage.sandbox, &loaded, host, limits)
            .map_err(|error| unusable(connector, error))?;
        Ok(Backend {
            name: backend.name.clone(),
            connector: Gate::new(linked, Arc::clone(&self.trail), subject.clone()),
            scope: backend.scope.clone(),
            settings: backend.settings.clone(),
            http,
            policy: Arc::clone(policy),
        })
    }

    /// Reads a component, and checks it against the lock and against policy. What policy refuses is not even compiled. Whether its needs
    /// are granted is not decided here.
    ///
    /// # Errors
    /// It cannot be read, is no connector, is another than the one that was locked, or policy refuses it.
    pub fn load(&self, connector: &ConnectorSettings) -> Result<Loaded, Error> {
        self.verified(self.sandbox()?, &self.cache, connector).map(|(loaded, _)| loaded)
    }

    /// The same, and the ids of the keys that were found to have signed it.
    fn verified(
        &self,
        sandbox: &Sandbox,
        cache: &Cache,
        connector: &ConnectorSettings,
    ) -> Result<(Loaded, Vec<String>), Error> {
        let settings = &self.settings;
        let place = component_place(settings, connector).map_err(|source| {
            let path = connector.component.clone();
            unusable(connector, LoadError::Read { path, source })
        })?;
        let policy = &settings.policy;
        if connector.signed_by.is_empty() && policy.is_empty() {
            // Nobody has to see more of it than its digest, if it is compiled already.
            let seen = Fingerprint::of(&place).map_err(|error| unusable(connector, error))?;
            check_digest(connector, &seen.sha256)?;
            if let Some(loaded) = seen.cached(sandbox, cache) {
                return Ok((loaded, Vec::new()));
            }
        }
        let file = ComponentFile::read(&place).map_err(|error| unusable(connector, error))?;
        let mut signers = check_file(connector, &file)?;
        let found = Found::new(sandbox, cache, &file);
        let found = found.map_err(|error| unusable(connector, error))?;
        if !policy.is_empty() {
            let signed = Signed { sha256: file.digest(), bytes: file.bytes() };
            let seen = Seen { place: &place, sha256: &file.sha256, signed };
            let facts = Facts::of(settings, connector, seen)?;
            permit(settings, connector, &found.inspected().needs, &facts)?;
            signers.extend(facts.signers.into_iter().map(|signer| signer.id));
        }
        let limits = policy.narrow(&connector.name, &connector.grants, &connector.limits).1;
        let loaded = found.compiled(&limits.compile).map_err(|error| unusable(connector, error))?;
        signers.sort();
        signers.dedup();
        Ok((loaded, signers))
    }

    /// Compiles a component into the cache, so that it starts at once when it is first used. `place` is for messages.
    ///
    /// # Errors
    /// It is no connector that can be started.
    pub fn compile(&self, file: &ComponentFile, place: &str) -> Result<Loaded, Error> {
        let limits = CompileLimits::default();
        let found = Found::new(self.sandbox()?, &self.cache, file);
        found.and_then(|found| found.compiled(&limits)).map_err(|error| {
            Error::refused(format!("`{place}` is no connector that can be started")).because(error)
        })
    }

    fn sandbox(&self) -> Result<&Arc<Sandbox>, Error> {
        if let Some(sandbox) = self.sandbox.get() {
            return Ok(sandbox);
        }
        let sandbox = Arc::new(Sandbox::new()?);
        Ok(self.sandbox.get_or_init(|| sandbox))
    }
}

impl Stage {
    fn vault_for(
        &self,
        connector: &ConnectorSettings,
        grants: &Grants,
        loaded: &Loaded,
    ) -> VaultState {
        let granted = grants.vault && loaded.inspected.needs.vault.is_some();
        self.vault.for_connector(&connector.name, granted)
    }
}

/// Whether a component is the one that was trusted and locked, and signed by whom it has to be: the ids of the keys that did.
///
/// # Errors
/// It is not, and which file says so.
pub fn check_file(
    connector: &ConnectorSettings,
    file: &ComponentFile,
) -> Result<Vec<String>, Error> {
    check_digest(connector, &file.sha256)?;
    signatures::check(connector, file)
}

/// Whether a component is the one that was trusted and locked.
fn check_digest(connector: &ConnectorSettings, sha256: &str) -> Result<(), Error> {
    if let Some(trusted) = connector.trusted.as_ref().filter(|digest| *digest != sha256) {
        return Err(distrusted(connector, trusted, sha256));
    }
    if let Some(locked) = connector.locked.as_ref().filter(|lock| lock.sha256 != sha256) {
        return Err(changed(connector, locked, sha256));
    }
    Ok(())
}

/// Whether a loaded connector may start.
///
/// # Errors
/// What is missing, with the line to add.
pub fn decide(connector: &ConnectorSettings, loaded: &Loaded) -> Result<(), Error> {
    let inspected = &loaded.inspected;
    authorize(&connector.name, &inspected.needs, &connector.grants, &inspected.capabilities)
        .map_err(|refusal| Error::refused(refusal.message).hint(refusal.hint))
}

fn reveal(connector: &ConnectorSettings, grants: &Grants, loaded: &Loaded) -> RevealGrant {
    RevealGrant {
        connector: connector.name.clone(),
        allowed: grants.reveal && loaded.inspected.needs.reveal.is_some(),
        source: connector.source.clone(),
    }
}

fn changed(connector: &ConnectorSettings, locked: &Locked, found: &str) -> Error {
    let name = &connector.name;
    Error::refused(format!(
        "connector `{name}` is not the one that was locked: `{}` has changed",
        connector.component.display()
    ))
    .hint(format!("locked was sha256 {} ({}), found is {found}", locked.sha256, locked.place))
    .hint(format!(
        "if you trust the new file, lock it with `connhub plugin lock {name}`; else restore the old one"
    ))
}

fn distrusted(connector: &ConnectorSettings, trusted: &str, found: &str) -> Error {
    let error = Error::refused(format!(
        "connector `{}` is not the one that you trusted: `{}` has changed",
        connector.name,
        connector.component.display()
    ));
    let error = match trusted {
        "" => error.hint(format!("there was none when you trusted {}", connector.source)),
        _ => error.hint(format!("trusted was sha256 {trusted}, found is {found}")),
    };
    error.hint("if you trust the new file, say so with `connhub trust`; else restore the old one")
}

fn unusable(connector: &ConnectorSettings, error: LoadError) -> Error {
    let kind = match &error {
        LoadError::Read { source, .. } if source.kind() == std::io::ErrorKind::NotFound => {
            Kind::NotFound
        }
        LoadError::Read { .. } | LoadError::Compile(CompileError::Start(_)) => Kind::Other,
        LoadError::Compile(CompileError::Halted) => Kind::Interrupted,
        LoadError::Compile(error) if !matches!(error, CompileError::Refused(_)) => Kind::Connector,
        _ => Kind::Refused,
    };
    let limit = match &error {
        LoadError::Compile(error) => error.limit(),
        _ => None,
    };
    let place = connector.component.display();
    let error =
        Error::new(kind, format!("connector `{}` ({place}) cannot be started", connector.name))
            .because(error)
            .hint(format!("it is configured in {}", connector.source));
    match limit {
        Some(key) => error.hint(limit_hint(&connector.name, key)),
        None => error,
    }
}
