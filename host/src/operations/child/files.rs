//! Files with secrets that are there only while a command runs.

use std::path::{Path, PathBuf};

use crate::consumers::{Form, Plan, Variable};
use crate::model::{Error, Kind};
use crate::programs::PrivateFolder;

/// What the name of each folder begins with; the rest is random.
const PREFIX: &str = "connhub-exec-";

/// Where the folder may be made, the best place first.
#[derive(Clone, Debug, Default)]
pub struct FilePlaces(pub Vec<PathBuf>);

/// The files of one command. They are removed when this is dropped.
pub struct PrivateFiles(Option<PrivateFolder>);

impl PrivateFiles {
    /// Writes the files of a plan. For one without files nothing is made.
    pub fn make(places: &FilePlaces, plan: &Plan) -> Result<Self, Error> {
        let files: Vec<&Variable> =
            plan.set.iter().filter(|variable| variable.form == Form::File).collect();
        if files.is_empty() {
            return Ok(Self(None));
        }
        let folder = PrivateFolder::make(&places.0, PREFIX).map_err(no_place)?;
        for variable in files {
            let written = folder.write(&name(variable), variable.value.expose());
            written.map_err(|error| no_file(folder.path()).because(error))?;
        }
        Ok(Self(Some(folder)))
    }

    /// The folder; empty if there are no files.
    pub fn folder(&self) -> &Path {
        self.0.as_ref().map_or(Path::new(""), PrivateFolder::path)
    }
}

/// The name of the file of a variable. Some programs go by the ending.
pub fn name(variable: &Variable) -> String {
    let ending = match variable.value.expose().trim_ascii_start().first() {
        Some(b'{' | b'[') => ".json",
        Some(b'-') => ".pem",
        _ => "",
    };
    format!("{}{ending}", variable.name.to_ascii_lowercase())
}

fn no_place(error: std::io::Error) -> Error {
    Error::new(Kind::Other, "there is no safe place for the files that the command needs")
        .because(error)
        .hint("set XDG_RUNTIME_DIR or TMPDIR to a folder of yours that others cannot write")
        .hint("or leave the variables that need files out with `--only`")
}

fn no_file(place: &Path) -> Error {
    Error::new(
        Kind::Other,
        format!("the files that the command needs cannot be made in `{}`", place.display()),
    )
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;
    use crate::model::Secret;

    fn plan(value: &[u8]) -> Plan {
        let variable = Variable {
            name: "GOOGLE_APPLICATION_CREDENTIALS".to_owned(),
            value: Secret::new(value.to_vec()),
            form: Form::File,
            is_secret: true,
            fields: Vec::new(),
            is_plain: true,
            is_of_field: true,
        };
        Plan { set: vec![variable], ..Plan::default() }
    }

    #[test]
    fn files_are_private_and_gone_afterwards() {
        let root = tempfile::tempdir().unwrap();
        let places =
            FilePlaces(vec!["relative".into(), "/nonexistent".into(), root.path().to_owned()]);
        let files = PrivateFiles::make(&places, &plan(b"{}")).unwrap();
        let folder = files.folder().to_owned();
        let file = folder.join("google_application_credentials.json");
        assert_eq!(fs_err::metadata(&folder).unwrap().permissions().mode() & 0o777, 0o700);
        assert_eq!(fs_err::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(fs_err::read(&file).unwrap(), b"{}");
        drop(files);
        assert!(!folder.exists());
    }
}
