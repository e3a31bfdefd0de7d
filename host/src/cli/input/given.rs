//! Everything that was given for one connection, before anything of it is read.

use super::assignment::{Assignment, Source, label};
use super::document::Document;
use super::naming;
use super::sources::Sources;
use crate::cli::app::App;
use crate::cli::args::{CopyArgs, WriteArgs};
use crate::cli::expiring::today;
use crate::model::types::{TypeSchema, catalog};
use crate::model::{
    Connection, EXPIRES, Error, Label, Secret, SecretField, TextChange, expiry_label,
};

/// What was given.
pub(in crate::cli) struct Given {
    /// The name of the connection.
    pub name: String,
    /// The type, as it was typed.
    pub type_name: Option<String>,
    /// Fields to remove.
    pub remove: Vec<String>,
    /// Keys of labels to remove.
    pub remove_labels: Vec<String>,
    pub(super) scope: Option<String>,
    pub(super) display_name: TextChange,
    pub(super) description: TextChange,
    pub(super) labels: Vec<Label>,
    /// What the document says; an assignment of the command line takes its place.
    pub(super) from_document: Vec<Assignment>,
    /// What the command line says.
    pub(super) assignments: Vec<Assignment>,
}

/// Whether a name must be given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::cli) enum Naming {
    /// It must.
    Needed,
    /// What people call it tells it, too.
    FromDisplayName,
    /// The same, or somebody can be asked for it; until then it is empty.
    CanBeAsked,
}

impl Given {
    /// Names of all fields that are given, as they were typed.
    pub(in crate::cli) fn names(&self) -> Vec<&str> {
        let all = self.from_document.iter().chain(&self.assignments);
        all.map(|one| one.field.as_str()).collect()
    }

    /// The visible value of a field, if it is given as one.
    pub(in crate::cli) fn literal(&self, name: &str, schema: &TypeSchema) -> Option<&str> {
        let all = self.assignments.iter().chain(&self.from_document);
        let mut values = all.filter_map(|one| match &one.source {
            Source::Literal(value) if schema.canonical(&one.field).ok()? == name => Some(value),
            _ => None,
        });
        values.next().map(String::as_str)
    }

    /// Takes a visible value that was answered.
    pub(in crate::cli) fn answer(&mut self, field: &str, value: String) {
        self.assignments
            .push(Assignment { field: field.to_owned(), source: Source::Literal(value) });
    }

    /// Takes a secret that was answered.
    pub(in crate::cli) fn answer_secret(&mut self, field: &str, value: Secret) {
        self.assignments.push(Assignment { field: field.to_owned(), source: Source::Known(value) });
    }

    /// Takes a file that was answered.
    pub(in crate::cli) fn answer_file(&mut self, field: &str, path: &str) {
        self.assignments
            .push(Assignment { field: field.to_owned(), source: Source::File(path.into()) });
    }
    /// Puts together the command line and the document that it names.
    ///
    /// # Errors
    /// The document cannot be read, something has the wrong form, or there is no name.
    pub(in crate::cli) fn read(
        args: &WriteArgs,
        naming: Naming,
        sources: &mut Sources<'_>,
    ) -> Result<Self, Error> {
        let document = match &args.file {
            Some(path) => {
                let text = sources.document(path)?;
                Document::parse(&text.text, text.origin())?
            }
            None => Document::default(),
        };
        let (name, assignments) = match positional(args, &document) {
            Err(missing) => (unnamed(args, &document, naming, missing)?, all_words(args)),
            Ok(found) => found,
        };
        let mut labels =
            args.labels.iter().map(|text| label(text)).collect::<Result<Vec<_>, _>>()?;
        let mut remove_labels = Vec::new();
        match args.expires.as_deref() {
            None => {}
            Some("never") => remove_labels.push(EXPIRES.to_owned()),
            Some(text) => labels.push(expiry_label(text, today())?),
        }
        Ok(Self {
            name,
            type_name: document.type_name,
            remove: Vec::new(),
            remove_labels,
            scope: document.scope,
            display_name: change(args.display_name.as_deref(), document.display_name),
            description: change(args.description.as_deref(), document.description),
            labels: merged(document.labels, labels),
            from_document: document.assignments,
            assignments: all_assignments(args, assignments)?,
        })
    }

    /// What one document of a manifest says.
    ///
    /// # Errors
    /// It has no name or no type.
    pub(super) fn of_document(document: Document) -> Result<Self, Error> {
        let name = document.name.ok_or_else(|| Error::invalid("it has no `name`"))?;
        Ok(Self {
            name,
            type_name: document.type_name,
            remove: Vec::new(),
            remove_labels: Vec::new(),
            scope: document.scope,
            display_name: change(None, document.display_name),
            description: change(None, document.description),
            labels: document.labels,
            from_document: document.assignments,
            assignments: Vec::new(),
        })
    }

    /// Names of secrets that are to stay as they are stored.
    pub(in crate::cli) fn wanted(&self) -> Vec<String> {
        let wanted = |one: &&Assignment| matches!(one.source, Source::Wanted);
        self.from_document.iter().filter(wanted).map(|one| one.field.clone()).collect()
    }

