//! `connhub adopt`.

use super::app::App;
use super::args::AdoptArgs;
use super::written;
use crate::model::Error;
use crate::model::types::catalog;
use crate::operations::{self, AUTO, Adoption, Rehearsal};
use crate::ui::json::{Wrote, check_keys};
use crate::ui::view::Place;

pub(super) fn run(args: &AdoptArgs, app: &App) -> Result<u8, Error> {
    check_keys(app.format.structured(), Wrote::KEYS)?;
    let backend_name = app.backend()?;
    let given = args.type_name.as_deref();
    let type_name = given.map_or(AUTO, |name| catalog::canonical(name).unwrap_or(name));
    let mut backend = app.open(backend_name)?;
    let adoption = Adoption { name: &args.name, type_name, dry_run: args.dry_run };
    let job = format!("adopting in `{backend_name}`");
    let result = app.wait(&job, operations::adopt(&mut backend, app.scope(), adoption))?;
    let scope_word = app.scope_word(&mut backend);
    let place = Place { backend: backend_name, scope_word: &scope_word };
    let rehearsal = if args.dry_run { Rehearsal::Server } else { Rehearsal::None };
    written::show(place, &result, rehearsal, app)?;
    Ok(0)
}
