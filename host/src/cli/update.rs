//! `connhub update`.

use super::app::App;
use super::args::UpdateArgs;
use super::input::{Given, Naming, Sources};
use super::written;
use crate::model::Error;
use crate::model::types::Mode;
use crate::operations::{self, AtRisk, Change, Rehearsal, Schema};
use crate::ui::json::{Wrote, check_keys};
use crate::ui::view::Place;

pub(super) fn run(args: UpdateArgs, app: &App) -> Result<u8, Error> {
    check_keys(app.format.structured(), Wrote::KEYS)?;
    let rehearsal = Rehearsal::from(args.write.dry_run);
    let mut sources = Sources::new(app);
    let mut given = Given::read(&args.write, Naming::Needed, &mut sources)?;
    given.remove = args.unset;
    given.remove_labels.extend(args.unset_label);
    let changes_nothing = given.changes_nothing();
    let name = app.backend()?;
    let scope = given.scope(app);
    let mut backend = app.open(name)?;
    let job = format!("updating in `{name}`");
    let stored = app.wait(&job, operations::get(&mut backend, scope.as_deref(), &given.name))?;
    // What is incomplete is completed by an update that changes nothing else.
    if changes_nothing && stored.warnings.is_empty() {
        return Err(nothing_to_do());
    }
    given.check_type(&stored.type_name)?;
    let description = app.wait(&job, backend.connector.describe())?;
    let schema = Schema::of(Some(&description), &stored.type_name)?;
    let mut input = sources.collect(given, &schema, Mode::Update)?;
    if !args.keep_secrets {
        let risk = AtRisk::of_change(&schema, &stored, &input);
        input.secrets.extend(sources.again(&risk, &stored.name)?);
    }
    let change = Change {
        schema: &schema,
        input,
        expected: args.if_revision.as_deref(),
        kept_secrets: args.keep_secrets.into(),
    };
    let work = operations::update(&mut backend, scope.as_deref(), &stored, change, rehearsal);
    let result = app.wait(&job, work)?;
    let place = Place { backend: name, scope_word: description.scope_word() };
    written::show(place, &result, rehearsal, app)?;
    Ok(0)
}

fn nothing_to_do() -> Error {
    Error::invalid("nothing to change is given")
        .hint("name fields as `FIELD=VALUE`, or use `--unset`, `--label`, `--expires`, `--display-name`, `--description`")
}
