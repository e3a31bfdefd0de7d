//! `connhub aws`.

use std::path::PathBuf;

use super::app::App;
use super::args::{AwsCommand, AwsConfigureArgs};
use super::taken::Taker;
use crate::consumers::{AwsProfile, Foreign, IsForeign, quoted};
use crate::model::{Connection, Error, Kind, Reference};
use crate::operations::text_file;
use crate::settings::env;

pub(super) fn run(command: &AwsCommand, app: &App) -> Result<u8, Error> {
    match command {
        AwsCommand::Configure(args) => configure(args, app),
    }
}

/// Writes the profile. The secrets are not needed for it, so they are not opened.
fn configure(args: &AwsConfigureArgs, app: &App) -> Result<u8, Error> {
    let (backend, connection) = Taker::new(app).look_up(&args.name)?;
    let name = args.profile.clone().unwrap_or_else(|| connection.name.clone());
    if name.is_empty() || name.contains(|c: char| c.is_control() || "[]\"'#;".contains(c)) {
        return Err(Error::invalid(format!("`{name}` cannot be the name of a profile"))
            .hint("give another one with `--profile`"));
    }
    let is_login = connection.secret_names.iter().any(|name| name == "secret_access_key");
    if !is_login {
        return Err(Error::invalid(format!(
            "`{}` (type {}) has no access key, so it is no login for AWS",
            connection.name, connection.type_name
        )));
    }
    let profile = profile(name, &args.name, &backend, &connection, app)?;
    let path = config_file(args, app)?;
    let foreign = if args.force { Foreign::TakenOver } else { Foreign::Kept };
    text_file::edit(&path, |text| {
        profile.write_into(text, foreign).map_err(|IsForeign| {
            Error::new(
                Kind::Exists,
                format!(
                    "`{}` has a profile `{}` that was not written by connhub",
                    path.display(),
                    profile.name
                ),
            )
            .hint("choose another name with `--profile NAME`")
            .hint("or take it over with `--force`: its own ways to log in are removed")
        })
    })?;
    warn_about_credentials(&profile.name, app);
    let talk = app.console.talk();
    talk.line(&format!("wrote the profile `{}` to {}", profile.name, path.display()));
    talk.line(&format!(
        "use it with `--profile {}` or AWS_PROFILE={}",
        quoted(&profile.name),
        quoted(&profile.name)
    ));
    Ok(0)
}

fn profile(
    name: String,
    asked: &str,
    backend: &str,
    connection: &Connection,
    app: &App,
) -> Result<AwsProfile, Error> {
    let field = |name: &str| {
        let field = connection.fields.iter().find(|field| field.name == name)?;
        Some(field.value.clone())
    };
    let addressing_style =
        field("path_style").map(|style| if style == "true" { "path" } else { "virtual" });
    Ok(AwsProfile {
        name,
        credential_process: command(asked, backend, connection, app)?,
        region: field("region").or_else(|| Some("us-east-1".to_owned())),
        endpoint: field("endpoint"),
        addressing_style,
        ca_bundle: field("ca_bundle"),
    })
}

/// The command that prints the credentials: it must mean the same connection wherever it is called.
fn command(
    asked: &str,
    backend: &str,
    connection: &Connection,
    app: &App,
) -> Result<String, Error> {
    let program = env::executable()
        .ok_or_else(|| Error::new(Kind::Other, "the system does not tell where this program is"))?;
    let program = program.to_str().ok_or_else(|| {
        Error::invalid("the path of this program is not UTF-8, which the file cannot say")
    })?;
    let scope = match asked.parse::<Reference>() {
        Ok(reference) => reference.scope,
        Err(_) => app.scope().map(str::to_owned),
    };
    let reference = Reference {
        backend: Some(backend.to_owned()),
        scope,
        name: connection.name.clone(),
        field: None,
    };
    let mut words =
        vec![program.to_owned(), "credential-process".to_owned(), reference.to_string()];
    if let Some(plugins) = app.plugins()?.settings().named.as_ref().and_then(|path| path.to_str()) {
        words.extend(["--plugins".to_owned(), plugins.to_owned()]);
    }
    let words: Vec<String> = words.iter().map(|word| quoted(word)).collect();
    Ok(words.join(" "))
}

fn config_file(args: &AwsConfigureArgs, app: &App) -> Result<PathBuf, Error> {
    let named = args.config.clone().or_else(|| app.environment.path("AWS_CONFIG_FILE"));
    let home = || Some(app.environment.path("HOME")?.join(".aws/config"));
    named.or_else(home).ok_or_else(|| {
        Error::invalid("neither `--config`, `AWS_CONFIG_FILE` nor `HOME` says where the file is")
            .hint("name it with `--config FILE`")
    })
}

/// Programs take keys of this other file first.
fn warn_about_credentials(profile: &str, app: &App) {
    let named = app.environment.path("AWS_SHARED_CREDENTIALS_FILE");
    let home = || Some(app.environment.path("HOME")?.join(".aws/credentials"));
    let Some(path) = named.or_else(home) else { return };
    let text = fs_err::read_to_string(&path).unwrap_or_default();
    if text.lines().any(|line| line.trim() == format!("[{profile}]")) {
        app.console.talk().warning(&format!(
            "{} has a profile of this name as well, and its keys are preferred by AWS programs; remove them there",
            path.display()
        ));
    }
}
