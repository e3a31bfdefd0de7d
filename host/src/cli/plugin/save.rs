//! `connhub plugin save`.

use std::path::PathBuf;

use super::args::SaveArgs;
use super::push::component;
use crate::cli::app::App;
use crate::model::Error;
use crate::operations::plugin::{self, Source};
use crate::ui::Format;
use crate::ui::json::{Document, SavedForm, check_keys};

pub(super) fn run(args: &SaveArgs, app: &App) -> Result<u8, Error> {
    check_keys(app.format.structured(), SavedForm::KEYS)?;
    let component = component(&args.component, app)?;
    let name = match app.plugins()?.settings().connectors.get(&args.component) {
        Some(connector) => connector.name.clone(),
        None => Source::File(component.clone()).name().unwrap_or_else(|| "connector".to_owned()),
    };
    let file = args.out.clone().unwrap_or_else(|| PathBuf::from(format!("{name}.tar")));
    let job = format!("saving `{name}`");
    let saved = app.wait(&job, plugin::save(&name, &component, &file))?;
    if let Some(warning) = &saved.warning {
        app.console.talk().warning(warning);
    }
    let form = SavedForm {
        connector: name,
        file: saved.file.display().to_string(),
        sha256: saved.sha256,
        size: saved.size,
        files: saved.files,
    };
    app.console.data(|out, _| match &app.format {
        Format::Structured(format) => Document::new("Bundle", &form).write(format, out),
        Format::Name => writeln!(out, "{}", form.file),
        _ if app.is_quiet() => Ok(()),
        _ => {
            writeln!(out, "saved `{}` in `{}`, sha256 {}", form.connector, form.file, form.sha256)
        }
    })?;
    Ok(0)
}
