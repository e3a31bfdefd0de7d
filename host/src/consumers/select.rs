//! Which variables of which connections a command gets, and under which names.

use std::collections::BTreeSet;
use std::str::FromStr;

use super::Opened;
use super::template::Template;
use super::values::Values;
use super::variables::{Form, Plan, Variable, is_name, plan};
use crate::model::Error;

/// What a user says about variables.
#[derive(Clone, Copy, Debug, Default)]
pub struct Selection<'a> {
    /// Fields and variables to keep; empty keeps all.
    pub only: &'a [String],
    /// What stands before each name.
    pub prefix: Option<&'a Prefix>,
    /// Variables besides those that programs know.
    pub map: &'a [Mapping],
}

/// What stands before the name of each variable; `{NAME}` in it is the name of the connection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Prefix(String);

/// A field and the variable that it goes to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mapping {
    /// The connection; none is each that has the field.
    pub connection: Option<String>,
    /// The field.
    pub field: String,
    /// The variable.
    pub variable: String,
}

impl FromStr for Prefix {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match is_name(&text.replace("{NAME}", "N")) {
            true => Ok(Self(text.replace("{NAME}", "@{NAME}"))),
            false => {
                Err("a prefix has letters, digits and `_`, a letter first, and perhaps `{NAME}`"
                    .to_owned())
            }
        }
    }
}

impl FromStr for Mapping {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (field, variable) = text.split_once('=').ok_or("write it as `FIELD=VARIABLE`")?;
        let (connection, field) = match field.split_once('#') {
            Some((connection, field)) => (Some(connection.to_owned()), field),
            None => (None, field),
        };
        match is_name(variable) && !field.is_empty() {
            true => Ok(Self { connection, field: field.to_owned(), variable: variable.to_owned() }),
            false => {
                Err("the name of a variable has letters, digits and `_`, and no digit first"
                    .to_owned())
            }
        }
    }
}

