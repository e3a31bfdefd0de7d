//! Reading values from where they are.

use std::io::{Read, stdin};
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use zeroize::Zeroizing;

use super::assignment::{Assignment, Source};
use super::distant::Distant;
use super::document::Origin;
use super::given::Given;
use crate::cli::app::App;
use crate::cli::args::RotateArgs;
use crate::model::types::{Mode, Secrecy, TypeSchema};
use crate::model::{Connection, Error, Field, Kind, Secret, SecretField};
use crate::operations::{AtRisk, Input, Schema, review};
use crate::settings::{Environment, env};
use crate::ui::{self, Talk};

/// The most that is read as one value, in bytes: no backend keeps larger secrets.
const MAX_VALUE: usize = 1 << 20;
/// The most that is read as one document, in bytes: some 100,000 connections.
const MAX_DOCUMENT: usize = 64 << 20;
/// What a pipe usually holds, in bytes.
const PIPE: usize = 4 << 10;
/// Anybody besides the owner may write it.
const WRITABLE_BY_OTHERS: u32 = 0o022;
/// Anybody besides the owner may read it.
const READABLE_BY_OTHERS: u32 = 0o044;

/// Where values come from.
pub(in crate::cli) struct Sources<'a> {
    environment: &'a Environment,
    talk: &'a Talk,
    is_interactive: bool,
    is_stdin_read: bool,
    literals: Literals,
    distant: Option<Distant<'a>>,
}

/// Whether secrets may stand in documents.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(in crate::cli) enum Literals {
    /// Only references.
    #[default]
    Refused,
    /// The user said so.
    Allowed,
}

/// The text of a document.
pub(super) struct DocumentText {
    pub(super) text: Zeroizing<String>,
    path: Option<PathBuf>,
    distrust: Option<String>,
}

impl DocumentText {
    pub(super) fn new(text: String, path: Option<PathBuf>) -> Self {
        let distrust = distrust(path.as_deref());
        Self { text: Zeroizing::new(text), path, distrust }
    }

    pub(super) fn origin(&self) -> Origin<'_> {
        Origin { path: self.path.as_deref(), distrust: self.distrust.as_deref() }
    }
}

impl<'a> Sources<'a> {
    /// The sources of this process.
    pub(in crate::cli) fn new(app: &'a App) -> Self {
        Self {
            environment: &app.environment,
            talk: app.console.talk(),
            is_interactive: ui::is_interactive(),
            is_stdin_read: false,
            literals: Literals::Refused,
            distant: Some(Distant::new(app)),
        }
    }

    /// Takes secrets that stand in documents.
    pub(in crate::cli) fn with_literals(mut self, literals: Literals) -> Self {
        self.literals = literals;
        self
    }

    /// The text of a document; `-` is stdin.
    pub(super) fn document(&mut self, path: &Path) -> Result<DocumentText, Error> {
        let is_stdin = path == Path::new("-");
        let mut bytes = match is_stdin {
            true => self.read_stdin_up_to(MAX_DOCUMENT)?,
            false => read_file(path, MAX_DOCUMENT)?,
        };
        let text = String::from_utf8(std::mem::take(&mut *bytes)).map_err(|error| {
            Error::invalid("the document is not UTF-8").because(error.utf8_error())
        })?;
        Ok(DocumentText::new(text, (!is_stdin).then(|| path.to_owned())))
    }

