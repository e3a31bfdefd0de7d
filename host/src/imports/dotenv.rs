//! Connections in variables: what `connhub env` writes, read backwards, and addresses that hold a login.
//!
//! Which variables there are is said by the types; which of them tell that there is a connection, and of which type, by
//! `host/imports/dotenv.toml`.

use serde::Deserialize;

use super::record::Record;
use super::rules::{Rules, imported, leave_out_invalid};
use super::variables::{self, Variable};
use super::{
    AIRFLOW_PREFIX, Content, Entry, FieldFile, Found, Text, address, airflow_variables, derived,
};
use crate::consumers::{What, recognize};
use crate::model::types::catalog;
use crate::model::{Error, Secret};

const RULES: &str = include_str!("../../imports/dotenv.toml");

/// The data of this format.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Format {
    /// Variables that hold an address with a login.
    addresses: Vec<String>,
    /// Before the name of a connection: an address in the form of mc.
    mc: String,
    /// A variable with the connection string of an Azure account.
    azure: String,
    types: Vec<Kind>,
    /// How addresses become fields.
    address: Rules,
}

/// When there is a connection of a type.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Kind {
    name: String,
    /// One of these variables tells it.
    #[serde(default)]
    marks: Vec<String>,
    /// The type whose variables it shares, and whose place it takes if an address tells it.
    instead_of: Option<String>,
    /// The type whose addresses are its own, too, if it is asked for.
    same_as: Option<String>,
}

/// The connections of a text. With `only`, those of one type, whose variables need no other sign that they belong to it.
///
/// # Errors
/// A line is no variable.
pub fn read(text: Text<'_>, only: Option<&str>) -> Result<Found, Error> {
    let format: Format = toml::from_str(RULES).expect("a test reads it");
    let mut found = Found::default();
    let variables = last_ones(text, variables::read(text)?, &mut found.remarks);
    let (airflow, variables): (Vec<_>, Vec<_>) =
        variables.into_iter().partition(|one| one.name.starts_with(AIRFLOW_PREFIX));
    let airflow = airflow
        .iter()
        .filter(|_| only.is_none())
        .filter_map(|one| Some((one.name.as_str(), std::str::from_utf8(one.value.expose()).ok()?)));
    found.entries.extend(airflow_variables(airflow).entries);
    let (mut addresses, others) = addresses(text, &variables, &format);
    let kind = format.types.iter().find(|kind| Some(kind.name.as_str()) == only);
    if let Some(Kind { name, same_as: Some(other), .. }) = kind {
        let same = addresses.iter_mut().filter(|address| address.type_name == *other);
        same.for_each(|address| address.type_name.clone_from(name));
    }
    found.entries.extend(others.into_iter().filter(|_| only.is_none()));
    let mut groups = groups(&variables, &addresses, &format, only);
    for address in addresses {
        let is_same = |group: &&mut Group| {
            group.type_name == address.type_name
                && (group.name == address.name || group.name.is_none() || address.name.is_none())
                && !group.contradicts(&address)
        };
        match groups.iter_mut().find(is_same) {
            Some(group) => group.fill(address),
            None if only.is_none_or(|only| only == address.type_name) => groups.push(address),
            None => {}
        }
    }
    groups.sort_by_key(|group| group.line);
    found.entries.extend(groups.into_iter().map(|group| group.entry(text)));
    Ok(found)
}

/// Each name once, with its last value.
fn last_ones(text: Text<'_>, all: Vec<Variable>, remarks: &mut Vec<String>) -> Vec<Variable> {
    let mut kept: Vec<Variable> = Vec::with_capacity(all.len());
    let mut places = std::collections::HashMap::new();
    for variable in all {
        match places.get(&variable.name) {
            Some(at) => {
                let before: &mut Variable = &mut kept[*at];
                let place = text.place(variable.line);
                remarks.push(format!(
                    "{place}: the variable is set in line {} already; the last value counts",
                    before.line
                ));
                *before = variable;
            }
            None => {
                places.insert(variable.name.clone(), kept.len());
                kept.push(variable);
            }
        }
    }
    kept
}

/// What variables say about one connection.
struct Group {
    type_name: String,
    name: Option<String>,
    line: usize,
    is_marked: bool,
    values: Vec<(String, Secret)>,
    files: Vec<FieldFile>,
}

impl Group {
    fn new(type_name: &str, name: Option<String>, line: usize) -> Self {
        let (values, files) = (Vec::new(), Vec::new());
        Self { type_name: type_name.to_owned(), name, line, is_marked: false, values, files }
    }

