//! `connhub create` at a terminal: what is missing is asked for, one thing after the other, and checked at once.
//!
//! The way to log in comes first, since it decides which fields there are. Nothing is written before the person has seen all of it.

use jiff::Timestamp;

use super::app::App;
use super::input::Given;
use crate::model::types::{
    AuthMethod, FieldKind, FieldSpec, Mode, TypeSchema, catalog, check_name,
};
use crate::model::{Description, Error, Field, Kind};
use crate::operations::{Input, Schema, preview};
use crate::ui::json::Entry;
use crate::ui::view::Place;
use crate::ui::{self, Answer, Talk, Tone, view};

/// The field that names the way to log in.
const AUTH_METHOD: &str = "auth_method";

/// Whether somebody was asked for more than secrets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Asked {
    No,
    Yes,
}

/// The type; name and type are asked for if they are not given.
///
/// # Errors
/// Nobody can be asked, or there is no such type.
pub(super) fn schema(
    given: &mut Given,
    description: Option<&Description>,
    app: &App,
) -> Result<(Schema, Asked), Error> {
    let talk = app.console.talk();
    let mut asked = Asked::No;
    if given.name.is_empty() && ui::is_interactive() {
        asked = Asked::Yes;
        given.name = until(talk, "name", |name| check_name(name).map_err(|wrong| wrong.message))?;
    }
    if given.type_name.is_none() {
        if !ui::is_interactive() {
            return Err(no_type());
        }
        asked = Asked::Yes;
        given.type_name = Some(ask_type(description, talk)?);
    }
    let type_name = given.type_name.as_deref().unwrap_or_default();
    Ok((Schema::of(description, type_name)?, asked))
}

/// Asks for the fields, if one that is visible is missing or something was asked for already. Secrets alone are asked for elsewhere.
///
/// # Errors
/// The person interrupted.
pub(super) fn fields(
    given: &mut Given,
    schema: &Schema,
    asked: Asked,
    app: &App,
) -> Result<Asked, Error> {
    let is_needed = asked == Asked::Yes || is_incomplete(given, &schema.fields);
    if !is_needed || !ui::is_interactive() {
        return Ok(asked);
    }
    let talk = app.console.talk();
    talk.line("Enter leaves out what is optional, and takes what stands in brackets; Ctrl-C writes nothing.");
    let schema = &schema.fields;
    let method = ask_method(given, schema, talk)?;
    for spec in &schema.fields {
        if is_asked_for(spec, schema, method.as_ref()) && !is_given(given, schema, spec) {
            ask_field(given, schema, spec, is_required(spec, method.as_ref()), talk)?;
        }
    }
    for group in &schema.any_of {
        while !group
            .iter()
            .any(|name| schema.field(name).is_some_and(|spec| is_given(given, schema, spec)))
        {
            talk.warning(&format!("one of `{}` is needed", group.join("`, `")));
            for spec in group.iter().filter_map(|name| schema.field(name)) {
                ask_field(given, schema, spec, false, talk)?;
            }
        }
    }
    Ok(Asked::Yes)
}

/// Shows what will be written, and asks whether to.
///
/// # Errors
/// The person said no, or interrupted.
pub(super) fn confirm(
    schema: &Schema,
    place: Place<'_>,
    scope: Option<String>,
    input: &Input,
    app: &App,
) -> Result<(), Error> {
    let talk = app.console.talk();
    let connection = preview(schema, scope, input);
    let mut screen = Vec::new();
    let Place { backend, scope_word } = place;
    let entry = Entry { backend, connection: &connection };
    // Writing into memory does not fail.
    view::description(entry, scope_word, Timestamp::now(), &mut screen, talk.style())
        .unwrap_or_default();
    talk.write(&format!("\n{}\n", String::from_utf8_lossy(&screen).trim_end()));
    match ui::agree(talk, "store it?")? {
        Answer::Yes => Ok(()),
        Answer::No => Err(Error::new(Kind::Other, "nothing was written")),
    }
}

fn no_type() -> Error {
    Error::invalid("no connection type is given")
        .hint("add `--type TYPE`, for example `--type s3`; `connhub types` lists them")
}

/// Asks again until an answer is right.
fn until(
    talk: &Talk,
    label: &str,
    check: impl Fn(&str) -> Result<(), String>,
) -> Result<String, Error> {
    loop {
        let typed = ui::line(talk, label)?;
        match check(&typed) {
            Ok(()) => return Ok(typed),
            Err(message) => talk.warning(&format!("it {message}")),
        }
    }
}

