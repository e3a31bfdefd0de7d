//! The form of `plugins.toml`, as it is written. Unknown keys are errors: a grant that is misspelt must not be ignored.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde::Deserialize;
use serde::de::IgnoredAny;
use toml::Spanned;

/// The whole file.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct PluginsFile {
    /// Always 1.
    pub version: u32,
    /// The backend that commands use when none is named.
    pub default_backend: Option<String>,
    /// Which connectors there are, and what each may touch.
    #[serde(default)]
    pub connectors: BTreeMap<String, Spanned<ConnectorSection>>,
    /// Whose signatures count.
    #[serde(default)]
    pub signers: BTreeMap<String, Spanned<SignerSection>>,
    /// Which places there are.
    #[serde(default)]
    pub backends: BTreeMap<String, Spanned<BackendSection>>,
    /// The local store.
    pub vault: Option<VaultSection>,
    /// The audit log.
    pub audit: Option<Spanned<AuditSection>>,
}

/// `[connectors.NAME]`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct ConnectorSection {
    /// The component, relative to the file.
    pub component: PathBuf,
    /// Signers, one of whom must have signed the component. Not written: a signature is not asked for.
    pub signed_by: Option<Spanned<Vec<String>>>,
    /// The endpoints that it may send requests to.
    #[serde(default)]
    pub endpoints: BTreeMap<String, Spanned<EndpointSection>>,
    /// The programs that it may run.
    #[serde(default)]
    pub commands: BTreeMap<String, Spanned<CommandSection>>,
    /// Grants the sealed store; the table has no keys yet.
    pub vault: Option<BTreeMap<String, IgnoredAny>>,
    /// Grants the bytes of secrets.
    #[serde(default)]
    pub reveal: bool,
    /// What one call may use.
    #[serde(default)]
    pub limits: LimitsSection,
}

/// `[signers.NAME]`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct SignerSection {
    /// A public key: PEM of P-256, or a key of minisign.
    pub key: String,
}

/// `[connectors.NAME.endpoints.ENDPOINT]`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct EndpointSection {
    pub kind: KindWord,
    pub allow: Vec<String>,
    #[serde(default)]
    pub secrets_in: Vec<String>,
    #[serde(default)]
    pub mask: Vec<String>,
    #[serde(default)]
    pub mask_encoding: MaskEncodingWord,
    #[serde(default)]
    pub visible: Vec<String>,
    #[serde(default)]
    pub omit: Vec<String>,
    #[serde(default)]
    pub response_headers: Vec<String>,
}

/// `[connectors.NAME.commands.COMMAND]`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct CommandSection {
    /// An absolute path, or a name that is looked for in `PATH`.
    pub program: String,
    /// The shapes of its arguments.
    pub args: Vec<Vec<String>>,
    #[serde(default)]
    pub secrets_in: Vec<String>,
    /// Names of variables.
    #[serde(default)]
    pub environment: Vec<String>,
    /// Allows a standard input.
    #[serde(default)]
    pub input: bool,
}

/// What is behind an endpoint.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum KindWord {
    Kubernetes,
    Http,
}

/// How masked values are encoded.
#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum MaskEncodingWord {
    #[default]
    Text,
    Base64,
}

/// `[connectors.NAME.limits]`.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct LimitsSection {
    pub memory_mib: Option<u32>,
    pub table_elements: Option<u32>,
    pub wall_seconds: Option<u32>,
    pub cpu_milliseconds: Option<u32>,
    pub host_call_mib: Option<u32>,
    pub handles: Option<u32>,
    pub requests: Option<u32>,
    pub request_seconds: Option<u32>,
    pub response_mib: Option<u32>,
    pub request_mib: Option<u32>,
    pub log_kib: Option<u32>,
    pub output_mib: Option<u32>,
    pub command_runs: Option<u32>,
    pub command_seconds: Option<u32>,
    pub command_output_kib: Option<u32>,
    pub list_items: Option<u32>,
    pub list_pages: Option<u32>,
    pub list_mib: Option<u32>,
    pub list_seconds: Option<u32>,
    pub compile_seconds: Option<u32>,
    pub compile_mib: Option<u32>,
}

/// `[backends.NAME]`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct BackendSection {
    /// The connector that knows it.
    pub connector: String,
    /// The scope used when none is named.
    pub scope: Option<String>,
    /// What the connector reads.
    #[serde(default)]
    pub settings: BTreeMap<String, Spanned<toml::Value>>,
    /// Where the connector's endpoints are, and how to log in.
    #[serde(default)]
    pub endpoints: BTreeMap<String, Spanned<PlaceSection>>,
}

