//! From what is written to what it means, with the line of every value. All problems are found, not only the first.

use std::sync::Arc;

use jiff::Timestamp;
use toml::Spanned;
use toml::value::Datetime;

use super::form::Text;
use super::position::{At, BadPolicy, Position};
use crate::model::suggestion;

/// Reads the values of one file.
pub struct Reader<'t> {
    file: Arc<str>,
    text: &'t str,
    problems: Vec<BadPolicy>,
}

impl<'t> Reader<'t> {
    pub fn new(file: Arc<str>, text: &'t str) -> Self {
        Self { file, text, problems: Vec::new() }
    }

    /// What was wrong, in the order of the lines.
    pub fn into_problems(mut self) -> Vec<BadPolicy> {
        self.problems.sort_by(|a, b| a.position.cmp(&b.position));
        self.problems
    }

    pub fn position<T>(&self, spanned: &Spanned<T>) -> Position {
        self.at_byte(spanned.span().start)
    }

    pub fn at_byte(&self, byte: usize) -> Position {
        let before = self.text.as_bytes().iter().take(byte);
        let line = before.filter(|byte| **byte == b'\n').count() + 1;
        Position { file: Arc::clone(&self.file), line }
    }

    pub fn problem(&mut self, position: Position, problem: impl Into<String>) {
        self.problems.push(BadPolicy { position, problem: problem.into(), hint: None });
    }

    pub fn problem_with_hint(&mut self, position: Position, problem: String, hint: String) {
        self.problems.push(BadPolicy { position, problem, hint: Some(hint) });
    }

    /// A plain value with its line.
    pub fn plain<T: Copy>(&self, value: Option<&Spanned<T>>) -> Option<At<T>> {
        let value = value?;
        Some(At { value: *value.get_ref(), position: self.position(value) })
    }

    /// A text that is parsed.
    pub fn text<T>(
        &mut self,
        text: &Text,
        parse: impl FnOnce(&str) -> Result<T, String>,
    ) -> Option<At<T>> {
        let position = self.position(text);
        match parse(text.get_ref()) {
            Ok(value) => Some(At { value, position }),
            Err(problem) => {
                self.problem(position, problem);
                None
            }
        }
    }

    /// A text that may be left out.
    pub fn optional<T>(
        &mut self,
        text: Option<&Text>,
        parse: impl FnOnce(&str) -> Result<T, String>,
    ) -> Option<At<T>> {
        text.and_then(|text| self.text(text, parse))
    }

    /// Texts that are parsed alike.
    pub fn each<T>(
        &mut self,
        texts: &[Text],
        parse: impl Fn(&str) -> Result<T, String>,
    ) -> Vec<At<T>> {
        texts.iter().filter_map(|text| self.text(text, &parse)).collect()
    }

    /// The same without lines.
    pub fn values<T>(
        &mut self,
        texts: &[Text],
        parse: impl Fn(&str) -> Result<T, String>,
    ) -> Vec<T> {
        self.each(texts, parse).into_iter().map(|at| at.value).collect()
    }

    /// A list that selects by what stands in it: an empty one would never fit, which nobody means.
    pub fn selection<T>(
        &mut self,
        texts: Option<&Spanned<Vec<Text>>>,
        key: &str,
        parse: impl Fn(&str) -> Result<T, String>,
    ) -> Option<Vec<T>> {
        let texts = texts?;
        if texts.get_ref().is_empty() {
            let position = self.position(texts);
            self.problem(
                position,
                format!("`{key}` is empty, so the rule fits nothing; leave it out or fill it"),
            );
        }
        Some(self.values(texts.get_ref(), parse))
    }

    /// A date or a time. A date alone ends with that day in UTC.
    pub fn end(&mut self, end: Option<&Spanned<Datetime>>) -> Option<At<Timestamp>> {
        let end = end?;
        let position = self.position(end);
        match timestamp(end.get_ref()) {
            Some(value) => Some(At { value, position }),
            None => {
                self.problem(
                    position,
                    "`expires` must be a date such as `2027-01-31`, or a time with its offset such as `2027-01-31T12:00:00Z`",
                );
                None
            }
        }
    }

    /// A word out of a few.
    pub fn word<T: Copy>(&mut self, text: &Text, known: &[(&str, T)]) -> Option<At<T>> {
        let position = self.position(text);
        let word = text.get_ref();
        let found = known.iter().find(|(name, _)| name == word);
        if let Some((_, value)) = found {
            return Some(At { value: *value, position });
        }
        let words: Vec<&str> = known.iter().map(|(name, _)| *name).collect();
        let problem = format!("`{}` is not known here", word.escape_debug());
        self.problem_with_hint(position, problem, did_you_mean(word, &words));
        None
    }
}

/// What was probably meant, else everything that there is.
pub fn did_you_mean(word: &str, known: &[&str]) -> String {
    match suggestion(word, known) {
        Some(near) => format!("did you mean `{near}`?"),
        None if known.is_empty() => "there is none".to_owned(),
        None => format!("write one of {}", known.join(", ")),
    }
}

fn timestamp(end: &Datetime) -> Option<Timestamp> {
    let text = match (end.date, end.time, end.offset) {
        (Some(date), None, None) => format!("{date}T23:59:59.999999999Z"),
        (Some(_), Some(_), Some(_)) => end.to_string(),
        _ => return None,
    };
    text.parse().ok()
}
