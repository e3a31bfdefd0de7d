//! An error as a user sees it.

use std::error::Error as _;

use super::style::{Style, Tone};
use crate::model::{Error, Origin};
use crate::scrub::sanitize;

/// The error in words: what is wrong, the fields, the causes, and what to type instead.
pub fn report(error: &Error, style: Style) -> String {
    let mut text = format!("{} {}", style.paint(Tone::Bad, "error:"), indented(&error.message));
    if let Origin::Connector(connector) = &error.origin {
        text.push_str(&format!(" (connector `{connector}`)"));
    }
    text.push('\n');
    for problem in &error.problems {
        let name = indented(&problem.field);
        let field = style.paint(Tone::Strong, &name);
        text.push_str(&format!("  {field}: {}\n", indented(&problem.message)));
    }
    for cause in causes(error) {
        let word = style.paint(Tone::Faint, "cause:");
        text.push_str(&format!("{word} {}\n", indented(&cause)));
    }
    let hints = hints(error);
    if !hints.is_empty() {
        text.push('\n');
    }
    for hint in hints {
        text.push_str(&format!("{} {}\n", style.paint(Tone::Hint, "hint:"), indented(&hint)));
    }
    text
}

/// The causes, the nearest first. One that only repeats the words before it is left out.
pub(super) fn causes(error: &Error) -> Vec<String> {
    let mut causes: Vec<String> = Vec::new();
    let mut source = error.source();
    while let Some(cause) = source {
        let text = cause.to_string();
        let last = causes.last().map_or(error.message.as_str(), String::as_str);
        if !text.is_empty() && !last.ends_with(&text) {
            causes.push(text);
        }
        source = cause.source();
    }
    causes
}

/// The hints, with the time after which another try makes sense.
pub(super) fn hints(error: &Error) -> Vec<String> {
    let later = error.retry_after.map(|seconds| format!("try again in {seconds} s"));
    error.hints.iter().cloned().chain(later).collect()
}

/// A text whose further lines cannot be taken for lines of the program, and that leaves the terminal as it is: it may quote an argument,
/// a file or a server.
pub(super) fn indented(text: &str) -> String {
    let text = sanitize(text, usize::MAX);
    text.trim_end().replace('\n', "\n  ").replace("\n  \n", "\n\n")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{FieldProblem, Kind};

    #[test]
    fn an_error_says_what_why_and_what_to_type() {
        let problem = |field: &str, message: &str| FieldProblem {
            field: field.to_owned(),
            message: message.to_owned(),
        };
        let mut error = Error::new(Kind::Invalid, "the connection is not valid")
            .problems(vec![problem("bucket", "is missing"), problem("port", "must be a number")])
            .because(std::io::Error::other("line 1\nline 2"))
            .hint("type `connhub types s3`")
            .from_connector("x");
        error.retry_after = Some(3);
        assert_eq!(
            report(&error, Style::Plain),
            "error: the connection is not valid (connector `x`)\n  bucket: is missing\n  port: must be a number\n\
             cause: line 1\n  line 2\n\nhint: type `connhub types s3`\nhint: try again in 3 s\n"
        );
    }

    #[test]
    fn a_cause_that_repeats_is_left_out() {
        let inner = Error::new(Kind::Other, "the disk is full");
        let outer = Error::new(Kind::Other, "cannot write: the disk is full").because(inner);
        assert_eq!(report(&outer, Style::Plain), "error: cannot write: the disk is full\n");
    }

    #[test]
    fn colors_are_added_to_the_words_only() {
        let text = report(&Error::invalid("no"), Style::Colored);
        assert_eq!(text, "\x1b[1;31merror:\x1b[0m no\n");
    }
}