    /// Puts secrets that were read from the store where they are wanted. What is not among them stays wanted.
    pub(in crate::cli) fn fill(&mut self, mut stored: Vec<SecretField>) {
        for one in &mut self.from_document {
            let found = stored.iter().position(|secret| secret.name == one.field);
            if let (Source::Wanted, Some(at)) = (&one.source, found) {
                one.source = Source::Known(stored.swap_remove(at).value);
            }
        }
    }

    /// Whether it needs another connection to be there first.
    pub(in crate::cli) fn refers_to_connections(&self) -> bool {
        self.from_document.iter().any(|one| matches!(one.source, Source::Connection(_)))
    }

    /// What a copy is made of: the original, and in its place what the command line says.
    ///
    /// # Errors
    /// Something has the wrong form.
    pub(in crate::cli) fn copy(
        name: &str,
        original: &Connection,
        secrets: Vec<SecretField>,
        args: &CopyArgs,
    ) -> Result<Self, Error> {
        let visible = original.fields.iter().map(|field| Assignment {
            field: field.name.clone(),
            source: Source::Literal(field.value.clone()),
        });
        let secrets = secrets
            .into_iter()
            .map(|secret| Assignment { field: secret.name, source: Source::Known(secret.value) });
        let labels = args.labels.iter().map(|text| label(text)).collect::<Result<Vec<_>, _>>()?;
        // A display name that only repeats the name was made by the backend.
        let display_name = original.display_name.clone();
        let display_name = display_name.filter(|text| *text != original.name);
        let typed = args.set.iter().enumerate().map(|(at, text)| Assignment::parse(text, at + 1));
        let variables = args.from_env.iter().map(|text| Assignment::parse_variable(text));
        Ok(Self {
            name: name.to_owned(),
            type_name: Some(original.type_name.clone()),
            remove: Vec::new(),
            remove_labels: Vec::new(),
            scope: None,
            display_name: change(args.display_name.as_deref(), display_name),
            description: change(args.description.as_deref(), original.description.clone()),
            labels: merged(original.labels.clone(), labels),
            from_document: visible.chain(secrets).collect(),
            assignments: typed.chain(variables).collect::<Result<_, _>>()?,
        })
    }

    /// Whether the command line gives this field.
    pub(in crate::cli) fn sets(&self, name: &str, schema: &TypeSchema) -> bool {
        let canonical = |one: &Assignment| schema.canonical(&one.field).ok();
        self.assignments.iter().any(|one| canonical(one).as_deref() == Some(name))
    }

    /// Takes the type of a flag.
    ///
    /// # Errors
    /// The document says another one.
    pub(in crate::cli) fn take_type(&mut self, flag: Option<&str>) -> Result<(), Error> {
        if let Some(flag) = flag {
            self.check_type(flag)?;
            self.type_name = Some(flag.to_owned());
        }
        Ok(())
    }

    /// Whether the document means this type, if it names one.
    ///
    /// # Errors
    /// It means another.
    pub(in crate::cli) fn check_type(&self, other: &str) -> Result<(), Error> {
        let canonical = |name: &'_ str| catalog::canonical(name).unwrap_or_default().to_owned();
        match &self.type_name {
            Some(own) if own != other && (canonical(own).is_empty() || canonical(own) != canonical(other)) => {
                Err(Error::invalid(format!(
                    "the document is for the type `{own}`, and this is a connection of type `{other}`"
                ))
                .hint("the type of a connection cannot be changed; delete it and create it anew"))
            }
            _ => Ok(()),
        }
    }

    /// Where to write: what the command line or the environment says, else the document.
    pub(in crate::cli) fn scope(&self, app: &App) -> Option<String> {
        app.scope().map(str::to_owned).or_else(|| self.scope.clone())
    }

    /// Whether an update with this would do nothing.
    pub(in crate::cli) fn changes_nothing(&self) -> bool {
        self.assignments.is_empty()
            && self.from_document.is_empty()
            && self.labels.is_empty()
            && self.remove.is_empty()
            && self.remove_labels.is_empty()
            && self.display_name == TextChange::Keep
            && self.description == TextChange::Keep
    }
}

/// The name and the assignments. With a document the name may be left out, and then the first word may be an assignment.
fn positional<'a>(
    args: &'a WriteArgs,
    document: &Document,
) -> Result<(String, Vec<&'a str>), Error> {
    let rest = args.assignments.iter().map(String::as_str);
    match (args.name.as_deref(), &document.name) {
        (Some(first), Some(name)) if first.contains('=') => {
            Ok((name.clone(), [first].into_iter().chain(rest).collect()))
        }
        (Some(first), _) if first.contains('=') => Err(no_name()),
        (Some(name), _) => Ok((name.to_owned(), rest.collect())),
        (None, Some(name)) => Ok((name.clone(), Vec::new())),
        (None, None) => Err(no_name()),
    }
}

