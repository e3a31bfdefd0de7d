use std::collections::BTreeSet;

/// What a token may do: patterns of paths, each with its capabilities.
#[derive(Clone, Debug, Default)]
pub(super) struct Policy {
    rules: Vec<(String, Vec<String>)>,
    is_root: bool,
}

impl Policy {
    pub(super) fn root() -> Self {
        Policy { rules: Vec::new(), is_root: true }
    }

    pub(super) fn new(rules: &[(&str, &[&str])]) -> Self {
        let rule = |(path, rights): &(&str, &[&str])| {
            ((*path).to_owned(), rights.iter().map(|right| (*right).to_owned()).collect())
        };
        Policy { rules: rules.iter().map(rule).collect(), is_root: false }
    }

    /// The capabilities at a path; of several patterns the most specific counts, as documented.
    pub(super) fn capabilities(&self, path: &str) -> BTreeSet<String> {
        if self.is_root {
            return BTreeSet::from(["root".to_owned()]);
        }
        let matching = self.rules.iter().filter(|(pattern, _)| matches(pattern, path));
        let best = matching.max_by_key(|(pattern, _)| (!pattern.ends_with('*'), pattern.len()));
        let rights = best.map(|(_, rights)| rights.iter().cloned().collect());
        rights.unwrap_or_else(|| BTreeSet::from(["deny".to_owned()]))
    }

    pub(super) fn allows(&self, capability: &str, path: &str) -> bool {
        let own = self.capabilities(path);
        own.contains("root") || own.contains(capability)
    }

    /// Whether anything at all is allowed below a mount.
    pub(super) fn reaches(&self, mount: &str) -> bool {
        self.is_root || self.rules.iter().any(|(pattern, _)| pattern.starts_with(mount))
    }
}

/// `*` at the end is any rest, `+` is one segment.
fn matches(pattern: &str, path: &str) -> bool {
    let (pattern, is_prefix) = match pattern.strip_suffix('*') {
        Some(prefix) => (prefix, true),
        None => (pattern, false),
    };
    let (wanted, found): (Vec<_>, Vec<_>) =
        (pattern.split('/').collect(), path.split('/').collect());
    let last = wanted.len() - 1;
    let is_length =
        if is_prefix { found.len() >= wanted.len() } else { found.len() == wanted.len() };
    is_length
        && wanted.iter().zip(&found).enumerate().all(|(index, (wanted, found))| {
            let is_cut = is_prefix && index == last;
            *wanted == "+" || if is_cut { found.starts_with(wanted) } else { wanted == found }
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns() {
        let check = |pattern, path, expected| {
            assert_eq!(matches(pattern, path), expected, "{pattern} on {path}");
        };
        check("secret/data/a", "secret/data/a", true);
        check("secret/data/a", "secret/data/a/b", false);
        check("secret/*", "secret/data/a/b", true);
        check("secret/data/te*", "secret/data/team/a", true);
        check("secret/+/team/*", "secret/metadata/team/", true);
        check("secret/+/team/*", "secret/metadata/other/a", false);
        check("*", "anything", true);
    }

    #[test]
    fn the_most_specific_rule_counts() {
        let policy = Policy::new(&[("secret/*", &["read"]), ("secret/data/closed", &["deny"])]);
        assert!(policy.allows("read", "secret/data/open"));
        assert!(!policy.allows("read", "secret/data/closed"));
        assert!(!policy.allows("update", "secret/data/open"));
        assert!(Policy::root().allows("update", "anything"));
    }
}
