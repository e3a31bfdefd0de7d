//! The settings of a backend, as data, and what they mean.

use std::time::Duration;

use connhub_sdk::{Error, SettingSchema, Target, fill_path};

/// A setting that has a default; an empty default means that it may be left out.
struct Setting {
    name: &'static str,
    default: &'static str,
    description: &'static str,
}

const SETTINGS: [Setting; 19] = [
    setting("tenant", "", "The tenant to work in when none is named."),
    setting("owner", "", "The user id written into manifests. DataOS resets a wrong one."),
    setting("secret-name", "{name}-cred", "The name of the Secret of the connection `{name}`."),
    setting("depot-names", "plain", "`plain`: as documented, no hyphens. `hyphens`: with them."),
    setting("purposes", "rw,scan,query", "What the Depot may use the Secret for."),
    setting("tenant-key", "write", "Whether manifests hold the key `tenant`: `write` or `omit`."),
    setting(
        "secret-files",
        "refuse",
        "What is done with credentials that DataOS keeps as files: `refuse`, or send their \
         content as `data` or as `files` of the Secret.",
    ),
    setting(
        "secret-keys",
        "",
        "Other keys in the Secret, as TYPE.FIELD=KEY, separated by commas; several keys of one \
         field are joined by `+`.",
    ),
    setting("wait", "true", "Whether a write waits until the Depot is active or in error."),
    setting("wait-timeout", "60", "Seconds to wait at most."),
    setting("poll-interval", "1", "Seconds between two looks at the state of the Depot."),
    setting("secrets-path", RESOURCES, "Where a Secret is created."),
    setting("secret-path", SECRET, "Where the Secret `{name}` is read, replaced and deleted."),
    setting("depots-path", RESOURCES, "Where a Depot is created."),
    setting("depot-path", DEPOT, "Where the Depot `{name}` is read, replaced and deleted."),
    setting("validate-path", VALIDATE, "Where a manifest is checked without being stored."),
    setting("catalog-path", CATALOG, "Where the Depot Service lists depots."),
    setting("older-catalog-path", OLDER_CATALOG, "The same in the older form, asked after a 404."),
    setting("authorize-path", AUTHORIZE, "Where a login is asked who it is."),
];

// The paths of the first generation with the tenant as workspace. Those of the second are not documented.
const RESOURCES: &str = "/poros/api/v1/workspaces/{tenant}/resources";
const SECRET: &str = "/poros/api/v1/workspaces/{tenant}/resources/secret/{name}";
const DEPOT: &str = "/poros/api/v1/workspaces/{tenant}/resources/depot/{name}";
const VALIDATE: &str = "/poros/api/v1/workspaces/{tenant}/resources/validate";
const CATALOG: &str = "/ds/api/v2/tenants/{tenant}/depots";
const OLDER_CATALOG: &str = "/ds/api/v2/depots";
const AUTHORIZE: &str = "/heimdall/api/v1/authorize";

/// Nobody gains from asking more often.
const SHORTEST_INTERVAL: Duration = Duration::from_millis(50);

/// What the settings of a backend say.
#[derive(Debug)]
pub(crate) struct Settings {
    pub(crate) tenant: String,
    pub(crate) owner: Option<String>,
    pub(crate) secret_name: String,
    pub(crate) depot_names: DepotNames,
    pub(crate) purposes: Vec<String>,
    pub(crate) tenant_key: TenantKey,
    pub(crate) secret_files: SecretFiles,
    pub(crate) secret_keys: Vec<KeyOverride>,
    pub(crate) wait: Wait,
    pub(crate) paths: Paths,
}

/// Which depot names are taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum DepotNames {
    /// Lower-case letters and digits, as documented.
    Plain,
    /// Hyphens too, as some of DataOS' own examples have them.
    Hyphens,
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
    /// Only the command line of DataOS is documented to take them.
    Refuse,
    /// Their content is a value of `secret.data`.
    Data,
    /// Their content is a value of `secret.files`.
    Files,
}

/// Keys in the Secret that replace those of the table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct KeyOverride {
    pub(crate) source: String,
    pub(crate) field: String,
    pub(crate) keys: Vec<String>,
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

/// The settings as `describe` reports them.
pub(crate) fn schema() -> Vec<SettingSchema> {
    let report = |setting: &Setting| SettingSchema {
        name: setting.name.to_owned(),
        description: setting.description.to_owned(),
        required: false,
        default: (!setting.default.is_empty()).then(|| setting.default.to_owned()),
    };
    SETTINGS.iter().map(report).collect()
}

