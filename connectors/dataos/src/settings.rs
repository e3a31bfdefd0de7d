//! The settings of a backend, as data, and what they mean.

use std::time::Duration;

use connhub_sdk::{Error, Host, KeyNames, Setting, SettingReader, Target, fill_path};

use crate::purposes::Purposes;
use crate::transport::{Ctl, Transport, Way};

/// All of them.
pub(crate) const SETTINGS: &[Setting] = &[
    Setting::new("tenant", "", "The tenant to work in when none is named."),
    Setting::new(
        "generation",
        "v2",
        "The generation of DataOS. `v2`: Secrets and Depots of a tenant. `v1`: pairs of \
         instance-secrets, and Depots that name both.",
    ),
    Setting::new("owner", "", "The user id written into manifests. DataOS resets a wrong one."),
    Setting::new(
        "secret-name",
        "{name}-cred",
        "The name of the Secret of the connection `{name}`.",
    ),
    Setting::new(
        "depot-names",
        "plain",
        "`plain`: as documented, no hyphens. `hyphens`: with them.",
    ),
    Setting::new(
        "purposes",
        "rw,scan,query",
        "What the Depot may use the Secret for. Where it is said, other purposes keep the Secrets \
         that they have.",
    ),
    Setting::new(
        "owners",
        "all",
        "Whose depots a list shows: `all`, or `own`, which are those of the setting `owner`, or of the caller.",
    ),
    Setting::new(
        "tenant-key",
        "write",
        "Whether manifests hold the key `tenant`: `write` or `omit`.",
    ),
    Setting::new(
        "secret-files",
        "auto",
        "What is done with credentials that DataOS keeps as files: `refuse`, or send their \
         content as `data` or as `files` of the Secret; `auto` is `files` by dataos-ctl, which is \
         documented to take them, and `refuse` over HTTP.",
    ),
    Setting::new(
        "secret-keys",
        "",
        "Other keys in the Secret, as TYPE.FIELD=KEY, separated by commas; several keys of one \
         field are joined by `+`.",
    ),
    Setting::new(
        "transport",
        "auto",
        "How Secrets and Depots are written: `ctl` (dataos-ctl), `http`, or `auto`: `ctl` where it \
         is installed and logged in.",
    ),
    Setting::new(
        "adopt",
        "",
        "For one call: takes over the Secrets of a Depot that exists. A type, or `auto`.",
    ),
    Setting::new("wait", "true", "Whether a write waits until the Depot is active or in error."),
    Setting::new("wait-timeout", "60", "Seconds to wait at most."),
    Setting::new("poll-interval", "1", "Seconds between two looks at the state of the Depot."),
    Setting::new("secrets-path", RESOURCES, "Where a Secret is created."),
    Setting::new("secret-path", SECRET, "Where the Secret `{name}` is read, replaced and deleted."),
    Setting::new("depots-path", RESOURCES, "Where a Depot is created."),
    Setting::new("depot-path", DEPOT, "Where the Depot `{name}` is read, replaced and deleted."),
    Setting::new("validate-path", VALIDATE, "Where a manifest is checked without being stored."),
    Setting::new("catalog-path", CATALOG, "Where the Depot Service lists depots."),
    Setting::new(
        "older-catalog-path",
        OLDER_CATALOG,
        "The same in the older form, asked after a 404.",
    ),
    Setting::new("authorize-path", AUTHORIZE, "Where a login is asked who it is."),
];

// The paths of the first generation with the tenant as workspace. Those of the second are not documented.
const RESOURCES: &str = "/poros/api/v1/workspaces/{tenant}/resources";
const SECRET: &str = "/poros/api/v1/workspaces/{tenant}/resources/secret/{name}";
const DEPOT: &str = "/poros/api/v1/workspaces/{tenant}/resources/depot/{name}";
const VALIDATE: &str = "/poros/api/v1/workspaces/{tenant}/resources/validate";
// Those of the first generation, whose instance-secrets belong to no workspace. They are inferred, not documented.
const FIRST_RESOURCES: &str = "/poros/api/v1/resources";
const FIRST_SECRET: &str = "/poros/api/v1/resources/instance-secret/{name}";
const FIRST_DEPOT: &str = "/poros/api/v1/resources/depot/{name}";
const FIRST_VALIDATE: &str = "/poros/api/v1/resources/validate";
/// The pair of the Depot `{name}` is `{name}-r` and `{name}-rw`.
const FIRST_SECRET_NAME: &str = "{name}";
const CATALOG: &str = "/ds/api/v2/tenants/{tenant}/depots";
const OLDER_CATALOG: &str = "/ds/api/v2/depots";
const AUTHORIZE: &str = "/heimdall/api/v1/authorize";

