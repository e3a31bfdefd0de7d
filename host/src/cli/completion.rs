//! `connhub completion`.

use clap::CommandFactory as _;

use super::app::App;
use super::args::{Cli, CompletionArgs};
use crate::model::Error;

pub(super) fn run(args: &CompletionArgs, app: &App) -> Result<u8, Error> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Cli::command(), "connhub", &mut script);
    app.console.data(|out, _| out.write_all(&script))?;
    Ok(0)
}