/// The variables of several connections together.
///
/// # Errors
/// A word of the selection means nothing, two connections want different values for one variable, or a value cannot be in one.
pub fn select(opened: &[Opened<'_>], selection: Selection<'_>) -> Result<Plan, Error> {
    let mut plans = Vec::with_capacity(opened.len());
    for one in opened {
        let mut plan = plan(*one);
        mapped(*one, selection.map, &mut plan);
        plans.push(plan);
    }
    check_words(opened, &plans, selection)?;
    for (plan, opened) in plans.iter_mut().zip(opened) {
        plan.set.retain(|variable| is_wanted(variable, selection.only));
        if let Some(prefix) = selection.prefix {
            prefix.put(plan, *opened);
        }
        if !selection.only.is_empty() || selection.prefix.is_some() {
            plan.removed.clear();
        }
        plan.set.iter().try_for_each(|variable| check_value(variable, *opened))?;
    }
    joined(opened, plans)
}

impl Prefix {
    fn put(&self, plan: &mut Plan, opened: Opened<'_>) {
        let template = Template::parse(&self.0).ok();
        let prefix = template.and_then(|template| template.fill(&Values::new(opened)));
        let prefix = prefix.map(|value| String::from_utf8_lossy(value.bytes()).into_owned());
        for variable in &mut plan.set {
            variable.name.insert_str(0, prefix.as_deref().unwrap_or_default());
        }
    }
}

fn mapped(opened: Opened<'_>, map: &[Mapping], plan: &mut Plan) {
    let values = Values::new(opened);
    for mapping in map.iter().filter(|mapping| mapping.is_for(opened)) {
        let field = values.canonical(&mapping.field);
        if let Some(value) = values.get(&field) {
            plan.set.retain(|variable| variable.name != mapping.variable);
            plan.set.push(Variable::new(mapping.variable.clone(), value, Form::Text, vec![field]));
        }
    }
}

impl Mapping {
    fn is_for(&self, opened: Opened<'_>) -> bool {
        self.connection.as_ref().is_none_or(|name| *name == opened.connection.name)
    }
}

/// A variable is meant by its name, or by all the fields that it is made from.
fn is_wanted(variable: &Variable, only: &[String]) -> bool {
    let is_named = |name: &String| only.contains(name);
    only.is_empty()
        || is_named(&variable.name)
        || (!variable.fields.is_empty() && variable.fields.iter().all(is_named))
}

fn check_words(
    opened: &[Opened<'_>],
    plans: &[Plan],
    selection: Selection<'_>,
) -> Result<(), Error> {
    let knows = |word: &String| {
        plans
            .iter()
            .flat_map(|plan| &plan.set)
            .any(|variable| variable.name == *word || variable.fields.contains(word))
    };
    if let Some(word) = selection.only.iter().find(|word| !knows(word)) {
        return Err(nothing_named(word, opened, plans));
    }
    let has_field = |mapping: &Mapping| {
        opened.iter().filter(|one| mapping.is_for(**one)).any(|one| {
            let values = Values::new(*one);
            values.get(&values.canonical(&mapping.field)).is_some()
        })
    };
    match selection.map.iter().find(|mapping| !has_field(mapping)) {
        Some(mapping) => Err(nothing_named(&mapping.field, opened, &[])),
        None => Ok(()),
    }
}

fn nothing_named(word: &str, opened: &[Opened<'_>], plans: &[Plan]) -> Error {
    let names: Vec<_> = opened.iter().map(|one| format!("`{}`", one.connection.name)).collect();
    let fields: BTreeSet<&str> =
        opened.iter().flat_map(|one| Values::new(*one).stored_names()).collect();
    let variables: BTreeSet<&str> =
        plans.iter().flat_map(|plan| &plan.set).map(|variable| variable.name.as_str()).collect();
    let what = if plans.is_empty() { "field" } else { "field or variable" };
    let mut error = Error::invalid(format!("{} has no {what} `{word}`", names.join(", ")))
        .hint(format!("the fields are {}", fields.into_iter().collect::<Vec<_>>().join(", ")));
    if !variables.is_empty() {
        let variables: Vec<&str> = variables.into_iter().collect();
        error = error.hint(format!("the variables are {}", variables.join(", ")));
    }
    error
}

/// The system ends a value at a zero byte, so what comes after it would be lost.
fn check_value(variable: &Variable, opened: Opened<'_>) -> Result<(), Error> {
    if variable.form == Form::File || !variable.value.expose().contains(&0) {
        return Ok(());
    }
    let fields = variable.fields.join("`, `");
    Err(Error::invalid(format!(
        "`{fields}` of `{}` holds a zero byte, which no environment variable can",
        opened.connection.name
    ))
    .hint("leave it out with `--only`, and take it with `connhub get NAME --reveal FIELD`"))
}

fn joined(opened: &[Opened<'_>], plans: Vec<Plan>) -> Result<Plan, Error> {
    let mut joined: Vec<(usize, Variable)> = Vec::new();
    let mut removed = BTreeSet::new();
    for (index, plan) in plans.into_iter().enumerate() {
        for variable in plan.set {
            match joined.iter().find(|(_, known)| known.name == variable.name) {
                None => joined.push((index, variable)),
                Some((_, known))
                    if known.value == variable.value && known.form == variable.form => {}
                Some((first, _)) => {
                    return Err(clash(&variable.name, opened[*first], opened[index]));
                }
            }
        }
        removed.extend(plan.removed);
    }
    let set: Vec<Variable> = joined.into_iter().map(|(_, variable)| variable).collect();
    removed.retain(|name| !set.iter().any(|variable| variable.name == *name));
    Ok(Plan { set, removed })
}

fn clash(variable: &str, first: Opened<'_>, second: Opened<'_>) -> Error {
    let (first, second) = (&first.connection.name, &second.connection.name);
    Error::invalid(format!("`{first}` and `{second}` want different values for `{variable}`"))
        .hint("tell them apart with `--prefix '{NAME}_'`, and the variables begin with the name of their connection")
        .hint(format!(
            "or name the few that you need: `--only` keeps fields or variables, `--map '{second}#FIELD=VARIABLE'` adds one"
        ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Connection, Field, Kind, Secret, SecretField};

    fn s3(name: &str, key: &str) -> (Connection, Vec<SecretField>) {
        let field =
            |name: &str, value: &str| Field { name: name.to_owned(), value: value.to_owned() };
        let connection = Connection {
            name: name.to_owned(),
            type_name: "s3".to_owned(),
            fields: vec![field("bucket", "raw"), field("access_key_id", key)],
            ..Connection::default()
        };
        let value = Secret::from(format!("secret of {name}"));
        (connection, vec![SecretField { name: "secret_access_key".to_owned(), value }])
    }

    fn run(
        connections: &[(Connection, Vec<SecretField>)],
        only: &[&str],
        prefix: Option<&str>,
        map: &[&str],
    ) -> Result<Plan, Error> {
        let only: Vec<String> = only.iter().map(ToString::to_string).collect();
        let map: Vec<Mapping> = map.iter().map(|text| text.parse().unwrap()).collect();
        let prefix: Option<Prefix> = prefix.map(|text| text.parse().unwrap());
        let opened: Vec<Opened<'_>> = connections
            .iter()
            .map(|(connection, secrets)| Opened { connection, secrets })
            .collect();
        select(&opened, Selection { only: &only, prefix: prefix.as_ref(), map: &map })
    }

    fn names(plan: &Plan) -> Vec<&str> {
        plan.set.iter().map(|variable| variable.name.as_str()).collect()
    }

    #[test]
    fn only_what_is_named_is_kept() {
        let lake = [s3("lake", "A")];
        let plan = run(&lake, &["AWS_ACCESS_KEY_ID", "bucket"], None, &[]).unwrap();
        assert_eq!(names(&plan), ["AWS_S3_BUCKET", "AWS_ACCESS_KEY_ID"]);
        assert!(plan.removed.is_empty());
        let error = run(&lake, &["bukket"], None, &[]).unwrap_err();
        assert_eq!(
            (error.kind, error.message.as_str()),
            (Kind::Invalid, "`lake` has no field or variable `bukket`")
        );
    }

    #[test]
    fn fields_go_to_variables_of_any_name() {
        let lake = [s3("lake", "A")];
        let plan = run(&lake, &["MY_KEY"], None, &["secret_key=MY_KEY"]).unwrap();
        assert_eq!(names(&plan), ["MY_KEY"]);
        assert!(plan.set[0].is_secret);
        assert!(run(&lake, &[], None, &["nothing=MY_KEY"]).is_err());
        assert!(run(&lake, &[], None, &["other#bucket=MY_KEY"]).is_err());
        for text in ["a", "=A", "a=1A", "a=A B", "a="] {
            assert!(text.parse::<Mapping>().is_err(), "{text}");
        }
    }

    #[test]
    fn connections_that_clash_are_told_apart() {
        let two = [s3("lake", "A"), s3("sea", "B")];
        let error = run(&two, &[], None, &[]).unwrap_err();
        assert_eq!(error.message, "`lake` and `sea` want different values for `AWS_ACCESS_KEY_ID`");
        assert!(error.hints[0].contains("--prefix '{NAME}_'"));
        let plan = run(&two, &["access_key_id"], Some("{NAME}_"), &[]).unwrap();
        assert!(names(&plan).contains(&"LAKE_AWS_ACCESS_KEY_ID"), "{:?}", names(&plan));
        assert!(names(&plan).contains(&"SEA_AWS_ACCESS_KEY_ID"));
        let plan = run(&two, &["bucket", "K"], None, &["sea#access_key_id=K"]).unwrap();
        assert_eq!(names(&plan), ["AWS_S3_BUCKET", "K"]);
        assert!("1_".parse::<Prefix>().is_err() && "a-".parse::<Prefix>().is_err());
    }

    #[test]
    fn what_no_variable_can_hold_is_refused() {
        let (connection, mut secrets) = s3("lake", "A");
        secrets[0].value = Secret::new(b"a\0b".to_vec());
        let error = run(&[(connection, secrets)], &[], None, &[]).unwrap_err();
        assert!(
            error.message.starts_with("`secret_access_key` of `lake` holds a zero byte"),
            "{error}"
        );
    }
}
