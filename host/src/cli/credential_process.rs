//! `connhub credential-process`.

use serde::Serialize;

use super::app::App;
use super::args::CredentialProcessArgs;
use super::taken::{Taker, check_terminal};
use crate::model::Error;
use crate::operations::Opened;

/// What AWS SDKs read: `Sourcing credentials with an external process` of the AWS SDKs and Tools Reference Guide.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Credentials<'a> {
    version: u8,
    access_key_id: &'a str,
    secret_access_key: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    session_token: Option<&'a str>,
}

pub(super) fn run(args: &CredentialProcessArgs, app: &App) -> Result<u8, Error> {
    check_terminal(
        args.reveal,
        "AWS programs call this command: `connhub aws configure NAME`",
        app,
    )?;
    let opened = Taker::new(app).take(&args.name)?;
    let credentials = Credentials {
        version: 1,
        access_key_id: needed(&opened, "access_key_id")?,
        secret_access_key: needed(&opened, "secret_access_key")?,
        session_token: text(&opened, "session_token")?,
    };
    app.console.data(|out, _| {
        serde_json::to_writer(&mut *out, &credentials)?;
        writeln!(out)
    })?;
    Ok(0)
}

fn needed<'a>(opened: &'a Opened, field: &str) -> Result<&'a str, Error> {
    text(opened, field)?.ok_or_else(|| {
        let connection = &opened.connection;
        Error::invalid(format!(
            "`{}` (type {}) has no `{field}`, so it is no login for AWS",
            connection.name, connection.type_name
        ))
        .hint("only connections with an access key can be used here")
    })
}

fn text<'a>(opened: &'a Opened, field: &str) -> Result<Option<&'a str>, Error> {
    let value = opened.value(field).map(std::str::from_utf8).transpose();
    value.map_err(|_| {
        Error::invalid(format!("the `{field}` of `{}` is not text", opened.connection.name))
    })
}
