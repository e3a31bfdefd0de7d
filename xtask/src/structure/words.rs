//! Words that must not occur.

use super::Finding;
use super::files::SourceFile;

/// Words and where they are forbidden. Comments and strings count.
struct Rule {
    /// The path begins with one of these; an empty one is everywhere.
    within: &'static [&'static str],
    words: &'static [&'static str],
    advice: &'static str,
}

/// The parts are joined here so that this file does not break its own rule.
const RULES: &[Rule] = &[
    Rule {
        within: &["host/src/"],
        words: &["rhoai", "dataos", "depot", "opendatahub", "hashicorp", "openbao", "approle"],
        advice: "the host knows no backend: move it to a connector or to data",
    },
    Rule {
        within: &[""],
        words: &[concat!("/wo", "rk/"), concat!("/ro", "ot/")],
        advice: "a path of one machine: make it relative",
    },
    Rule {
        within: &[""],
        words: &[concat!("artif", "actory"), concat!("index.crates", ".io")],
        advice: "the address of a registry belongs to the machine's configuration",
    },
];

/// Finds forbidden words.
pub fn check(file: &SourceFile) -> Vec<Finding> {
    let rules: Vec<_> = RULES
        .iter()
        .filter(|rule| rule.within.iter().any(|folder| file.path.starts_with(folder)))
        .collect();
    let lines = file.text.lines().enumerate();
    lines.flat_map(|(index, line)| check_line(file, index + 1, line, &rules)).collect()
}

fn check_line(file: &SourceFile, number: usize, line: &str, rules: &[&Rule]) -> Vec<Finding> {
    let line = line.to_lowercase();
    let mut findings = Vec::new();
    for rule in rules {
        for word in rule.words.iter().filter(|word| occurs(&line, word)) {
            findings.push(Finding {
                file: file.path.clone(),
                line: number,
                what: format!("the word `{word}`"),
                advice: rule.advice,
            });
        }
    }
    findings
}

/// A path counts where it begins; `/network/` ends in none of them.
fn occurs(line: &str, word: &str) -> bool {
    let inside_a_path = |at: usize| {
        let before = line[..at].chars().next_back();
        word.starts_with('/') && before.is_some_and(|c| c.is_alphanumeric() || "}*_-.".contains(c))
    };
    line.match_indices(word).any(|(at, _)| !inside_a_path(at))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check_text(path: &str, text: &str, expected: &[(usize, &str)]) {
        let file = SourceFile { path: path.to_owned(), text: text.to_owned() };
        let found = check(&file);
        let found: Vec<_> = found.iter().map(|finding| (finding.line, &*finding.what)).collect();
        assert_eq!(found, expected, "{path}: {text}");
    }

    #[test]
    fn the_host_knows_no_backend() {
        let found: &[_] = &[(2, "the word `rhoai`")];
        check_text("host/src/a.rs", "\n// as RHOAI does", found);
        check_text("host/src/a.rs", "struct DataOsThing;", &[(1, "the word `dataos`")]);
        check_text("connectors/rhoai/src/lib.rs", "// as RHOAI does", &[]);
        check_text("host/types/s3.toml", "# rhoai", &[]);
    }

    #[test]
    fn paths_of_one_machine_are_found_where_they_begin() {
        let folder = concat!("/wo", "rk/");
        let found = format!("the word `{folder}`");
        check_text("README.md", &format!("in {folder}main"), &[(1, &found)]);
        check_text("README.md", &format!("\"{folder}\""), &[(1, &found)]);
        check_text("README.md", &format!("https://example.com{folder}a"), &[]);
    }
}
