//! From the text of one `plugins.toml` to what it means.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use toml::Spanned;

use super::env::Environment;
use super::file::{
    AuditSection, BackendSection, CommandSection, ConnectorSection, EndpointSection, KindWord,
    LimitsSection, LoginSection, MaskEncodingWord, PlaceSection, PluginsFile, SignerSection,
};
use super::{
    BackendSettings, ConnectorSettings, Locked, LoginSettings, Place, Signer, VaultSection,
};
use crate::model::{CallSetting, Error, Field};
use crate::policy::admin::ConfiguredBy;
use crate::policy::{
    CommandGrant, CommandLimits, CompileLimits, EndpointGrant, EndpointKind, Grants, Limits,
    ListLimits, MaskEncoding, Shapes,
};
use crate::signing::PublicKey;

/// What one file says.
pub(super) struct Resolved {
    pub(super) signers: BTreeMap<String, Signer>,
    pub(super) connectors: BTreeMap<String, ConnectorSettings>,
    pub(super) backends: BTreeMap<String, BackendSettings>,
    pub(super) default_backend: Option<String>,
    pub(super) vault: Option<VaultSection>,
    pub(super) audit: AuditSection,
}

/// What the meaning of a file depends on.
pub(super) struct Around<'a> {
    /// The environment, for `${VARIABLE}`.
    pub(super) environment: &'a Environment,
    /// The signers of the files before it.
    pub(super) known: &'a BTreeMap<String, Signer>,
    /// The lock beside it.
    pub(super) lock: BTreeMap<String, Locked>,
}

impl Resolved {
    /// Reads one file.
    pub(super) fn parse(path: &Path, text: &str, around: &Around<'_>) -> Result<Self, Error> {
        let file = read(path, text)?;
        let place = Source { path, lines: Lines::of(text), environment: around.environment };
        let signers = place.signers(file.signers)?;
        let signer = |name: &str| signers.get(name).or_else(|| around.known.get(name));
        let connectors = file
            .connectors
            .into_iter()
            .map(|(name, section)| {
                Ok((name.clone(), place.connector(name, section, &around.lock, &signer)?))
            })
            .collect::<Result<_, Error>>()?;
        let backends = file
            .backends
            .into_iter()
            .map(|(name, section)| Ok((name.clone(), place.backend(name, section)?)))
            .collect::<Result<_, Error>>()?;
        let audit = file.audit.map(|section| place.audit(section)).transpose()?.unwrap_or_default();
        Ok(Self {
            signers,
            connectors,
            backends,
            default_backend: file.default_backend,
            vault: file.vault,
            audit,
        })
    }

    /// The signers of one file alone.
    pub(super) fn signers(
        path: &Path,
        text: &str,
        around: &Around<'_>,
    ) -> Result<BTreeMap<String, Signer>, Error> {
        let file = read(path, text)?;
        Source { path, lines: Lines::of(text), environment: around.environment }
            .signers(file.signers)
    }

    /// The same, whose components have to be those that were there when the file was trusted. One that was not there then has no digest that fits.
    pub(super) fn trusted(mut self, components: &BTreeMap<String, String>) -> Self {
        for (name, connector) in &mut self.connectors {
            connector.trusted = Some(components.get(name).cloned().unwrap_or_default());
        }
        self
    }
}

/// Takes one file apart.
fn read(path: &Path, text: &str) -> Result<PluginsFile, Error> {
    let file: PluginsFile = toml::from_str(text).map_err(|error| {
        let line = error.span().map_or(1, |span| line_of(text, span.start));
        Error::invalid(format!("{}:{line}: {}", path.display(), error.message()))
            .hint("`connhub plugin list` shows what is configured; the form is described in docs/plugins.md")
    })?;
    if file.version != 1 {
        return Err(Error::invalid(format!(
            "{}: `version = {}` is unknown, this connhub reads version 1",
            path.display(),
            file.version
        )));
    }
    Ok(file)
}

/// Where a section comes from.
struct Source<'a> {
    path: &'a Path,
    lines: Lines,
    environment: &'a Environment,
}

