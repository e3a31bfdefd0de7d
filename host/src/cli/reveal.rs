//! `connhub get --reveal`.

use jiff::Timestamp;

use super::app::App;
use super::args::GetArgs;
use super::taken::Taker;
use crate::consumers::field_name;
use crate::model::{Error, Kind};
use crate::operations::Opened;
use crate::ui::json::{Document, Entry, REVEALED_KEYS, RevealedForm, check_keys};
use crate::ui::{Format, view};

pub(super) fn run(args: &GetArgs, field: Option<&str>, app: &App) -> Result<u8, Error> {
    check_keys(app.format.structured(), REVEALED_KEYS)?;
    let [name] = &args.names[..] else {
        return Err(Error::invalid("`--reveal` shows one connection at a time")
            .hint("write `connhub get NAME --reveal` or `connhub get NAME --reveal FIELD`"));
    };
    let mut taker = Taker::new(app);
    let taken = match args.version {
        Some(version) => taker.take_version(name, version),
        None => taker.take(name),
    };
    let opened = match taken {
        Err(error) if args.ignore_not_found && error.kind == Kind::NotFound => return Ok(0),
        opened => opened?,
    };
    match field {
        Some(field) => one_field(&opened, field, app)?,
        None => whole(&opened, &taker.scope_word(&opened), app)?,
    }
    Ok(0)
}

/// The value alone: byte by byte as it is stored where a program reads it, with a line end where a person does.
fn one_field(opened: &Opened, field: &str, app: &App) -> Result<(), Error> {
    if app.format != Format::Human {
        return Err(Error::invalid(
            "a single field is printed as it is, without `-o` and `--json`",
        )
        .hint(format!("leave out `{field}` to get the whole connection in that form")));
    }
    let name = field_name(&opened.connection.type_name, field);
    let value = opened.value(field).or_else(|| opened.value(&name));
    let value = value.ok_or_else(|| no_field(opened, field))?;
    let is_for_people = app.console.is_data_on_terminal();
    app.console.data(|out, _| {
        out.write_all(value)?;
        if is_for_people { out.write_all(b"\n") } else { Ok(()) }
    })
}

fn whole(opened: &Opened, scope_word: &str, app: &App) -> Result<(), Error> {
    let entry = Entry { backend: &opened.backend, connection: &opened.connection };
    app.console.data(|out, style| match &app.format {
        Format::Structured(form) => {
            Document::new("Connection", RevealedForm::new(entry, &opened.secrets)).write(form, out)
        }
        Format::Name => writeln!(out, "{}", opened.connection.name),
        Format::Human | Format::Table | Format::Wide => {
            view::revealed(entry, &opened.secrets, scope_word, Timestamp::now(), out, style)
        }
    })
}

fn no_field(opened: &Opened, field: &str) -> Error {
    let connection = &opened.connection;
    let names = connection.fields.iter().map(|field| &field.name).chain(&connection.secret_names);
    let names: Vec<&str> = names.map(String::as_str).collect();
    Error::new(Kind::NotFound, format!("`{}` has no field `{field}`", connection.name))
        .hint(format!("it has {}", names.join(", ")))
}
