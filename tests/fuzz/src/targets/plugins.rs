//! `plugins.toml`.

use std::path::Path;

use connhub::settings::{Environment, check_plugins};

use crate::Target;

pub(crate) const TARGET: Target = Target {
    name: "plugins",
    run,
    words: &[
        "version = 1\n",
        "[connectors.x]\n",
        "component = \"x.wasm\"\n",
        "[connectors.x.limits]\n",
        "memory-mib = 4294967295\n",
        "[connectors.x.endpoints.api]\n",
        "kind = \"http\"\n",
        "allow = [\"GET /\"]\n",
        "[backends.x]\n",
        "connector = \"x\"\n",
        "${HOME}",
        "${",
        "}",
        "[vault]\n",
        "key = \"file\"\n",
        "reveal = true\n",
        "\"\"\"",
        "'''",
    ],
};

fn run(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let environment = Environment::from([("HOME", "/home/x"), ("A", "1")]);
    // There is no lock beside it.
    let path = Path::new("/nonexistent/plugins.toml");
    if let Err(error) = check_plugins(path, text, &environment) {
        let place = error.message.strip_prefix("/nonexistent/plugins.toml:");
        assert!(place.is_some(), "an error names the file: {}", error.message);
    }
}
