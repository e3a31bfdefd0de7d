//! Which code of the host an input reached.
//!
//! The compiler is told to count how often each edge of the host's control flow is taken (SanitizerCoverage, "inline 8-bit counters"). At the
//! start of the program every compiled unit hands its counters to [`__sanitizer_cov_8bit_counters_init`]. Where nothing was instrumented there
//! are none.

use std::sync::Mutex;

/// The counters of each compiled unit.
static COUNTERS: Mutex<Vec<&'static mut [u8]>> = Mutex::new(Vec::new());

/// Called by instrumented code before `main`, with the bounds of its counters.
///
/// # Safety
/// `start` and `stop` bound one array that lives as long as the program and is handed over once, as the compiler sees to.
#[expect(unsafe_code, reason = "the compiler calls it by this name")]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn __sanitizer_cov_8bit_counters_init(start: *mut u8, stop: *mut u8) {
    let length = (stop as usize).saturating_sub(start as usize);
    if start.is_null() || length == 0 {
        return;
    }
    // SAFETY: as above. The program writes to it between two looks, never during one: it has one thread that does.
    let counters = unsafe { std::slice::from_raw_parts_mut(start, length) };
    if let Ok(mut all) = COUNTERS.lock() {
        all.push(counters);
    }
}

/// What all inputs together have reached.
#[derive(Default)]
pub struct Coverage {
    /// For each counter the orders of magnitude that it has had, one bit each.
    seen: Vec<Vec<u8>>,
}

impl Coverage {
    /// Whether anything is counted.
    pub fn is_instrumented() -> bool {
        COUNTERS.lock().is_ok_and(|all| !all.is_empty())
    }

    /// Starts counting for one input.
    pub fn start() {
        if let Ok(mut all) = COUNTERS.lock() {
            all.iter_mut().for_each(|counters| counters.fill(0));
        }
    }

    /// Whether the input reached something that none before it did, or much more often.
    pub fn is_new(&mut self) -> bool {
        let Ok(all) = COUNTERS.lock() else { return false };
        self.seen.resize_with(all.len(), Vec::new);
        let mut is_new = false;
        for (counters, seen) in all.iter().zip(&mut self.seen) {
            seen.resize(counters.len(), 0);
            for (counters, seen) in counters.chunks(16).zip(seen.chunks_mut(16)) {
                if counters.iter().all(|count| *count == 0) {
                    continue;
                }
                for (count, seen) in counters.iter().zip(seen) {
                    let order = magnitude(*count);
                    is_new |= order & !*seen != 0;
                    *seen |= order;
                }
            }
        }
        is_new
    }

    /// How many edges were reached.
    pub fn edges(&self) -> usize {
        self.seen.iter().flatten().filter(|seen| **seen != 0).count()
    }
}

/// 1, 2, 3, 4 to 7, 8 to 15, 16 to 31, 32 to 127, more: one bit each.
fn magnitude(count: u8) -> u8 {
    match count {
        0 => 0,
        1..=3 => 1 << (count - 1),
        4..=7 => 1 << 3,
        8..=15 => 1 << 4,
        16..=31 => 1 << 5,
        32..=127 => 1 << 6,
        _ => 1 << 7,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn magnitudes_are_one_bit_each() {
        let orders: Vec<u8> = [1, 2, 3, 4, 8, 16, 32, 128].map(magnitude).into();
        assert_eq!(orders.iter().fold(0, |all, order| all | order), 0xff);
        assert!(orders.iter().all(|order| order.is_power_of_two()));
        assert_eq!((magnitude(0), magnitude(255)), (0, 128));
    }
}