impl Source<'_> {
    fn at<T>(&self, section: &Spanned<T>) -> String {
        format!("{}:{}", self.path.display(), self.lines.at(section.span().start))
    }

    /// Variables are replaced here, since the file is needed before anything else is.
    fn audit(&self, section: Spanned<AuditSection>) -> Result<AuditSection, Error> {
        let source = self.at(&section);
        let mut section = section.into_inner();
        let wrong = |what: &str| Error::invalid(format!("{source}: in `[audit]`, {what}"));
        if let Some(file) = &section.file {
            let expanded = expand(file, self.environment);
            let file = expanded.map_err(|name| wrong(&format!("`{name}` is not set")))?;
            if !Path::new(&file).is_absolute() {
                return Err(wrong("`file` is not an absolute path"));
            }
            section.file = Some(file);
        }
        if section.max_mib == Some(0) || section.files == Some(0) {
            return Err(wrong("`max-mib` and `files` are at least 1"));
        }
        Ok(section)
    }

    fn signers(
        &self,
        sections: BTreeMap<String, Spanned<SignerSection>>,
    ) -> Result<BTreeMap<String, Signer>, Error> {
        let signer = |(name, section): (String, _)| Ok((name.clone(), self.signer(name, section)?));
        sections.into_iter().map(signer).collect()
    }

    fn signer(&self, name: String, section: Spanned<SignerSection>) -> Result<Signer, Error> {
        let source = self.at(&section);
        let key = PublicKey::parse(&section.get_ref().key).map_err(|error| {
            let hint = error.hint();
            Error::invalid(format!("{source}: the key of signer `{name}` cannot be used"))
                .because(error)
                .hint(hint)
        })?;
        Ok(Signer { name, key, source })
    }

    fn connector<'s>(
        &self,
        name: String,
        section: Spanned<ConnectorSection>,
        lock: &BTreeMap<String, Locked>,
        signer: &dyn Fn(&str) -> Option<&'s Signer>,
    ) -> Result<ConnectorSettings, Error> {
        let source = self.at(&section);
        let section = section.into_inner();
        let signed_by = self.signed_by(&name, section.signed_by, signer)?;
        let folder = self.path.parent().unwrap_or(Path::new(""));
        let endpoints = section
            .endpoints
            .into_iter()
            .map(|(name, endpoint)| {
                let source = self.at(&endpoint);
                (name, endpoint_grant(endpoint.into_inner(), source))
            })
            .collect();
        let commands = section
            .commands
            .into_iter()
            .map(|(name, command)| Ok((name, self.command(command)?)))
            .collect::<Result<_, Error>>()?;
        let grants = Grants {
            endpoints,
            commands,
            vault: section.vault.is_some(),
            reveal: section.reveal,
            source: source.clone(),
        };
        Ok(ConnectorSettings {
            locked: lock.get(&name).map(|locked| locked.of(&section.component)),
            component: folder.join(section.component),
            trusted: None,
            signed_by,
            grants,
            limits: limits(&section.limits),
            source,
            configured_by: ConfiguredBy::User,
            name,
        })
    }

    fn command(&self, section: Spanned<CommandSection>) -> Result<CommandGrant, Error> {
        let source = self.at(&section);
        let section = section.into_inner();
        let wrong = |what: &str| Error::invalid(format!("{source}: {what}"));
        let program = &section.program;
        if program.is_empty() || (program.contains('/') && !program.starts_with('/')) {
            return Err(wrong(
                "`program` is neither an absolute path nor a name to look for in `PATH`",
            ));
        }
        Shapes::parse(&section.args)
            .map_err(|error| wrong("`args` holds a shape that is none").because(error))?;
        Ok(CommandGrant {
            program: section.program,
            args: section.args,
            secrets_in: section.secrets_in,
            environment: section.environment,
            input: section.input,
            source,
        })
    }

    /// The signers that a connector asks for. One that nobody knows is an error: a demand must not be ignored.
    fn signed_by<'s>(
        &self,
        connector: &str,
        names: Option<Spanned<Vec<String>>>,
        signer: &dyn Fn(&str) -> Option<&'s Signer>,
    ) -> Result<Vec<Signer>, Error> {
        let Some(names) = names else { return Ok(Vec::new()) };
        let source = self.at(&names);
        let names = names.into_inner();
        if names.is_empty() {
            return Err(Error::invalid(format!(
                "{source}: `signed-by` of connector `{connector}` names nobody"
            ))
            .hint("name a signer, or remove the line"));
        }
        let known = |name: &String| {
            signer(name).cloned().ok_or_else(|| {
                Error::invalid(format!(
                    "{source}: connector `{connector}` is to be signed by `{name}`, which is no signer"
                ))
                .hint(format!("add `[signers.{name}]` with a `key`"))
            })
        };
        names.iter().map(known).collect()
    }

    fn backend(
        &self,
        name: String,
        section: Spanned<BackendSection>,
    ) -> Result<BackendSettings, Error> {
        let source = self.at(&section);
        let section = section.into_inner();
        let settings = section
            .settings
            .into_iter()
            .filter_map(|(name, value)| self.setting(name, value).transpose())
            .collect::<Result<_, Error>>()?;
        let endpoints = section
            .endpoints
            .into_iter()
            .map(|(name, endpoint)| {
                let source = self.at(&endpoint);
                (name, place(endpoint.into_inner(), source))
            })
            .collect();
        Ok(BackendSettings {
            name,
            connector: section.connector,
            scope: section.scope.and_then(|scope| expand(&scope, self.environment).ok()),
            settings,
            endpoints,
            source,
        })
    }

    /// A setting as text. One that is made of an environment variable that is not set is left out.
    fn setting(&self, name: String, value: Spanned<toml::Value>) -> Result<Option<Field>, Error> {
        let source = self.at(&value);
        if CallSetting::NAMES.contains(&name.as_str()) {
            return Err(Error::invalid(format!(
                "{source}: `{name}` is no setting of a backend: it is what a flag asks for one call"
            ))
            .hint("take the line out"));
        }
        let value = match value.into_inner() {
            toml::Value::String(text) => match expand(&text, self.environment) {
                Ok(text) => text,
                Err(_) => return Ok(None),
            },
            toml::Value::Integer(number) => number.to_string(),
            toml::Value::Boolean(truth) => truth.to_string(),
            toml::Value::Float(number) => number.to_string(),
            _ => {
                return Err(Error::invalid(format!(
                    "{source}: setting `{name}` must be a text, a number or a truth value"
                )));
            }
        };
        Ok(Some(Field { name, value }))
    }
}

