//! How long a call has left.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// The wall time of one call. Waiting for a person does not count: nobody types a password faster because a connector has a limit.
#[derive(Clone, Debug)]
pub struct Clock {
    limit: Duration,
    spent: Arc<Mutex<Spent>>,
}

#[derive(Debug)]
struct Spent {
    before: Duration,
    /// Since when the clock runs; none while a person is waited for.
    since: Option<Instant>,
}

/// A person is waited for until this is dropped.
pub struct Pause(Clock);

impl Clock {
    /// A clock that starts now.
    pub fn new(limit: Duration) -> Self {
        let spent = Spent { before: Duration::ZERO, since: Some(Instant::now()) };
        Self { limit, spent: Arc::new(Mutex::new(spent)) }
    }

    /// What is left.
    pub fn left(&self) -> Duration {
        let spent = self.lock();
        let running = spent.since.map_or(Duration::ZERO, |since| since.elapsed());
        self.limit.saturating_sub(spent.before.saturating_add(running))
    }

    /// Stops the clock.
    pub fn pause(&self) -> Pause {
        let mut spent = self.lock();
        if let Some(since) = spent.since.take() {
            spent.before = spent.before.saturating_add(since.elapsed());
        }
        drop(spent);
        Pause(self.clone())
    }

    /// Runs a future for as long as there is time; none if it did not end.
    pub async fn run<T>(&self, future: impl Future<Output = T>) -> Option<T> {
        let mut future = std::pin::pin!(future);
        loop {
            let left = self.left();
            match tokio::time::timeout(left, &mut future).await {
                Ok(result) => return Some(result),
                Err(_) if left.is_zero() => return None,
                Err(_) => {}
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, Spent> {
        self.spent.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Pause {
    fn drop(&mut self) {
        self.0.lock().since = Some(Instant::now());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn what_takes_too_long_ends_and_waiting_for_a_person_does_not_count() {
        let sleep = |millis| tokio::time::sleep(Duration::from_millis(millis));
        let clock = Clock::new(Duration::from_millis(50));
        assert_eq!(clock.run(async { 1 }).await, Some(1));
        let asked = async {
            let pause = clock.pause();
            sleep(200).await;
            drop(pause);
            2
        };
        assert_eq!(clock.run(asked).await, Some(2));
        assert!(!clock.left().is_zero());
        assert_eq!(clock.run(sleep(60_000)).await, None);
        assert!(clock.left().is_zero());
    }
}
