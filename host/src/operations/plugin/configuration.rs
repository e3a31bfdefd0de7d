//! `plugins.toml` as a text that people write: comments, order and what is not meant stay.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use toml_edit::{Array, DocumentMut, Item, Table, value};

use super::files::Change;
use crate::model::{Error, Kind};
use crate::policy::{CommandNeed, EndpointGrant, EndpointKind, EndpointNeed, Needs};
use crate::settings::Settings;

/// Where an endpoint is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EndpointPlace {
    /// A cluster, found as `kubectl` finds it.
    Kubernetes,
    /// A service; its address if it was given.
    Http(Option<String>),
}

/// One `plugins.toml`.
pub struct Configuration {
    /// Where it is.
    pub path: PathBuf,
    document: DocumentMut,
}

impl Configuration {
    /// Reads a file; one that is not there is empty.
    ///
    /// # Errors
    /// It is there and cannot be read.
    pub fn read(path: &Path) -> Result<Self, Error> {
        let text = match fs_err::read_to_string(path) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                "version = 1\n".to_owned()
            }
            Err(error) => {
                return Err(
                    Error::new(Kind::Other, "the `plugins.toml` cannot be read").because(error)
                );
            }
        };
        let document = text.parse().map_err(|error: toml_edit::TomlError| {
            Error::invalid(format!("`{}` is not valid TOML", path.display())).because(error)
        })?;
        Ok(Self { path: path.to_owned(), document })
    }

    /// Whether there is `[SECTION.NAME]`.
    pub fn has(&self, section: &str, name: &str) -> bool {
        self.document.get(section).and_then(|table| table.get(name)).is_some()
    }

    /// The backends that are of a connector.
    pub fn backends_of(&self, connector: &str) -> Vec<String> {
        let backends = self.document.get("backends").and_then(Item::as_table_like);
        let is_of = |(_, section): &(&str, &Item)| {
            section.get("connector").and_then(Item::as_str) == Some(connector)
        };
        let backends = backends.into_iter().flat_map(|table| table.iter());
        backends.filter(is_of).map(|(name, _)| name.to_owned()).collect()
    }

    /// The name of the default backend.
    pub fn default_backend(&self) -> Option<&str> {
        self.document.get("default-backend")?.as_str()
    }

    /// The component of a connector, as it is written.
    pub fn component(&self, connector: &str) -> Option<&str> {
        self.document.get("connectors")?.get(connector)?.get("component")?.as_str()
    }

    /// Adds a signer.
    ///
    /// # Errors
    /// The file is written in a form in which nothing can be added.
    pub fn add_signer(&mut self, name: &str, key: &str) -> Result<(), Error> {
        let mut table = Table::new();
        table["key"] = value(key);
        self.section("signers")?.insert(name, Item::Table(table));
        Ok(())
    }

    /// Adds a connector with grants of exactly what it needs.
    ///
    /// # Errors
    /// The file is written in a form in which nothing can be added.
    pub fn add_connector(
        &mut self,
        name: &str,
        component: &str,
        needs: &Needs,
        places: &BTreeMap<String, EndpointPlace>,
        signed_by: &[String],
    ) -> Result<(), Error> {
        let mut table = Table::new();
        table["component"] = value(component);
        if !signed_by.is_empty() {
            table["signed-by"] = value(list(signed_by));
        }
        self.section("connectors")?.insert(name, Item::Table(table));
        self.grant(name, needs, places)
    }

    /// Adds to the grants of a connector what it needs.
    ///
    /// # Errors
    /// The file is written in a form in which nothing can be added.
    pub fn grant(
        &mut self,
        name: &str,
        needs: &Needs,
        places: &BTreeMap<String, EndpointPlace>,
    ) -> Result<(), Error> {
        let path = self.path.clone();
        let connector = self.connector(name)?;
        if needs.reveal.is_some() {
            connector["reveal"] = value(true);
        }
        if needs.vault.is_some() && !connector.contains_key("vault") {
            connector.insert("vault", Item::Table(Table::new()));
        }
        if !needs.commands.is_empty() {
            let commands = connector.entry("commands").or_insert(Item::Table(implicit_table()));
            let commands = commands.as_table_mut().ok_or_else(|| foreign_form(&path))?;
            needs.commands.iter().for_each(|need| grant_command(commands, need));
        }
        if needs.endpoints.is_empty() {
            return Ok(());
        }
        let endpoints = connector.entry("endpoints").or_insert(Item::Table(implicit_table()));
        let endpoints = endpoints.as_table_mut().ok_or_else(|| foreign_form(&path))?;
        for need in &needs.endpoints {
            match endpoints.get_mut(&need.name) {
                Some(there) => {
                    extend(there, "allow", &need.allow);
                    extend(there, "secrets-in", &need.secrets_in);
                    mask(there, need);
                }
                None => {
                    let place = places.get(&need.name);
                    endpoints.insert(&need.name, Item::Table(endpoint(need, place)));
                }
            }
        }
        Ok(())
    }

    /// Adds a backend.
    ///
    /// # Errors
    /// The file is written in a form in which nothing can be added.
    pub fn add_backend(
        &mut self,
        name: &str,
        places: &BTreeMap<String, EndpointPlace>,
    ) -> Result<(), Error> {
        let mut table = Table::new();
        table["connector"] = value(name);
        let mut endpoints = implicit_table();
        for (endpoint, place) in places {
            if let EndpointPlace::Http(Some(url)) = place {
                let mut table = Table::new();
                table["url"] = value(url);
                endpoints.insert(endpoint, Item::Table(table));
            }
        }
        if !endpoints.is_empty() {
            table.insert("endpoints", Item::Table(endpoints));
        }
        self.section("backends")?.insert(name, Item::Table(table));
        Ok(())
    }

    /// Says where the component of a connector is now.
    ///
    /// # Errors
    /// There is no such connector in this file.
    pub fn set_component(&mut self, name: &str, component: &str) -> Result<(), Error> {
        let written = self.connector(name)?.entry("component").or_insert(value(""));
        if let Some(old) = written.as_value() {
            let decor = old.decor().clone();
            let mut new = toml_edit::Value::from(component);
            *new.decor_mut() = decor;
            *written = Item::Value(new);
        }
        Ok(())
    }

    /// Removes `[SECTION.NAME]` and everything below it.
    pub fn remove(&mut self, section: &str, name: &str) {
        if let Some(table) = self.document.get_mut(section).and_then(Item::as_table_like_mut) {
            table.remove(name);
        }
    }

    /// The file as it is to be, once it was read back: what would not be understood is not written.
    ///
    /// # Errors
    /// The result is not valid.
    pub fn change(&self, settings: &Settings) -> Result<Change, Error> {
        let text = self.document.to_string();
        settings.check_text(&self.path, &text)?;
        Ok(Change::private(&self.path, text))
    }

    fn section(&mut self, name: &str) -> Result<&mut Table, Error> {
        let path = &self.path;
        let item = self.document.entry(name).or_insert(Item::Table(implicit_table()));
        item.as_table_mut().ok_or_else(|| foreign_form(path))
    }

    fn connector(&mut self, name: &str) -> Result<&mut Table, Error> {
        let path = self.path.clone();
        let connectors = self.section("connectors")?;
        let there = connectors.get_mut(name).ok_or_else(|| {
            Error::new(Kind::NotFound, format!("`{}` has no connector `{name}`", path.display()))
        })?;
        there.as_table_mut().ok_or_else(|| foreign_form(&path))
    }
}

