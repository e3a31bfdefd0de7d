//! A connection of a type, made up: every field that is needed, and a secret.

use crate::model::types::{AUTH_METHOD, FieldKind, FieldSpec, Mode, TypeSchema};
use crate::model::{Draft, Field, Secret, SecretField};

/// A connection that a backend should take.
#[derive(Clone, Debug)]
pub struct Sample {
    /// The connection, without a name.
    pub draft: Draft,
    /// A visible field with another value, if the type has one that may be changed.
    pub change: Option<Field>,
}

/// Makes up a connection of a type. `given` are visible values that somebody who knows the backend has chosen; `canary` makes a new
/// secret of letters and digits.
///
/// # Errors
/// No value can be made up for a field. The text names it.
pub fn sample(
    schema: &TypeSchema,
    type_name: &str,
    given: &[Field],
    mut canary: impl FnMut() -> Secret,
) -> Result<Sample, String> {
    let mut why = String::new();
    for (extent, method) in ways(schema) {
        let names = names(schema, method, extent, given);
        match filled(schema, &names, given) {
            Ok((fields, secrets)) => {
                let secret = |name: String| SecretField { name, value: canary() };
                let draft = Draft {
                    type_name: type_name.to_owned(),
                    secrets: secrets.into_iter().map(secret).collect(),
                    fields,
                    ..Draft::default()
                };
                return Ok(Sample { change: change(schema, &draft, given), draft });
            }
            Err(error) => why = error,
        }
    }
    Err(why)
}

/// How many fields are filled in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Extent {
    /// Those that most people fill in: a backend may need more than the type does.
    Usual,
    /// Those that the type needs.
    Needed,
}

/// What to try, the best first.
fn ways(schema: &TypeSchema) -> Vec<(Extent, Option<&str>)> {
    let methods = methods(schema);
    let all = [Extent::Usual, Extent::Needed].into_iter();
    all.flat_map(|extent| methods.iter().map(move |method| (extent, *method))).collect()
}

/// The ways to log in to try: those with a secret first.
fn methods(schema: &TypeSchema) -> Vec<Option<&str>> {
    let Some(auth) = &schema.auth else { return vec![None] };
    let is_secret = |name: &String| schema.field(name).is_some_and(|field| field.secret);
    let mut methods: Vec<_> = auth.methods.iter().collect();
    methods.sort_by_key(|method| !method.required.iter().any(is_secret));
    methods.into_iter().map(|method| Some(method.name.as_str())).collect()
}

/// The fields to fill in: what is needed, what is given, and at least one secret if the type has one.
fn names(
    schema: &TypeSchema,
    method: Option<&str>,
    extent: Extent,
    given: &[Field],
) -> Vec<String> {
    let mut names: Vec<String> = given
        .iter()
        .map(|field| schema.field(&field.name).map_or(&field.name, |known| &known.name).clone())
        .collect();
    let needed = schema.missing(&[], method);
    let any_of = schema.any_of.iter().filter_map(|group| {
        group.iter().find(|name| schema.holds(name)).and_then(|name| schema.field(name))
    });
    let is_usual = |field: &&FieldSpec| {
        let is_login = schema.auth.as_ref().is_some_and(|auth| auth.governs(&field.name));
        extent == Extent::Usual
            && !(field.advanced || field.secret || field.unsupported || is_login)
            && field.name != AUTH_METHOD
            && value(field).is_some()
    };
    let usual = schema.fields.iter().filter(is_usual);
    for field in needed.into_iter().chain(any_of).chain(usual) {
        if !names.contains(&field.name) {
            names.push(field.name.clone());
        }
    }
    let is_secret = |name: &String| schema.field(name).is_some_and(|field| field.secret);
    if !names.iter().any(is_secret) {
        let of_no_method =
            |field: &&FieldSpec| schema.auth.as_ref().is_none_or(|auth| !auth.governs(&field.name));
        let mut secrets = schema.fields.iter().filter(|field| field.secret && !field.unsupported);
        names.extend(secrets.find(of_no_method).map(|field| field.name.clone()));
    }
    names
}