/// Nobody gains from asking more often.
const SHORTEST_INTERVAL: Duration = Duration::from_millis(50);

/// What the settings of a backend say.
#[derive(Debug)]
pub(crate) struct Settings {
    pub(crate) tenant: String,
    pub(crate) generation: Generation,
    pub(crate) owner: Option<String>,
    pub(crate) secret_name: String,
    pub(crate) depot_names: DepotNames,
    pub(crate) purposes: Purposes,
    pub(crate) owners: Owners,
    pub(crate) tenant_key: TenantKey,
    pub(crate) secret_files: SecretFiles,
    pub(crate) secret_keys: KeyNames,
    /// The type of the Depot that is to be taken over, in a call that does just that.
    pub(crate) adopt: Option<String>,
    pub(crate) transport: Transport,
    pub(crate) wait: Wait,
    pub(crate) paths: Paths,
}

/// The generation of DataOS.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Generation {
    First,
    Second,
}

/// Which depot names are taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum DepotNames {
    /// Lower-case letters and digits, as documented.
    Plain,
    /// Hyphens too, as some of DataOS' own examples have them.
    Hyphens,
}

/// Whose depots a list shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Owners {
    All,
    Own,
}

/// Whether manifests hold the key `tenant`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TenantKey {
    Write,
    Omit,
}

/// What is done with credentials that DataOS keeps as files.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SecretFiles {
    /// Whatever is documented for the way that is taken; see [`Settings::settled`].
    Auto,
    /// How they are sent over HTTP is not documented.
    Refuse,
    /// Their content is a value of `secret.data`.
    Data,
    /// Their content is a value of `secret.files`.
    Files,
}

/// Whether and how long a write waits for the Depot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Wait {
    No,
    Until { timeout: Duration, interval: Duration },
}

/// Templates of paths, with `{tenant}` and `{name}` in the places of these.
#[derive(Debug)]
pub(crate) struct Paths {
    pub(crate) secrets: String,
    pub(crate) secret: String,
    pub(crate) depots: String,
    pub(crate) depot: String,
    pub(crate) validate: String,
    pub(crate) catalog: String,
    pub(crate) older_catalog: String,
    pub(crate) authorize: String,
}

impl SecretFiles {
    /// Whether such credentials can be written.
    pub(crate) fn is_sent(self) -> bool {
        matches!(self, Self::Data | Self::Files)
    }
}

impl Settings {
    /// Reads the settings of the target's backend.
    pub(crate) fn of(target: &Target) -> Result<Self, Error> {
        let read = SettingReader::new(SETTINGS, target);
        let generation =
            read.word("generation", &[("v2", Generation::Second), ("v1", Generation::First)])?;
        let read = Reader(read, target, generation);
        let settings = Self {
            tenant: tenant(target)?,
            generation,
            owner: read.0.optional("owner").map(str::to_owned),
            secret_name: read.secret_name()?,
            depot_names: read.0.word(
                "depot-names",
                &[("plain", DepotNames::Plain), ("hyphens", DepotNames::Hyphens)],
            )?,
            purposes: Purposes::of(&read.0, target.setting("purposes").is_some())?,
            owners: read.0.word("owners", &[("all", Owners::All), ("own", Owners::Own)])?,
            tenant_key: read
                .0
                .word("tenant-key", &[("write", TenantKey::Write), ("omit", TenantKey::Omit)])?,
            secret_files: read.0.word(
                "secret-files",
                &[
                    ("auto", SecretFiles::Auto),
                    ("refuse", SecretFiles::Refuse),
                    ("data", SecretFiles::Data),
                    ("files", SecretFiles::Files),
                ],
            )?,
            secret_keys: read.0.key_names("secret-keys")?,
            adopt: read.0.optional("adopt").map(str::to_owned),
            transport: read.0.word(
                "transport",
                &[("auto", Transport::Auto), ("ctl", Transport::Ctl), ("http", Transport::Http)],
            )?,
            wait: read.wait()?,
            paths: read.paths(),
        };
        settings.check_paths()?;
        Ok(settings)
    }

