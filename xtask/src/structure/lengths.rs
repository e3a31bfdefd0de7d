//! How long files and functions may be.

use proc_macro2::{Delimiter, Group, TokenTree};

use super::Finding;
use super::files::SourceFile;
use super::tokens::{self, Tokens};

/// The longest file, in lines.
const FILE: usize = 800;

/// The longest function, in lines from its name to its closing brace. A text over several lines, such as the snapshot of an output,
/// counts as one: there is nothing in it to follow.
const FUNCTION: usize = 60;

/// Finds files and functions that are too long.
pub fn check(file: &SourceFile) -> Vec<Finding> {
    if !file.is_rust() {
        return Vec::new();
    }
    let mut findings = Vec::new();
    let lines = file.text.lines().count();
    if lines > FILE {
        findings.push(Finding {
            file: file.path.clone(),
            line: FILE + 1,
            what: format!("the file has {lines} lines, {FILE} are the limit"),
            advice: "give its second concern a file of its own",
        });
    }
    tokens::walk(&file.text, &mut |tokens| findings.extend(long_function(file, tokens)));
    findings
}

fn long_function(file: &SourceFile, tokens: Tokens<'_>) -> Option<Finding> {
    let [TokenTree::Ident(keyword), TokenTree::Ident(name), rest @ ..] = tokens else {
        return None;
    };
    if keyword != "fn" {
        return None;
    }
    let line = name.span().start().line;
    let (end, inside_texts) = body(rest)?;
    let lines = end - line + 1 - inside_texts;
    (lines > FUNCTION).then(|| Finding {
        file: file.path.clone(),
        line,
        what: format!("`{name}` has {lines} lines, {FUNCTION} are the limit"),
        advice: "name its steps as functions below it",
    })
}

/// The line of the brace that closes the body, and how many lines lie inside texts; nothing for a function without a body.
fn body(rest: Tokens<'_>) -> Option<(usize, usize)> {
    for token in rest {
        match token {
            TokenTree::Group(group) if group.delimiter() == Delimiter::Brace => {
                return Some((group.span_close().start().line, inside_texts(group)));
            }
            TokenTree::Punct(punct) if punct.as_char() == ';' => return None,
            _ => {}
        }
    }
    None
}

fn inside_texts(group: &Group) -> usize {
    let lines = |token: TokenTree| match token {
        TokenTree::Group(group) => inside_texts(&group),
        TokenTree::Literal(text) => text.span().end().line - text.span().start().line,
        _ => 0,
    };
    group.stream().into_iter().map(lines).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check_text(text: String) -> Vec<(usize, String)> {
        let file = SourceFile { path: "host/src/a.rs".to_owned(), text };
        check(&file).into_iter().map(|finding| (finding.line, finding.what)).collect()
    }

    fn function(inside: usize) -> String {
        format!("impl A {{\nfn long() -> u8\nwhere u8: Copy {{\n{}}}\n}}\n", "0;\n".repeat(inside))
    }

    #[test]
    fn functions_are_measured_from_name_to_closing_brace() {
        assert_eq!(check_text(function(57)), []);
        let found = check_text(function(58));
        assert_eq!(found, [(2, "`long` has 61 lines, 60 are the limit".to_owned())]);
        assert_eq!(check_text(format!("trait A {{ fn a();\n{}}}", "fn b() {}\n".repeat(70))), []);
    }

    #[test]
    fn a_text_over_many_lines_counts_as_one() {
        let text = format!("fn short() {{\nlet a = \"{}\";\n}}\n", "line\n".repeat(100));
        assert_eq!(check_text(text), []);
    }

    #[test]
    fn files_end_at_800_lines() {
        assert_eq!(check_text("// a\n".repeat(800)), []);
        let found = check_text("// a\n".repeat(801));
        assert_eq!(found, [(801, "the file has 801 lines, 800 are the limit".to_owned())]);
    }
}