/// The visible fields in normal form, and the names of the secrets.
fn filled(
    schema: &TypeSchema,
    names: &[String],
    given: &[Field],
) -> Result<(Vec<Field>, Vec<String>), String> {
    let mut fields = Vec::new();
    let mut secrets = Vec::new();
    for name in names {
        let own = given.iter().find(|field| same_field(schema, &field.name, name));
        match (own, schema.field(name)) {
            (Some(own), _) => fields.push(Field { name: name.clone(), value: own.value.clone() }),
            (None, Some(field)) if field.secret => match field.kind {
                FieldKind::Json | FieldKind::Pem => {
                    return Err(format!("no secret can be made up for `{name}`"));
                }
                _ => secrets.push(name.clone()),
            },
            (None, Some(field)) => {
                let value = value(field).ok_or_else(|| cannot(name))?;
                fields.push(Field { name: name.clone(), value });
            }
            (None, None) => return Err(cannot(name)),
        }
    }
    let secret_names: Vec<&str> = secrets.iter().map(String::as_str).collect();
    let valid = schema.validate(&fields, &secret_names, &[], Mode::Create).map_err(|problems| {
        let problem = problems.first();
        problem
            .map_or_else(String::new, |problem| format!("`{}` {}", problem.field, problem.message))
    })?;
    Ok((valid.fields, valid.secret_names))
}

fn same_field(schema: &TypeSchema, one: &str, other: &str) -> bool {
    let canonical = |name| schema.field(name).map(|field| &field.name);
    one == other || (canonical(one).is_some() && canonical(one) == canonical(other))
}

fn cannot(name: &str) -> String {
    format!("no value can be made up for `{name}`; give one as `--field {name}=VALUE`")
}

/// A valid value of a visible field.
fn value(field: &FieldSpec) -> Option<String> {
    let known = field.example.as_ref().or(field.default.as_ref()).or(field.choices.first());
    if let Some(known) = known {
        return Some(known.clone());
    }
    if field.pattern.is_some() || field.backend_pattern.is_some() {
        return None;
    }
    let value = match field.kind {
        FieldKind::Text | FieldKind::List => "sample".to_owned(),
        FieldKind::Uri => match field.schemes.first() {
            Some(scheme) => format!("{scheme}://sample.example.com"),
            None => "https://sample.example.com/one".to_owned(),
        },
        FieldKind::Integer => field.min.unwrap_or(1).to_string(),
        FieldKind::Boolean => "true".to_owned(),
        FieldKind::Json if field.json_keys.is_empty() => "{}".to_owned(),
        FieldKind::Json | FieldKind::Pem => return None,
        FieldKind::Host | FieldKind::Address => "sample.example.com".to_owned(),
        FieldKind::Port => "8443".to_owned(),
        FieldKind::Path => "sample/one".to_owned(),
        FieldKind::Parameter => "sample=one".to_owned(),
    };
    Some(value)
}

/// Another value of a visible field, which says neither where the secrets go nor how they are used.
fn change(schema: &TypeSchema, draft: &Draft, given: &[Field]) -> Option<Field> {
    let changed = |field: &FieldSpec| {
        let before = draft.fields.iter().find(|own| own.name == field.name)?;
        let is_free = field.kind == FieldKind::Text
            && field.choices.is_empty()
            && field.backend_pattern.is_none()
            && !field.address
            && !schema.auth.as_ref().is_some_and(|auth| auth.governs(&field.name));
        let is_own = given.iter().any(|own| same_field(schema, &own.name, &field.name));
        (is_free && !is_own)
            .then(|| Field { name: field.name.clone(), value: format!("{}2", before.value) })
    };
    let valid = |field: &Field| {
        schema.validate(std::slice::from_ref(field), &[], &[], Mode::Update).is_ok()
    };
    schema.fields.iter().filter_map(changed).find(valid)
}
