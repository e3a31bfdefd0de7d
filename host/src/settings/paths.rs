//! Where files are.

use std::path::{Path, PathBuf};

use super::env::{self, Environment};
use crate::model::{Error, Kind};

/// The folders of one user and of the installation.
#[derive(Clone, Debug)]
pub struct Paths {
    /// Holds `plugins.toml`.
    pub config: PathBuf,
    /// Holds the local store.
    pub data: PathBuf,
    /// Holds compiled components; may be deleted at any time.
    pub cache: PathBuf,
    /// Holds the key of the cache and the audit log.
    pub state: PathBuf,
    /// The user's home, for `~/.kube/config`.
    pub home: PathBuf,
    /// The folder of the shipped connectors, if there is one.
    pub shipped: Option<PathBuf>,
}

impl Paths {
    /// Finds the folders. `executable` is the path of the running program.
    ///
    /// # Errors
    /// Neither `CONNHUB_HOME` nor `HOME` is set, or the one that counts is relative.
    pub fn find(environment: &Environment, executable: Option<&Path>) -> Result<Self, Error> {
        let shipped = executable.and_then(shipped_beside);
        let home = environment.path("HOME");
        if let Some(root) = environment.path(env::HOME) {
            refuse_relative(env::HOME, &root)?;
            let home = home.unwrap_or_else(|| root.clone());
            return Ok(Self::under(&root, home, shipped));
        }
        let home = home.ok_or_else(|| {
            Error::new(Kind::Invalid, "neither `CONNHUB_HOME` nor `HOME` is set")
                .hint("export CONNHUB_HOME=/path/to/a/folder")
        })?;
        refuse_relative("HOME", &home)?;
        let folder = |variable: &str, default: &str| {
            environment
                .path(variable)
                .filter(|path| path.is_absolute())
                .unwrap_or_else(|| home.join(default))
                .join("connhub")
        };
        Ok(Self {
            config: folder("XDG_CONFIG_HOME", ".config"),
            data: folder("XDG_DATA_HOME", ".local/share"),
            cache: folder("XDG_CACHE_HOME", ".cache"),
            state: folder("XDG_STATE_HOME", ".local/state"),
            home,
            shipped,
        })
    }

    fn under(root: &Path, home: PathBuf, shipped: Option<PathBuf>) -> Self {
        Self {
            config: root.to_owned(),
            data: root.join("data"),
            cache: root.join("cache"),
            state: root.join("state"),
            home,
            shipped,
        }
    }
}

/// What is found there grants authority, so that it must not depend on the folder in which somebody calls the program.
fn refuse_relative(variable: &str, folder: &Path) -> Result<(), Error> {
    if folder.is_absolute() {
        return Ok(());
    }
    let folder = folder.display();
    let what = format!("`{variable}` is `{folder}`, which is not an absolute path");
    Err(Error::new(Kind::Invalid, what).hint(format!("export {variable}=\"$PWD/{folder}\"")))
}

/// Where files may be that are gone when a command ends, the best place first: places in memory, then the usual ones.
pub fn short_lived(environment: &Environment) -> Vec<PathBuf> {
    let runtime = environment.path("XDG_RUNTIME_DIR");
    let temporary = environment.path("TMPDIR");
    runtime.into_iter().chain(["/dev/shm".into()]).chain(temporary).chain(["/tmp".into()]).collect()
}

/// The shipped connectors lie in `connectors` beside the program in a build tree, and in `../lib/connhub` of an installation.
fn shipped_beside(executable: &Path) -> Option<PathBuf> {
    let folder = executable.parent()?;
    ["connectors", "../lib/connhub"]
        .into_iter()
        .map(|place| folder.join(place))
        .find(|place| place.join("plugins.toml").is_file())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_variable_moves_everything() {
        let environment = Environment::from([("CONNHUB_HOME", "/c"), ("HOME", "/h")]);
        let paths = Paths::find(&environment, None).unwrap();
        for path in [&paths.config, &paths.data, &paths.cache, &paths.state] {
            assert!(path.starts_with("/c"), "{}", path.display());
        }
    }

    #[test]
    fn xdg_folders_are_used_and_relative_ones_ignored() {
        let environment = Environment::from([
            ("HOME", "/h"),
            ("XDG_CONFIG_HOME", "/x"),
            ("XDG_DATA_HOME", "relative"),
        ]);
        let paths = Paths::find(&environment, None).unwrap();
        assert_eq!(paths.config, Path::new("/x/connhub"));
        assert_eq!(paths.data, Path::new("/h/.local/share/connhub"));
    }

    #[test]
    fn a_relative_folder_is_refused() {
        for variable in ["CONNHUB_HOME", "HOME"] {
            let error = Paths::find(&Environment::from([(variable, "here")]), None).unwrap_err();
            assert_eq!(error.kind, Kind::Invalid);
            assert!(error.to_string().starts_with(&format!("`{variable}` is `here`")), "{error}");
        }
    }

    #[test]
    fn no_home_at_all_is_an_error() {
        assert_eq!(Paths::find(&Environment::default(), None).unwrap_err().kind, Kind::Invalid);
    }
}