    /// Reads everything that was given. What is visible is checked before any secret is read or asked for.
    ///
    /// # Errors
    /// Everything that is wrong with names and visible values at once, or a source that cannot be read.
    pub(in crate::cli) fn collect(
        &mut self,
        given: Given,
        schema: &Schema,
        mode: Mode,
    ) -> Result<Input, Error> {
        let assignments = overridden(given.from_document, given.assignments, &schema.fields);
        let assignments = self.placed(assignments, &schema.fields)?;
        let (mut secret, visible): (Vec<_>, Vec<_>) =
            assignments.into_iter().partition(|one| is_secret(one, &schema.fields));
        let fields =
            visible.into_iter().map(|one| self.field(one)).collect::<Result<Vec<_>, _>>()?;
        let missing = match mode {
            Mode::Create => self.add_missing(&schema.fields, &fields, &mut secret),
            // A document that was printed names the secrets that are stored: they stay.
            Mode::Update => {
                secret.retain(|one| !matches!(one.source, Source::Wanted));
                Vec::new()
            }
        };
        let names: Vec<&str> = secret.iter().map(|one| one.field.as_str()).collect();
        let reviewed = review(schema, &given.name, &fields, &names, mode);
        reviewed.map_err(|error| {
            missing.iter().map(|name| how_to_give(name)).fold(error, Error::hint)
        })?;
        let secrets = secret
            .into_iter()
            .map(|one| self.secret(one, &given.name))
            .collect::<Result<_, _>>()?;
        Ok(Input {
            name: given.name,
            fields,
            secrets,
            remove: given.remove,
            display_name: given.display_name,
            description: given.description,
            labels: given.labels,
            remove_labels: given.remove_labels,
        })
    }

    /// What stands in a document takes the place that the type says: visible, or secret if that was allowed.
    fn placed(
        &self,
        assignments: Vec<Assignment>,
        schema: &TypeSchema,
    ) -> Result<Vec<Assignment>, Error> {
        let place = |Assignment { field, source }| {
            let visible = |value: &Secret| {
                let text = String::from_utf8_lossy(value.expose()).into_owned();
                Source::Literal(text)
            };
            let value = match source {
                Source::Inline(value) => value,
                // Some backends keep with the secrets what is none.
                Source::Known(value) if schema.is_public(&field) => {
                    return Ok(Assignment { source: visible(&value), field });
                }
                source => return Ok(Assignment { field, source }),
            };
            if schema.secrecy(&field) == Secrecy::Visible {
                return Ok(Assignment { source: visible(&value), field });
            }
            match self.literals {
                Literals::Allowed => Ok(Assignment { field, source: Source::Known(value) }),
                Literals::Refused => Err(stands_there(&field)),
            }
        };
        assignments.into_iter().map(place).collect()
    }

    /// Adds the secrets that are needed and not given, if there is a way to get them. Returns the names of the others.
    fn add_missing(
        &self,
        schema: &TypeSchema,
        fields: &[Field],
        secret: &mut Vec<Assignment>,
    ) -> Vec<String> {
        let visible = fields.iter().map(|field| field.name.as_str());
        let given: Vec<&str> = visible.chain(secret.iter().map(|one| one.field.as_str())).collect();
        let method = fields
            .iter()
            .find(|field| schema.field(&field.name).is_some_and(|spec| spec.name == "auth_method"))
            .map(|field| field.value.as_str());
        let missing = schema.missing(&given, method);
        let names: Vec<String> =
            missing.iter().filter(|spec| spec.secret).map(|spec| spec.name.clone()).collect();
        let (wanted, missing): (Vec<_>, Vec<_>) =
            names.into_iter().partition(|name| self.can_be_had(name));
        let wanted = wanted.into_iter().map(|field| Assignment { field, source: Source::Wanted });
        secret.extend(wanted);
        missing
    }

    fn field(&mut self, assignment: Assignment) -> Result<Field, Error> {
        let name = assignment.field;
        let bytes = match assignment.source {
            Source::Literal(value) => return Ok(Field { name, value }),
            Source::Stdin | Source::SecretStdin => self.read_stdin()?,
            Source::File(path) => read_file(&self.expanded(path), MAX_VALUE)?,
            Source::Variable(variable) => self.variable(&variable)?,
            Source::Known(_)
            | Source::Inline(_)
            | Source::Program(_)
            | Source::Connection(_)
            | Source::Wanted => return Err(wrongly_wanted(&name)),
        };
        let text = std::str::from_utf8(without_line_end(&bytes)).map_err(|error| {
            Error::invalid(format!("the value of `{name}` is not UTF-8")).because(error)
        })?;
        Ok(Field { value: text.to_owned(), name })
    }