/// Replaces `${VARIABLE}` by the environment's value.
///
/// # Errors
/// The name of the variable that is not set, or the text if a brace is not closed.
pub(crate) fn expand(text: &str, environment: &Environment) -> Result<String, String> {
    let mut result = String::new();
    let mut rest = text;
    while let Some(start) = rest.find("${") {
        result.push_str(&rest[..start]);
        let after = &rest[start + 2..];
        let end = after.find('}').ok_or_else(|| text.to_owned())?;
        let name = &after[..end];
        result.push_str(environment.text(name).ok_or_else(|| name.to_owned())?);
        rest = &after[end + 1..];
    }
    result.push_str(rest);
    Ok(result)
}

/// Where the lines of a text end, so that thousands of sections do not each count from the start.
struct Lines(Vec<usize>);

impl Lines {
    fn of(text: &str) -> Self {
        Self(text.match_indices('\n').map(|(end, _)| end).collect())
    }

    /// The number of the line that has this byte, from 1.
    fn at(&self, offset: usize) -> usize {
        self.0.partition_point(|end| *end < offset) + 1
    }
}

/// The number of the line that has this byte, from 1; for a single look.
pub(super) fn line_of(text: &str, offset: usize) -> usize {
    text.as_bytes().iter().take(offset).filter(|byte| **byte == b'\n').count() + 1
}

