//! What the user and the installation say, read once and resolved: folders, connectors with their grants, backends.
//!
//! Order of files, each later one replacing entries of the same name: the one shipped beside the program, `/etc/connhub/plugins.toml`,
//! the user's, that of the current directory if the user trusted it (it grants authority), and one that is named explicitly.
//! Before all of them comes the administrator's policy, which none of them can widen.

mod audit;
pub mod env;
mod file;
mod lock;
mod paths;
mod policy;
mod resolve;
mod text;
mod trust;
mod trusted;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

pub use audit::{AuditSettings, EffectiveAudit};
pub use env::Environment;
pub use file::{ExchangeSection, KeyWord, LoginScheme, VaultSection};
pub use lock::{LOCK_VERSION, LockFile, Locked, is_digest};
pub use paths::{Paths, short_lived};
pub use policy::{SYSTEM_POLICY, check_policy};
pub(crate) use resolve::expand;
pub use trust::{Distrust, PROJECT_FILE, ProjectFile, TrustFile, Trusted, Untrusted};

use crate::model::{Error, Field, Kind, declare_secret_variables};
use crate::policy::admin::{ConfiguredBy, PolicySet};
use crate::policy::{Grants, Limits};
use crate::signing::PublicKey;

/// The system's file.
const SYSTEM: &str = "/etc/connhub/plugins.toml";
/// The backend used when nothing names one.
const DEFAULT_BACKEND: &str = "local";

/// Everything that is configured.
#[derive(Debug)]
pub struct Settings {
    /// Where files are.
    pub paths: Paths,
    /// The environment of the process.
    pub environment: Environment,
    /// Whose signatures count, by name.
    pub signers: BTreeMap<String, Signer>,
    /// The connectors, by name.
    pub connectors: BTreeMap<String, ConnectorSettings>,
    /// The backends, by name.
    pub backends: BTreeMap<String, BackendSettings>,
    /// The backend used when none is named.
    pub default_backend: String,
    /// The local store.
    pub vault: VaultSection,
    /// The audit log.
    pub audit: AuditSettings,
    /// The files that were read, in order.
    pub files: Vec<PathBuf>,
    /// The file that was named explicitly.
    pub named: Option<PathBuf>,
    /// The administrator's policy, which nothing else here can widen.
    pub policy: Arc<PolicySet>,
    /// The file of the current directory, if it does not count.
    pub untrusted: Option<Untrusted>,
}

/// Where the program was started, and what was said there.
#[derive(Clone, Copy, Debug, Default)]
pub struct Start<'a> {
    /// The path of the running program.
    pub executable: Option<&'a Path>,
    /// The current directory.
    pub folder: Option<&'a Path>,
    /// A `plugins.toml` named by a flag.
    pub plugins: Option<&'a Path>,
    /// Further policy files named by flags.
    pub policies: &'a [PathBuf],
}

/// Somebody whose signatures count.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signer {
    /// The name in `plugins.toml`.
    pub name: String,
    /// The public key.
    pub key: PublicKey,
    /// The file and line of the section.
    pub source: String,
}

/// One connector.
#[derive(Clone, Debug)]
pub struct ConnectorSettings {
    /// Its name.
    pub name: String,
    /// The component.
    pub component: PathBuf,
    /// What the lock beside its `plugins.toml` says.
    pub locked: Option<Locked>,
    /// The digest that the component had when its file was trusted; only for a file of the current directory.
    pub trusted: Option<String>,
    /// Signers, one of whom must have signed the component; nobody if no signature is asked for.
    pub signed_by: Vec<Signer>,
    /// What it may touch.
    pub grants: Grants,
    /// What one call may use.
    pub limits: Limits,
    /// The file and line of its section.
    pub source: String,
    /// Whether that file is the system's. It is found out only if a policy is in force.
    pub configured_by: ConfiguredBy,
}

/// One backend.
#[derive(Clone, Debug)]
pub struct BackendSettings {
    /// Its name.
    pub name: String,
    /// The connector that knows it.
    pub connector: String,
    /// The scope used when none is named.
    pub scope: Option<String>,
    /// What the connector reads, variables replaced.
    pub settings: Vec<Field>,
    /// The places of its endpoints, by endpoint.
    pub endpoints: BTreeMap<String, Place>,
    /// The file and line of its section.
    pub source: String,
}

/// Where an endpoint is and how to log in. Texts may hold `${VARIABLE}` until they are used.
#[derive(Clone, Debug, Default)]
pub struct Place {
    /// The kubeconfig file.
    pub kubeconfig: Option<String>,
    /// The kubeconfig's context.
    pub context: Option<String>,
    /// The base address.
    pub url: Option<String>,
    /// Further certificate authorities.
    pub ca_file: Option<String>,
    /// The client's certificate and key.
    pub client_certificate_file: Option<String>,
    /// Whether `http://` is allowed.
    pub plain_http: bool,
    /// The proxy.
    pub proxy: Option<String>,
    /// Headers that go with every request.
    pub headers: BTreeMap<String, String>,
    /// The login.
    pub login: Option<LoginSettings>,
    /// The file and line of the section.
    pub source: String,
}

