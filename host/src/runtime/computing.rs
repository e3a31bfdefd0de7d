//! How the computing of one call is bounded: by time, or by steps where a call has to end at the same place again.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use wasmtime::{Store, UpdateDeadline};

use super::context::Context;
use super::engine::TICK;
use super::stop::{CpuSpent, StepsSpent};

/// How often a call that is counted in steps lets others run, in steps: its wall time is looked at then.
const STRIDE: u64 = 4096;

/// What the computing of a call is measured in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Computing {
    /// In time, up to `cpu-milliseconds`.
    #[default]
    Time,
    /// In steps, up to this many: calls of functions and turns of loops in the sandbox. The same work takes about as many steps again, however
    /// busy the machine is. It is far slower.
    Steps(u64),
}

/// Counts the steps of one call.
pub(super) type Steps = Arc<AtomicU64>;

/// Puts a bound around everything that is run in a store from now on.
pub(super) fn bound(store: &mut Store<Context>, computing: Computing, cpu: Duration) -> Steps {
    let steps = Steps::default();
    match computing {
        Computing::Time => by_time(store, cpu),
        Computing::Steps(limit) => by_steps(store, limit, Arc::clone(&steps)),
    }
    steps
}

fn by_time(store: &mut Store<Context>, cpu: Duration) {
    store.set_epoch_deadline(1);
    let mut ticks_left = cpu.as_millis() / TICK.as_millis();
    store.epoch_deadline_callback(move |_| {
        ticks_left = ticks_left.checked_sub(1).ok_or(CpuSpent)?;
        Ok(UpdateDeadline::Yield(1))
    });
}

/// A deadline that is over already is looked at in every step.
fn by_steps(store: &mut Store<Context>, limit: u64, steps: Steps) {
    store.set_epoch_deadline(0);
    store.epoch_deadline_callback(move |_| {
        let taken = steps.fetch_add(1, Ordering::Relaxed);
        if taken >= limit {
            return Err(StepsSpent(limit).into());
        }
        Ok(match taken % STRIDE {
            0 => UpdateDeadline::Yield(0),
            _ => UpdateDeadline::Continue(0),
        })
    });
}
