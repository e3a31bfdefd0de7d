//! Memory and tables of one call, summed over all of its instances.

use wasmtime::ResourceLimiter;

use crate::policy::Limits;

/// A component may have many memories; a limit for each of them would be no limit at all.
#[derive(Debug)]
pub struct Limiter {
    memory_left: usize,
    elements_left: usize,
    hit: Option<Hit>,
}

/// Which limit a growth would have passed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hit {
    /// `memory-mib`.
    Memory,
    /// `table-elements`.
    TableElements,
}

/// A shipped connector has four or fewer of each; the rest is room for other languages.
const INSTANCES: usize = 60;
const TABLES: usize = 60;
const MEMORIES: usize = 20;

impl Limiter {
    pub fn new(limits: &Limits) -> Self {
        Self { memory_left: limits.memory, elements_left: limits.table_elements, hit: None }
    }

    /// How many bytes of memory may still be taken.
    pub fn memory_left(&self) -> usize {
        self.memory_left
    }

    /// The limit that was hit, if one was: a component that gets no memory usually just traps.
    pub fn hit(&self) -> Option<Hit> {
        self.hit
    }

    fn take(left: &mut usize, current: usize, desired: usize) -> bool {
        let more = desired.saturating_sub(current);
        match left.checked_sub(more) {
            Some(rest) => {
                *left = rest;
                true
            }
            None => false,
        }
    }
}

impl ResourceLimiter for Limiter {
    fn memory_growing(
        &mut self,
        current: usize,
        desired: usize,
        maximum: Option<usize>,
    ) -> wasmtime::Result<bool> {
        let allowed = maximum.is_none_or(|maximum| desired <= maximum)
            && Self::take(&mut self.memory_left, current, desired);
        if !allowed {
            self.hit = Some(Hit::Memory);
        }
        Ok(allowed)
    }

    fn table_growing(
        &mut self,
        current: usize,
        desired: usize,
        maximum: Option<usize>,
    ) -> wasmtime::Result<bool> {
        let allowed = maximum.is_none_or(|maximum| desired <= maximum)
            && Self::take(&mut self.elements_left, current, desired);
        if !allowed {
            self.hit = Some(Hit::TableElements);
        }
        Ok(allowed)
    }

    fn instances(&self) -> usize {
        INSTANCES
    }

    fn tables(&self) -> usize {
        TABLES
    }

    fn memories(&self) -> usize {
        MEMORIES
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_is_summed_over_all_memories() {
        let limits = Limits { memory: 100, ..Limits::default() };
        let mut limiter = Limiter::new(&limits);
        assert!(limiter.memory_growing(0, 60, None).unwrap());
        assert!(!limiter.memory_growing(0, 60, None).unwrap());
        assert_eq!(limiter.hit(), Some(Hit::Memory));
        assert!(limiter.memory_growing(0, 40, None).unwrap());
        assert!(!limiter.memory_growing(40, 41, None).unwrap());
    }

    #[test]
    fn a_maximum_of_the_memory_itself_counts_too() {
        let mut limiter = Limiter::new(&Limits::default());
        assert!(!limiter.memory_growing(0, 2, Some(1)).unwrap());
        assert!(!limiter.table_growing(0, usize::MAX, None).unwrap());
        assert_eq!(limiter.hit(), Some(Hit::TableElements));
    }
}
