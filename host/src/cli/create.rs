//! `connhub create`.

use super::app::App;
use super::args::CreateArgs;
use super::input::{Given, Naming, Sources};
use super::interview::{self, Asked};
use super::written;
use crate::model::types::Mode;
use crate::model::{Error, SCOPE_WORD, Written};
use crate::operations::{self, Rehearsal};
use crate::ui;
use crate::ui::json::{Wrote, check_keys};
use crate::ui::view::Place;

pub(super) fn run(args: &CreateArgs, app: &App) -> Result<u8, Error> {
    check_keys(app.format.structured(), Wrote::KEYS)?;
    let rehearsal = Rehearsal::from(args.write.dry_run);
    let mut sources = Sources::new(app);
    let naming = match ui::is_interactive() {
        true => Naming::CanBeAsked,
        false => Naming::FromDisplayName,
    };
    let mut given = Given::read(&args.write, naming, &mut sources)?;
    given.take_type(args.type_name.as_deref())?;
    let backend = app.backend()?;
    let (written, scope_word) = match rehearsal {
        Rehearsal::Client => (rehearse(given, app, sources)?, SCOPE_WORD.to_owned()),
        Rehearsal::None | Rehearsal::Server => create(given, args, app, sources)?,
    };
    let place = Place { backend, scope_word: &scope_word };
    written::show(place, &written, rehearsal, app)?;
    Ok(0)
}

fn create(
    mut given: Given,
    args: &CreateArgs,
    app: &App,
    mut sources: Sources<'_>,
) -> Result<(Written, String), Error> {
    let name = app.backend()?;
    let scope = given.scope(app);
    let mut backend = app.open(name)?;
    let job = format!("creating in `{name}`");
    let description = app.wait(&job, backend.connector.describe())?;
    let (schema, asked) = interview::schema(&mut given, Some(&description), app)?;
    let asked = interview::fields(&mut given, &schema, asked, app)?;
    let input = sources.collect(given, &schema, Mode::Create)?;
    if asked == Asked::Yes {
        let target = backend.target(scope.as_deref())?.scope;
        let place = Place { backend: name, scope_word: description.scope_word() };
        interview::confirm(&schema, place, target, &input, app)?;
    }
    let (if_exists, rehearsal) = (args.if_exists.into(), args.write.dry_run.into());
    let work =
        operations::create(&mut backend, scope.as_deref(), &schema, input, if_exists, rehearsal);
    Ok((app.wait(&job, work)?, description.scope_word().to_owned()))
}

fn rehearse(mut given: Given, app: &App, mut sources: Sources<'_>) -> Result<Written, Error> {
    let scope = given.scope(app);
    let (schema, asked) = interview::schema(&mut given, None, app)?;
    interview::fields(&mut given, &schema, asked, app)?;
    let input = sources.collect(given, &schema, Mode::Create)?;
    operations::rehearse(&schema, scope.as_deref(), input)
}
