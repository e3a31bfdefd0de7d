//! The one list of what a component can import. Only what it does import is linked.

use wasmtime::Engine;
use wasmtime::component::Linker;

use super::context::Context;
use super::inspect::{Inspected, LoadError};
use crate::capabilities::{http, log, secrets, vault};
use crate::contract;
use crate::policy::Capability;

/// WASI interfaces that a standard library imports. Each is harmless: clocks and randomness are real, the rest is present and empty.
const WASI: [&str; 6] =
    ["wasi:cli/", "wasi:clocks/", "wasi:filesystem/", "wasi:io/", "wasi:random/", "wasi:sockets/"];

/// A linker for this component.
pub fn linker(engine: &Engine, inspected: &Inspected) -> Result<Linker<Context>, LoadError> {
    let mut linker = Linker::new(engine);
    let failed = |error: wasmtime::Error| LoadError::Malformed(error.into());
    if let Some(unknown) = inspected
        .imports
        .iter()
        .find(|name| name.starts_with("wasi:") && !WASI.iter().any(|known| name.starts_with(known)))
    {
        return Err(LoadError::UnknownImport(unknown.clone()));
    }
    if inspected.imports.iter().any(|name| name.starts_with("wasi:")) {
        wasmtime_wasi::p2::add_to_linker_async(&mut linker).map_err(failed)?;
    }
    if inspected.imports.iter().any(|name| name.starts_with("connhub:connector/types@")) {
        contract::types::add_to_linker::<_, Types>(&mut linker, |_| Types).map_err(failed)?;
    }
    for capability in &inspected.capabilities {
        add(&mut linker, *capability).map_err(failed)?;
    }
    Ok(linker)
}

fn add(linker: &mut Linker<Context>, capability: Capability) -> wasmtime::Result<()> {
    match capability {
        Capability::Secrets => {
            contract::secrets::add_to_linker::<_, secrets::Secrets>(linker, |context| {
                secrets::View {
                    table: &mut context.table,
                    grant: &context.reveal,
                    scrubber: &mut context.scrubber,
                }
            })
        }
        Capability::Http => {
            contract::http::add_to_linker::<_, http::Http>(linker, |context| http::View {
                table: &mut context.table,
                state: &mut context.http,
                scrubber: &mut context.scrubber,
            })
        }
        Capability::Vault => {
            contract::vault::add_to_linker::<_, vault::VaultInterface>(linker, |context| {
                vault::View {
                    table: &mut context.table,
                    state: &mut context.vault,
                    scrubber: &mut context.scrubber,
                }
            })
        }
        Capability::Log => contract::log::add_to_linker::<_, log::Log>(linker, |context| {
            log::View { state: &mut context.log, scrubber: &context.scrubber }
        }),
    }
}

/// The interface `types` has no functions.
struct Types;

impl wasmtime::component::HasData for Types {
    type Data<'a> = Self;
}

impl contract::types::Host for Types {}
