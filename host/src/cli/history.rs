//! `connhub history`.

use jiff::Timestamp;

use super::app::App;
use super::args::HistoryArgs;
use crate::model::Error;
use crate::operations;
use crate::ui::json::{Document, HistoryForm, check_keys};
use crate::ui::{Format, view};

pub(super) fn run(args: &HistoryArgs, app: &App) -> Result<u8, Error> {
    check_keys(app.format.structured(), HistoryForm::KEYS)?;
    let mut backend = app.open(app.backend()?)?;
    let job = format!("reading from `{}`", backend.name);
    let past = app.wait(&job, operations::history(&mut backend, app.scope(), &args.name))?;
    let form = HistoryForm::new(&backend.name, &args.name, &past);
    app.console.data(|out, style| match &app.format {
        Format::Structured(shape) => Document::new("History", &form).write(shape, out),
        Format::Name => form.items.iter().try_for_each(|item| writeln!(out, "{}", item.version)),
        _ => view::history(&form, Timestamp::now()).write(out, style, app.headers()),
    })?;
    Ok(0)
}
