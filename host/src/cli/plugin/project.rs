//! `connhub plugin new` and `connhub plugin build`.

use std::path::PathBuf;

use super::args::{BuildArgs, NewArgs};
use crate::cli::app::App;
use crate::model::Error;
use crate::operations::plugin::{self, Project, Workshop};
use crate::settings::env;
use crate::ui::Format;
use crate::ui::json::{BuildForm, Document, ProjectForm, check_keys};

pub(super) fn new(args: &NewArgs, app: &App) -> Result<u8, Error> {
    check_keys(app.format.structured(), ProjectForm::KEYS)?;
    let folder = args.dir.clone().unwrap_or_else(|| PathBuf::from(&args.name));
    let sdk = args.sdk.as_deref();
    let project = Project { name: &args.name, folder: &folder, sdk, language: args.lang };
    let files = project.write()?;
    let folder = folder.display().to_string();
    let result = ProjectForm {
        name: args.name.clone(),
        files: files.iter().map(|file| file.display().to_string()).collect(),
        folder,
    };
    app.console.data(|out, _| match &app.format {
        Format::Structured(form) => Document::new("PluginProject", &result).write(form, out),
        Format::Name => writeln!(out, "{}", result.folder),
        _ if app.is_quiet() => Ok(()),
        _ => writeln!(
            out,
            "made a project for the connector `{}` in `{}`; its README says how to test, build and sign it",
            result.name, result.folder
        ),
    })?;
    Ok(0)
}

/// The Rust compiler that variables name.
pub(super) fn compiler(app: &App) -> Option<PathBuf> {
    let named = |name| app.environment.path(name);
    named(env::RUSTC).or_else(|| named(env::CARGO_BUILD_RUSTC))
}

pub(super) fn build(args: &BuildArgs, app: &App) -> Result<u8, Error> {
    check_keys(app.format.structured(), BuildForm::KEYS)?;
    let rustc = compiler(app);
    let workshop = Workshop {
        folder: &args.folder,
        profile: args.profile.as_deref(),
        rustc: rustc.as_deref(),
    };
    let result = BuildForm::from(plugin::build(&workshop)?);
    app.console.data(|out, _| match &app.format {
        Format::Structured(form) => Document::new("PluginBuild", &result).write(form, out),
        Format::Name => writeln!(out, "{}", result.component),
        _ if app.is_quiet() => Ok(()),
        _ => writeln!(
            out,
            "built `{}` ({}); `connhub plugin inspect` shows what it needs",
            result.component,
            result.size_in_words()
        ),
    })?;
    Ok(0)
}
