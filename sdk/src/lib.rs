//! What a connector for connhub is written with.
//!
//! A connector is a type that implements [`Connector`]. It runs in a sandbox and reaches the world through the [`Host`] alone: requests to
//! endpoints that it declares and a `plugins.toml` grants, and a sealed store of its own. It sees neither the login of an endpoint nor the
//! secrets of connections: it holds [`Secret`] handles, says where in a request they go, and the host puts them there.
//!
//! ```
//! use connhub_sdk::{
//!     Connection, Connector, Description, Draft, Error, Host, IfExists, Json, Outcome, Request, Target, Written, path,
//! };
//!
//! struct Example;
//!
//! impl Connector for Example {
//!     fn describe() -> Description {
//!         Description::new("example", env!("CARGO_PKG_VERSION"), "keeps connections in the example service").with_any_type()
//!     }
//!
//!     fn create(host: &Host, _: &Target, draft: Draft, _: IfExists) -> Result<Written, Error> {
//!         let secrets = draft.secrets.iter().map(|field| (&*field.name, Json::secret(&field.value)));
//!         let body = Json::object([("secrets", Json::object(secrets))]);
//!         let answer = host.send("service", Request::post(path(["things", &draft.name])).json(body))?;
//!         match answer.status {
//!             201 => Ok(Written::new(Outcome::Created, Connection::new(&draft.name, &draft.type_))),
//!             409 => Err(Error::AlreadyExists(format!("the service has a thing `{}`", draft.name))),
//!             status => Err(Error::unavailable(format!("the service answered {status}"))),
//!         }
//!     }
//! }
//!
//! connhub_sdk::export!(Example);
//!
//! # fn main() {
//! // The same code is tested natively, with a stand-in for the host and a server that is a closure.
//! use connhub_sdk::testing::{FakeHost, Reply, secret};
//! let fake = FakeHost::new();
//! fake.serve("service", |request| match request.body_json()["secrets"]["key"].as_str() {
//!     Some("s3cr3t") => Reply::json(201, "{}"),
//!     _ => Reply::text(400, "no key"),
//! });
//! let draft = Draft::new("a", "s3").with_secret("key", secret("s3cr3t"));
//! let written = Example::create(&fake.host(), &Target::default(), draft, IfExists::Fail).unwrap();
//! assert_eq!(written.outcome, Outcome::Created);
//! assert_eq!(fake.requests()[0].path, "/things/a");
//! // An operation that is not written is unsupported, and says so.
//! let error = Example::get(&fake.host(), &Target::default(), "a").unwrap_err();
//! assert_eq!(error, Error::Unsupported("this connector cannot `get`".into()));
//! # }
//! ```
//!
//! The crate of a connector has `crate-type = ["cdylib", "rlib"]` and is built for `wasm32-wasip2`. Beside its `Cargo.toml` lies a
//! `needs.toml`; `export!(NAME, needs = "needs.toml")` puts it into the component, where the host reads it without running anything.
//!
//! `connectors/vault-kv` in the repository is written as an example: a whole connector for a public HTTP interface, with its tests.

#[doc(hidden)]
#[cfg(any(target_arch = "wasm32", test))]
pub mod allocator;
pub mod base64;
#[doc(hidden)]
pub mod bindings;
mod command;
mod connector;
mod error;
#[doc(hidden)]
#[cfg(target_arch = "wasm32")]
pub mod guest;
mod host;
mod http;
mod json;
mod mapping;
mod model;
mod paging;
mod path;
mod race;
mod secret;
mod settings;
#[cfg(not(target_arch = "wasm32"))]
pub mod testing;
mod time;
mod vault;

pub use command::{Argument, Command, CommandError, CommandOutcome, Printed};
pub use connector::{ALL_OPERATIONS, Connector};
pub use host::{Host, Level, Vault};
pub use http::{
    Encoding, Header, HttpError, MASK, MaskedValue, MaskedValues, Parameter, Part, Request,
    Response,
};
pub use json::Json;
pub use mapping::{FieldMapping, Secrecy, TypeMapping};
pub use model::{
    Connection, Description, Draft, Error, Field, FieldSchema, Filter, Finding, IfExists, Label,
    LabelMatch, LabelOperator, Missing, Operation, Outcome, Page, PageRequest, Patch, Problem,
    Removed, Report, ScopeKind, SecretField, SettingSchema, SupportedType, Target, TestResult,
    TextChange, Unavailability, Verdict, Written,
};
pub use path::{fill_path, path};
pub use race::until_done;
pub use secret::{Denied, Secret};
pub use settings::{KeyNames, Setting, SettingReader};
pub use time::rfc3339;
pub use vault::{
    Entry, Key, NamedSecret, OtherSecrets, SecretChanges, Selection, VaultError, VaultPage,
};

