use super::DepotNames;
use super::resource::Kind;

/// What a name must look like.
#[derive(Clone, Copy, Debug)]
pub(super) struct NameRule {
    /// Names must be shorter than this, in characters.
    below: usize,
    /// The documented expression, which the refusal quotes.
    expression: &'static str,
    /// Characters beside lower case letters and digits that may stand inside.
    inner: &'static str,
    /// The least length that the expression allows.
    shortest: usize,
}

const PLAIN_DEPOT: NameRule =
    NameRule { below: 48, expression: "[a-z]([a-z0-9]*)?", inner: "", shortest: 1 };
const HYPHEN_DEPOT: NameRule =
    NameRule { below: 61, expression: "^[a-z]([-a-z0-9]*[a-z0-9])?$", inner: "-", shortest: 1 };
const SECRET: NameRule =
    NameRule { below: 60, expression: "[a-z]([-_.a-z0-9]*[a-z0-9])", inner: "-_.", shortest: 2 };

/// Refuses a name in the documented words.
pub(super) fn check(kind: Kind, name: &str, depots: DepotNames) -> Result<(), String> {
    let rule = match (kind, depots) {
        (Kind::Secret, _) => SECRET,
        (Kind::Depot, DepotNames::Plain) => PLAIN_DEPOT,
        (Kind::Depot, DepotNames::Hyphens) => HYPHEN_DEPOT,
    };
    if rule.admits(name) {
        return Ok(());
    }
    let NameRule { below, expression, .. } = rule;
    Err(format!(
        "{kind} name is invalid {name}, must be less than {below} chars and conform to the \
         following regex: {expression}"
    ))
}

impl NameRule {
    fn admits(self, name: &str) -> bool {
        let plain = |letter: char| letter.is_ascii_lowercase() || letter.is_ascii_digit();
        let length = name.chars().count();
        length >= self.shortest
            && length < self.below
            && name.starts_with(|first: char| first.is_ascii_lowercase())
            && name.ends_with(plain)
            && name.chars().all(|letter| plain(letter) || self.inner.contains(letter))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rules() {
        let check = |kind, depots, name: &str, expected: bool| {
            assert_eq!(check(kind, name, depots).is_ok(), expected, "{kind} {name}");
        };
        let depot = |name: &str, expected| check(Kind::Depot, DepotNames::Plain, name, expected);
        depot("s", true);
        depot("snowflakesales2", true);
        depot(&"a".repeat(47), true);
        depot(&"a".repeat(48), false);
        depot("", false);
        depot("2sales", false);
        depot("snowflake-sales", false);
        depot("postgresDepot", false);
        depot("größe", false);
        let loose = |name: &str, expected| check(Kind::Depot, DepotNames::Hyphens, name, expected);
        loose("snowflake-sales", true);
        loose(&"a".repeat(60), true);
        loose(&"a".repeat(61), false);
        loose("sales-", false);
        loose("sales_eu", false);
        let secret = |name: &str, expected| check(Kind::Secret, DepotNames::Plain, name, expected);
        secret("snowflake-cred", true);
        secret("a_b.c-d", true);
        secret("a", false);
        secret("a-", false);
        secret(&"a".repeat(59), true);
        secret(&"a".repeat(60), false);
    }
}
