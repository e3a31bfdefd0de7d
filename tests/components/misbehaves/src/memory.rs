//! Everything that is in the component's memory.

use std::fmt::Write;

use connhub_sdk::Level;

use crate::Given;

/// The bytes of one message.
const CHUNK: usize = 1024;
/// The host knows secrets in many encodings. This one it does not know: what is seen in it was here.
const DISGUISE: u8 = 0x5a;

/// Writes the whole linear memory to the log, as it is and in disguise.
pub(crate) fn dump(given: &Given<'_>) {
    let size = core::arch::wasm32::memory_size::<0>() * 64 * 1024;
    for start in (CHUNK..size).step_by(CHUNK) {
        let chunk = read(start);
        if chunk.iter().all(|byte| *byte == 0) {
            continue;
        }
        let plain = String::from_utf8_lossy(&chunk);
        // A secret that lies across two messages is not recognized in either.
        if given.setting("only") != "disguised" {
            given.host.log(Level::Debug, &format!("memory: {plain}"));
        }
        let disguised = disguised(&chunk);
        given.host.log(Level::Debug, &format!("disguised: {disguised}"));
    }
}

fn read(start: usize) -> [u8; CHUNK] {
    let mut chunk = [0; CHUNK];
    for (offset, byte) in chunk.iter_mut().enumerate() {
        let address = core::ptr::with_exposed_provenance::<u8>(start + offset);
        #[expect(unsafe_code, reason = "an attacker reads memory that is not his")]
        // SAFETY: the address is inside of the linear memory, any byte of which can be read.
        let read = unsafe { address.read_volatile() };
        *byte = read;
    }
    chunk
}

fn disguised(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{:02x}", byte ^ DISGUISE);
        text
    })
}
