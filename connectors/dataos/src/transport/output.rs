//! What the command line prints: lines of a logger in two forms, among them how it ended. Neither the stream nor the exit code is
//! documented, so both streams are read, and an outcome that is printed counts before a code.

/// A line of the logger.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Line {
    pub(crate) level: Level,
    pub(crate) text: String,
}

/// How bad it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Level {
    /// It is no line of the logger.
    Plain,
    Note,
    Error,
}

/// How one resource, or all of the run, ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// `created`, `updated`, `deleted` or `complete`.
    Done,
    /// There was nothing to do: for a deletion, that there is no such thing.
    Nothing,
    Error,
}

/// The lines of a text.
pub(crate) fn lines(text: &str) -> Vec<Line> {
    let plain = without_colors(text);
    plain.lines().map(str::trim).filter(|line| !line.is_empty()).map(line).collect()
}

/// What is printed before a document, and the document. A document may hold any words, so nothing in it says how the run ended.
pub(crate) fn apart(text: &str) -> (&str, Option<&str>) {
    let mut start = 0;
    for line in text.split_inclusive('\n') {
        let end = start + line.len();
        if line.trim_end() == "---" {
            return (&text[..start], Some(&text[end..]));
        }
        start = end;
    }
    (text, None)
}

/// The text without the sequences that color it on a terminal.
fn without_colors(text: &str) -> String {
    let mut parts = text.split("\u{1b}[");
    let mut plain = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let rest = part.trim_start_matches(|c: char| c.is_ascii_digit() || c == ';');
        plain.push_str(rest.get(1..).unwrap_or_default());
    }
    plain
}

/// How a run ended, by what it says about the resource, else by what it says about all of it.
pub(crate) fn outcome(lines: &[Line]) -> Option<Outcome> {
    let found: Vec<(bool, Outcome)> = lines.iter().filter_map(|line| ending(&line.text)).collect();
    let of_item = found.iter().rev().find(|(is_item, _)| *is_item);
    of_item.or(found.last()).map(|(_, outcome)| *outcome)
}

/// What it says went wrong, in its own words.
pub(crate) fn complaint(lines: &[Line]) -> Option<&str> {
    let worst = lines.iter().filter(|line| line.level == Level::Error);
    let mut worst = worst.filter(|line| ending(&line.text).is_none());
    let plain = || {
        let plain = lines.iter().find(|line| {
            line.level == Level::Plain && line.text.to_ascii_lowercase().starts_with("error")
        });
        plain.map(|line| line.text.as_str())
    };
    worst.next_back().map(|line| line.text.as_str()).or_else(plain)
}

/// `applying NAME:VERSION:TYPE...created`, `apply...complete`: whether it is about one resource, and how it ended.
fn ending(text: &str) -> Option<(bool, Outcome)> {
    let (before, word) = text.rsplit_once("...")?;
    let outcome = match word.trim() {
        "created" | "updated" | "deleted" | "complete" => Outcome::Done,
        "nothing" => Outcome::Nothing,
        "error" => Outcome::Error,
        _ => return None,
    };
    let subject = before.split_whitespace().next_back()?;
    Some((subject.contains(':'), outcome))
}

fn line(text: &str) -> Line {
    on_terminal(text)
        .or_else(|| in_pairs(text))
        .unwrap_or_else(|| Line { level: Level::Plain, text: text.to_owned() })
}

/// `INFO[0004] 🔧 applying ...`, as the logger writes to a terminal.
fn on_terminal(text: &str) -> Option<Line> {
    let (word, rest) = text.split_once('[')?;
    let (seconds, message) = rest.split_once(']')?;
    let is_time = !seconds.is_empty() && seconds.bytes().all(|byte| byte.is_ascii_digit());
    let level = level(word).filter(|_| is_time)?;
    // A picture may stand before the words.
    let message = message.trim_start_matches(|c: char| !c.is_ascii_alphanumeric());
    Some(Line { level, text: message.to_owned() })
}

/// `time="…" level=info msg="…"`, as it writes elsewhere.
fn in_pairs(text: &str) -> Option<Line> {
    let after = |key: &str| text.split_once(key).map(|(_, after)| after);
    let level = level(after("level=")?.split_whitespace().next()?)?;
    let message = after("msg=")?;
    let message = match message.strip_prefix('"') {
        Some(quoted) => unquoted(quoted),
        None => message.split_whitespace().next().unwrap_or_default().to_owned(),
    };
    let message = message.trim_start_matches(|c: char| !c.is_ascii_alphanumeric());
    Some(Line { level, text: message.to_owned() })
}