    fn add(&mut self, what: What, variable: &Variable) {
        self.line = self.line.min(variable.line);
        match what {
            What::Type => self.is_marked = true,
            What::Nothing => {}
            What::Field(field, value) => self.set(field, value),
            What::File(field) => {
                let path = String::from_utf8_lossy(variable.value.expose()).into_owned().into();
                if !self.files.iter().any(|known| known.field == field) {
                    self.files.push(FieldFile { field, path });
                }
            }
        }
    }

    /// The first value of a field counts: variables of the type stand before those of single programs.
    fn set(&mut self, field: String, value: Secret) {
        if !value.is_empty() && !self.values.iter().any(|(known, _)| *known == field) {
            self.values.push((field, value));
        }
    }

    /// Takes from another group what this one does not have.
    fn fill(&mut self, other: Self) {
        self.line = self.line.min(other.line);
        self.name = self.name.take().or(other.name);
        other.values.into_iter().for_each(|(field, value)| self.set(field, value));
        for file in other.files {
            if !self.files.iter().any(|known| known.field == file.field) {
                self.files.push(file);
            }
        }
    }

    /// Whether two groups say different things about a field.
    fn contradicts(&self, other: &Self) -> bool {
        self.values.iter().any(|(field, value)| {
            other.values.iter().any(|(known, other)| known == field && other != value)
        })
    }

    fn entry(mut self, text: Text<'_>) -> Entry {
        let place = text.place(self.line);
        let name = self.name.clone().unwrap_or_else(|| self.type_name.clone());
        let Some(schema) = catalog::find(&self.type_name) else {
            return Entry::skipped(&name, place, "its type is not known");
        };
        // `connhub env` writes what goes without saying, too.
        let implied =
            |field: &str| schema.fields.iter().find(|one| one.name == field)?.default.clone();
        self.values.retain(|(field, value)| {
            implied(field).as_deref().map(str::as_bytes) != Some(value.expose())
        });
        let has = |field: &String| self.values.iter().any(|(known, _)| known == field);
        self.files.retain(|file| !has(&file.field));
        let mut imported = imported(&self.type_name, schema, self.values, self.files, &[]);
        let remarks = leave_out_invalid(schema, &mut imported);
        imported.draft.name = derived(&name);
        Entry { source: name, place, content: Content::Connection(Box::new(imported)), remarks }
    }
}

/// Everything that says that it is a connection. Variables without a name in theirs belong to the only one that has a name.
fn groups(
    variables: &[Variable],
    addresses: &[Group],
    format: &Format,
    only: Option<&str>,
) -> Vec<Group> {
    let by_address = |name: &str| addresses.iter().any(|one| one.type_name == name);
    let is_replaced = |kind: &Kind| {
        let mut others = format.types.iter();
        others.any(|other| other.instead_of.as_ref() == Some(&kind.name) && by_address(&other.name))
    };
    let mut all = Vec::new();
    // A type that only an address tells leaves to others what is theirs.
    let mut claimed: Vec<&str> = Vec::new();
    let (marked, unmarked): (Vec<&Kind>, Vec<&Kind>) =
        format.types.iter().partition(|kind| !kind.marks.is_empty());
    for kind in marked.into_iter().chain(unmarked) {
        if only.is_some_and(|only| only != kind.name) || is_replaced(kind) {
            continue;
        }
        let free = |variable: &&Variable| !claimed.contains(&variable.name.as_str());
        let free: Vec<&Variable> = match kind.marks.is_empty() && only.is_none() {
            true => variables.iter().filter(free).collect(),
            false => variables.iter().collect(),
        };
        let (mut unnamed, named) = of_type(&free, kind);
        unnamed.is_marked |= only.is_some() && !unnamed.values.is_empty();
        unnamed.is_marked |= by_address(&kind.name) && !unnamed.values.is_empty();
        if unnamed.is_marked {
            claimed.extend(free.iter().filter(|one| is_of(kind, one)).map(|one| one.name.as_str()));
        }
        let mut named: Vec<Group> = named.into_iter().filter(|group| group.is_marked).collect();
        match named.as_mut_slice() {
            [one] if !one.contradicts(&unnamed) => one.fill(unnamed),
            _ if unnamed.is_marked => named.insert(0, unnamed),
            _ => {}
        }
        all.extend(named);
    }
    all
}

fn is_of(kind: &Kind, variable: &Variable) -> bool {
    let schema = catalog::find(&kind.name);
    schema.is_some_and(|schema| !recognize(schema, &variable.name, &variable.value).is_empty())
}

