//! What commands that change connectors have in common.

use std::path::PathBuf;
use std::sync::Arc;

use crate::cli::app::App;
use crate::model::{Error, Kind};
use crate::operations::plugin::{Home, Meter, Source};
use crate::settings::{Paths, env};
use crate::ui::{self, Answer};

/// The file that was named, or the user's own. Those of the program and of the system are not the user's to change.
pub(super) fn plugins_file(app: &App) -> Result<PathBuf, Error> {
    if let Some(named) = app.named_plugins() {
        return Ok(named.to_owned());
    }
    if let Some(named) = app.environment.path(env::PLUGINS) {
        return Ok(named);
    }
    Ok(Paths::find(&app.environment, None)?.config.join("plugins.toml"))
}

/// The file that is changed, and where components are kept.
pub(super) fn home(app: &App) -> Result<Home, Error> {
    let data = Paths::find(&app.environment, None)?.data;
    let named = plugins_file(app)?;
    let plugins = env::folder().map_or(named.clone(), |folder| folder.join(named));
    Ok(Home { plugins, data })
}

/// Where a component is, as the user typed it. A path is kept whole: it is fetched again from anywhere.
pub(super) fn source(text: &str) -> Result<Source, Error> {
    let source = Source::parse(text)?;
    Ok(match env::folder() {
        Some(folder) => source.below(&folder),
        None => source,
    })
}

/// Says in the line of progress how much of a download has come.
pub(super) fn meter(app: &App) -> Meter {
    let talk = Arc::clone(app.console.talk());
    Meter::new(move |come, total| talk.come(come, total))
}

/// Asks, unless the user said yes before.
pub(in crate::cli) fn ask(question: &str, yes: bool, app: &App) -> Result<(), Error> {
    if yes {
        return Ok(());
    }
    match ui::confirm(app.console.talk(), question)? {
        Answer::Yes => Ok(()),
        Answer::No => Err(Error::new(Kind::Other, "nothing was changed")),
    }
}

/// Refuses early what would have to be asked where nobody can be asked.
pub(in crate::cli) fn can_ask(yes: bool, what: &str) -> Result<(), Error> {
    if yes || ui::is_interactive() {
        return Ok(());
    }
    Err(Error::invalid(format!("nobody can be asked here whether to {what}"))
        .hint("add `--yes` to go on without a question"))
}