    fn secret(&mut self, assignment: Assignment, connection: &str) -> Result<SecretField, Error> {
        let name = assignment.field;
        let value = match assignment.source {
            Source::Literal(_) => return Err(literal(&name)),
            Source::Stdin | Source::SecretStdin => {
                Secret::new(without_line_end(&self.read_stdin()?).to_vec())
            }
            Source::File(path) => {
                let path = self.expanded(path);
                self.warn_if_open(&path);
                Secret::new(read_file(&path, MAX_VALUE)?.to_vec())
            }
            Source::Variable(variable) => Secret::new(self.variable(&variable)?.to_vec()),
            Source::Known(value) => value,
            Source::Inline(_) => return Err(stands_there(&name)),
            Source::Program(words) => self.distant()?.run(&words)?,
            Source::Connection(place) => self.distant()?.read(&place)?,
            Source::Wanted => self.wanted(&name, connection)?,
        };
        Ok(SecretField { name, value })
    }

    /// Reads secrets again that would otherwise go to a new address.
    ///
    /// # Errors
    /// There is no way to get them.
    pub(in crate::cli) fn again(
        &self,
        risk: &AtRisk,
        connection: &str,
    ) -> Result<Vec<SecretField>, Error> {
        if !risk.secrets.iter().all(|name| self.can_be_had(name)) {
            risk.refuse(connection)?;
        }
        if self.is_interactive && !risk.secrets.is_empty() {
            let addresses = risk.addresses.join("`, `");
            self.talk.line(&format!(
                "`{addresses}` says to whom the secrets are sent, so they are needed again:"
            ));
        }
        let one = |name: &String| {
            Ok(SecretField { name: name.clone(), value: self.wanted(name, connection)? })
        };
        risk.secrets.iter().map(one).collect()
    }

    /// The secrets that are to be replaced, by canonical names: those that are named, or all that are stored.
    ///
    /// # Errors
    /// The connection has no such secret, or a value was typed.
    pub(in crate::cli) fn rotated(
        &self,
        args: &RotateArgs,
        schema: &TypeSchema,
        stored: &Connection,
    ) -> Result<Vec<Assignment>, Error> {
        let typed = args.fields.iter().map(|text| Assignment::parse_secret(text));
        let variables = args.from_env.iter().map(|text| Assignment::parse_variable(text));
        let mut wanted = typed.chain(variables).collect::<Result<Vec<_>, _>>()?;
        if wanted.is_empty() {
            let all = stored.secret_names.iter();
            let all = all.map(|field| Assignment { field: field.clone(), source: Source::Wanted });
            wanted.extend(all);
        }
        for one in &mut wanted {
            let canonical = schema.canonical(&one.field).unwrap_or_else(|_| one.field.clone());
            one.field = canonical;
        }
        let missing = wanted.iter().find(|one| !stored.secret_names.contains(&one.field));
        match (missing, wanted.is_empty()) {
            (Some(one), _) => {
                Err(Error::invalid(format!("`{}` has no secret `{}`", stored.name, one.field))
                    .hint(format!("its secrets are {}", stored.secret_names.join(", "))))
            }
            (None, true) => Err(Error::invalid(format!("`{}` has no secrets", stored.name))),
            (None, false) => Ok(wanted),
        }
    }

    /// Reads secrets, each from where it is, and brings them into their normal form.
    ///
    /// # Errors
    /// One cannot be read, or is not valid.
    pub(in crate::cli) fn secrets(
        &mut self,
        wanted: Vec<Assignment>,
        schema: &TypeSchema,
        connection: &str,
    ) -> Result<Vec<SecretField>, Error> {
        let mut secrets = Vec::with_capacity(wanted.len());
        for one in wanted {
            let SecretField { name, value } = self.secret(one, connection)?;
            let value = schema.normalize_secret(&name, value).map_err(|problem| {
                Error::invalid("the new secret is not valid").problems(vec![problem])
            })?;
            secrets.push(SecretField { name, value });
        }
        Ok(secrets)
    }

