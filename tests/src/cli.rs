//! The program, run as a user with an empty home and an empty environment runs it, and a watch for
//! secrets in whatever it says or keeps.
//!
//! Every [`Outcome`] has been searched for every canary of its [`TestEnv`] in each encoding in which
//! one could appear; when the environment ends, every file below its home is searched too. A test
//! need not ask for that.
//!
//! ```no_run
//! use connhub_tests::cli::TestEnv;
//!
//! let env = TestEnv::new();
//! let key = env.secret_file("secret_access_key");
//! let key = format!("secret_access_key=@{}", key.display());
//! env.run(["create", "sales", "--type", "s3", "access_key_id=AKIA", &key]).succeeds();
//! let listed = env.run(["list", "-o", "json"]).succeeds().json();
//! assert_eq!(listed["items"][0]["name"], "sales");
//! ```

mod canary;
mod outcome;
mod program;
mod run;
mod system;
mod terminal;
#[cfg(test)]
mod tests;

use std::ffi::OsStr;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use tempfile::TempDir;

pub use canary::Canaries;
pub use outcome::Outcome;
pub use program::{components, program};
pub use run::{Run, Running, can_change_user};
pub use terminal::Terminal;

use outcome::Filters;

/// One user: a home of its own, files to hand to the program, and the secrets that must not be seen.
#[derive(Debug)]
pub struct TestEnv {
    root: TempDir,
    canaries: Canaries,
    filters: Filters,
    variables: Vec<(String, String)>,
}

impl TestEnv {
    /// A user who has run the program before: the shipped connectors are compiled already, which
    /// saves each test a second.
    pub fn new() -> Self {
        let env = Self::cold();
        program::give_compiled_components(&env.home());
        env
    }

    /// A user who has never run the program.
    pub fn cold() -> Self {
        let root = tempfile::Builder::new().prefix("connhub-").tempdir();
        let root = root.expect("a temporary folder can be made");
        for folder in ["home", "files", "tmp", "machine", "system"] {
            fs_err::create_dir(root.path().join(folder)).expect("a new folder takes a folder");
        }
        let readable = std::fs::Permissions::from_mode(0o755);
        let changed = fs_err::set_permissions(root.path().join("system"), readable);
        changed.expect("a folder belongs to who made it");
        let filters = Filters::of(root.path());
        Self { root, canaries: Canaries::default(), filters, variables: Vec::new() }
    }

    /// Sets a variable for all commands of this user.
    #[must_use]
    pub fn with_variable(mut self, name: &str, value: &str) -> Self {
        self.variables.push((name.to_owned(), value.to_owned()));
        self
    }

    /// `CONNHUB_HOME`.
    pub fn home(&self) -> PathBuf {
        self.root.path().join("home")
    }

    /// Where files of the user are that are no part of the program's: manifests, secrets to read.
    pub fn files(&self) -> PathBuf {
        self.root.path().join("files")
    }

    /// What `/etc/connhub` is for a command that is run [`Run::on_own_machine`].
    pub fn system(&self) -> PathBuf {
        self.root.path().join("system")
    }

    /// Writes a file of the system that everybody can read and only its owner can write.
    pub fn system_file(&self, name: &str, contents: impl AsRef<[u8]>) -> PathBuf {
        let path = self.system().join(name);
        fs_err::write(&path, contents).expect("the folder of a test takes files");
        let readable = std::fs::Permissions::from_mode(0o644);
        fs_err::set_permissions(&path, readable).expect("a file belongs to who made it");
        path
    }

    /// Writes a file that only its owner can read, and returns its path. It is not searched for
    /// canaries.
    pub fn file(&self, name: &str, contents: impl AsRef<[u8]>) -> PathBuf {
        let path = self.files().join(name);
        write_private(&path, contents.as_ref());
        path
    }

    /// Writes the user's `plugins.toml`.
    pub fn plugins(&self, text: &str) {
        write_private(&self.home().join("plugins.toml"), text.as_bytes());
    }

    /// Another folder for a store and its settings, for tests with more than one; it is searched for
    /// canaries too.
    pub fn folder(&self, name: &str) -> PathBuf {
        let folder = self.home().join(name);
        fs_err::create_dir_all(&folder).expect("the folder of a test takes folders");
        folder
    }

    /// A new secret full of characters that need quoting somewhere. It is one line.
    pub fn secret(&self, label: &str) -> String {
        self.canaries.plant(label)
    }

    /// A new secret in a file, followed by a line end as editors leave it.
    pub fn secret_file(&self, label: &str) -> PathBuf {
        let secret = self.secret(label);
        self.file(label, format!("{secret}\n"))
    }

    /// Has a value treated as a secret that was made elsewhere: a login, a key in a stand-in.
    pub fn watch(&self, label: &str, value: impl AsRef<[u8]>) {
        self.canaries.watch(label, value.as_ref());
    }

    /// What is looked for.
    pub fn canaries(&self) -> &Canaries {
        &self.canaries
    }

    /// A command of this user, to be completed and run.
    pub fn command(&self, arguments: impl IntoIterator<Item = impl AsRef<OsStr>>) -> Run<'_> {
        Run::new(self, arguments)
    }

    /// Runs a command with nothing on stdin.
    #[track_caller]
    pub fn run(&self, arguments: impl IntoIterator<Item = impl AsRef<OsStr>>) -> Outcome {
        self.command(arguments).run()
    }

    /// Searches every file below the home.
    ///
    /// # Panics
    /// One holds a canary.
    #[track_caller]
    pub fn check_files(&self) {
        for file in files_below(&self.home()).into_iter().chain(files_below(&self.temporary())) {
            let Ok(bytes) = fs_err::read(&file) else {
                continue;
            };
            if program::is_shipped_cache(&file, &bytes) {
                continue;
            }
            if let Some(leak) = self.canaries.find(&bytes) {
                panic!("the file `{}` holds {leak}", file.display());
            }
            let name = file.file_name().unwrap_or_default().as_encoded_bytes();
            assert_eq!(self.canaries.find(name), None, "a file is named after a secret");
        }
    }

    fn temporary(&self) -> PathBuf {
        self.root.path().join("tmp")
    }

    fn machine(&self) -> PathBuf {
        self.root.path().join("machine")
    }

    fn filters(&self) -> &Filters {
        &self.filters
    }

    fn variables(&self) -> &[(String, String)] {
        &self.variables
    }
}

impl Default for TestEnv {
    fn default() -> Self {
        Self::new()
    }
}

impl Drop for TestEnv {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            self.check_files();
        }
    }
}

/// Every file below a folder, links not followed. What vanishes meanwhile is left out.
pub fn files_below(folder: &Path) -> Vec<PathBuf> {
    let Ok(entries) = fs_err::read_dir(folder) else {
        return Vec::new();
    };
    let mut files = Vec::new();
    for entry in entries.flatten() {
        match entry.file_type() {
            Ok(kind) if kind.is_dir() => files.extend(files_below(&entry.path())),
            Ok(kind) if kind.is_file() => files.push(entry.path()),
            _ => {}
        }
    }
    files.sort();
    files
}

fn write_private(path: &Path, contents: &[u8]) {
    if let Some(folder) = path.parent() {
        fs_err::create_dir_all(folder).expect("the folder of a test takes folders");
    }
    fs_err::write(path, contents).expect("the folder of a test takes files");
    let private = std::fs::Permissions::from_mode(0o600);
    fs_err::set_permissions(path, private).expect("a file belongs to who made it");
}
