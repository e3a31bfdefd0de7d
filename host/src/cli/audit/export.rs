//! `connhub audit export`.

use super::args::ExportArgs;
use crate::cli::app::App;
use crate::model::Error;
use crate::operations;

pub(super) fn run(args: &ExportArgs, app: &App) -> Result<u8, Error> {
    let place = app.trail()?.place().clone();
    let filter = super::within(&args.time)?;
    let form = args.format.into();
    app.console.data(|out, _| operations::audit_export(&place, &filter, form, out))?;
    Ok(0)
}
