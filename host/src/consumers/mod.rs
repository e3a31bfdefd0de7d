//! What other programs call the values of a connection: environment variables, and texts for their configuration.
//!
//! Which names and texts there are is data: `env` and `env_file` of a field and `[[dialect]]` of a type in `host/types`. Here is how
//! they are filled in; the texts are the files of `host/consumers`. No input, no output.

mod aws_config;
mod export;
mod inject;
mod quote;
mod recognize;
mod select;
mod shell;
mod template;
mod values;
mod variables;

pub use aws_config::{AwsProfile, Foreign, IsForeign, quoted};
pub use export::{Exported, Secrets, consumer_names, export};
pub use inject::{Injection, Part, Place};
pub use recognize::{Said, What, recognize};
pub use select::{Mapping, Prefix, Selection, select};
pub use shell::{ShellFormat, render, risky};
pub use template::Template;
pub use values::{Value, Values};
pub use variables::{Form, Plan, Variable, plan};

use crate::model::types::catalog;
use crate::model::{Connection, SecretField};

/// The name of the field of a type that a user means by any name of it; the same name if the type does not tell.
pub fn field_name(type_name: &str, field: &str) -> String {
    let known = catalog::find(type_name).and_then(|schema| schema.field(field));
    known.map_or(field, |known| &known.name).to_owned()
}

/// A connection with its secrets.
#[derive(Clone, Copy)]
pub struct Opened<'a> {
    /// The connection.
    pub connection: &'a Connection,
    /// The values of its secret fields.
    pub secrets: &'a [SecretField],
}
