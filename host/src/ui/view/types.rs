//! Connection types.

use std::io::{self, Write};

use crate::model::types::{Auth, FieldSpec, TypeSchema};
use crate::ui::json::TypeForm;
use crate::ui::style::{Style, Tone};
use crate::ui::table::{Cell, Headers, Table};

/// A table of types.
pub fn types(types: &[TypeForm]) -> Table {
    let mut table = Table::new(vec!["NAME", "TITLE", "ALSO CALLED"]);
    for one in types {
        table.row([
            Cell::from(&*one.name),
            Cell::from(&*one.title),
            Cell::from(one.aliases.join(", ")),
        ]);
    }
    table
}

/// Writes the fields of one type and the ways to log in.
///
/// # Errors
/// `out` cannot be written.
pub fn type_fields(
    name: &str,
    schema: &TypeSchema,
    out: &mut dyn Write,
    style: Style,
    headers: Headers,
) -> io::Result<()> {
    writeln!(out, "{} - {}\n{}\n", style.paint(Tone::Strong, name), schema.title, schema.summary)?;
    let mut table = Table::new(vec!["FIELD", "KIND", "REQUIRED", "DEFAULT", "DESCRIPTION"]);
    for field in schema.fields.iter().filter(|field| !field.unsupported) {
        table.row([
            Cell::from(&*field.name),
            Cell::from(if field.secret { "secret" } else { field.kind.word() }),
            Cell::from(need(schema, field)),
            Cell::from(field.default.as_deref().unwrap_or_default()),
            Cell::from(&*field.description),
        ]);
    }
    table.write(out, style, headers)?;
    match &schema.auth {
        Some(auth) => methods(auth, out, style, headers),
        None => Ok(()),
    }
}

fn need(schema: &TypeSchema, field: &FieldSpec) -> &'static str {
    let is_needed_by_method = schema.auth.as_ref().is_some_and(|auth| {
        auth.methods.iter().any(|method| method.required.contains(&field.name))
    });
    let is_one_of = schema.any_of.iter().any(|group| group.contains(&field.name));
    match () {
        () if field.required => "yes",
        () if is_needed_by_method => "by method",
        () if is_one_of => "one of",
        () => "",
    }
}

fn methods(auth: &Auth, out: &mut dyn Write, style: Style, headers: Headers) -> io::Result<()> {
    writeln!(out)?;
    let mut table = Table::new(vec!["AUTH METHOD", "NEEDS", "CAN USE", "DESCRIPTION"]);
    for method in &auth.methods {
        let is_default = method.name == auth.default;
        let name =
            if is_default { format!("{} (default)", method.name) } else { method.name.clone() };
        table.row([
            Cell::from(name),
            Cell::from(method.required.join(", ")),
            Cell::from(method.optional.join(", ")),
            Cell::from(&*method.description),
        ]);
    }
    table.write(out, style, headers)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::types::catalog;

    #[test]
    fn fields_and_methods_are_shown() {
        let s3 = catalog::find("s3").unwrap();
        let mut out = Vec::new();
        type_fields("s3", s3, &mut out, Style::Plain, Headers::Shown).unwrap();
        let text = String::from_utf8(out).unwrap();
        let line = |start: &str| {
            let line = text.lines().find(|line| line.starts_with(start)).expect(start);
            line.split_whitespace().map(str::to_owned).collect::<Vec<_>>()
        };
        assert!(text.starts_with("s3 - S3 object storage\n"));
        assert_eq!(line("secret_access_key ")[1..4], ["secret", "by", "method"]);
        assert_eq!(line("region ")[1..4], ["text", "-", "us-east-1"]);
        assert_eq!(line("access_key (default)")[2..4], ["access_key_id,", "secret_access_key"]);
    }
}