    fn can_be_had(&self, name: &str) -> bool {
        self.is_interactive || self.environment.text(&variable_of(name)).is_some()
    }

    /// From the variable that belongs to the field, or from the person at the terminal.
    fn wanted(&self, name: &str, connection: &str) -> Result<Secret, Error> {
        if let Some(value) = self.environment.text(&variable_of(name)) {
            return Ok(Secret::from(value.to_owned()));
        }
        if !self.is_interactive {
            let error = Error::invalid(format!("the secret `{name}` is not given"));
            return Err(error.hint(how_to_give(name)));
        }
        ui::secret(self.talk, &format!("{name} of `{connection}`"))
    }

    fn variable(&self, name: &str) -> Result<Zeroizing<Vec<u8>>, Error> {
        match self.environment.text(name) {
            Some(value) => Ok(Zeroizing::new(value.as_bytes().to_vec())),
            None => Err(Error::invalid(format!(
                "the environment variable `{name}` is not set, or empty"
            ))
            .hint(format!("export {name}=…"))),
        }
    }

    fn distant(&mut self) -> Result<&mut Distant<'a>, Error> {
        let nobody = || Error::new(Kind::Other, "there is nobody to ask for a secret elsewhere");
        self.distant.as_mut().ok_or_else(nobody)
    }

    fn read_stdin(&mut self) -> Result<Zeroizing<Vec<u8>>, Error> {
        self.read_stdin_up_to(MAX_VALUE)
    }

    fn read_stdin_up_to(&mut self, limit: usize) -> Result<Zeroizing<Vec<u8>>, Error> {
        if std::mem::replace(&mut self.is_stdin_read, true) {
            return Err(Error::invalid("stdin can be read for one thing only")
                .hint("give the others by `FIELD=@FILE` or `--from-env FIELD=VARIABLE`"));
        }
        read_limited(stdin().lock(), limit, PIPE).map_err(|error| unreadable("stdin", error))
    }

    /// Shells do not expand `~` behind `=@`.
    fn expanded(&self, path: PathBuf) -> PathBuf {
        match (path.strip_prefix("~"), self.environment.path("HOME")) {
            (Ok(rest), Some(home)) => home.join(rest),
            _ => path,
        }
    }

    fn warn_if_open(&self, path: &Path) {
        let Ok(metadata) = fs_err::metadata(path) else {
            return;
        };
        let mode = metadata.permissions().mode();
        if metadata.is_file() && mode & READABLE_BY_OTHERS != 0 {
            let path = path.display();
            self.talk.warning(&format!(
                "`{path}` holds a secret and can be read by others; narrow it with `chmod 600 {path}`"
            ));
        }
    }
}

/// An assignment of the command line takes the place of the document's for the same field, whatever its spelling.
fn overridden(
    mut document: Vec<Assignment>,
    typed: Vec<Assignment>,
    schema: &TypeSchema,
) -> Vec<Assignment> {
    let canonical =
        |one: &Assignment| schema.canonical(&one.field).unwrap_or_else(|_| one.field.clone());
    let names: Vec<String> = typed.iter().map(canonical).collect();
    document.retain(|one| !names.contains(&canonical(one)));
    document.extend(typed);
    document
}

/// Whether the value is to be read as a secret. A literal never is: the check of visible values refuses it where a secret belongs. What
/// was said to be a secret always is: the check of names refuses it where a visible value belongs.
fn is_secret(assignment: &Assignment, schema: &TypeSchema) -> bool {
    match assignment.source {
        Source::Literal(_) => false,
        Source::SecretStdin
        | Source::Known(_)
        | Source::Program(_)
        | Source::Connection(_)
        | Source::Wanted => true,
        _ => schema.secrecy(&assignment.field) != Secrecy::Visible,
    }
}

