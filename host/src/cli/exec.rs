//! `connhub exec`.

use super::app::App;
use super::args::{ExecArgs, SelectArgs};
use super::expiring;
use super::taken::{take_all, views};
use crate::consumers::{self, Plan, Selection};
use crate::model::Error;
use crate::operations::Opened;
use crate::operations::child::{Child, FilePlaces, Masked};
use crate::scrub::StreamScrubber;
use crate::settings::short_lived;
use crate::ui;

pub(super) fn run(args: ExecArgs, app: &mut App) -> Result<u8, Error> {
    let opened = take_all(&args.names, app)?;
    opened.iter().for_each(|one| expiring::warn_about(&one.connection, app));
    let plan = plan(&opened, &args.select)?;
    let masked = args.mask.then(|| masked(&opened, &plan));
    let places = FilePlaces(short_lived(&app.environment));
    let core_dumps = super::users_core_dumps();
    let child = Child { words: args.command, plan, places, core_dumps };
    // Nothing of this program is left open while the command runs.
    app.finish();
    app.stop_watching();
    drop(opened);
    let ended = child.run(masked)?;
    if let Some(error) = &ended.error {
        app.fail(error);
    }
    Ok(ended.code)
}

/// The variables that were asked for.
pub(super) fn plan(opened: &[Opened], select: &SelectArgs) -> Result<Plan, Error> {
    let selection =
        Selection { only: &select.only, prefix: select.prefix.as_ref(), map: &select.map };
    consumers::select(&views(opened), selection)
}

fn masked(opened: &[Opened], plan: &Plan) -> Masked {
    let mut secrets = StreamScrubber::default();
    let fields = opened.iter().flat_map(|one| &one.secrets).map(|field| &field.value);
    let variables = plan.set.iter().filter(|variable| variable.is_secret);
    fields.chain(variables.map(|variable| &variable.value)).for_each(|value| secrets.add(value));
    let (stdout, stderr) = ui::raw();
    Masked { secrets, stdout, stderr }
}
