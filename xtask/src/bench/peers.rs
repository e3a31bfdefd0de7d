//! The tools that users would run instead, each with as many entries of its own kind. Only what is installed takes part.

use std::path::{Path, PathBuf};

use anyhow::Result;

use super::flowfile::Flowfile;
use crate::process;

/// Whose key the entries of `pass` are encrypted for; it is made for the benchmark and has no passphrase.
const OWNER: &str = "bench@example.com";

/// A command of another tool.
pub struct Peer {
    pub name: String,
    pub command: Vec<String>,
    pub environment: Vec<(String, String)>,
}

/// The other tools, and the folder of what they read.
pub struct Peers {
    folder: PathBuf,
    flowfile: Option<Flowfile>,
}

impl Peers {
    /// Nothing is made before it is asked for.
    pub fn new(folder: &Path) -> Self {
        Self { folder: folder.to_owned(), flowfile: None }
    }

    /// Installs Flowfile, which takes part from now on.
    ///
    /// # Errors
    /// It cannot be had.
    pub fn add_flowfile(&mut self) -> Result<()> {
        self.flowfile = Some(Flowfile::install(&self.folder)?);
        Ok(())
    }

    /// Tools that do nothing but start. Some have no job in common with us: `s5cmd` is what a connection is used with.
    pub fn start() -> impl Iterator<Item = Peer> {
        let tools: [(&str, &[&str]); 5] = [
            ("gopass", &["version"]),
            ("s5cmd", &["version"]),
            ("rclone", &["version"]),
            ("kubectl", &["version", "--client"]),
            ("aws", &["--version"]),
        ];
        let there = tools.into_iter().filter(|(name, _)| process::exists(name));
        there.map(|(name, arguments)| Peer::new(name, arguments, Variables::new()))
    }

    /// Tools that list so many entries.
    pub fn list(&self, size: usize) -> Vec<Peer> {
        let mut peers = self.all(size, &["listremotes"], &["ls"], &["configure", "list-profiles"]);
        peers.extend(self.flowfile.as_ref().and_then(|own| ready("Flowfile", own.list(size))));
        peers
    }

    /// Tools that show the secret of one of so many entries.
    pub fn show(&self, size: usize) -> Vec<Peer> {
        let key = ["configure", "get", "aws_secret_access_key", "--profile", "n7"];
        self.all(size, &["config", "show", "n7"], &["show", "n7"], &key)
    }

    /// Those that are installed. What they read is made for them alone.
    fn all(&self, size: usize, rclone: &[&str], pass: &[&str], aws: &[&str]) -> Vec<Peer> {
        type Make = fn(&Peers, usize) -> Result<Variables>;
        let tools: [(&str, &[&str], Make); 4] = [
            ("rclone", rclone, Self::rclone),
            ("pass", pass, Self::pass),
            // The clone of `pass` in Go that Debian has; it reads the same store.
            ("gopass", pass, Self::pass),
            ("aws", aws, Self::aws),
        ];
        let there = tools.into_iter().filter(|(name, ..)| process::exists(name));
        let peer = |(name, arguments, make): (&str, &[&str], Make)| {
            Some(Peer::new(name, arguments, ready(name, make(self, size))?))
        };
        there.filter_map(peer).collect()
    }

    fn rclone(&self, size: usize) -> Result<Variables> {
        let path = self.folder.join(format!("rclone-{size}.conf"));
        let entry = |n| {
            format!(
                "[n{n}]\ntype = s3\nprovider = Other\nendpoint = https://s3.example.com\nsecret_access_key = example\n"
            )
        };
        fs_err::write(&path, (0..size).map(entry).collect::<String>())?;
        Ok(vec![variable("RCLONE_CONFIG", &path)])
    }

    fn aws(&self, size: usize) -> Result<Variables> {
        let path = self.folder.join(format!("aws-{size}"));
        let entry = |n| {
            format!("[n{n}]\naws_access_key_id = AKIAEXAMPLE\naws_secret_access_key = example\n")
        };
        fs_err::write(&path, (0..size).map(entry).collect::<String>())?;
        Ok(vec![variable("AWS_SHARED_CREDENTIALS_FILE", &path), variable("AWS_CONFIG_FILE", &path)])
    }

    /// A store whose entries are one encrypted file, many times.
    fn pass(&self, size: usize) -> Result<Variables> {
        let store = self.folder.join(format!("pass-{size}"));
        let home = self.folder.join("gnupg");
        let entry = self.encrypted(&home)?;
        fs_err::create_dir_all(&store)?;
        fs_err::write(store.join(".gpg-id"), OWNER)?;
        for n in 0..size {
            let path = store.join(format!("n{n}.gpg"));
            if !path.exists() {
                fs_err::copy(&entry, path)?;
            }
        }
        Ok(vec![variable("PASSWORD_STORE_DIR", &store), variable("GNUPGHOME", &home)])
    }

    fn encrypted(&self, home: &Path) -> Result<PathBuf> {
        let (text, entry) = (self.folder.join("entry"), self.folder.join("entry.gpg"));
        if entry.exists() {
            return Ok(entry);
        }
        fs_err::create_dir_all(home)?;
        fs_err::set_permissions(home, std::os::unix::fs::PermissionsExt::from_mode(0o700))?;
        fs_err::write(&text, "example")?;
        let gpg = |arguments: &[&str]| {
            let mut gpg = process::command("gpg");
            gpg.args(["--batch", "--quiet", "--yes"]).args(arguments).env("GNUPGHOME", home);
            process::output(&mut gpg).map(drop)
        };
        gpg(&["--passphrase", "", "--quick-gen-key", OWNER, "default", "default", "never"])?;
        let to = ["--trust-model", "always", "--encrypt", "--recipient", OWNER, "--output"];
        let files = [entry.display().to_string(), text.display().to_string()];
        gpg(&to.into_iter().chain(files.iter().map(String::as_str)).collect::<Vec<_>>())?;
        Ok(entry)
    }
}

/// What `pass` has started for its keys ends with the benchmark.
impl Drop for Peers {
    fn drop(&mut self) {
        let home = self.folder.join("gnupg");
        if home.exists() {
            let mut end = process::command("gpgconf");
            let _ = process::output(end.args(["--kill", "gpg-agent"]).env("GNUPGHOME", home));
        }
    }
}

impl Peer {
    /// A command in an environment of its own.
    pub fn new(name: &str, arguments: &[&str], environment: Variables) -> Self {
        let command = std::iter::once(&name).chain(arguments).map(|word| (*word).to_owned());
        Self { name: name.to_owned(), command: command.collect(), environment }
    }
}

/// What was made for a tool; one for which that failed does not take part.
fn ready<T>(name: &str, made: Result<T>) -> Option<T> {
    made.inspect_err(|error| eprintln!("{name} is left out: {error:#}")).ok()
}

/// Names and values of an environment.
pub type Variables = Vec<(String, String)>;

fn variable(name: &str, value: &Path) -> (String, String) {
    (name.to_owned(), value.display().to_string())
}
