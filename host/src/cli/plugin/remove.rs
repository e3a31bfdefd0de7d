//! `connhub plugin remove`.

use super::args::RemoveArgs;
use super::place::{ask, can_ask, home};
use super::review;
use crate::cli::app::App;
use crate::model::{Error, Kind};
use crate::operations::{self, Decided, plugin};
use crate::ui::json::{PluginChange, check_keys};

pub(super) fn run(args: &RemoveArgs, app: &App) -> Result<u8, Error> {
    check_keys(app.format.structured(), PluginChange::KEYS)?;
    let name = &args.connector;
    can_ask(args.yes, "remove it")?;
    let home = home(app)?;
    let settings = app.plugins()?.settings();
    let removal = plugin::removal(&home, name, settings)?;
    let others: Vec<&str> = removal
        .backends
        .iter()
        .map(String::as_str)
        .filter(|backend| *backend != name.as_str())
        .collect();
    if !others.is_empty() && !args.with_backends {
        let message = format!("connector `{name}` is used by the backends {}", others.join(", "));
        return Err(Error::new(Kind::InUse, message)
            .hint("remove their sections first, or add `--with-backends` to remove them along"));
    }
    let backends = match removal.backends.len() {
        0 => String::new(),
        _ => format!(" and the backends {}", removal.backends.join(", ")),
    };
    ask(&format!("remove connector `{name}`{backends}?"), args.yes, app)?;
    let removed = operations::recorded(
        app.plugins()?.trail(),
        "plugin remove",
        || plugin::remove(&home, name, settings),
        |_| vec![Decided::about(name, None, Vec::new(), "removed")],
    )?;
    let change = PluginChange {
        name: name.clone(),
        outcome: "removed",
        file: home.plugins.display().to_string(),
        component: removed.file.map(|file| file.display().to_string()).unwrap_or_default(),
        backends: removed.backends,
        ..PluginChange::default()
    };
    review::write(&change, app)?;
    Ok(0)
}