/// How to log in to an HTTP endpoint.
#[derive(Clone, Debug)]
pub struct LoginSettings {
    /// How the credential is sent.
    pub scheme: LoginScheme,
    /// The header of the scheme `header`.
    pub header: Option<String>,
    /// A header to try instead when the answer is 401.
    pub fallback_header: Option<String>,
    /// The user of the scheme `basic`.
    pub user: Option<String>,
    /// Environment variables that may hold the credential.
    pub env: Vec<String>,
    /// A file that holds it.
    pub file: Option<String>,
    /// A program that prints it.
    pub command: Option<Vec<String>>,
    /// How it is exchanged for a token.
    pub exchange: Option<ExchangeSection>,
}

/// Whether a text is a `plugins.toml`, by itself: without the lock beside it and the files before it.
///
/// # Errors
/// What is wrong with it, with file and line.
pub fn check_plugins(path: &Path, text: &str, environment: &Environment) -> Result<(), Error> {
    let (known, lock) = (BTreeMap::new(), BTreeMap::new());
    let around = resolve::Around { environment, known: &known, lock };
    resolve::Resolved::parse(path, text, &around).map(drop)
}

impl Settings {
    /// Reads everything, the policy first.
    ///
    /// # Errors
    /// A file that cannot be trusted or read or does not say what it must, with file and line.
    pub fn load(environment: Environment, start: Start<'_>) -> Result<Self, Error> {
        declare_secret_variables(environment.secret_variables());
        let policy = policy::load_policy(&policies(&environment, start.policies))?;
        let paths = Paths::find(&environment, start.executable)?;
        let mut settings = Self {
            default_backend: DEFAULT_BACKEND.to_owned(),
            signers: BTreeMap::new(),
            connectors: BTreeMap::new(),
            backends: BTreeMap::new(),
            vault: VaultSection::default(),
            audit: AuditSettings::default(),
            files: Vec::new(),
            named: None,
            untrusted: None,
            policy: Arc::new(policy),
            paths,
            environment,
        };
        for path in settings.optional_files() {
            settings.read_if_there(&path)?;
        }
        let named =
            start.plugins.map(Path::to_owned).or_else(|| settings.environment.path(env::PLUGINS));
        if let Some(folder) = start.folder {
            settings.read_project(folder, named.as_deref())?;
        }
        if let Some(path) = named {
            settings.read(&path)?;
            settings.named = std::path::absolute(&path).ok();
        }
        if let Some(backend) = settings.environment.text(env::BACKEND) {
            settings.default_backend = backend.to_owned();
        }
        Ok(settings)
    }

    /// Checks the text that a `plugins.toml` is to have, before it is written.
    ///
    /// # Errors
    /// It does not say what it must, with file and line.
    pub fn check_text(&self, path: &Path, text: &str) -> Result<(), Error> {
        self.parse(path, text, LockFile::beside(path)?).map(drop)
    }

    /// The backend of this name, and its connector.
    ///
    /// # Errors
    /// There is no such backend, or no such connector.
    pub fn backend(&self, name: &str) -> Result<(&BackendSettings, &ConnectorSettings), Error> {
        let backend = self.backends.get(name).ok_or_else(|| self.unknown_backend(name))?;
        let connector = self.connectors.get(&backend.connector).ok_or_else(|| {
            Error::new(
                Kind::NotFound,
                format!(
                    "backend `{name}` ({}) names the connector `{}`, which no `plugins.toml` has",
                    backend.source, backend.connector
                ),
            )
            .hint("see what there is with `connhub plugin list`")
        })?;
        Ok((backend, connector))
    }

    fn unknown_backend(&self, name: &str) -> Error {
        let known: Vec<&str> = self.backends.keys().map(String::as_str).collect();
        let error = Error::new(Kind::NotFound, format!("there is no backend `{name}`"));
        if known.is_empty() {
            return error.hint(
                "no connectors were found beside the program; build them with `cargo xtask guests`, or name a `plugins.toml` with `--plugins`",
            );
        }
        error.hint(format!(
            "use one of {}, or add `[backends.{name}]` to {}",
            known.join(", "),
            self.paths.config.join("plugins.toml").display()
        ))
    }

    fn optional_files(&self) -> Vec<PathBuf> {
        let shipped = self.paths.shipped.iter().map(|folder| folder.join("plugins.toml"));
        let user = self.paths.config.join("plugins.toml");
        shipped.chain([PathBuf::from(SYSTEM), user]).collect()
    }

