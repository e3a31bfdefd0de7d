use std::io::{self, Write as _};
use std::path::Path;

use fs_err::os::unix::fs::OpenOptionsExt as _;

use super::SmallStore;
use crate::serve::Server;

/// Starts an empty store, and writes its token to a file of mode 0600.
///
/// # Errors
/// The file cannot be written.
pub fn run(token_out: Option<&Path>) -> io::Result<Server> {
    let (store, server) = SmallStore::start();
    if let Some(path) = token_out {
        let mut options = fs_err::OpenOptions::new();
        options.write(true).create(true).truncate(true).mode(0o600);
        options.open(path)?.write_all(store.token().as_bytes())?;
    }
    Ok(server)
}
