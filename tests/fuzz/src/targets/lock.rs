//! `plugins.lock`.

use connhub::settings::LockFile;

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
    let Ok(lock) = toml::from_str::<LockFile>(text) else { return };
    assert!(lock.connectors.len() <= text.len());
}
