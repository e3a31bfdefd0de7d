//! `connhub vault migrate`.

use super::args::MigrateArgs;
use crate::cli::app::App;
use crate::model::{Error, Kind};
use crate::operations::vault::{self, Migration};
use crate::ui::json::{VaultResult, check_keys};
use crate::ui::{self, Answer};

pub(super) fn run(args: &MigrateArgs, app: &App) -> Result<u8, Error> {
    check_keys(app.format.structured(), VaultResult::KEYS)?;
    let config = super::config(app)?;
    let way = vault::plan_migration(&config, args.to)?;
    if way.from == way.to {
        return super::show(&result("unchanged", way), app);
    }
    if args.dry_run {
        return super::show(&result("planned", way), app);
    }
    if !args.yes && !way.losses.is_empty() {
        ask(&way, app)?;
    }
    super::recorded(app, "vault migrate", "migrated", || vault::migrate(&config, &way))?;
    super::show(&result("migrated", way), app)
}

fn result(outcome: &'static str, way: Migration) -> VaultResult {
    VaultResult {
        tables: Some(way.to),
        tables_before: Some(way.from),
        losses: way.losses,
        ..VaultResult::of(outcome)
    }
}

fn ask(way: &Migration, app: &App) -> Result<(), Error> {
    let lost = way.losses.join("; ");
    if !ui::is_interactive() {
        return Err(Error::invalid(format!("nobody can be asked here whether to lose what version {} of the tables does not keep: {lost}", way.to))
            .hint("add `--yes` to go back without a question"));
    }
    let question = format!(
        "go back from version {} of the tables to version {}, and lose this: {lost}?",
        way.from, way.to
    );
    match ui::confirm(app.console.talk(), &question)? {
        Answer::Yes => Ok(()),
        Answer::No => Err(Error::new(Kind::Other, "nothing was changed")),
    }
}