impl Settings {
    /// Reads the settings of the target's backend.
    pub(crate) fn of(target: &Target) -> Result<Self, Error> {
        let read = Reader(target);
        let settings = Self {
            tenant: tenant(target)?,
            owner: read.optional("owner"),
            secret_name: read.secret_name()?,
            depot_names: read.word(
                "depot-names",
                &[("plain", DepotNames::Plain), ("hyphens", DepotNames::Hyphens)],
            )?,
            purposes: read.purposes()?,
            tenant_key: read
                .word("tenant-key", &[("write", TenantKey::Write), ("omit", TenantKey::Omit)])?,
            secret_files: read.word(
                "secret-files",
                &[
                    ("refuse", SecretFiles::Refuse),
                    ("data", SecretFiles::Data),
                    ("files", SecretFiles::Files),
                ],
            )?,
            secret_keys: read.secret_keys()?,
            wait: read.wait()?,
            paths: read.paths(),
        };
        settings.check_paths()?;
        Ok(settings)
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

    /// The keys that replace those of the table for this field.
    pub(crate) fn keys_for(&self, source: &str, field: &str) -> Option<&[String]> {
        let found = self.secret_keys.iter().find(|own| own.source == source && own.field == field);
        found.map(|own| own.keys.as_slice())
    }

    fn check_paths(&self) -> Result<(), Error> {
        let Paths { secrets, secret, depots, depot, validate, catalog, older_catalog, authorize } =
            &self.paths;
        [secrets, secret, depots, depot, validate, catalog, older_catalog, authorize]
            .into_iter()
            .try_for_each(|template| self.path(template, "name").map(drop))
    }
}

const fn setting(name: &'static str, default: &'static str, description: &'static str) -> Setting {
    Setting { name, default, description }
}

fn tenant(target: &Target) -> Result<String, Error> {
    let scope = target.scope.as_deref().filter(|scope| !scope.is_empty());
    scope.or_else(|| target.setting("tenant")).map(str::to_owned).ok_or_else(|| {
        let message = "no tenant is given; add `-n TENANT`, or `tenant = \"TENANT\"` under \
                       `[backends.NAME.settings]`";
        Error::invalid("scope", message)
    })
}

/// Reads settings with their defaults and says which one is wrong.
struct Reader<'a>(&'a Target);

impl<'a> Reader<'a> {
    fn text(&self, name: &str) -> &'a str {
        let default = || SETTINGS.iter().find(|setting| setting.name == name);
        self.0.setting(name).unwrap_or_else(|| default().map_or("", |setting| setting.default))
    }

    fn optional(&self, name: &str) -> Option<String> {
        let text = self.text(name).trim();
        (!text.is_empty()).then(|| text.to_owned())
    }

    fn word<T: Copy>(&self, name: &str, words: &[(&str, T)]) -> Result<T, Error> {
        let text = self.text(name).trim();
        let found = words.iter().find(|(word, _)| *word == text);
        found.map(|(_, value)| *value).ok_or_else(|| {
            let known: Vec<_> = words.iter().map(|(word, _)| format!("`{word}`")).collect();
            wrong(name, &format!("is `{text}`; it must be one of {}", known.join(", ")))
        })
    }

    fn list(&self, name: &str) -> Vec<&'a str> {
        self.text(name).split(',').map(str::trim).filter(|item| !item.is_empty()).collect()
    }

    fn seconds(&self, name: &str) -> Result<Duration, Error> {
        let text = self.text(name).trim();
        let seconds = text.parse().map_err(|_| {
            wrong(name, &format!("is `{text}`; it must be a whole number of seconds"))
        })?;
        Ok(Duration::from_secs(seconds))
    }

    fn secret_name(&self) -> Result<String, Error> {
        let template = self.text("secret-name").trim();
        if template.contains("{name}") {
            return Ok(template.to_owned());
        }
        let message = format!("is `{template}`; without `{{name}}` all connections share a Secret");
        Err(wrong("secret-name", &message))
    }

    fn purposes(&self) -> Result<Vec<String>, Error> {
        let purposes = self.list("purposes");
        let unknown = purposes.iter().find(|purpose| !["rw", "scan", "query"].contains(purpose));
        match unknown {
            Some(purpose) => {
                let message = format!("has `{purpose}`; known are `rw`, `scan` and `query`");
                Err(wrong("purposes", &message))
            }
            None if purposes.is_empty() => Err(wrong("purposes", "is empty")),
            None => Ok(purposes.into_iter().map(str::to_owned).collect()),
        }
    }

    fn secret_keys(&self) -> Result<Vec<KeyOverride>, Error> {
        self.list("secret-keys").into_iter().map(key_override).collect()
    }

    fn wait(&self) -> Result<Wait, Error> {
        let until = Wait::Until {
            timeout: self.seconds("wait-timeout")?,
            interval: self.seconds("poll-interval")?.max(SHORTEST_INTERVAL),
        };
        self.word("wait", &[("true", until), ("false", Wait::No)])
    }

    fn paths(&self) -> Paths {
        let path = |name: &str| self.text(name).trim().to_owned();
        Paths {
            secrets: path("secrets-path"),
            secret: path("secret-path"),
            depots: path("depots-path"),
            depot: path("depot-path"),
            validate: path("validate-path"),
            catalog: path("catalog-path"),
            older_catalog: path("older-catalog-path"),
            authorize: path("authorize-path"),
        }
    }
}

fn key_override(text: &str) -> Result<KeyOverride, Error> {
    let parts = text.split_once('=').and_then(|(place, keys)| {
        let (source, field) = place.split_once('.')?;
        Some((source, field, keys))
    });
    let Some((source, field, keys)) = parts else {
        return Err(wrong("secret-keys", &format!("has `{text}`; write TYPE.FIELD=KEY")));
    };
    Ok(KeyOverride {
        source: source.trim().to_owned(),
        field: field.trim().to_owned(),
        keys: keys.split('+').map(|key| key.trim().to_owned()).collect(),
    })
}

fn wrong(setting: &str, message: &str) -> Error {
    Error::invalid("settings", format!("`{setting}` {message}"))
}
