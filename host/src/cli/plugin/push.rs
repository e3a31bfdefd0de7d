//! `connhub plugin push`.

use std::path::{Path, PathBuf};

use super::args::PushArgs;
use crate::cli::app::App;
use crate::model::{Error, Kind};
use crate::operations::plugin::{self, Meter, Source};
use crate::ui::Format;
use crate::ui::json::{Document, PushForm, check_keys};

pub(super) fn run(args: &PushArgs, app: &App) -> Result<u8, Error> {
    check_keys(app.format.structured(), PushForm::KEYS)?;
    let component = component(&args.component, app)?;
    let source = Source::parse(&args.registry)?;
    let Source::Registry(reference) = &source else {
        let what = format!("`{}` is no place in a registry", args.registry);
        return Err(Error::invalid(what).hint("write it as `oci://HOST/REPOSITORY:TAG`"));
    };
    let key = args.key.as_deref().map(plugin::private_key).transpose()?;
    let settings = app.plugins()?.settings();
    let fetcher = plugin::fetcher(&source, settings, args.ca_file.clone(), Meter::default())?;
    let work = plugin::push(&fetcher, &component, reference, key.as_ref());
    let push = app.wait(&format!("pushing to {source}"), work)?;
    let form = PushForm {
        component: component.display().to_string(),
        sha256: push.sha256,
        reference: source.to_string(),
        pinned: format!("oci://{}@{}", reference.name(), push.pushed.digest),
        key: push.key.map(|key| key.to_string()),
        outcome: if push.pushed.was_there { "unchanged" } else { "pushed" },
    };
    app.console.data(|out, _| match &app.format {
        Format::Structured(format) => Document::new("Push", &form).write(format, out),
        Format::Name => writeln!(out, "{}", form.pinned),
        _ if app.is_quiet() => Ok(()),
        _ => {
            let done = match form.outcome {
                "unchanged" => "has it already",
                _ => "has it now",
            };
            writeln!(out, "`{}` {done}: {}", form.reference, form.pinned)?;
            form.key.iter().try_for_each(|key| writeln!(out, "signed by {key}"))
        }
    })?;
    Ok(0)
}

/// A configured connector's component, or a file.
pub(super) fn component(named: &str, app: &App) -> Result<PathBuf, Error> {
    let settings = app.plugins()?.settings();
    match settings.connectors.get(named) {
        Some(connector) => crate::plugins::component_place(settings, connector).map_err(|error| {
            Error::new(Kind::Other, "the component cannot be read").because(error)
        }),
        None if Path::new(named).is_file() => Ok(PathBuf::from(named)),
        None => {
            let what = format!("there is no connector and no file `{named}`");
            Err(Error::new(Kind::NotFound, what).hint("`connhub plugin list` shows the connectors"))
        }
    }
}