fn ask_type(description: Option<&Description>, talk: &Talk) -> Result<String, Error> {
    let own = description.into_iter().flat_map(|known| &known.types);
    let mut names: Vec<String> = own.map(|known| known.name.clone()).collect();
    if description.is_none_or(|known| known.types.is_empty()) {
        names = catalog::names().map(str::to_owned).collect();
    }
    talk.line(&format!("types: {}", names.join(", ")));
    let check = |typed: &str| match Schema::of(description, typed) {
        Ok(_) if !typed.is_empty() && catalog::canonical(typed).is_some() => Ok(()),
        Ok(_) if names.iter().any(|name| name == typed) => Ok(()),
        Ok(_) => Err(Schema::of(None, typed).err().unwrap_or_else(no_type)),
        Err(error) => Err(error),
    };
    let in_words = |error: Error| match error.hints.first() {
        Some(hint) => format!("cannot be taken: {}; {hint}", error.message),
        None => format!("cannot be taken: {}", error.message),
    };
    until(talk, "type", |typed| check(typed).map_err(in_words))
}

/// Whether something visible that is needed is not there.
fn is_incomplete(given: &Given, schema: &TypeSchema) -> bool {
    let names = given.names();
    let missing = schema.missing(&names, given.literal(AUTH_METHOD, schema));
    missing.iter().any(|spec| !spec.secret)
        || schema.any_of.iter().any(|group| {
            let has = |name: &String| {
                schema.field(name).is_some_and(|spec| is_given(given, schema, spec))
            };
            !group.iter().any(has)
        })
}

fn is_given(given: &Given, schema: &TypeSchema, spec: &FieldSpec) -> bool {
    given.names().iter().any(|name| schema.field(name).is_some_and(|known| known.name == spec.name))
}

/// The way to log in: as given, as the given fields say, or as the person says.
fn ask_method(
    given: &mut Given,
    schema: &TypeSchema,
    talk: &Talk,
) -> Result<Option<AuthMethod>, Error> {
    let Some(auth) = &schema.auth else { return Ok(None) };
    if let Some(method) = given.literal(AUTH_METHOD, schema).and_then(|name| auth.method(name)) {
        return Ok(Some(method.clone()));
    }
    let names: Vec<String> = given
        .names()
        .iter()
        .filter_map(|name| schema.field(name).map(|spec| spec.name.clone()))
        .filter(|name| auth.governs(name))
        .collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    if !names.is_empty() || auth.methods.len() < 2 {
        return Ok(Some(auth.infer(&names).clone()));
    }
    talk.line("ways to log in:");
    for method in &auth.methods {
        talk.line(&format!("  {} - {}", method.name, method.description));
    }
    let label = format!("{AUTH_METHOD} [{}]", auth.default);
    let typed = until(talk, &label, |typed| match auth.method(typed) {
        None if !typed.is_empty() => Err("is none of these ways".to_owned()),
        _ => Ok(()),
    })?;
    let method = auth.method(&typed).or_else(|| auth.method(&auth.default));
    if let Some(method) = method {
        given.answer(AUTH_METHOD, method.name.clone());
    }
    Ok(method.cloned())
}

/// What most people need, and what the way to log in needs.
fn is_asked_for(spec: &FieldSpec, schema: &TypeSchema, method: Option<&AuthMethod>) -> bool {
    let governed = schema.auth.as_ref().is_some_and(|auth| auth.governs(&spec.name));
    let fits = !governed || method.is_some_and(|method| method.can_use(&spec.name));
    let is_usual = !spec.advanced || is_required(spec, method);
    spec.name != AUTH_METHOD && !spec.unsupported && fits && is_usual
}

fn is_required(spec: &FieldSpec, method: Option<&AuthMethod>) -> bool {
    spec.required || method.is_some_and(|method| method.required.contains(&spec.name))
}

fn ask_field(
    given: &mut Given,
    schema: &TypeSchema,
    spec: &FieldSpec,
    is_required: bool,
    talk: &Talk,
) -> Result<(), Error> {
    talk.write(&format!("{}\n", talk.style().paint(Tone::Faint, &spec.description)));
    if spec.secret {
        return ask_secret(given, schema, spec, is_required, talk);
    }
    let label = label(spec, is_required);
    loop {
        let typed = ui::line(talk, &label)?;
        match (typed.is_empty(), &spec.default) {
            (true, Some(_)) => return Ok(()),
            (true, None) if !is_required => return Ok(()),
            (true, None) => talk.warning("it is needed"),
            (false, _) => match file_of(spec, &typed) {
                Some(path) => {
                    given.answer_file(&spec.name, path);
                    return Ok(());
                }
                None => match check(schema, spec, &typed) {
                    Ok(()) => {
                        given.answer(&spec.name, typed);
                        return Ok(());
                    }
                    Err(message) => talk.warning(&format!("it {message}")),
                },
            },
        }
    }
}

