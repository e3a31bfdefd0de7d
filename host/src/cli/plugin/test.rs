//! `connhub plugin test`.

use std::io::Write as _;
use std::path::Path;
use std::sync::Arc;

use super::args::TestArgs;
use crate::cli::app::{ALL, App};
use crate::cli::messages::Messages;
use crate::model::{Error, Field, Kind};
use crate::operations::plugin::trial::{
    Recording, Tape, Tested, TrialOrder, choose, choose_to_play, test,
};
use crate::ui::json::{Document, TrialForm, check_keys};
use crate::ui::{Format, junit, view};

pub(super) fn run(args: &TestArgs, app: &mut App) -> Result<u8, Error> {
    check_keys(app.format.structured(), TrialForm::KEYS)?;
    let mut file = args.junit.as_deref().map(new_file).transpose()?;
    if let Some(path) = &args.record {
        check_place(path)?;
    }
    let order = order(args, app)?;
    // From here on a signal does not end the program before it has put everything away.
    app.stop_watching();
    let job = format!("trying out `{}`", order.chosen.connector.name);
    let tested = app.wait(&job, test(app.plugins()?, order))?;
    if let Some(path) = &args.record {
        keep(path, &tested)?;
    }
    let form = TrialForm::new(&tested);
    if let Some(file) = &mut file {
        let written = file.write_all(junit(&form).as_bytes());
        written.map_err(|error| {
            Error::new(Kind::Other, "the report cannot be written").because(error)
        })?;
    }
    app.console.data(|out, style| match &app.format {
        Format::Structured(structured) => Document::new("Trial", &form).write(structured, out),
        Format::Name => form.names().try_for_each(|name| writeln!(out, "{name}")),
        _ => view::trial(&form, out, style, app.headers()),
    })?;
    Ok(match (tested.interrupted, form.failed()) {
        (true, _) => Kind::Interrupted.exit_code(),
        (false, 0) => 0,
        (false, _) => Kind::Connector.exit_code(),
    })
}

fn order(args: &TestArgs, app: &mut App) -> Result<TrialOrder, Error> {
    let fields = args.fields.iter().map(|text| field(text)).collect::<Result<_, _>>()?;
    if app.named_backend() == Some(ALL) {
        return Err(Error::invalid("a connector is tried out on one backend"));
    }
    let sink = Arc::new(Messages(Arc::clone(app.console.talk())));
    if let Some(path) = &args.replay {
        if app.named_backend().is_some() || app.scope().is_some() {
            return Err(Error::invalid("a recording says itself where the connector works")
                .hint("leave `--backend` and `--scope` out"));
        }
        let recording = Recording::read(path)?;
        return Ok(TrialOrder {
            chosen: choose_to_play(app.plugins()?.settings(), &args.connector, &recording)?,
            scope: recording.scope.clone(),
            type_name: Some(recording.type_name.clone()),
            fields: recording.given(),
            sink,
            tape: Tape::Play(Box::new(recording)),
        });
    }
    Ok(TrialOrder {
        chosen: choose(app.plugins()?.settings(), &args.connector, app.named_backend())?,
        scope: app.scope().map(str::to_owned),
        type_name: args.type_name.clone(),
        fields,
        sink,
        tape: if args.record.is_some() { Tape::Record } else { Tape::Off },
    })
}

/// Nobody waits for a recording that cannot be written.
fn check_place(path: &Path) -> Result<(), Error> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    let made = tempfile::tempfile_in(folder.unwrap_or(Path::new(".")));
    match made {
        Ok(_) if !path.is_dir() => Ok(()),
        Ok(_) => Err(Error::invalid(format!("`{}` is a folder", path.display()))
            .hint("name a file for the recording")),
        Err(error) => Err(Error::invalid("the recording cannot be written").because(error)),
    }
}

/// Writes the recording. A trial that was stopped, or that had nowhere to work, has none, and the file stays what it was.
fn keep(path: &Path, tested: &Tested) -> Result<(), Error> {
    match &tested.recording {
        Some(recording) => recording.write(path),
        None if tested.interrupted => Ok(()),
        None => Err(Error::invalid("there is nothing to record: no operation was called")
            .hint("name a backend with `--backend`")),
    }
}

/// The file is there before anything is tried: nobody waits for a report that cannot be written.
fn new_file(path: &Path) -> Result<fs_err::File, Error> {
    fs_err::File::create(path)
        .map_err(|error| Error::invalid("the report cannot be written").because(error))
}

fn field(text: &str) -> Result<Field, Error> {
    match text.split_once('=') {
        Some((name, value)) if !name.is_empty() => {
            Ok(Field { name: name.to_owned(), value: value.to_owned() })
        }
        _ => Err(Error::invalid("a value of `--field` is not `FIELD=VALUE`")
            .hint("write for example `--field bucket=sales`; secrets are made up")),
    }
}
