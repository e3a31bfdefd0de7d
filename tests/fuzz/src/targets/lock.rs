//! `plugins.lock`.

use std::path::Path;

use connhub::settings::{LockFile, is_digest};

use crate::Target;

pub(crate) const TARGET: Target = Target {
    name: "lock",
    run,
    words: &[
        "version = 1\n",
        "[connectors.x]\n",
        "component = \"x.wasm\"\n",
        "sha256 = \"",
        "size = 1\n",
        "'''",
    ],
};

fn run(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    match LockFile::parse(Path::new("/nonexistent/plugins.lock"), text) {
        Ok(lock) => assert!(lock.values().all(|locked| is_digest(&locked.sha256))),
        Err(error) => {
            let words = std::iter::once(&error.message).chain(&error.hints);
            let named = words.filter(|words| words.contains("plugins.lock")).count() > 0;
            assert!(named, "an error names the file: {}", error.message);
        }
    }
}
