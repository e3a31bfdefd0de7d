use std::io::{self, Write};
use std::path::{self, Path, PathBuf};
use std::sync::Arc;

use tempfile::NamedTempFile;

use super::{DataOs, Options};
use crate::serve::Server;

/// What [`run`] writes for connhub, with `{url}`, `{tenant}` and `{token_file}` to be replaced by
/// quoted strings.
pub const CONFIG_FRAGMENT: &str = r#"[backends.dataos]
connector = "dataos"

[backends.dataos.settings]
tenant = {tenant}

[backends.dataos.endpoints.dataos]
url = {url}

[backends.dataos.endpoints.dataos.login]
scheme = "bearer"
file = {token_file}
"#;

/// Starts a DataOS with the tenant `engineering`, and writes to `config_out` how connhub reaches
/// it as a user who may create connections. The token goes to a file beside it, of mode 0600,
/// whose name is that of the configuration and `.token`.
///
/// # Errors
///
/// If one of the two files cannot be written.
pub fn run(config_out: Option<PathBuf>) -> io::Result<Server> {
    let options = Options::default();
    let tenant = options.default_tenant().to_owned();
    let dataos = Arc::new(DataOs::new(options));
    let token = dataos.tokens().data_dev;
    let server = Server::start(dataos);
    if let Some(config) = config_out {
        let token_file = token_file(&path::absolute(&config)?);
        write_private(&token_file, &token)?;
        write_private(&config, &fragment(&server.url(), &tenant, &token_file))?;
    }
    Ok(server)
}

fn token_file(config: &Path) -> PathBuf {
    let mut name = config.as_os_str().to_owned();
    name.push(".token");
    PathBuf::from(name)
}

fn fragment(url: &str, tenant: &str, token_file: &Path) -> String {
    CONFIG_FRAGMENT
        .replace("{url}", &quoted(url))
        .replace("{tenant}", &quoted(tenant))
        .replace("{token_file}", &quoted(&token_file.display().to_string()))
}

/// A TOML string. TOML takes every escape that JSON writes.
fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

/// Puts a file in place whole, with the mode 0600 that temporary files have.
fn write_private(path: &Path, text: &str) -> io::Result<()> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    let mut file = NamedTempFile::new_in(folder.unwrap_or(Path::new(".")))?;
    file.write_all(text.as_bytes())?;
    file.persist(path)?;
    Ok(())
}