fn of_type(variables: &[&Variable], kind: &Kind) -> (Group, Vec<Group>) {
    let mut unnamed = Group::new(&kind.name, None, usize::MAX);
    let mut named: Vec<Group> = Vec::new();
    let Some(schema) = catalog::find(&kind.name) else { return (unnamed, named) };
    let mut later = Vec::new();
    for variable in variables {
        unnamed.is_marked |= kind.marks.contains(&variable.name) && !variable.value.is_empty();
        for said in recognize(schema, &variable.name, &variable.value) {
            let is_of_field = schema.fields.iter().any(|field| field.env.contains(&variable.name));
            match said.name.map(|name| name.to_ascii_lowercase().replace('_', "-")) {
                None if is_of_field => unnamed.add(said.what, variable),
                None => later.push((said.what, variable)),
                Some(name) => {
                    let at = named.iter().position(|one| one.name.as_ref() == Some(&name));
                    let at = at.unwrap_or_else(|| {
                        named.push(Group::new(&kind.name, Some(name), variable.line));
                        named.len() - 1
                    });
                    named[at].add(said.what, variable);
                }
            }
        }
    }
    later.into_iter().for_each(|(what, variable)| unnamed.add(what, variable));
    (unnamed, named)
}

/// What addresses with a login say, and those that say nothing of use.
fn addresses(text: Text<'_>, variables: &[Variable], format: &Format) -> (Vec<Group>, Vec<Entry>) {
    let (mut groups, mut others): (Vec<Group>, Vec<Entry>) = (Vec::new(), Vec::new());
    for variable in variables {
        let group = match of_address(text, variable, format) {
            None => continue,
            Some(Err(other)) => {
                others.push(other);
                continue;
            }
            Some(Ok(group)) => group,
        };
        let same = groups.iter_mut().find(|known| {
            known.type_name == group.type_name
                && known.name == group.name
                && !known.contradicts(&group)
        });
        match same {
            Some(known) => known.fill(group),
            None => groups.push(group),
        }
    }
    (groups, others)
}

/// What the address in a variable says; none if it is no such variable.
fn of_address(
    text: Text<'_>,
    variable: &Variable,
    format: &Format,
) -> Option<Result<Group, Entry>> {
    let value = std::str::from_utf8(variable.value.expose()).ok()?;
    let mut record = Record::new(&variable.name, text.place(variable.line));
    let mut name = None;
    if format.addresses.contains(&variable.name) {
        if address::read(value, &mut record).is_err() {
            let why = "is no address with a scheme";
            return Some(Err(Entry::skipped(&record.name, record.place, why)));
        }
    } else if let Some(alias) = variable.name.strip_prefix(&format.mc) {
        name = Some(alias.to_ascii_lowercase().replace('_', "-"));
        of_mc(value, &mut record)?;
    } else if variable.name == format.azure {
        of_azure(value, &mut record);
    } else {
        return None;
    }
    simplify(&mut record);
    let entry = format.address.apply(record);
    let Content::Connection(found) = entry.content else { return Some(Err(entry)) };
    let draft = found.draft;
    let mut group = Group::new(&draft.type_name, name, variable.line);
    let visible = draft.fields.into_iter().map(|one| (one.name, Secret::from(one.value)));
    let secret = draft.secrets.into_iter().map(|one| (one.name, one.value));
    visible.chain(secret).for_each(|(field, value)| group.set(field, value));
    Some(Ok(group))
}

/// `https://KEY:SECRET[:TOKEN]@HOST`, as it is, without escapes: cmd/config.go of minio/mc.
fn of_mc(value: &str, record: &mut Record) -> Option<()> {
    let (scheme, rest) = value.split_once("://")?;
    let (login, host) = rest.rsplit_once('@')?;
    let mut parts = login.splitn(3, ':');
    record.set("conn_type", Secret::from("mc".to_owned()));
    for key in ["login", "password", "token"] {
        let part = parts.next().unwrap_or_default();
        record.set(key, Secret::new(part.as_bytes().to_vec()));
    }
    record.set("url", Secret::from(format!("{scheme}://{}", host.trim_end_matches('/'))));
    Some(())
}

/// `KEY=VALUE;KEY=VALUE`.
fn of_azure(value: &str, record: &mut Record) {
    record.set("conn_type", Secret::from("azure".to_owned()));
    for (key, value) in value.split(';').filter_map(|pair| pair.split_once('=')) {
        record.set(&key.trim().to_ascii_lowercase(), Secret::from(value.to_owned()));
    }
}

/// `postgresql+asyncpg` is `postgresql`; hosts with their ports are one value for those that take several.
fn simplify(record: &mut Record) {
    let scheme = record.text("conn_type").unwrap_or_default().to_owned();
    if scheme != "mongodb+srv" {
        let short = scheme.split('+').next().unwrap_or_default().to_owned();
        record.set("conn_type", Secret::from(short));
    }
    if let Some(host) = record.text("host") {
        let port = record.text("port").map(|port| format!(":{port}")).unwrap_or_default();
        let authority = format!("{host}{port}");
        record.set("authority", Secret::from(authority));
    }
}
