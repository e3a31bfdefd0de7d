//! `connhub create`.

use super::app::App;
use super::args::CreateArgs;
use super::input::{Given, Sources};
use super::written;
use crate::model::types::Mode;
use crate::model::{Error, SCOPE_WORD, Written};
use crate::operations::{self, Rehearsal, Schema};
use crate::ui::json::{Wrote, check_keys};
use crate::ui::view::Place;

pub(super) fn run(args: &CreateArgs, app: &App) -> Result<u8, Error> {
    check_keys(app.format.structured(), Wrote::KEYS)?;
    let rehearsal = Rehearsal::from(args.write.dry_run);
    let mut sources = Sources::new(app);
    let mut given = Given::read(&args.write, &mut sources)?;
    given.take_type(args.type_name.as_deref())?;
    let type_name = given.type_name.clone().ok_or_else(no_type)?;
    let backend = app.backend()?;
    let (written, scope_word) = match rehearsal {
        Rehearsal::Client => (rehearse(given, &type_name, app, sources)?, SCOPE_WORD.to_owned()),
        Rehearsal::None | Rehearsal::Server => create(given, &type_name, args, app, sources)?,
    };
    let place = Place { backend, scope_word: &scope_word };
    written::show(place, &written, rehearsal, app)?;
    Ok(0)
}

fn create(
    given: Given,
    type_name: &str,
    args: &CreateArgs,
    app: &App,
    sources: Sources<'_>,
) -> Result<(Written, String), Error> {
    let name = app.backend()?;
    let scope = given.scope(app);
    let mut backend = app.open(name)?;
    let job = format!("creating in `{name}`");
    let description = app.wait(&job, backend.connector.describe())?;
    let schema = Schema::of(Some(&description), type_name)?;
    let input = sources.collect(given, &schema, Mode::Create)?;
    let (if_exists, rehearsal) = (args.if_exists.into(), args.write.dry_run.into());
    let work =
        operations::create(&mut backend, scope.as_deref(), &schema, input, if_exists, rehearsal);
    Ok((app.wait(&job, work)?, description.scope_word().to_owned()))
}

fn rehearse(
    given: Given,
    type_name: &str,
    app: &App,
    sources: Sources<'_>,
) -> Result<Written, Error> {
    let scope = given.scope(app);
    let schema = Schema::of(None, type_name)?;
    let input = sources.collect(given, &schema, Mode::Create)?;
    operations::rehearse(&schema, scope.as_deref(), input)
}

fn no_type() -> Error {
    Error::invalid("no connection type is given")
        .hint("add `--type TYPE`, for example `--type s3`; `connhub types` lists them")
}
