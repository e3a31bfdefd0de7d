//! Where the real servers are.

use std::path::PathBuf;

/// The folder that stands for `/`, in which `cargo xtask test` has unpacked the packages of the servers.
pub(crate) fn unpacked() -> PathBuf {
    std::env::var_os("CONNHUB_TEST_SERVERS")
        .map(PathBuf::from)
        .expect("CONNHUB_TEST_SERVERS names the folder of the servers; `cargo xtask test` makes it")
}