/// Why a document may not name programs to run, if it may not.
fn distrust(path: Option<&Path>) -> Option<String> {
    let Some(path) = path else { return Some("it comes from stdin".to_owned()) };
    let Ok(metadata) = fs_err::metadata(path) else {
        return Some("the file cannot be looked at".to_owned());
    };
    let owner = metadata.uid();
    if owner != 0 && owner != rustix::process::geteuid().as_raw() {
        return Some("the file belongs to another user".to_owned());
    }
    let is_open = metadata.permissions().mode() & WRITABLE_BY_OTHERS != 0;
    is_open.then(|| "others can write the file".to_owned())
}

fn stands_there(name: &str) -> Error {
    Error::invalid(format!("the secret `{name}` stands in the document")).hint(
        "write a reference in its place, or say `--allow-literal-secrets` if the document is kept as a secret itself",
    )
}

/// `CONNHUB_SECRET_SECRET_ACCESS_KEY` for `secret_access_key`.
fn variable_of(field: &str) -> String {
    let name = field.to_ascii_uppercase().replace(['-', '.'], "_");
    format!("{}{name}", env::SECRET_PREFIX)
}

/// The ways of a secret that nobody can be asked for.
fn how_to_give(name: &str) -> String {
    let variable = variable_of(name);
    format!(
        "give the secret as `{name}=-` (stdin), `{name}=@FILE`, `--from-env {name}=VARIABLE`, or in the environment variable `{variable}`"
    )
}

fn literal(name: &str) -> Error {
    Error::invalid(format!("`{name}` is a secret and is not typed as a value"))
}

fn wrongly_wanted(name: &str) -> Error {
    Error::invalid(format!("`{name}` is not a secret, and its value is not given"))
        .hint(format!("write `{name}=VALUE`"))
}

/// Reads a file as it is.
fn read_file(path: &Path, limit: usize) -> Result<Zeroizing<Vec<u8>>, Error> {
    fs_err::File::open(path)
        .and_then(|file| {
            let size = usize::try_from(file.metadata()?.len()).unwrap_or(limit);
            read_limited(file, limit, size)
        })
        .map_err(|error| unreadable(&format!("`{}`", path.display()), error))
}

fn unreadable(what: &str, error: std::io::Error) -> Error {
    let kind = match error.kind() {
        std::io::ErrorKind::NotFound => Kind::NotFound,
        std::io::ErrorKind::FileTooLarge => Kind::Invalid,
        _ => Kind::Other,
    };
    Error::new(kind, format!("{what} cannot be read")).because(error)
}

/// Reads to the end. `expected` is how many bytes there seem to be. Memory is as large as needed, since all of it is wiped, and grows without
/// leaving copies behind.
fn read_limited(
    mut source: impl Read,
    limit: usize,
    expected: usize,
) -> std::io::Result<Zeroizing<Vec<u8>>> {
    let mut bytes = Zeroizing::new(Vec::with_capacity(expected.min(limit) + 1));
    while bytes.len() <= limit {
        let room = bytes.capacity() - bytes.len();
        if source.by_ref().take(room as u64).read_to_end(&mut bytes)? < room {
            return Ok(bytes);
        }
        let mut larger = Zeroizing::new(Vec::with_capacity(2 * bytes.capacity()));
        larger.extend_from_slice(&bytes);
        bytes = larger;
    }
    let text = format!("it has more than {limit} bytes");
    Err(std::io::Error::new(std::io::ErrorKind::FileTooLarge, text))
}

/// Without the one line end that a pipe or an editor puts behind a value.
pub(in crate::cli) fn without_line_end(bytes: &[u8]) -> &[u8] {
    let bytes = bytes.strip_suffix(b"\n").unwrap_or(bytes);
    bytes.strip_suffix(b"\r").unwrap_or(bytes)
}

#[cfg(test)]
mod tests;