    fn read_if_there(&mut self, path: &Path) -> Result<(), Error> {
        match text::read_file(path) {
            Ok(text) => self.take(path, &text),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(()),
            Err(error) => Err(Error::invalid("a `plugins.toml` cannot be read").because(error)),
        }
    }

    fn read(&mut self, path: &Path) -> Result<(), Error> {
        let text = text::read_named(path).map_err(|error| {
            let kind = match error.kind() {
                std::io::ErrorKind::NotFound => Kind::NotFound,
                _ => Kind::Invalid,
            };
            Error::new(kind, "the `plugins.toml` that was named cannot be read").because(error)
        })?;
        self.take(path, &text)
    }

    fn take(&mut self, path: &Path, text: &str) -> Result<(), Error> {
        let read = self.parse(path, text, LockFile::beside(path)?)?;
        self.merge(path, read);
        Ok(())
    }

    /// Reads the file of the current directory if it is trusted. One that is read anyway needs no trust.
    fn read_project(&mut self, folder: &Path, named: Option<&Path>) -> Result<(), Error> {
        let path = folder.join(trust::PROJECT_FILE);
        let Some(found) = trust::find(folder, &self.paths.state) else { return Ok(()) };
        let is_it =
            |other: &Path| fs_err::canonicalize(other).ok() == fs_err::canonicalize(&path).ok();
        if named.is_some_and(is_it) || self.files.iter().any(|file| is_it(file)) {
            return Ok(());
        }
        match found {
            Err(untrusted) => self.untrusted = Some(untrusted),
            Ok((project, trusted)) => {
                let read = self.parse(&path, &project.text, project.locked()?)?;
                self.merge(&path, read.trusted(&trusted.components));
            }
        }
        Ok(())
    }

    /// The connectors of a file of a folder, without letting it count.
    ///
    /// # Errors
    /// It does not say what it must, with file and line.
    pub fn read_review(
        &self,
        project: &ProjectFile,
    ) -> Result<BTreeMap<String, ConnectorSettings>, Error> {
        Ok(self.parse(&project.path, &project.text, project.locked()?)?.connectors)
    }

    fn parse(
        &self,
        path: &Path,
        text: &str,
        lock: BTreeMap<String, Locked>,
    ) -> Result<resolve::Resolved, Error> {
        let context =
            resolve::Around { environment: &self.environment, known: &self.signers, lock };
        resolve::Resolved::parse(path, text, &context)
    }

    fn merge(&mut self, path: &Path, mut read: resolve::Resolved) {
        let configured_by = self.configured_by(path);
        read.connectors.values_mut().for_each(|own| own.configured_by = configured_by);
        self.signers.extend(read.signers);
        self.connectors.extend(read.connectors);
        self.backends.extend(read.backends);
        if let Some(backend) = read.default_backend {
            self.default_backend = backend;
        }
        if let Some(vault) = read.vault {
            self.vault = vault;
        }
        match path == Path::new(SYSTEM) {
            true => self.audit.add_system(read.audit),
            false => self.audit.add(read.audit),
        }
        self.files.push(path.to_owned());
    }

    /// Whose word a file is. Without a policy nobody asks, and nothing is looked at.
    fn configured_by(&self, path: &Path) -> ConfiguredBy {
        let shipped = self.paths.shipped.as_ref().map(|folder| folder.join("plugins.toml"));
        let may_be_systems = path == Path::new(SYSTEM) || shipped.as_deref() == Some(path);
        match !self.policy.is_empty() && may_be_systems && trusted::is_roots(path) {
            true => ConfiguredBy::System,
            false => ConfiguredBy::User,
        }
    }
}

/// The further policy files, of flags and of the environment. More of them can only narrow.
fn policies(environment: &Environment, named: &[PathBuf]) -> Vec<PathBuf> {
    let listed = environment.path(env::POLICY);
    let listed = listed.iter().flat_map(std::env::split_paths);
    named.iter().cloned().chain(listed.filter(|path| !path.as_os_str().is_empty())).collect()
}

/// The signers of one file, read by itself: nothing that is wrong with a lock or another file stands in the way. No file has none.
///
/// # Errors
/// The file does not say what it must, with file and line.
pub fn signers_of(path: &Path, environment: &Environment) -> Result<Vec<Signer>, Error> {
    let text = match fs_err::read_to_string(path) {
        Ok(text) => text,
        Err(_) => return Ok(Vec::new()),
    };
    let (known, lock) = (BTreeMap::new(), BTreeMap::new());
    let around = resolve::Around { environment, known: &known, lock };
    let read = resolve::Resolved::signers(path, &text, &around)?;
    Ok(read.into_values().collect())
}
