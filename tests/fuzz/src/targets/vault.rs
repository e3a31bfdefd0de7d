//! What stands in the store before it is sealed, the head of a store, and the cache of compiled components.

use connhub::capabilities::vault::check_bytes;

use crate::Target;

pub(crate) const TARGET: Target = Target {
    name: "vault",
    run,
    words: &["\u{1}\0\0\0", "\0\0\0\0\0\0\0\0", "connhub vault", "a"],
};

fn run(data: &[u8]) {
    check_bytes(data);
}
