//! Flowfile, which has no command for its connections: a script that imports it. It takes part if `--flowfile` asks for it, since it is 1.5 GB of packages.

use std::path::{Path, PathBuf};

use anyhow::Result;

use super::peers::Peer;
use crate::{process, venv, workspace};

const REQUIREMENTS: &str = "xtask/flowfile.txt";

/// What a user writes to list the connections.
const LIST: &str = "import flowfile
for connection in flowfile.get_all_available_cloud_storage_connections():
    print(connection.connection_name)
";

/// Fills a store, whose size is the only argument.
const FILL: &str = "import sys, flowfile, pydantic
have = {one.connection_name for one in flowfile.get_all_available_cloud_storage_connections()}
for name in (f'n{n}' for n in range(int(sys.argv[1]))):
    if name not in have:
        flowfile.create_cloud_storage_connection(flowfile.FullCloudStorageConnection(
            connection_name=name, storage_type='s3', auth_method='access_key',
            endpoint_url='https://s3.example.com', aws_region='us-east-1',
            aws_access_key_id='AKIAEXAMPLE', aws_secret_access_key=pydantic.SecretStr('example')))
";

/// An installed Flowfile, and the folder of its stores.
pub struct Flowfile {
    folder: PathBuf,
}

impl Flowfile {
    /// Installs it below `target/`.
    ///
    /// # Errors
    /// There is no Python, or its packages cannot be had.
    pub fn install(folder: &Path) -> Result<Self> {
        venv::prepare(&environment(), REQUIREMENTS)?;
        fs_err::create_dir_all(folder)?;
        Ok(Self { folder: folder.to_owned() })
    }

    /// The list of a store of this size. A store that an earlier run filled is used again.
    pub fn list(&self, size: usize) -> Result<Peer> {
        let home = self.folder.join(format!("flowfile-{size}"));
        // Written last: a store whose filling broke off is filled on.
        let mark = home.join("filled");
        if !mark.exists() {
            eprintln!("filling a store of Flowfile with {size} connections …");
            fs_err::create_dir_all(&home)?;
            let mut fill = process::command(python());
            process::output(fill.args(["-c", FILL, &size.to_string()]).env("HOME", &home))?;
            fs_err::write(&mark, "")?;
        }
        let python = python().display().to_string();
        let environment = vec![("HOME".to_owned(), home.display().to_string())];
        Ok(Peer { name: "Flowfile".to_owned(), ..Peer::new(&python, &["-c", LIST], environment) })
    }
}

fn environment() -> PathBuf {
    workspace::target().join("flowfile")
}

fn python() -> PathBuf {
    environment().join("bin/python")
}
