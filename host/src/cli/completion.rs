//! `connhub completion`.

use super::app::App;
use super::args::{CompletionArgs, whole};
use crate::model::Error;

pub(super) fn run(args: &CompletionArgs, app: &App) -> Result<u8, Error> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut whole(), "connhub", &mut script);
    app.console.data(|out, _| out.write_all(&script))?;
    Ok(0)
}