    /// The settings with what depends on the way to the resource manager, which is decided now if files need it.
    pub(crate) fn settled(mut self, host: &Host) -> Self {
        if self.secret_files != SecretFiles::Auto {
            return self;
        }
        let ctl = Ctl { host, tenant: &self.tenant, generation: self.generation };
        (self.transport, self.secret_files) = match self.transport.way(host, &ctl) {
            Way::Ctl => (Transport::Ctl, SecretFiles::Files),
            Way::Http => (Transport::Http, SecretFiles::Refuse),
        };
        self
    }

    /// A template with the tenant and a name in their places.
    pub(crate) fn path(&self, template: &str, name: &str) -> Result<String, Error> {
        fill_path(template, &[("tenant", &self.tenant), ("name", name)])
    }

    /// The name of the Secret of a connection.
    pub(crate) fn secret_name_of(&self, connection: &str) -> String {
        self.secret_name.replace("{name}", connection)
    }

    /// What a Depot calls a Secret by.
    pub(crate) fn secret_id(&self, secret: &str) -> String {
        format!("{}:{secret}", self.tenant)
    }

    fn check_paths(&self) -> Result<(), Error> {
        let Paths { secrets, secret, depots, depot, validate, catalog, older_catalog, authorize } =
            &self.paths;
        [secrets, secret, depots, depot, validate, catalog, older_catalog, authorize]
            .into_iter()
            .try_for_each(|template| self.path(template, "name").map(drop))
    }
}

fn tenant(target: &Target) -> Result<String, Error> {
    let scope = target.scope.as_deref().filter(|scope| !scope.is_empty());
    scope.or_else(|| target.setting("tenant")).map(str::to_owned).ok_or_else(|| {
        let message = "no tenant is given; add `-n TENANT`, or `tenant = \"TENANT\"` under \
                       `[backends.NAME.settings]`";
        Error::invalid("scope", message)
    })
}

/// The settings with rules of their own.
struct Reader<'a>(SettingReader<'a>, &'a Target, Generation);

impl Reader<'_> {
    fn secret_name(&self) -> Result<String, Error> {
        let template = self.text("secret-name", FIRST_SECRET_NAME);
        if template.contains("{name}") {
            return Ok(template.to_owned());
        }
        let message = format!("is `{template}`; without `{{name}}` all connections share a Secret");
        Err(Error::wrong_setting("secret-name", &message))
    }

    /// A setting that has another default in the first generation.
    fn text<'s>(&'s self, name: &str, first: &'s str) -> &'s str {
        match self.2 {
            Generation::First if self.1.setting(name).is_none() => first,
            _ => self.0.text(name),
        }
    }

    fn wait(&self) -> Result<Wait, Error> {
        let until = Wait::Until {
            timeout: self.0.seconds("wait-timeout")?,
            interval: self.0.seconds("poll-interval")?.max(SHORTEST_INTERVAL),
        };
        self.0.word("wait", &[("true", until), ("false", Wait::No)])
    }

    fn paths(&self) -> Paths {
        let path = |name: &str| self.0.text(name).to_owned();
        Paths {
            secrets: self.text("secrets-path", FIRST_RESOURCES).to_owned(),
            secret: self.text("secret-path", FIRST_SECRET).to_owned(),
            depots: self.text("depots-path", FIRST_RESOURCES).to_owned(),
            depot: self.text("depot-path", FIRST_DEPOT).to_owned(),
            validate: self.text("validate-path", FIRST_VALIDATE).to_owned(),
            catalog: path("catalog-path"),
            older_catalog: path("older-catalog-path"),
            authorize: path("authorize-path"),
        }
    }
}
