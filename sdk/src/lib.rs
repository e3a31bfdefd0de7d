//! What a connector for connhub is written with.
//!
//! A connector is a type that implements [`Connector`]. It runs in a sandbox and reaches the world through the [`Host`] alone: requests to
//! endpoints that it declares and a `plugins.toml` grants, and a sealed store of its own. It sees neither the login of an endpoint nor the
//! secrets of connections: it holds [`Secret`] handles, says where in a request they go, and the host puts them there.
//!
//! ```
//! use connhub_sdk::{
//!     ALL_OPERATIONS, Connection, Connector, Description, Draft, Error, Host, IfExists, Json, Outcome, Request, Target, Written, path,
//! };
//!
//! struct Example;
//!
//! impl Connector for Example {
//!     fn describe() -> Description {
//!         Description {
//!             name: "example".into(),
//!             version: env!("CARGO_PKG_VERSION").into(),
//!             summary: "keeps connections in the example service".into(),
//!             types: Vec::new(),
//!             any_type: true,
//!             operations: ALL_OPERATIONS.into(),
//!             scope: None,
//!             settings: Vec::new(),
//!         }
//!     }
//!
//!     fn create(host: &Host, _: &Target, draft: Draft, _: IfExists) -> Result<Written, Error> {
//!         let secrets = draft.secrets.iter().map(|field| (&*field.name, Json::secret(&field.value)));
//!         let body = Json::object([("secrets", Json::object(secrets))]);
//!         let answer = host.send("service", Request::post(path(["things", &draft.name])).json(body))?;
//!         match answer.status {
//!             201 => Ok(Written {
//!                 outcome: Outcome::Created,
//!                 connection: Connection::new(&draft.name, &draft.type_),
//!                 differences: Vec::new(),
//!                 notes: Vec::new(),
//!             }),
//!             409 => Err(Error::AlreadyExists(format!("the service has a thing `{}`", draft.name))),
//!             status => Err(Error::unavailable(format!("the service answered {status}"))),
//!         }
//!     }
//! }
//!
//! connhub_sdk::export!(Example);
//!
//! # fn main() {
//! // The same code is tested natively, with a stand-in for the host.
//! use connhub_sdk::{SecretField, testing::{FakeHost, Reply, secret}};
//! let fake = FakeHost::new();
//! fake.expect("POST", "/things/a", Reply::json(201, "{}"));
//! let draft = Draft {
//!     name: "a".into(),
//!     type_: "s3".into(),
//!     fields: Vec::new(),
//!     secrets: vec![SecretField { name: "key".into(), value: secret("s3cr3t") }],
//!     display_name: None,
//!     description: None,
//!     labels: Vec::new(),
//! };
//! let target = Target { scope: None, settings: Vec::new(), dry_run: false };
//! Example::create(&fake.host(), &target, draft, IfExists::Fail).unwrap();
//! assert_eq!(fake.requests()[0].body_json()["secrets"]["key"], "s3cr3t");
//! # }
//! ```
//!
//! The crate of a connector has `crate-type = ["cdylib", "rlib"]` and is built for `wasm32-wasip2`. Beside its `Cargo.toml` lies a
//! `needs.toml`, which [`needs!`] puts into the component, where the host reads it without running anything.

#[doc(hidden)]
#[cfg(any(target_arch = "wasm32", test))]
pub mod allocator;
pub mod base64;
#[doc(hidden)]
pub mod bindings;
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
mod secret;
#[cfg(not(target_arch = "wasm32"))]
pub mod testing;
mod time;
mod vault;

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
pub use secret::{Denied, Secret};
pub use time::rfc3339;
pub use vault::{
    Entry, Key, NamedSecret, OtherSecrets, SecretChanges, Selection, VaultError, VaultPage,
};

/// Makes a component of a [`Connector`], and gives it an allocator that is quick for the time of one call. In a native build it does nothing.
#[macro_export]
macro_rules! export {
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

/// Puts the file that declares what the connector needs into the component, and into the constant `NEEDS`. The path is relative to the
/// crate's `Cargo.toml`.
///
/// ```toml
/// contract = "1.0.0"
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
