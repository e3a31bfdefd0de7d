//! `connhub types`.

use super::app::App;
use super::args::TypesArgs;
use crate::model::types::catalog;
use crate::model::{Description, Error};
use crate::operations::Schema;
use crate::ui::json::{self, Document, Items, TypeForm, check_keys};
use crate::ui::{Format, view};

/// The types of the program itself, or those of a backend if one is named.
pub(super) fn run(args: &TypesArgs, app: &App) -> Result<u8, Error> {
    let description = match app.named_backend() {
        Some(_) => Some(describe(app)?),
        None => None,
    };
    match &args.type_name {
        Some(name) => one(&Schema::of(description.as_ref(), name)?, app),
        None => all(description.as_ref(), app),
    }
}

fn describe(app: &App) -> Result<Description, Error> {
    let name = app.backend()?;
    let mut backend = app.open(name)?;
    app.wait(&format!("asking `{name}`"), backend.connector.describe())
}

fn one(schema: &Schema, app: &App) -> Result<u8, Error> {
    app.console.data(|out, style| match &app.format {
        Format::Structured(form) => json::write(&schema.fields.to_json(), form, out),
        Format::Name => writeln!(out, "{}", schema.type_name),
        _ => view::type_fields(&schema.type_name, &schema.fields, out, style, app.headers()),
    })?;
    Ok(0)
}

fn all(description: Option<&Description>, app: &App) -> Result<u8, Error> {
    check_keys(app.format.structured(), TypeForm::KEYS)?;
    let items = forms(description);
    app.console.data(|out, style| match &app.format {
        Format::Structured(form) => {
            Document::new("TypeList", Items { items, errors: Vec::new() }).write(form, out)
        }
        Format::Name => items.iter().try_for_each(|form| writeln!(out, "{}", form.name)),
        _ => view::types(&items).write(out, style, app.headers()),
    })?;
    Ok(0)
}

fn forms(description: Option<&Description>) -> Vec<TypeForm> {
    let canonical = || {
        catalog::heads().into_iter().map(|head| TypeForm {
            name: head.name,
            title: head.title,
            summary: head.summary,
            aliases: head.aliases,
        })
    };
    let Some(description) = description else {
        return canonical().collect();
    };
    let mut others: Vec<TypeForm> = canonical().collect();
    let own = |name: &str, native: &str| TypeForm {
        name: name.to_owned(),
        title: native.to_owned(),
        summary: String::new(),
        aliases: Vec::new(),
    };
    let mut forms = Vec::new();
    for supported in &description.types {
        let known = others.iter().position(|form| form.name == supported.name);
        forms.push(match known {
            Some(at) => others.remove(at),
            None => own(&supported.name, &supported.native),
        });
    }
    if description.any_type {
        forms.append(&mut others);
    }
    forms
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::SupportedType;

    #[test]
    fn a_backend_lists_its_own_types_first() {
        let supported = |name: &str| SupportedType {
            name: name.to_owned(),
            native: "Native".to_owned(),
            fields: Vec::new(),
            unsupported: Vec::new(),
        };
        let check = |any_type, expected: usize| {
            let description = Description {
                name: "x".to_owned(),
                version: String::new(),
                summary: String::new(),
                types: vec![supported("queue"), supported("uri")],
                any_type,
                operations: Vec::new(),
                scope: None,
                settings: Vec::new(),
            };
            let forms = forms(Some(&description));
            assert_eq!((forms[0].name.as_str(), forms[0].title.as_str()), ("queue", "Native"));
            assert_eq!((forms[1].name.as_str(), forms[1].title.as_str()), ("uri", "URI"));
            assert_eq!(forms.len(), expected);
        };
        check(false, 2);
        check(true, catalog::names().count() + 1);
        assert_eq!(forms(None).len(), catalog::names().count());
    }
}