/// Adds to the grants of programs what a component needs of one. Which program it is stays as it is written.
fn grant_command(commands: &mut Table, need: &CommandNeed) {
    if !commands.contains_key(&need.name) {
        let mut table = Table::new();
        table["program"] = value(&need.program);
        table["args"] = value(Array::new());
        commands.insert(&need.name, Item::Table(table));
    }
    let Some(there) = commands.get_mut(&need.name) else { return };
    extend(there, "secrets-in", &need.secrets_in);
    extend(there, "environment", &need.environment);
    let Some(table) = there.as_table_like_mut() else { return };
    if need.input {
        table.insert("input", value(true));
    }
    let Some(shapes) = table.entry("args").or_insert(value(Array::new())).as_array_mut() else {
        return;
    };
    if need.args.is_empty() {
        return;
    }
    for shape in &need.args {
        let is_same = |there: &toml_edit::Value| {
            let words = there.as_array().into_iter().flatten().map(toml_edit::Value::as_str);
            words.eq(shape.iter().map(|word| Some(word.as_str())))
        };
        if !shapes.iter().any(is_same) {
            let mut shape = toml_edit::Value::Array(list(shape));
            shape.decor_mut().set_prefix("\n  ");
            shapes.push_formatted(shape);
        }
    }
    shapes.set_trailing("\n");
    shapes.set_trailing_comma(true);
}

fn endpoint(need: &EndpointNeed, place: Option<&EndpointPlace>) -> Table {
    let mut table = Table::new();
    let kind = match place {
        Some(EndpointPlace::Kubernetes) => EndpointKind::Kubernetes,
        Some(EndpointPlace::Http(_)) | None => EndpointKind::Http,
    };
    let grant = EndpointGrant::of(need, kind, "");
    table["kind"] = value(kind.as_str());
    table["allow"] = value(lines(&grant.allow));
    if !grant.secrets_in.is_empty() {
        table["secrets-in"] = value(list(&grant.secrets_in));
    }
    if !grant.mask.is_empty() {
        table["mask"] = value(list(&grant.mask));
        table["mask-encoding"] = value(grant.mask_encoding.as_str());
    }
    if !grant.visible.is_empty() {
        table["visible"] = value(list(&grant.visible));
    }
    table
}

/// Adds to a grant what its component wishes to be masked. How values are encoded and what stays visible is said with the first mask only: a
/// wish must not show what was masked without it.
fn mask(endpoint: &mut Item, need: &EndpointNeed) {
    let is_first = endpoint.get("mask").is_none();
    extend(endpoint, "mask", &need.mask);
    let Some(table) = endpoint.as_table_like_mut() else { return };
    if is_first && !need.mask.is_empty() {
        table.entry("mask-encoding").or_insert(value(need.mask_encoding.as_str()));
        extend(endpoint, "visible", &need.visible);
    }
}

fn extend(endpoint: &mut Item, key: &str, texts: &[String]) {
    if texts.is_empty() {
        return;
    }
    let Some(table) = endpoint.as_table_like_mut() else { return };
    let item = table.entry(key).or_insert(value(Array::new()));
    let Some(array) = item.as_array_mut() else { return };
    for text in texts {
        if !array.iter().any(|there| there.as_str() == Some(text)) {
            array.push(text);
        }
    }
}

fn implicit_table() -> Table {
    let mut table = Table::new();
    table.set_implicit(true);
    table
}

fn list(texts: &[String]) -> Array {
    texts.iter().map(String::as_str).collect()
}

fn lines(texts: &[String]) -> Array {
    let mut array = list(texts);
    if array.len() > 1 {
        array.iter_mut().for_each(|text| text.decor_mut().set_prefix("\n  "));
        array.set_trailing("\n");
        array.set_trailing_comma(true);
    }
    array
}

fn foreign_form(path: &Path) -> Error {
    Error::invalid(format!(
        "`{}` is written in a form in which nothing can be added",
        path.display()
    ))
    .hint("write its sections as `[connectors.NAME]` and `[backends.NAME]`")
}
