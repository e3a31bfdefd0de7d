//! Looks for secrets in the memory of a sandbox when a call is over.
//!
//! The engine's own memories cannot be reached from outside a component. So an engine that is watched takes its memories from here: they
//! are laid out as its own would be, and are searched before they are given back. It is the compiled code that users run, too.

use std::collections::BTreeSet;
use std::ptr::{NonNull, null_mut};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use aho_corasick::AhoCorasick;
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use rustix::mm::{MapFlags, MprotectFlags, ProtFlags, mmap_anonymous, mprotect, munmap};
use wasmtime::{LinearMemory, MemoryCreator, MemoryType};

use crate::model::Secret;

/// Reserved for the growth of a memory for which the engine reserves nothing.
const RESERVED: usize = 1 << 30;

/// What is looked for, and what was found.
#[derive(Default)]
pub struct Witness(Mutex<Seen>);

#[derive(Default)]
struct Seen {
    canaries: Vec<(String, AhoCorasick)>,
    found: BTreeSet<String>,
    memories: usize,
}

impl Witness {
    /// From now on looks for a secret of letters and digits: as it is, in the two bytes a letter that some languages keep, in hexadecimal
    /// and in base64. A memory has a megabyte and more, so that nothing is decoded. `label` is what it is called when it is found.
    pub fn look_for(&self, label: &str, canary: &Secret) {
        // A list of some short texts is within every bound of the automaton.
        if let Ok(search) = AhoCorasick::new(forms(canary.expose())) {
            self.lock().canaries.push((label.to_owned(), search));
        }
    }

    /// The labels of the secrets that were found.
    pub fn found(&self) -> Vec<String> {
        self.lock().found.iter().cloned().collect()
    }

    /// How many memories were searched.
    pub fn memories(&self) -> usize {
        self.lock().memories
    }

    fn search(&self, memory: &[u8]) {
        let mut seen = self.lock();
        seen.memories += 1;
        let holds = |(_, search): &&(String, AhoCorasick)| search.is_match(memory);
        let found: Vec<String> =
            seen.canaries.iter().filter(holds).map(|(label, _)| label.clone()).collect();
        seen.found.extend(found);
    }

    fn lock(&self) -> MutexGuard<'_, Seen> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What a value can look like. Of base64 it is the part that the value alone decides, for each of three places in a larger text.
fn forms(value: &[u8]) -> Vec<Vec<u8>> {
    let wide = value.iter().flat_map(|byte| [*byte, 0]).collect();
    let hexadecimal: String = value.iter().map(|byte| format!("{byte:02x}")).collect();
    let upper = hexadecimal.to_uppercase().into_bytes();
    let mut forms = vec![value.to_vec(), wide, hexadecimal.into_bytes(), upper];
    for (before, foreign) in [(0, 0), (1, 2), (2, 3)] {
        let shifted = [&[0; 2][..before], value].concat();
        let own = foreign..shifted.len() * 8 / 6;
        for text in [STANDARD_NO_PAD.encode(&shifted), URL_SAFE_NO_PAD.encode(&shifted)] {
            forms.push(text.as_bytes()[own.clone()].to_vec());
        }
    }
    forms
}

/// Makes memories for an engine.
pub(super) struct Memories(pub Arc<Witness>);

/// A linear memory: a reservation, of which the beginning can be used and the rest traps.
struct Watched {
    start: NonNull<u8>,
    /// With the guard.
    mapped: usize,
    capacity: usize,
    size: usize,
    witness: Arc<Witness>,
}

#[expect(unsafe_code, reason = "the engine takes memories from outside only in this way")]
// SAFETY: `Watched` keeps what the engine asks for: the memory starts at a page, is zero, never moves, and traps from its size to the
// end of the reservation and the guard behind it.
unsafe impl MemoryCreator for Memories {
    fn new_memory(
        &self,
        _: MemoryType,
        minimum: usize,
        _: Option<usize>,
        reserved: Option<usize>,
        guard: usize,
    ) -> Result<Box<dyn LinearMemory>, String> {
        let capacity = reserved.unwrap_or(RESERVED).max(minimum);
        let mapped = capacity.checked_add(guard).ok_or("a memory is larger than all addresses")?;
        let flags = MapFlags::PRIVATE | MapFlags::NORESERVE;
        // SAFETY: a new mapping at an address that the system chooses concerns nobody else.
        let start = unsafe { mmap_anonymous(null_mut(), mapped, ProtFlags::empty(), flags) };
        let start = start.map_err(|error| error.to_string())?;
        let start = NonNull::new(start.cast()).ok_or("the system gave no address")?;
        let witness = Arc::clone(&self.0);
        let mut memory = Watched { start, mapped, capacity, size: 0, witness };
        memory.grow_to(minimum).map_err(|error| error.to_string())?;
        Ok(Box::new(memory))
    }
}

#[expect(unsafe_code, reason = "the engine takes memories from outside only in this way")]
// SAFETY: the pointer is to a mapping that lives as long as the value and does not move; its first `size` bytes can be read and
// written, everything behind them traps.
unsafe impl LinearMemory for Watched {
    fn byte_size(&self) -> usize {
        self.size
    }

