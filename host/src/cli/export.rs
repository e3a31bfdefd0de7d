//! `connhub export`.

use super::app::App;
use super::args::ExportArgs;
use super::taken::{Taker, check_terminal, view};
use crate::consumers::{Secrets, export};
use crate::model::Error;

pub(super) fn run(args: &ExportArgs, app: &App) -> Result<u8, Error> {
    let opened = Taker::new(app).take(&args.name)?;
    let secrets = if args.reveal { Secrets::Revealed } else { Secrets::Referenced };
    let exported = export(view(&opened), &args.consumer, secrets)?;
    if exported.holds_secrets {
        check_terminal(args.reveal, "write it to a file", app)?;
    }
    app.console.data(|out, _| out.write_all(exported.text.expose()))?;
    if exported.needs_variables {
        app.console.talk().note(&format!(
            "the secrets are in variables: run what uses the text with `connhub exec {} -- COMMAND`",
            args.name
        ));
    }
    Ok(0)
}