/// Makes a component of a [`Connector`], and gives it an allocator that is quick for the time of one call. In a native build it does nothing.
///
/// With `needs` it also puts the file that declares what the connector needs into the component, as [`needs!`](crate::needs) does, and
/// holds the version in it to that of the crate: `version` is the connector's own, which an administrator's policy can ask for.
///
/// ```
/// # struct Example;
/// # impl connhub_sdk::Connector for Example {
/// #     fn describe() -> connhub_sdk::Description { connhub_sdk::Description::new("example", "1.0.0", "") }
/// # }
/// connhub_sdk::export!(Example);
/// // In a crate with a needs.toml: connhub_sdk::export!(Example, needs = "needs.toml");
/// ```
#[macro_export]
macro_rules! export {
    ($connector:ident, needs = $path:literal) => {
        $crate::export!($connector);
        $crate::needs!($path);

        const _: () = assert!(
            $crate::declares_version(NEEDS, env!("CARGO_PKG_VERSION")),
            "the file of the needs has to hold `version = \"…\"` with the version of the crate"
        );
    };
    ($connector:ident) => {
        #[cfg(target_arch = "wasm32")]
        const _: () = {
            use $crate::allocator::{Allocator, grow_memory};

            #[global_allocator]
            static ALLOCATOR: Allocator = Allocator::new(grow_memory);

            type Exports = $crate::guest::Exports<$connector>;
    $crate::bindings::export_connector!(Exports with_types_in $crate::bindings);
        };
    };
}

/// Whether a line of a file of needs is the version of a crate. It is for [`export!`].
#[doc(hidden)]
pub const fn declares_version(needs: &str, version: &str) -> bool {
    let mut line = 0;
    while line < needs.len() {
        if is_version_line(needs.as_bytes(), line, version.as_bytes()) {
            return true;
        }
        while line < needs.len() && needs.as_bytes()[line] != b'\n' {
            line += 1;
        }
        line += 1;
    }
    false
}

const fn is_version_line(text: &[u8], start: usize, version: &[u8]) -> bool {
    const KEY: &[u8] = b"version = \"";
    let end = start + KEY.len() + version.len();
    if end >= text.len() || text[end] != b'"' {
        return false;
    }
    let mut at = start;
    while at < end {
        let behind = at - start;
        let wanted = if behind < KEY.len() { KEY[behind] } else { version[behind - KEY.len()] };
        if text[at] != wanted {
            return false;
        }
        at += 1;
    }
    true
}

/// Puts the file that declares what the connector needs into the component, and into the constant `NEEDS`. The path is relative to the
/// crate's `Cargo.toml`.
///
/// ```toml
/// contract = "1.1.0"
///
/// [[endpoint]]
/// name = "cluster"
/// why = "reads and writes connections as Secrets"
/// # A method and a path. `*` is one segment that is not empty, `**` at the end is any rest.
/// allow = ["GET /version", "POST /api/v1/namespaces/*/secrets"]
/// # Where in bodies secrets may be placed, as JSON pointers in which `*` is any one member or element.
/// secrets-in = ["/data/*"]
///
/// [vault]
/// why = "keeps connections"
///
/// [[command]]
/// name = "ctl"
/// why = "is the only documented way to the service"
/// # What is looked for in `PATH` unless the grant says otherwise.
/// program = "acmectl"
/// # Whole argument lists. `{name}` is letters, digits, `.`, `_` and `-`, `{number}` digits, `{a|b}` one of the words, `{file}` a file.
/// args = [["get", "-n", "{name}"], ["apply", "-f", "{file}"]]
/// # Where in files secrets may be placed.
/// secrets-in = ["/data/*"]
/// environment = ["HOME"]
/// # It starts without the program, too.
/// optional = true
/// ```
#[macro_export]
macro_rules! needs {
    ($path:literal) => {
        /// What this connector needs, as it declares it.
        pub const NEEDS: &str = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/", $path));

        #[cfg(target_arch = "wasm32")]
        const _: () = {
            #[used]
            #[unsafe(link_section = "connhub:needs")]
            static SECTION: [u8; NEEDS.len()] =
                *include_bytes!(concat!(env!("CARGO_MANIFEST_DIR"), "/", $path));
        };
    };
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_version_of_a_crate_is_found_in_a_line_of_its_own() {
        let check = |needs: &str, expected: bool| {
            assert_eq!(super::declares_version(needs, "0.1.0"), expected, "{needs}");
        };
        check("contract = \"1.0.0\"\nversion = \"0.1.0\"\n", true);
        check("version = \"0.1.0\"", true);
        check("version = \"0.1.00\"\n", false);
        check("version = \"0.2.0\"\n", false);
        check("# version = \"0.1.0\"\n", false);
        check("version = \"0.1.0", false);
        check("", false);
    }
}