    fn byte_capacity(&self) -> usize {
        self.capacity
    }

    fn grow_to(&mut self, size: usize) -> wasmtime::Result<()> {
        if size > self.capacity {
            return Err(wasmtime::Error::msg("the memory has no room to grow"));
        }
        if size > self.size {
            let flags = MprotectFlags::READ | MprotectFlags::WRITE;
            // SAFETY: the pages are those of this mapping, and are only made usable.
            unsafe { mprotect(self.start.as_ptr().cast(), size, flags) }?;
            self.size = size;
        }
        Ok(())
    }

    fn as_ptr(&self) -> *mut u8 {
        self.start.as_ptr()
    }
}

#[expect(unsafe_code, reason = "the mapping is read and given back")]
// SAFETY: the value owns its mapping as a `Vec` owns its buffer; nothing in it belongs to a thread.
unsafe impl Send for Watched {}

#[expect(unsafe_code, reason = "the mapping is read and given back")]
// SAFETY: a shared reference gives out the address and numbers only.
unsafe impl Sync for Watched {}

impl Drop for Watched {
    #[expect(unsafe_code, reason = "the mapping is read and given back")]
    fn drop(&mut self) {
        // SAFETY: the store that ran in the memory is being dropped, so nothing else reads or writes it; its first `size` bytes can be
        // read.
        let memory = unsafe { std::slice::from_raw_parts(self.start.as_ptr(), self.size) };
        self.witness.search(memory);
        // SAFETY: the mapping is this value's own, and nobody has its address any more.
        let unmapped = unsafe { munmap(self.start.as_ptr().cast(), self.mapped) };
        debug_assert!(unmapped.is_ok());
    }
}

#[cfg(test)]
mod tests {
    use wasmtime::{Instance, Module, Store};

    use super::*;
    use crate::runtime::Sandbox;

    /// Runs a module that grows its memory and writes a text across the end of its first page.
    fn run(witness: &Arc<Witness>, text: &str, pages: u32) -> wasmtime::Result<()> {
        let sandbox = Sandbox::watched(witness).unwrap();
        // Two characters of three are the escape.
        let length = text.len() - 2 * text.matches('\\').count();
        let module = format!(
            "(module (memory 1) (data $text \"{text}\") (start $write)
               (func $write (drop (memory.grow (i32.const {pages})))
                 (memory.init $text (i32.const 65530) (i32.const 0) (i32.const {length}))))"
        );
        let module = Module::new(sandbox.engine(), wat::parse_str(module).unwrap())?;
        let mut store = Store::new(sandbox.engine(), ());
        store.set_epoch_deadline(1_000);
        Instance::new(&mut store, &module, &[]).map(drop)
    }

    fn witness() -> Arc<Witness> {
        let witness = Arc::new(Witness::default());
        witness.look_for("password", &Secret::from("Xq7Lm2Rt9Vb4Nc6Z".to_owned()));
        witness
    }

    #[test]
    fn a_secret_in_a_memory_is_found_and_no_other() {
        let clean = witness();
        run(&clean, "nothing to be seen here", 1).unwrap();
        assert_eq!((clean.found(), clean.memories()), (vec![], 1));
        for text in [
            "..Xq7Lm2Rt9Vb4Nc6Z..",
            "WHE3TG0yUnQ5VmI0TmM2Wg==",
            "ey1YcTdMbTJSdDlWYjROYzZafQ",
            "5871374c6d325274395662344e63365a",
            "X\\00q\\007\\00L\\00m\\002\\00R\\00t\\009\\00V\\00b\\004\\00N\\00c\\006\\00Z\\00",
        ] {
            let dirty = witness();
            run(&dirty, text, 1).unwrap();
            assert_eq!(dirty.found(), ["password"], "{text}");
        }
    }

    #[test]
    fn what_lies_behind_a_memory_traps() {
        let witness = witness();
        run(&witness, "across the end of the first page", 0).unwrap_err();
        assert_eq!(witness.memories(), 1);
    }
}
