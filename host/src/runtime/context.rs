//! What one call has: the state of each capability, and nothing shared with another call.

use std::sync::Arc;

use wasmtime::component::ResourceTable;
use wasmtime_wasi::p2::pipe::MemoryOutputPipe;
use wasmtime_wasi::{WasiCtx, WasiCtxView, WasiView};

use super::limiter::Limiter;
use crate::capabilities::command::{CommandCall, CommandState};
use crate::capabilities::http::{Clock, HttpCall, HttpState};
use crate::capabilities::log::{Level, LogState, Sink};
use crate::capabilities::secrets::RevealGrant;
use crate::capabilities::vault::{Moment, VaultState};
use crate::model::Meter;
use crate::policy::Limits;
use crate::scrub::Scrubber;

/// Bytes of randomness that one WASI call may ask for.
const MAX_RANDOM: u64 = 64 << 10;

/// The data of a store: one field per capability.
pub struct Context {
    pub wasi: WasiCtx,
    pub table: ResourceTable,
    pub limiter: Limiter,
    pub scrubber: Scrubber,
    pub reveal: RevealGrant,
    pub http: HttpCall,
    pub command: CommandCall,
    pub vault: VaultState,
    pub log: LogState,
    /// What the component wrote to its standard streams, among it the text of a panic.
    pub output: MemoryOutputPipe,
    /// Counts for the record of the call.
    pub meter: Meter,
}

/// What a connector keeps between calls: connections to endpoints, the open store, grants.
pub struct Host {
    /// The connector's name.
    pub connector: String,
    /// The endpoints.
    pub http: HttpState,
    /// The programs.
    pub command: CommandState,
    /// The local store.
    pub vault: VaultState,
    /// The grant of `reveal`.
    pub reveal: RevealGrant,
    /// Where messages go.
    pub sink: Arc<dyn Sink>,
}

impl Host {
    /// Tells the user what the endpoints found worth a warning.
    pub fn pass_on_warnings(&self) {
        for warning in self.http.take_warnings() {
            self.sink.message(&self.connector, Level::Warn, &warning);
        }
    }
}

impl Context {
    /// The data of a fresh store.
    pub fn new(host: &Host, limits: &Limits, clock: &Clock, meter: Meter, moment: Moment) -> Self {
        let output = MemoryOutputPipe::new(limits.log);
        let mut table = ResourceTable::new();
        table.set_max_capacity(limits.handles);
        Self {
            wasi: wasi(&output),
            table,
            limiter: Limiter::new(limits),
            scrubber: Scrubber::default(),
            reveal: host.reveal.clone(),
            http: host.http.for_call(clock, &meter),
            command: host.command.for_call(&meter),
            vault: host.vault.for_call(&meter, moment),
            log: LogState::new(&host.connector, Arc::clone(&host.sink), limits.log, meter.clone()),
            output,
            meter,
        }
    }
}

/// Clocks and randomness are real, the standard streams go to the log, everything else is present and empty.
fn wasi(output: &MemoryOutputPipe) -> WasiCtx {
    WasiCtx::builder()
        .stdout(output.clone())
        .stderr(output.clone())
        .allow_tcp(false)
        .allow_udp(false)
        .allow_ip_name_lookup(false)
        .max_random_size(MAX_RANDOM)
        .build()
}

impl WasiView for Context {
    fn ctx(&mut self) -> WasiCtxView<'_> {
        WasiCtxView { ctx: &mut self.wasi, table: &mut self.table }
    }
}
