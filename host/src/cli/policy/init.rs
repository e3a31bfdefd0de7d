//! `connhub policy init`.

use crate::cli::app::App;
use crate::model::Error;

/// A policy that changes nothing until its comments are taken away, and says what each key does.
const TEMPLATE: &str = include_str!("template.toml");

pub(super) fn run(app: &App) -> Result<u8, Error> {
    app.console.data(|out, _| out.write_all(TEMPLATE.as_bytes()))?;
    Ok(0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::admin::{Keeper, PolicyFile};

    #[test]
    fn the_template_is_valid_as_it_is_and_without_its_comments() {
        let valid =
            |text: &str| PolicyFile::parse("t", Keeper::System, text).map(|file| file.rules());
        assert_eq!(valid(TEMPLATE).unwrap().len(), 1, "it allows every connector");
        let is_code = |line: &&str| !line.starts_with("# ") && *line != "#";
        let lines = TEMPLATE.lines().filter(is_code);
        let text: String =
            lines.map(|line| format!("{}\n", line.strip_prefix('#').unwrap_or(line))).collect();
        let rules = valid(&text).unwrap_or_else(|problems| panic!("{problems:?}\n{text}"));
        assert!(rules.len() > 12, "{rules:?}");
    }
}