fn endpoint_grant(section: EndpointSection, source: String) -> EndpointGrant {
    EndpointGrant {
        kind: match section.kind {
            KindWord::Kubernetes => EndpointKind::Kubernetes,
            KindWord::Http => EndpointKind::Http,
        },
        allow: section.allow,
        secrets_in: section.secrets_in,
        mask: section.mask,
        mask_encoding: match section.mask_encoding {
            MaskEncodingWord::Text => MaskEncoding::Text,
            MaskEncodingWord::Base64 => MaskEncoding::Base64,
        },
        visible: section.visible,
        omit: section.omit,
        response_headers: section.response_headers,
        source,
    }
}

fn place(section: PlaceSection, source: String) -> Place {
    Place {
        kubeconfig: section.kubeconfig,
        context: section.context,
        url: section.url,
        ca_file: section.ca_file,
        client_certificate_file: section.client_certificate_file,
        plain_http: section.plain_http,
        proxy: section.proxy,
        headers: section.headers,
        login: section.login.map(login),
        source,
    }
}

fn login(section: LoginSection) -> LoginSettings {
    LoginSettings {
        scheme: section.scheme,
        header: section.header,
        fallback_header: section.fallback_header,
        user: section.user,
        env: section.env,
        file: section.file,
        command: section.command,
        exchange: section.exchange,
    }
}

