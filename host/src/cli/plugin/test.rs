//! `connhub plugin test`.

use std::io::Write as _;
use std::path::Path;
use std::sync::Arc;

use super::args::TestArgs;
use crate::cli::app::{ALL, App};
use crate::cli::messages::Messages;
use crate::model::{Error, Field, Kind};
use crate::operations::plugin::trial::{TrialOrder, choose, test};
use crate::ui::json::{Document, TrialForm, check_keys};
use crate::ui::{Format, junit, view};

pub(super) fn run(args: &TestArgs, app: &mut App) -> Result<u8, Error> {
    check_keys(app.format.structured(), TrialForm::KEYS)?;
    let mut file = args.junit.as_deref().map(new_file).transpose()?;
    let fields = args.fields.iter().map(|text| field(text)).collect::<Result<_, _>>()?;
    if app.named_backend() == Some(ALL) {
        return Err(Error::invalid("a connector is tried out on one backend"));
    }
    let chosen = choose(app.plugins()?.settings(), &args.connector, app.named_backend())?;
    let order = TrialOrder {
        chosen,
        scope: app.scope().map(str::to_owned),
        type_name: args.type_name.clone(),
        fields,
        sink: Arc::new(Messages(Arc::clone(app.console.talk()))),
    };
    // From here on a signal does not end the program before it has put everything away.
    app.stop_watching();
    let job = format!("trying out `{}`", order.chosen.connector.name);
    let tested = app.wait(&job, test(app.plugins()?, order))?;
    let form = TrialForm::new(&tested);
    if let Some(file) = &mut file {
        let written = file.write_all(junit(&form).as_bytes());
        written.map_err(|error| {
            Error::new(Kind::Other, "the report cannot be written").because(error)
        })?;
    }
    app.console.data(|out, style| match &app.format {
        Format::Structured(structured) => Document::new("Trial", &form).write(structured, out),
        Format::Name => form.names().try_for_each(|name| writeln!(out, "{name}")),
        _ => view::trial(&form, out, style, app.headers()),
    })?;
    Ok(match (tested.interrupted, form.failed()) {
        (true, _) => Kind::Interrupted.exit_code(),
        (false, 0) => 0,
        (false, _) => Kind::Connector.exit_code(),
    })
}

/// The file is there before anything is tried: nobody waits for a report that cannot be written.
fn new_file(path: &Path) -> Result<fs_err::File, Error> {
    fs_err::File::create(path)
        .map_err(|error| Error::invalid("the report cannot be written").because(error))
}

fn field(text: &str) -> Result<Field, Error> {
    match text.split_once('=') {
        Some((name, value)) if !name.is_empty() => {
            Ok(Field { name: name.to_owned(), value: value.to_owned() })
        }
        _ => Err(Error::invalid("a value of `--field` is not `FIELD=VALUE`")
            .hint("write for example `--field bucket=sales`; secrets are made up")),
    }
}