/// The name of something that was given none.
fn unnamed(
    args: &WriteArgs,
    document: &Document,
    naming: Naming,
    missing: Error,
) -> Result<String, Error> {
    let display_name = args.display_name.as_ref().or(document.display_name.as_ref());
    match (naming, display_name) {
        (Naming::FromDisplayName | Naming::CanBeAsked, Some(text)) if !text.is_empty() => {
            naming::from_display_name(text)
        }
        (Naming::CanBeAsked, _) => Ok(String::new()),
        _ => Err(missing),
    }
}

fn all_words(args: &WriteArgs) -> Vec<&str> {
    args.name.iter().chain(&args.assignments).map(String::as_str).collect()
}

fn no_name() -> Error {
    Error::invalid("no name is given for the connection")
        .hint("write it before the fields: `connhub create NAME --type TYPE FIELD=VALUE …`")
}

fn all_assignments(args: &WriteArgs, texts: Vec<&str>) -> Result<Vec<Assignment>, Error> {
    let typed = texts.into_iter().enumerate().map(|(at, text)| Assignment::parse(text, at + 2));
    let variables = args.from_env.iter().map(|text| Assignment::parse_variable(text));
    let stdin = args
        .secret_stdin
        .iter()
        .map(|field| Ok(Assignment { field: field.clone(), source: Source::SecretStdin }));
    typed.chain(variables).chain(stdin).collect()
}

fn change(flag: Option<&str>, document: Option<String>) -> TextChange {
    match flag.map(str::to_owned).or(document) {
        None => TextChange::Keep,
        Some(text) if text.is_empty() => TextChange::Clear,
        Some(text) => TextChange::Set(text),
    }
}

/// Labels of the command line take the place of those of the document.
fn merged(mut document: Vec<Label>, flags: Vec<Label>) -> Vec<Label> {
    document.retain(|label| !flags.iter().any(|flag| flag.key == label.key));
    document.extend(flags);
    document
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::args::DryRun;

    fn args(name: Option<&str>, assignments: &[&str]) -> WriteArgs {
        WriteArgs {
            name: name.map(str::to_owned),
            assignments: assignments.iter().map(ToString::to_string).collect(),
            file: None,
            from_env: vec!["a=A".to_owned()],
            secret_stdin: Some("b".to_owned()),
            display_name: None,
            description: None,
            labels: Vec::new(),
            expires: None,
            dry_run: DryRun::None,
        }
    }

    #[test]
    fn the_name_comes_first_or_from_the_document() {
        let check = |name: Option<&str>,
                     document: Option<&str>,
                     expected: Option<(&str, &[&str])>| {
            let document = Document { name: document.map(str::to_owned), ..Document::default() };
            let args = args(name, &["x=1"]);
            let found = positional(&args, &document).ok();
            let expected = expected.map(|(name, rest)| (name.to_owned(), rest.to_vec()));
            assert_eq!(found, expected, "{name:?}");
        };
        check(Some("lake"), None, Some(("lake", &["x=1"])));
        check(Some("lake"), Some("other"), Some(("lake", &["x=1"])));
        check(Some("a=b"), Some("lake"), Some(("lake", &["a=b", "x=1"])));
        check(Some("a=b"), None, None);
        check(None, Some("lake"), Some(("lake", &[])));
        check(None, None, None);
    }

    #[test]
    fn what_people_call_it_is_a_name_where_it_may_be() {
        let check = |naming, display_name: Option<&str>, expected: Option<&str>| {
            let mut args = args(Some("x=1"), &["y=2"]);
            args.display_name = display_name.map(str::to_owned);
            let missing = Error::invalid("missing");
            let found = unnamed(&args, &Document::default(), naming, missing).ok();
            assert_eq!(found.as_deref(), expected, "{naming:?} {display_name:?}");
            assert_eq!(all_words(&args), ["x=1", "y=2"]);
        };
        check(Naming::FromDisplayName, Some("My Lake"), Some("my-lake"));
        check(Naming::CanBeAsked, Some("My Lake"), Some("my-lake"));
        check(Naming::Needed, Some("My Lake"), None);
        check(Naming::FromDisplayName, None, None);
        check(Naming::FromDisplayName, Some(""), None);
        check(Naming::CanBeAsked, None, Some(""));
    }

    #[test]
    fn flags_are_assignments_too() {
        let all = all_assignments(&args(None, &[]), vec!["x=1"]).unwrap();
        let fields: Vec<&str> = all.iter().map(|one| one.field.as_str()).collect();
        assert_eq!(fields, ["x", "a", "b"]);
    }

    #[test]
    fn the_command_line_is_stronger_than_the_document() {
        let label = |key: &str, value: &str| Label { key: key.to_owned(), value: value.to_owned() };
        let labels = merged(vec![label("a", "1"), label("b", "1")], vec![label("a", "2")]);
        assert_eq!(labels, [label("b", "1"), label("a", "2")]);
        assert_eq!(change(Some("x"), Some("y".to_owned())), TextChange::Set("x".to_owned()));
        assert_eq!(change(Some(""), None), TextChange::Clear);
        assert_eq!(change(None, None), TextChange::Keep);
    }
}
