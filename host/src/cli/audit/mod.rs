//! `connhub audit`.

mod args;
mod export;
mod list;
mod verify;

use jiff::Timestamp;

pub(super) use args::AuditCommand;

use super::app::App;
use crate::audit::{Filter, Moment};
use crate::model::Error;
use args::TimeArgs;

pub(super) fn run(command: &AuditCommand, app: &App) -> Result<u8, Error> {
    match command {
        AuditCommand::List(args) => list::run(args, app),
        AuditCommand::Verify(args) => verify::run(args, app),
        AuditCommand::Export(args) => export::run(args, app),
    }
}

/// A filter for a time.
fn within(args: &TimeArgs) -> Result<Filter, Error> {
    let now = Timestamp::now();
    let moment =
        |text: &Option<String>| text.as_deref().map(|text| Moment::parse(text, now)).transpose();
    Ok(Filter { since: moment(&args.since)?, until: moment(&args.until)?, ..Filter::default() })
}
