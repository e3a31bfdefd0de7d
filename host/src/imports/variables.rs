//! Files of variables, as shells, Compose and the `dotenv` packages of many languages read them.
//!
//! Those disagree in details. Single quotes keep everything but `\'` and `\\`, as python-dotenv has it; double quotes know the escapes of
//! shells and C; only variables of the same file are filled in, none of the environment.

use zeroize::{Zeroize as _, Zeroizing};

use super::Text;
use crate::model::{Error, Secret};

/// The most variables of a file.
const MOST: usize = 10_000;

/// A variable.
#[derive(Debug)]
pub(super) struct Variable {
    pub name: String,
    /// Counted from 1.
    pub line: usize,
    pub value: Secret,
}

/// The variables of a text, in its order.
///
/// # Errors
/// A line is none. The error names it, and repeats nothing of it.
pub(super) fn read(text: Text<'_>) -> Result<Vec<Variable>, Error> {
    let mut reader = Reader { rest: text.plain(), line: 1, found: Vec::new() };
    while !reader.rest.is_empty() {
        let line = reader.line;
        reader.statement().map_err(|what| text.fault(line, what))?;
    }
    Ok(reader.found)
}

struct Reader<'t> {
    rest: &'t str,
    line: usize,
    found: Vec<Variable>,
}

impl<'t> Reader<'t> {
    fn statement(&mut self) -> Result<(), &'static str> {
        let line = self.line;
        let start = self.rest.split('\n').next().unwrap_or_default();
        let content = start.trim();
        if content.is_empty() || content.starts_with('#') {
            self.skip(start.len() + 1);
            return Ok(());
        }
        let (name, _) =
            content.split_once('=').ok_or("it is neither `NAME=VALUE` nor a comment")?;
        let name = name.trim();
        let name = name.strip_prefix("export ").map_or(name, str::trim).to_owned();
        let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '-');
        if name.is_empty() || !name.chars().all(is_plain) {
            return Err("what stands before the `=` is no name of a variable");
        }
        self.skip(start.find('=').unwrap_or_default() + 1);
        let blanks = self.rest.len() - self.rest.trim_start_matches([' ', '\t']).len();
        self.skip(blanks);
        let value = match self.rest.chars().next() {
            Some('\'') => self.quoted('\'')?,
            Some('"') => self.quoted('"')?,
            _ => self.plain(),
        };
        if self.found.len() == MOST {
            return Err("the file has too many variables");
        }
        self.found.push(Variable { name, line, value: Secret::new(value.as_bytes().to_vec()) });
        Ok(())
    }

    fn skip(&mut self, bytes: usize) {
        let (before, after) = self.rest.split_at_checked(bytes).unwrap_or((self.rest, ""));
        self.line += before.matches('\n').count();
        self.rest = after;
    }

    /// The rest of the line, without a comment.
    fn plain(&mut self) -> Zeroizing<String> {
        let line = self.rest.split('\n').next().unwrap_or_default();
        let starts = line.match_indices('#').map(|(at, _)| at);
        let mut comments = starts.filter(|at| *at == 0 || line[..*at].ends_with([' ', '\t']));
        let value = comments.next().map_or(line, |at| &line[..at]).trim();
        let value = self.filled(value);
        self.skip(line.len() + 1);
        value
    }

    fn quoted(&mut self, quote: char) -> Result<Zeroizing<String>, &'static str> {
        let mut value = Zeroizing::new(String::new());
        let mut chars = self.rest.char_indices().skip(1);
        let end = loop {
            match chars.next() {
                None => return Err("the quotes have no end"),
                Some((at, c)) if c == quote => break at + 1,
                Some((_, '\\')) => match chars.next() {
                    None => return Err("the quotes have no end"),
                    Some((_, c)) => escaped(&mut value, c, quote),
                },
                Some((_, c)) => value.push(c),
            }
        };
        if quote == '"' {
            value = self.filled(&value);
        }
        self.skip(end);
        let after = self.rest.split('\n').next().unwrap_or_default();
        let is_end = after.trim().is_empty() || after.trim_start().starts_with('#');
        if !is_end {
            return Err("something stands behind the quotes");
        }
        self.skip(after.len() + 1);
        Ok(value)
    }

    /// `${NAME}` is the value of a variable further up. What is none stays.
    fn filled(&self, text: &str) -> Zeroizing<String> {
        let mut made = Zeroizing::new(String::with_capacity(text.len()));
        let mut rest = text;
        while let Some((before, after)) = rest.split_once("${") {
            made.push_str(before);
            let named = after.split_once('}');
            let known = named.and_then(|(name, rest)| Some((self.value(name)?, rest)));
            match known {
                Some((value, after)) => {
                    let mut value = String::from_utf8_lossy(value.expose()).into_owned();
                    made.push_str(&value);
                    value.zeroize();
                    rest = after;
                }
                None => {
                    made.push_str("${");
                    rest = after;
                }
            }
        }
        made.push_str(rest);
        made
    }

    fn value(&self, name: &str) -> Option<&Secret> {
        self.found.iter().rev().find(|known| known.name == name).map(|known| &known.value)
    }
}

fn escaped(value: &mut String, c: char, quote: char) {
    match (quote, c) {
        (_, '\\') => value.push('\\'),
        (_, c) if c == quote => value.push(c),
        ('"', 'n') => value.push('\n'),
        ('"', 'r') => value.push('\r'),
        ('"', 't') => value.push('\t'),
        ('"', '$' | '`') => value.push(c),
        (_, c) => {
            value.push('\\');
            value.push(c);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str) -> Result<Vec<String>, String> {
        let found = read(Text { name: ".env", text }).map_err(|error| error.message)?;
        let one = |variable: &Variable| {
            let value = String::from_utf8_lossy(variable.value.expose()).into_owned();
            format!("{}:{}={value}", variable.line, variable.name)
        };
        Ok(found.iter().map(one).collect())
    }

    #[test]
    fn values_are_read_as_the_packages_read_them() {
        let check = |text: &str, expected: &[&str]| {
            assert_eq!(shown(text).unwrap(), expected, "{text}");
        };
        check(
            "\u{feff}A=1\r\n\r\n# c\nexport B = two words # c\r\nC=",
            &["1:A=1", "4:B=two words", "5:C="],
        );
        check("A='it\\'s \\\\ \\n ${B}' # c\nB=x", &["1:A=it's \\ \\n ${B}", "2:B=x"]);
        check("A=\"a\\n\\\"b\\\" \\$ \\x\"", &["1:A=a\n\"b\" $ \\x"]);
        check("A='x\ny'\nB=a#b", &["1:A=x\ny", "3:B=a#b"]);
        check("A=x\nB=${A}y${C}\nC=\"${A}${\"", &["1:A=x", "2:B=xy${C}", "3:C=x${"]);
        check("A=#c", &["1:A="]);
        check("", &[]);
    }

    #[test]
    fn what_is_no_variable_is_said_by_line_and_not_repeated() {
        let check = |text: &str, words: &str| {
            let message = shown(text).unwrap_err();
            assert!(message.contains(words), "{message}");
            assert!(!message.contains("hunter2"), "{message}");
        };
        check("A=1\nhunter2", ".env:2: it is neither");
        check("hunter 2 hunter2=1", ".env:1: what stands before");
        check("A='hunter2\n\n", ".env:1: the quotes have no end");
        check(&"A=hunter2\n".repeat(10_001), ".env:10001: the file has too many variables");
        check("\nA='x' hunter2\n", ".env:2: something stands behind");
    }
}
