//! `connhub plugin bench`.

use std::time::Duration;

use super::args::BenchArgs;
use crate::cli::app::{ALL, App};
use crate::model::Error;
use crate::operations::plugin::trial::choose;
use crate::operations::plugin::{BenchOrder, bench};
use crate::ui::json::{BenchForm, Document, check_keys};
use crate::ui::{Format, view};

pub(super) fn run(args: &BenchArgs, app: &mut App) -> Result<u8, Error> {
    check_keys(app.format.structured(), BenchForm::KEYS)?;
    if app.named_backend() == Some(ALL) {
        return Err(Error::invalid("a connector is measured on one backend"));
    }
    let order = BenchOrder {
        chosen: choose(app.plugins()?.settings(), &args.connector, app.named_backend())?,
        scope: app.scope().map(str::to_owned),
        time: Duration::from_secs(args.seconds),
    };
    // From here on a signal does not end the program before it has put everything away.
    app.stop_watching();
    let job = format!("measuring `{}`", order.chosen.connector.name);
    let benched = app.wait(&job, bench(app.plugins()?, order))?;
    let form = BenchForm::new(&benched);
    app.console.data(|out, style| match &app.format {
        Format::Structured(structured) => Document::new("Bench", &form).write(structured, out),
        Format::Name => form.items.iter().try_for_each(|item| writeln!(out, "{}", item.step)),
        _ => view::bench(&form, out, style, app.headers()),
    })?;
    Ok(match &benched.failed {
        Some(error) => app.fail(error),
        None => 0,
    })
}