fn limits(section: &LimitsSection) -> Limits {
    let default = Limits::default();
    let mib = |value: Option<u32>, default: usize| value.map_or(default, |n| (n as usize) << 20);
    let count = |value: Option<u32>, default: usize| value.map_or(default, |n| n as usize);
    let seconds = |value: Option<u32>, default: Duration| {
        value.map_or(default, |n| Duration::from_secs(n.into()))
    };
    Limits {
        memory: mib(section.memory_mib, default.memory),
        table_elements: count(section.table_elements, default.table_elements),
        wall: seconds(section.wall_seconds, default.wall),
        cpu: section.cpu_milliseconds.map_or(default.cpu, |n| Duration::from_millis(n.into())),
        host_call: mib(section.host_call_mib, default.host_call),
        handles: count(section.handles, default.handles),
        requests: section.requests.unwrap_or(default.requests),
        request: seconds(section.request_seconds, default.request),
        response: mib(section.response_mib, default.response),
        request_body: mib(section.request_mib, default.request_body),
        log: section.log_kib.map_or(default.log, |n| (n as usize) << 10),
        output: mib(section.output_mib, default.output),
        command: CommandLimits {
            runs: section.command_runs.unwrap_or(default.command.runs),
            time: seconds(section.command_seconds, default.command.time),
            output: section
                .command_output_kib
                .map_or(default.command.output, |n| (n as usize) << 10),
        },
        list: ListLimits {
            items: count(section.list_items, default.list.items),
            pages: count(section.list_pages, default.list.pages),
            bytes: mib(section.list_mib, default.list.bytes),
            time: seconds(section.list_seconds, default.list.time),
        },
        compile: CompileLimits {
            time: seconds(section.compile_seconds, default.compile.time),
            memory: mib(section.compile_mib, default.compile.memory),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: &str = r#"
version = 1
default-backend = "b"

[connectors.c]
component = "c.wasm"
[connectors.c.limits]
memory-mib = 8
[connectors.c.endpoints.api]
kind = "http"
allow = ["GET /x"]

[backends.b]
connector = "c"
scope = "${SCOPE}"
[backends.b.settings]
tenant = "${TENANT}"
poll = 3
[backends.b.endpoints.api]
url = "https://${HOST}"
"#;

    fn parse(text: &str) -> Result<Resolved, Error> {
        let environment = Environment::from([("TENANT", "blue")]);
        let (known, lock) = Default::default();
        let around = Around { environment: &environment, known: &known, lock };
        Resolved::parse(Path::new("/etc/x/plugins.toml"), text, &around)
    }

    #[test]
    fn sections_become_settings_with_their_lines() {
        let resolved = parse(FILE).unwrap();
        let connector = &resolved.connectors["c"];
        assert_eq!(connector.component, Path::new("/etc/x/c.wasm"));
        assert_eq!(connector.source, "/etc/x/plugins.toml:5");
        assert_eq!(connector.limits.memory, 8 << 20);
        assert_eq!(connector.limits.requests, Limits::default().requests);
        assert!(!connector.grants.vault && !connector.grants.reveal);
        assert_eq!(connector.grants.endpoints["api"].allow, ["GET /x"]);
        let backend = &resolved.backends["b"];
        assert_eq!(backend.scope, None, "its variable is not set");
        let settings: Vec<_> =
            backend.settings.iter().map(|f| (f.name.as_str(), f.value.as_str())).collect();
        assert_eq!(settings, [("poll", "3"), ("tenant", "blue")]);
        assert_eq!(resolved.default_backend.as_deref(), Some("b"));
    }

    #[test]
    fn wrong_files_are_refused_with_file_and_line() {
        for (text, words) in [
            ("version = 2", "version = 2"),
            (
                "version = 1\n[connectors.c]\ncomponent = \"c\"\nsockets = true\n",
                ":4: unknown field `sockets`",
            ),
            (
                "version = 1\n[backends.b]\nconnector = \"c\"\n[backends.b.settings]\nx = [1]\n",
                ":5: setting `x`",
            ),
            (
                "version = 1\n[backends.b]\nconnector = \"c\"\n[backends.b.settings]\ndetach = true\n",
                ":5: `detach` is no setting of a backend",
            ),
            ("version = 1\n[connectors.c.vault\n", ":2"),
            (
                "version = 1\n[connectors.c]\ncomponent = \"c\"\n[connectors.c.commands.a]\nprogram = \"./a\"\nargs = []\n",
                ":4: `program` is neither",
            ),
            (
                "version = 1\n[connectors.c]\ncomponent = \"c\"\n[connectors.c.commands.a]\nprogram = \"a\"\nargs = [[\"{any}\"]]\n",
                ":4: `args` holds a shape",
            ),
            ("version = 1\n[signers.a]\nkey = \"x\"\n", ":2: the key of signer `a`"),
            ("version = 1\n[signers.a]\nkeys = \"x\"\n", ":3: unknown field `keys`"),
            (
                "version = 1\n[connectors.c]\ncomponent = \"c\"\nsigned-by = [\"a\"]\n",
                ":4: connector `c` is to be signed by `a`, which is no signer",
            ),
            (
                "version = 1\n[connectors.c]\ncomponent = \"c\"\nsigned-by = []\n",
                ":4: `signed-by` of connector `c` names nobody",
            ),
        ] {
            let error = parse(text).err().expect(text);
            assert!(error.message.contains(words), "{}", error.message);
        }
    }

    #[test]
    fn a_signer_of_this_file_or_an_earlier_one_can_be_asked_for() {
        let line = include_str!("../signing/testdata/minisign.pub").lines().nth(1).unwrap();
        let file = format!(
            "version = 1\n[connectors.c]\ncomponent = \"c\"\nsigned-by = [\"a\"]\n[signers.a]\nkey = \"{line}\"\n"
        );
        let own = parse(&file).unwrap();
        let key = PublicKey::parse(line).unwrap();
        assert_eq!(own.connectors["c"].signed_by[0].key, key);
        let (later, _) = file.split_once("[signers").unwrap();
        let environment = Environment::default();
        let lock = BTreeMap::new();
        let around = Around { environment: &environment, known: &own.signers, lock };
        let later = Resolved::parse(Path::new("p"), later, &around).unwrap();
        assert_eq!(later.connectors["c"].signed_by[0].key, key);
    }

    #[test]
    fn variables_are_replaced() {
        let environment = Environment::from([("A", "1")]);
        assert_eq!(expand("x${A}y${A}", &environment).unwrap(), "x1y1");
        assert_eq!(expand("$A", &environment).unwrap(), "$A");
        assert_eq!(expand("${B}", &environment).unwrap_err(), "B");
        assert!(expand("${A", &environment).is_err());
    }
}
