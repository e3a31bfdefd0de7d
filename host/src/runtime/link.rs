//! The one list of what a component can import. Only what it does import is linked.

use wasmtime::Engine;
use wasmtime::component::Linker;

use super::context::Context;
use super::inspect::{Inspected, LoadError};
use super::wasi;
use crate::capabilities::{command, http, log, secrets, vault};
use crate::contract;
use crate::policy::Capability;

/// A linker for this component.
pub fn linker(engine: &Engine, inspected: &Inspected) -> Result<Linker<Context>, LoadError> {
    let mut linker = Linker::new(engine);
    let failed = |error: wasmtime::Error| LoadError::Malformed(error.into());
    for name in inspected.imports.iter().filter(|name| name.starts_with("wasi:")) {
        if !wasi::add(&mut linker, name).map_err(failed)? {
            return Err(LoadError::UnknownImport(name.clone()));
        }
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
                    meter: &context.meter,
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
        Capability::Command => {
            contract::command::add_to_linker::<_, command::CommandInterface>(linker, |context| {
                command::View {
                    table: &mut context.table,
                    state: &mut context.command,
                    reveal: &context.reveal,
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
