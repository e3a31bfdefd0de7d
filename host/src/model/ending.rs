//! What has to be ended before this process is, however that happens: programs that it started, files that nobody may find.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, Once, OnceLock, PoisonError};

/// What is still to be done, by number. The one process-wide value of its kind: a signal ends the process from a thread that knows nothing
/// of what the others do.
static ENDINGS: Mutex<Endings> = Mutex::new(Endings { next: 0, left: BTreeMap::new() });

/// What is needed for a signal to do what is left, and is only done if there is anything.
static PREPARATION: OnceLock<Box<dyn Fn() + Send + Sync>> = OnceLock::new();

/// What is to be done.
pub type End = Box<dyn FnOnce() + Send>;

struct Endings {
    next: u64,
    left: BTreeMap<u64, End>,
}

/// Something to be done at the end: when this is dropped, or before the process ends by a signal, whichever comes first. It is done once,
/// one at a time; what is done must not note anything itself.
#[derive(Debug)]
pub struct Ending(u64);

impl Ending {
    /// Notes what is to be done.
    #[cfg(test)]
    fn new(end: impl FnOnce() + Send + 'static) -> Self {
        let made: Result<_, std::convert::Infallible> = Self::of(|| Ok(((), Box::new(end) as End)));
        let Ok(((), ending)) = made;
        ending
    }

    /// Makes something, and notes what is to be done about it. A signal that comes meanwhile waits, so that nothing is there without its end.
    ///
    /// # Errors
    /// Those of `make`, and nothing is noted.
    pub fn of<T, E>(make: impl FnOnce() -> Result<(T, End), E>) -> Result<(T, Self), E> {
        static FIRST: Once = Once::new();
        if let Some(prepare) = PREPARATION.get() {
            FIRST.call_once(prepare);
        }
        let mut endings = lock();
        let (made, end) = make()?;
        let number = endings.next;
        endings.next += 1;
        endings.left.insert(number, end);
        Ok((made, Self(number)))
    }

    /// There is nothing to be done any more.
    pub fn forget(self) {
        lock().left.remove(&self.0);
    }
}

impl Drop for Ending {
    fn drop(&mut self) {
        // Held until it is done: a signal that comes now must not end the process in the middle of it.
        let mut endings = lock();
        if let Some(end) = endings.left.remove(&self.0) {
            end();
        }
    }
}

/// Says what is to be done before the first thing is noted: whoever ends the process by a signal begins to wait for one.
pub fn before_first_ending(prepare: impl Fn() + Send + Sync + 'static) {
    // The first to say it is the program itself.
    let _ = PREPARATION.set(Box::new(prepare));
}

/// Does everything that is left to be done, what was noted last first: a program ends before its files go. Waits for what another thread is
/// doing of it. For the end of the process: whoever notes or does something afterwards waits for ever.
pub fn end_everything() {
    let mut endings = lock();
    while let Some((_, end)) = endings.left.pop_last() {
        end();
    }
    // Nothing may be started any more until the process is gone.
    std::mem::forget(endings);
}

fn lock() -> MutexGuard<'static, Endings> {
    ENDINGS.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    #[test]
    fn an_ending_happens_once_or_is_forgotten() {
        let count = Arc::new(AtomicUsize::new(0));
        let ending = || {
            let count = Arc::clone(&count);
            Ending::new(move || {
                count.fetch_add(1, Ordering::Relaxed);
            })
        };
        drop(ending());
        assert_eq!(count.load(Ordering::Relaxed), 1);
        ending().forget();
        assert_eq!(count.load(Ordering::Relaxed), 1);
    }
}
