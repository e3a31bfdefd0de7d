//! Variables as text that a shell, a program or a build server reads.

use super::quote;
use super::variables::Variable;
use crate::model::{Error, Secret};

/// Who reads the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ShellFormat {
    /// `sh`, `bash`, `zsh`.
    Sh,
    /// `fish`.
    Fish,
    /// PowerShell.
    PowerShell,
    /// Readers of `.env` files.
    Dotenv,
    /// An object of texts.
    Json,
    /// The file that `GITHUB_ENV` names.
    Github,
}

/// The text. `removed` are variables that must not stay; formats that cannot say so leave them out.
///
/// # Errors
/// A value is not UTF-8 and the format holds only text.
pub fn render(format: ShellFormat, set: &[Variable], removed: &[&str]) -> Result<Secret, Error> {
    let mut out: Vec<u8> = Vec::with_capacity(4096);
    if format == ShellFormat::Json {
        return json(set);
    }
    for variable in set {
        let bytes = variable.value.expose();
        let (before, value, after) = match format {
            ShellFormat::Sh => ("export ", quote::sh(bytes), "="),
            ShellFormat::Fish => ("set -gx ", quote::fish(bytes), " "),
            ShellFormat::PowerShell => {
                ("$Env:", quote::powershell(text(variable)?).into_bytes(), " = ")
            }
            ShellFormat::Github => ("", heredoc(text(variable)?).into_bytes(), "<<"),
            ShellFormat::Dotenv | ShellFormat::Json => ("", quote::dotenv(bytes), "="),
        };
        for part in [before.as_bytes(), variable.name.as_bytes(), after.as_bytes(), &value, b"\n"] {
            out.extend_from_slice(part);
        }
    }
    for name in removed {
        let line = match format {
            ShellFormat::Sh => format!("unset {name}\n"),
            ShellFormat::Fish => format!("set -e {name}\n"),
            ShellFormat::PowerShell => {
                format!("Remove-Item Env:{name} -ErrorAction SilentlyContinue\n")
            }
            ShellFormat::Dotenv | ShellFormat::Json | ShellFormat::Github => String::new(),
        };
        out.extend_from_slice(line.as_bytes());
    }
    Ok(Secret::new(out))
}

/// Why some readers of the format may take a value for another one; none if all read it alike.
pub fn risky(format: ShellFormat, variable: &Variable) -> Option<&'static str> {
    let bytes = variable.value.expose();
    if format != ShellFormat::Dotenv {
        return None;
    }
    if bytes.windows(2).any(|pair| pair == b"${") {
        return Some("holds `${`, which many readers of `.env` files replace");
    }
    let is_odd = bytes.ends_with(b"\\") && !quote::is_whole_without_quotes(bytes);
    is_odd.then_some(
        "ends with a backslash, which some readers of `.env` files take for a part of the quotes",
    )
}

fn text(variable: &Variable) -> Result<&str, Error> {
    std::str::from_utf8(variable.value.expose()).map_err(|_| {
        Error::invalid(format!(
            "the value of `{}` is not UTF-8, which this format cannot say",
            variable.name
        ))
        .hint("use `--format sh`, or leave it out with `--only`")
    })
}

fn json(set: &[Variable]) -> Result<Secret, Error> {
    let mut object = serde_json::Map::new();
    for variable in set {
        object.insert(variable.name.clone(), text(variable)?.into());
    }
    let mut json = serde_json::Value::Object(object).to_string();
    json.push('\n');
    Ok(Secret::from(json))
}

/// A value over several lines, with a last line that it does not have itself.
fn heredoc(text: &str) -> String {
    let mut end = "END_OF_VALUE".to_owned();
    while text.lines().any(|line| line.trim_end() == end) {
        end.push('_');
    }
    format!("{end}\n{text}\n{end}")
}

#[cfg(test)]
mod tests {
    use super::super::variables::Form;
    use super::*;

    fn variable(name: &str, value: &[u8]) -> Variable {
        Variable {
            name: name.to_owned(),
            value: Secret::new(value.to_vec()),
            form: Form::Text,
            is_secret: true,
            fields: Vec::new(),
            is_plain: true,
            is_of_field: true,
        }
    }

    fn check(format: ShellFormat, expected: &str) {
        let set = [variable("A", b"it's"), variable("B", b"x\ny")];
        let text = render(format, &set, &["GONE"]).unwrap();
        assert_eq!(std::str::from_utf8(text.expose()).unwrap(), expected);
    }

    #[test]
    fn every_format_has_its_own_words() {
        check(ShellFormat::Sh, "export A='it'\\''s'\nexport B='x\ny'\nunset GONE\n");
        check(ShellFormat::Fish, "set -gx A 'it\\'s'\nset -gx B 'x\ny'\nset -e GONE\n");
        check(
            ShellFormat::PowerShell,
            "$Env:A = 'it''s'\n$Env:B = 'x\ny'\nRemove-Item Env:GONE -ErrorAction SilentlyContinue\n",
        );
        check(ShellFormat::Dotenv, "A='it\\'s'\nB='x\ny'\n");
        check(ShellFormat::Json, "{\"A\":\"it's\",\"B\":\"x\\ny\"}\n");
        check(
            ShellFormat::Github,
            "A<<END_OF_VALUE\nit's\nEND_OF_VALUE\nB<<END_OF_VALUE\nx\ny\nEND_OF_VALUE\n",
        );
        assert_eq!(heredoc("END_OF_VALUE\nA=1"), "END_OF_VALUE_\nEND_OF_VALUE\nA=1\nEND_OF_VALUE_");
    }

    #[test]
    fn bytes_that_are_no_text_are_refused_where_only_text_can_be() {
        let set = [variable("A", b"\xff")];
        for format in [ShellFormat::Json, ShellFormat::PowerShell, ShellFormat::Github] {
            assert!(render(format, &set, &[]).is_err());
        }
        assert_eq!(render(ShellFormat::Sh, &set, &[]).unwrap().expose(), b"export A='\xff'\n");
    }

    #[test]
    fn what_readers_disagree_about_is_said() {
        assert!(risky(ShellFormat::Dotenv, &variable("A", b"a${HOME}")).is_some());
        assert!(risky(ShellFormat::Dotenv, &variable("A", b" a\\")).is_some());
        assert!(risky(ShellFormat::Dotenv, &variable("A", b"a\\")).is_none());
        assert!(risky(ShellFormat::Sh, &variable("A", b"a${HOME}")).is_none());
    }
}
