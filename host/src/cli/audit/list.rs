//! `connhub audit list`.

use super::args::ListArgs;
use crate::audit::{Filter, Selected};
use crate::cli::app::{ALL, App};
use crate::model::Error;
use crate::operations;
use crate::ui::Format;
use crate::ui::json::{AuditList, Document, RECORD_KEYS, check_keys};
use crate::ui::view::{self, Detail};

pub(super) fn run(args: &ListArgs, app: &App) -> Result<u8, Error> {
    check_keys(app.format.structured(), RECORD_KEYS)?;
    let place = app.trail()?.place().clone();
    let filter = Filter {
        operation: args.operation.clone(),
        backend: app.named_backend().filter(|name| *name != ALL).map(str::to_owned),
        scope: app.named_scope().map(str::to_owned),
        connection: args.connection.clone(),
        outcome: args.outcome.map(Into::into),
        ..super::within(&args.time)?
    };
    let limit = (args.limit > 0).then_some(args.limit);
    let selected = operations::audit_list(&place, &filter, limit)?;
    let records = &selected.records;
    app.console.data(|out, style| match &app.format {
        Format::Structured(form) => {
            let list = AuditList { items: records, matches: selected.matches };
            Document::new("AuditList", list).write(form, out)
        }
        Format::Name => records.iter().try_for_each(|record| writeln!(out, "{}", record.seq)),
        _ if records.is_empty() => Ok(()),
        Format::Wide => view::records(records, Detail::Wide).write(out, style, app.headers()),
        _ => view::records(records, Detail::Narrow).write(out, style, app.headers()),
    })?;
    tell(&selected, app);
    Ok(0)
}

/// Says what the list does not show.
fn tell(selected: &Selected, app: &App) {
    let talk = app.console.talk();
    if selected.unreadable > 0 {
        talk.warning(&format!(
            "{} lines of the log are no records; `connhub audit verify` says which",
            selected.unreadable
        ));
    }
    if app.format.structured().is_some() {
        return;
    }
    let shown = selected.records.len();
    if shown == 0 {
        talk.line("no records match");
    } else if shown < selected.matches {
        talk.line(&format!(
            "the newest {shown} of {} records; `--limit 0` shows all",
            selected.matches
        ));
    }
}
