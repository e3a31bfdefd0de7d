//! `connhub export`.

use super::app::App;
use super::args::ExportArgs;
use super::backup;
use super::taken::{Taker, check_terminal, view};
use crate::consumers::{Secrets, export};
use crate::model::Error;

pub(super) fn run(args: &ExportArgs, app: &App) -> Result<u8, Error> {
    let (consumer, name) = match (&args.consumer, &args.names[..]) {
        (Some(consumer), [name]) => (consumer, name),
        (None, names) => return backup::run(names, &args.backup, app),
        (Some(_), _) => {
            return Err(Error::invalid("`--for` exports one connection at a time"));
        }
    };
    let opened = Taker::new(app).take(name)?;
    let secrets = if args.reveal { Secrets::Revealed } else { Secrets::Referenced };
    let exported = export(view(&opened), consumer, secrets)?;
    if exported.holds_secrets {
        check_terminal(args.reveal, "write it to a file", app)?;
    }
    app.console.data(|out, _| out.write_all(exported.text.expose()))?;
    if exported.needs_variables {
        app.console.talk().note(&format!(
            "the secrets are in variables: run what uses the text with `connhub exec {name} -- COMMAND`"
        ));
    }
    Ok(0)
}