fn ask_secret(
    given: &mut Given,
    schema: &TypeSchema,
    spec: &FieldSpec,
    is_required: bool,
    talk: &Talk,
) -> Result<(), Error> {
    let label = match (is_required, has_lines(spec)) {
        (true, false) => spec.name.clone(),
        (true, true) => format!("{} (`@FILE` reads a file)", spec.name),
        (false, false) => format!("{} (optional)", spec.name),
        (false, true) => format!("{} (optional; `@FILE` reads a file)", spec.name),
    };
    loop {
        let Some(secret) = ui::secret_or_nothing(talk, &label)? else {
            if !is_required {
                return Ok(());
            }
            talk.warning("it is needed");
            continue;
        };
        let path = std::str::from_utf8(secret.expose()).ok().and_then(|text| file_of(spec, text));
        if let Some(path) = path {
            given.answer_file(&spec.name, path);
            return Ok(());
        }
        match schema.normalize_secret(&spec.name, secret) {
            Ok(secret) => {
                given.answer_secret(&spec.name, secret);
                return Ok(());
            }
            Err(problem) => talk.warning(&format!("it {}", problem.message)),
        }
    }
}

/// Values of several lines cannot be typed.
fn has_lines(spec: &FieldSpec) -> bool {
    matches!(spec.kind, FieldKind::Pem | FieldKind::Json)
}

fn file_of<'a>(spec: &FieldSpec, typed: &'a str) -> Option<&'a str> {
    typed.strip_prefix('@').filter(|path| has_lines(spec) && !path.is_empty())
}

fn check(schema: &TypeSchema, spec: &FieldSpec, typed: &str) -> Result<(), String> {
    let field = [Field { name: spec.name.clone(), value: typed.to_owned() }];
    let checked = schema.validate(&field, &[], &[], Mode::Update);
    match checked.err().and_then(|problems| problems.into_iter().next()) {
        Some(problem) => Err(problem.message),
        None => Ok(()),
    }
}

/// `region [us-east-1]`, `bucket (optional, for example sales-raw)`.
fn label(spec: &FieldSpec, is_required: bool) -> String {
    let name = &spec.name;
    if let Some(default) = &spec.default {
        return format!("{name} [{default}]");
    }
    let optional = (!is_required).then(|| "optional".to_owned());
    let choices = (!spec.choices.is_empty()).then(|| spec.choices.join(", "));
    let example = spec.example.as_ref().filter(|_| spec.choices.is_empty());
    let example = example.map(|example| format!("for example {example}"));
    let file = has_lines(spec).then(|| "`@FILE` reads a file".to_owned());
    let notes: Vec<String> = [optional, choices, example, file].into_iter().flatten().collect();
    match notes.is_empty() {
        true => name.clone(),
        false => format!("{name} ({})", notes.join("; ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spec(type_name: &str, field: &str) -> FieldSpec {
        let schema = catalog::find(type_name).expect("the type exists");
        schema.field(field).expect("the field exists").clone()
    }

    #[test]
    fn labels_say_what_can_be_typed() {
        let check = |type_name: &str, field: &str, is_required, expected: &str| {
            assert_eq!(label(&spec(type_name, field), is_required), expected);
        };
        check("s3", "region", false, "region [us-east-1]");
        check("s3", "bucket", false, "bucket (optional; for example sales-raw)");
        check("postgresql", "host", true, "host (for example db.example.com)");
        check(
            "postgresql",
            "ssl_mode",
            false,
            "ssl_mode (optional; disable, allow, prefer, require, verify-ca, verify-full)",
        );
        check(
            "postgresql",
            "ca_certificate",
            false,
            "ca_certificate (optional; `@FILE` reads a file)",
        );
    }

    #[test]
    fn only_what_belongs_to_the_way_to_log_in_is_asked_for() {
        let schema = catalog::find("s3").expect("the type exists");
        let auth = schema.auth.as_ref().expect("it has methods");
        let asked = |method: &str| -> Vec<&str> {
            let method = auth.method(method);
            let fields = schema.fields.iter().filter(|spec| is_asked_for(spec, schema, method));
            fields.map(|spec| spec.name.as_str()).collect()
        };
        assert_eq!(
            asked("access_key"),
            ["endpoint", "bucket", "prefix", "region", "access_key_id", "secret_access_key"]
        );
        assert_eq!(asked("anonymous"), ["endpoint", "bucket", "prefix", "region"]);
    }

    #[test]
    fn answers_are_checked_at_once() {
        let schema = catalog::find("postgresql").expect("the type exists");
        assert!(check(schema, &spec("postgresql", "port"), "5432").is_ok());
        assert!(check(schema, &spec("postgresql", "port"), "x").is_err());
        assert!(check(schema, &spec("postgresql", "ssl_mode"), "never").is_err());
    }
}
