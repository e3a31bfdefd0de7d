//! The engine: one per process, and the clock that interrupts loops.

use std::sync::{Arc, Once};
use std::time::Duration;

use rustix::process::{Resource, getrlimit};
use wasmtime::{Config, Engine};

use super::code_memory::Publisher;
use super::reuse::Reuse;
use super::witness::{Memories, Witness};
use crate::model::{Error, Kind};

/// How often running code is asked whether its time is up. Shorter makes limits sharper and costs more wake-ups.
pub(super) const TICK: Duration = Duration::from_millis(10);
/// The stack of the sandboxed code; the fiber's is larger, since host calls run on it too.
const WASM_STACK: usize = 512 << 10;
const FIBER_STACK: usize = 2 << 20;

/// An engine and its clock.
pub struct Sandbox {
    engine: Engine,
    clock: Once,
}

impl Sandbox {
    /// Makes the engine. Nothing is compiled and no thread is started.
    ///
    /// # Errors
    /// The machine is none that the engine can compile for.
    pub fn new() -> Result<Self, Error> {
        Self::of(&config())
    }

    /// The same, with memories that are searched for secrets before they are given back. It runs the same compiled code.
    ///
    /// # Errors
    /// As for [`Sandbox::new`].
    pub fn watched(witness: &Arc<Witness>) -> Result<Self, Error> {
        Self::of(config().with_host_memory(Arc::new(Memories(Arc::clone(witness)))))
    }

    fn of(config: &Config) -> Result<Self, Error> {
        let engine = Engine::new(config).map_err(|error| {
            Error::new(Kind::Other, "the sandbox cannot be started").because(error)
        })?;
        Ok(Self { engine, clock: Once::new() })
    }

    pub(super) fn engine(&self) -> &Engine {
        &self.engine
    }

    /// Starts the clock on the first call. Its thread ends with the engine.
    pub(super) fn start_clock(&self) {
        self.clock.call_once(|| {
            let engine = self.engine.weak();
            let tick = move || {
                while let Some(engine) = engine.upgrade() {
                    engine.increment_epoch();
                    drop(engine);
                    std::thread::sleep(TICK);
                }
            };
            // Without the clock a loop would still be ended by the wall time of the call as soon as it calls the host.
            let _ = std::thread::Builder::new().name("sandbox-clock".to_owned()).spawn(tick);
        });
    }
}

/// Everything that a connector does not need is off: about half of the engine's advisories of the last year needed one of these. The async
/// part of the component model is not even compiled in; garbage collection and threads are, since builds without them had faults too.
fn config() -> Config {
    let mut config = Config::new();
    config
        .concurrency_support(false)
        .wasm_gc(false)
        .gc_support(false)
        .wasm_function_references(false)
        .wasm_exceptions(false)
        .wasm_threads(false)
        .wasm_memory64(false)
        .wasm_multi_memory(false)
        .wasm_tail_call(false)
        .wasm_custom_page_sizes(false)
        .wasm_wide_arithmetic(false)
        .wasm_stack_switching(false)
        .wasm_relaxed_simd(false)
        .wasm_component_model_gc(false)
        .wasm_component_model_map(false)
        .wasm_component_model_memory64(false)
        .wasm_component_model_error_context(false)
        .wasm_component_model_fixed_length_lists(false)
        .cranelift_nan_canonicalization(true)
        .epoch_interruption(true)
        // An image of the initial memory pays off for many instances; a process of ours makes one or two.
        .memory_init_cow(false)
        .max_wasm_stack(WASM_STACK)
        .async_stack_size(FIBER_STACK)
        .async_stack_zeroing(true)
        // Nobody sees where in a component a trap was: without these tables compiled code is smaller and starts faster.
        .wasm_backtrace_max_frames(None)
        .generate_address_map(false)
        .native_unwind_info(false);
    for_any_processor(&mut config);
    if runs_placed_code() {
        config.with_custom_code_memory(Some(Arc::new(Publisher)));
    }
    if is_address_space_limited() {
        config
            .memory_reservation(256 << 20)
            .memory_guard_size(64 << 10)
            .memory_reservation_for_growth(1 << 20);
    } else {
        // Each has its own, since those of one have one size.
        config.with_host_memory(Arc::new(Reuse::default()));
        config.with_host_stack(Arc::new(Reuse::default()));
    }
    config
}

/// Code for every processor of this kind, not only for the one that compiles: a cache in a home that several machines share fits all of them,
/// and what follows a program on a processor of its own (valgrind) runs the code that is there.
fn for_any_processor(config: &mut Config) {
    // Where there is no name for it, code is for the processor at hand.
    #[cfg(all(target_os = "linux", target_arch = "x86_64"))]
    let _ = config.target("x86_64-unknown-linux-gnu");
    #[cfg(not(all(target_os = "linux", target_arch = "x86_64")))]
    let _ = config;
}

/// Whether code can run from memory that it was written to by this program: the processor looks there by itself. Others have to be told.
pub(super) fn runs_placed_code() -> bool {
    cfg!(target_arch = "x86_64")
}

/// Whether the 4 GiB of addresses that a memory gets may not be there. They cost nothing, and save a check at each access of memory: the
/// compiled code is a third smaller and faster. Code is compiled, and kept, for one of the two ways.
fn is_address_space_limited() -> bool {
    getrlimit(Resource::As).current.is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_off_does_not_compile() {
        let sandbox = Sandbox::new().unwrap();
        for (feature, text) in [
            ("threads", "(module (memory 1 1 shared))"),
            ("memory64", "(module (memory i64 1))"),
            ("many memories", "(module (memory 1) (memory 1))"),
            ("garbage collection", "(module (type (struct)))"),
            ("exceptions", "(module (tag))"),
            ("tail calls", "(module (func return_call 0))"),
        ] {
            let bytes = wat::parse_str(text).unwrap();
            assert!(wasmtime::Module::new(sandbox.engine(), bytes).is_err(), "{feature}");
        }
    }
}
