//! What names DataOS takes.

use connhub_sdk::Problem;

use crate::first::halves;
use crate::settings::{DepotNames, Generation, Settings};

/// A documented rule for names.
struct Rule {
    what: &'static str,
    /// The expression, as it is documented.
    expression: &'static str,
    longest: usize,
    shortest: usize,
    /// Characters that may stand inside, beside lower-case letters and digits.
    inner: &'static str,
}

const PLAIN_DEPOT: Rule =
    Rule { what: "Depot", expression: "[a-z]([a-z0-9]*)?", longest: 47, shortest: 1, inner: "" };
const HYPHEN_DEPOT: Rule = Rule {
    what: "Depot",
    expression: "[a-z]([-a-z0-9]*[a-z0-9])?",
    longest: 60,
    shortest: 1,
    inner: "-",
};
const SECRET: Rule = Rule {
    what: "Secret",
    expression: "[a-z]([-_.a-z0-9]*[a-z0-9])",
    longest: 59,
    shortest: 2,
    inner: "-_.",
};

const FIRST_SECRET: Rule = Rule {
    what: "Secret",
    expression: "[a-z0-9]([-a-z0-9]*[a-z0-9])",
    longest: 48,
    shortest: 2,
    inner: "-",
};

/// What is wrong with the name of a connection that is to be created.
pub(crate) fn problems(settings: &Settings, name: &str) -> Vec<Problem> {
    let depot = match settings.depot_names {
        DepotNames::Plain => PLAIN_DEPOT,
        DepotNames::Hyphens => HYPHEN_DEPOT,
    };
    if let Some(message) = depot.refusal(name) {
        let hint = depot.hint(name);
        return vec![Problem { field: "name".into(), message: format!("{message}{hint}") }];
    }
    let secret = settings.secret_name_of(name);
    let (rule, secret) = match settings.generation {
        Generation::First => (FIRST_SECRET, halves(&secret)[1].clone()),
        Generation::Second => (SECRET, secret),
    };
    let problem = |message: String| Problem {
        field: "name".into(),
        message: format!("{message}; the setting `secret-name` makes it"),
    };
    rule.refusal(&secret).map(problem).into_iter().collect()
}

impl Rule {
    fn refusal(&self, name: &str) -> Option<String> {
        if self.admits(name) {
            return None;
        }
        let Self { what, expression, longest, .. } = self;
        Some(format!(
            "`{name}` is no name for a {what}: it must match `{expression}` and have at most \
             {longest} characters"
        ))
    }

    fn hint(&self, name: &str) -> String {
        let taken = |letter: &char| letter.is_ascii_lowercase() || letter.is_ascii_digit();
        let close: String = name
            .to_ascii_lowercase()
            .chars()
            .filter(taken)
            .skip_while(char::is_ascii_digit)
            .take(self.longest)
            .collect();
        if self.admits(&close) { format!("; try `{close}`") } else { String::new() }
    }

    fn admits(&self, name: &str) -> bool {
        let plain = |letter: char| letter.is_ascii_lowercase() || letter.is_ascii_digit();
        (self.shortest..=self.longest).contains(&name.len())
            && name.starts_with(|first: char| first.is_ascii_lowercase())
            && name.ends_with(plain)
            && name.chars().all(|letter| plain(letter) || self.inner.contains(letter))
    }
}

#[cfg(test)]
mod tests {
    use connhub_sdk::{Field, Target};

    use super::*;

    fn settings(setting: (&str, &str)) -> Settings {
        let settings = vec![Field::new(setting.0, setting.1)];
        let target = Target { scope: Some("t".into()), settings, dry_run: false };
        Settings::of(&target).expect("the settings are valid")
    }

    #[test]
    fn names_follow_the_documented_rules() {
        let check = |names: &str, name: &str, words: Option<&str>| {
            let found = problems(&settings(("depot-names", names)), name);
            let message = found.first().map(|problem| problem.message.as_str());
            match (message, words) {
                (None, None) => {}
                (Some(message), Some(words)) => assert!(message.contains(words), "{message}"),
                _ => panic!("{name}: {message:?}"),
            }
        };
        check("plain", "snowflakesales", None);
        check("plain", "s", None);
        check("plain", &"a".repeat(47), None);
        check("plain", &"a".repeat(48), Some("at most 47 characters"));
        check("plain", "snowflake-sales", Some("try `snowflakesales`"));
        check("plain", "2Sales_EU", Some("try `saleseu`"));
        check("plain", "größe", Some("try `gre`"));
        check("plain", "123", Some("is no name for a Depot"));
        check("hyphens", "snowflake-sales", None);
        check("hyphens", "sales-", Some("is no name for a Depot"));
        check("hyphens", &"a".repeat(57), Some("is no name for a Secret"));
    }

    #[test]
    fn the_secret_has_a_name_of_its_own() {
        let settings = settings(("secret-name", "{name}_Keys"));
        let found = problems(&settings, "sales");
        assert!(found[0].message.contains("`sales_Keys` is no name for a Secret"));
    }
}