/// `[backends.NAME.endpoints.ENDPOINT]`.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct PlaceSection {
    /// Kubernetes: the kubeconfig file.
    pub kubeconfig: Option<String>,
    /// Kubernetes: the context.
    pub context: Option<String>,
    /// HTTP: the base address.
    pub url: Option<String>,
    /// HTTP: a file with further certificate authorities, in PEM.
    pub ca_file: Option<String>,
    /// HTTP: a file with the client's certificate and key, in PEM.
    pub client_certificate_file: Option<String>,
    /// HTTP: allows `http://` to another host than this machine.
    #[serde(default)]
    pub plain_http: bool,
    /// The proxy for this endpoint, instead of those of the environment.
    pub proxy: Option<String>,
    /// HTTP: headers that go with every request. They are no place for a credential.
    #[serde(default)]
    pub headers: BTreeMap<String, String>,
    /// HTTP: the login.
    pub login: Option<LoginSection>,
}

/// `[backends.NAME.endpoints.ENDPOINT.login]`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct LoginSection {
    pub scheme: LoginScheme,
    /// The header of the scheme `header`.
    pub header: Option<String>,
    /// A header to try instead when the answer is 401.
    pub fallback_header: Option<String>,
    /// The user of the scheme `basic`.
    pub user: Option<String>,
    /// Environment variables that may hold the credential; the first that is set counts.
    #[serde(default)]
    pub env: Vec<String>,
    /// A file that holds the credential.
    pub file: Option<String>,
    /// A program that prints the credential.
    pub command: Option<Vec<String>>,
    /// How the credential is exchanged for the token that is sent in its place.
    pub exchange: Option<ExchangeSection>,
}

/// `[backends.NAME.endpoints.ENDPOINT.login.exchange]`: one `POST` of a JSON object.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct ExchangeSection {
    /// The path below the address.
    pub path: String,
    /// The member of the object that holds the credential.
    pub credential: String,
    /// The other members.
    #[serde(default)]
    pub body: BTreeMap<String, String>,
    /// The JSON pointer to the token in the answer.
    pub token: String,
    /// The statuses of answers by which the service says that a token has ended; 401 if nothing is said.
    pub refused: Option<Vec<u16>>,
}

/// How a credential is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum LoginScheme {
    None,
    Bearer,
    Header,
    Basic,
}

/// `[audit]`. A file says only what is to differ from the files before it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct AuditSection {
    /// Whether records are written; true if nothing is said.
    pub enabled: Option<bool>,
    /// Whether nothing may be done that is not recorded.
    pub required: Option<bool>,
    /// The log; `audit.jsonl` in the state folder if nothing is said.
    pub file: Option<String>,
    /// The size of one file in MiB.
    pub max_mib: Option<u32>,
    /// How many files are kept, the current one included.
    pub files: Option<u32>,
    /// Whether records go to the system's log, too.
    pub syslog: Option<bool>,
    /// The socket of the system's log; `/dev/log` if nothing is said.
    pub syslog_socket: Option<PathBuf>,
    /// Whether each record waits for the disk.
    pub sync: Option<bool>,
}

/// `[vault]`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct VaultSection {
    /// Where the master key is.
    #[serde(default)]
    pub key: KeyWord,
    /// For `file`: the key file.
    pub key_file: Option<String>,
    /// For `command`: the program that prints the key; for `passphrase`: the one that prints the passphrase.
    pub command: Option<Vec<String>>,
    /// For `passphrase`: how long the unlocked key stays in the kernel's keyring, in seconds; 0 for not at all.
    pub unlocked_seconds: Option<u32>,
    /// How many past versions of a connection are kept; 0 for none.
    pub history: Option<u32>,
    /// The recipient of age whose identity opens a new store, too, if its master key is lost.
    pub recovery: Option<String>,
    /// Whether a new store has members, each of whom has its key.
    pub members: Option<bool>,
    /// The server of PostgreSQL that the store is on, such as `postgres://ada@db.example:5432/team`; without it the store is a file.
    pub url: Option<String>,
    /// For `url`: the schema of the store.
    pub schema: Option<String>,
    /// For `url`: the authorities that issue the server's certificate, in PEM; without it those of the system.
    pub ca_file: Option<String>,
    /// For `url`: a file of mode 0600 with the password.
    pub password_file: Option<String>,
    /// For `url`: the program that prints the password.
    pub password_command: Option<Vec<String>>,
    /// For `url`: how long connecting may take.
    pub connect_timeout_seconds: Option<u32>,
    /// For `url`: how long one answer may take.
    pub answer_timeout_seconds: Option<u32>,
}

/// Where the master key of the local store is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum KeyWord {
    /// The system keyring if there is one, else a file.
    #[default]
    Auto,
    Keyring,
    File,
    Passphrase,
    Command,
}