/// The text up to the quotation mark that ends it.
fn unquoted(text: &str) -> String {
    let mut message = String::new();
    let mut characters = text.chars();
    while let Some(c) = characters.next() {
        match c {
            '"' => break,
            '\\' => match characters.next() {
                Some('n' | 't' | 'r') => message.push(' '),
                Some(other) => message.push(other),
                None => {}
            },
            c => message.push(c),
        }
    }
    message
}

fn level(word: &str) -> Option<Level> {
    match word.to_ascii_lowercase().as_str() {
        "info" | "debu" | "debug" | "trac" | "trace" | "warn" | "warning" => Some(Level::Note),
        "erro" | "error" | "fata" | "fatal" | "pani" | "panic" => Some(Level::Error),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_forms_of_a_line_are_read() {
        let check = |text: &str, level: Level, message: &str| {
            assert_eq!(lines(text), [Line { level, text: message.to_owned() }]);
        };
        let applied = "applying a:v2alpha:depot...created";
        check(&format!("INFO[0004] 🔧 {applied}"), Level::Note, applied);
        check(
            &format!("time=\"2025-01-01\" level=info msg=\"🔧 {applied}\""),
            Level::Note,
            applied,
        );
        check("ERRO[0001] Unauthorized - {}", Level::Error, "Unauthorized - {}");
        let json = r#"time="t" level=error msg="Unauthorized - {\"allow\":false}""#;
        check(json, Level::Error, "Unauthorized - {\"allow\":false}");
        check("level=warning msg=old", Level::Note, "old");
        check("NAME | VERSION", Level::Plain, "NAME | VERSION");
        check("array[0] is wrong", Level::Plain, "array[0] is wrong");
    }

    #[test]
    fn the_outcome_of_the_resource_counts_before_that_of_the_run() {
        let check = |text: &str, expected: Option<Outcome>| {
            assert_eq!(outcome(&lines(text)), expected, "{text}");
        };
        check(
            "INFO[0000] apply...\nINFO[0001] applying a:v1:depot...created\nINFO[0001] apply...complete",
            Some(Outcome::Done),
        );
        check(
            "INFO[0001] applying a:v1:depot...error\nINFO[0001] apply...complete",
            Some(Outcome::Error),
        );
        check(
            "INFO[0001] 🗑 deleting a:v1:depot...nothing\nINFO[0001] delete...complete",
            Some(Outcome::Nothing),
        );
        check("WARN[0001] apply...nothing", Some(Outcome::Nothing));
        check("level=error msg=\"delete...error\"", Some(Outcome::Error));
        check("INFO[0000] apply...", None);
        check("", None);
    }

    #[test]
    fn colors_are_no_part_of_a_line() {
        let text = "\u{1b}[31mERRO\u{1b}[0m[0001] Unauthorized - {}\n\u{1b}[36mINFO\u{1b}[0m[0001] applying a:v1:depot...\u{1b}[32mcreated\u{1b}[0m";
        let found = lines(text);
        assert_eq!(complaint(&found), Some("Unauthorized - {}"));
        assert_eq!(outcome(&found), Some(Outcome::Done));
        assert!(lines("\u{1b}[").is_empty());
    }

    #[test]
    fn a_document_is_told_from_what_stands_before_it() {
        let (before, document) = apart("INFO[0000] get...\n NAME ---\n---\nname: a\n---\nb\n");
        assert_eq!(
            (before, document),
            ("INFO[0000] get...\n NAME ---\n", Some("name: a\n---\nb\n"))
        );
        assert_eq!(apart("---\r\nname: a"), ("", Some("name: a")));
        assert_eq!(apart("no document"), ("no document", None));
    }

    #[test]
    fn the_last_error_is_what_went_wrong() {
        let text = "ERRO[0001] first\nERRO[0002] Invalid Parameter - bad\nERRO[0002] apply...error";
        assert_eq!(complaint(&lines(text)), Some("Invalid Parameter - bad"));
        let plain = "ERROR: forbidden: user does not have required role data-dev";
        assert_eq!(complaint(&lines(plain)), Some(plain));
        assert_eq!(complaint(&lines("INFO[0000] fine")), None);
    }
}
