//! `connhub env`.

use super::app::App;
use super::args::{EnvArgs, EnvFormat};
use super::exec::plan;
use super::taken::{check_terminal, take_all};
use crate::consumers::{Form, Plan, ShellFormat, render, risky};
use crate::model::Error;

pub(super) fn run(args: &EnvArgs, app: &App) -> Result<u8, Error> {
    let format = ShellFormat::from(args.format);
    let opened = take_all(&args.names, app)?;
    let mut plan = plan(&opened, &args.select)?;
    without_files(&mut plan, app);
    if plan.set.iter().any(|variable| variable.is_secret) {
        let names = args.names.join(" ");
        let instead = format!("let the shell read them: `eval \"$(connhub env {names})\"`");
        check_terminal(args.reveal, &instead, app)?;
    }
    for variable in &plan.set {
        if let Some(why) = risky(format, variable) {
            app.console.talk().warning(&format!("the value of `{}` {why}", variable.name));
        }
    }
    // What is not set needs no line.
    let removed = plan.removed.iter().map(String::as_str);
    let removed: Vec<&str> = removed.filter(|name| app.environment.path(name).is_some()).collect();
    let text = render(format, &plan.set, &removed)?;
    app.console.data(|out, _| out.write_all(text.expose()))?;
    Ok(0)
}

/// Nobody would remove the files.
fn without_files(plan: &mut Plan, app: &App) {
    let (files, texts): (Vec<_>, Vec<_>) =
        std::mem::take(&mut plan.set).into_iter().partition(|variable| variable.form == Form::File);
    plan.set = texts;
    if !files.is_empty() {
        let names: Vec<&str> = files.iter().map(|variable| variable.name.as_str()).collect();
        app.console.talk().warning(&format!(
            "{} left out: the value is the path of a file, which only `connhub exec` can make and remove",
            names.join(", ")
        ));
    }
}

impl From<EnvFormat> for ShellFormat {
    fn from(format: EnvFormat) -> Self {
        match format {
            EnvFormat::Sh => Self::Sh,
            EnvFormat::Fish => Self::Fish,
            EnvFormat::Powershell => Self::PowerShell,
            EnvFormat::Dotenv => Self::Dotenv,
            EnvFormat::Json => Self::Json,
            EnvFormat::Github => Self::Github,
        }
    }
}
