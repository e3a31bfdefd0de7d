//! Which masked values of answers stay readable.

use super::pointer::{BadPointer, PointerPattern};
use super::rules::{BadRule, CheckedPath, Rule};

/// What a grant says under `visible`, in three forms: `NAME` counts wherever a masked pointer ends with it, `/POINTER` there alone, and
/// `METHOD /path /POINTER` there in answers to such requests. Where secrets of any name are kept only the last two tell what is to be seen from
/// a secret that happens to have its name.
#[derive(Clone, Debug, Default)]
pub struct Visible(Vec<Entry>);

#[derive(Clone, Debug)]
struct Entry {
    /// The requests in whose answers it counts; none for all.
    rule: Option<Rule>,
    place: Place,
}

#[derive(Clone, Debug)]
enum Place {
    Last(String),
    At(PointerPattern),
}

/// An entry that is none.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadVisible {
    /// Its method or path.
    #[error(transparent)]
    Rule(#[from] BadRule),
    /// Its pointer.
    #[error(transparent)]
    Pointer(#[from] BadPointer),
}

impl Visible {
    /// Reads the entries.
    ///
    /// # Errors
    /// Names the rule or pointer that is none.
    pub fn parse(entries: &[String]) -> Result<Self, BadVisible> {
        entries.iter().map(|text| Entry::parse(text)).collect::<Result<_, _>>().map(Self)
    }

    /// What of it counts in the answer to a request.
    pub fn to(&self, method: &str, path: &CheckedPath) -> Self {
        let counts =
            |entry: &&Entry| entry.rule.as_ref().is_none_or(|rule| rule.matches(method, path));
        Self(self.0.iter().filter(counts).cloned().collect())
    }

    /// Whether a masked value stays readable: its pointer, and the last step of it.
    pub fn shows(&self, pointer: &str, name: &str) -> bool {
        self.0.iter().any(|entry| match &entry.place {
            Place::Last(own) => own == name,
            Place::At(own) => own.ends_with(name) && own.matches(pointer),
        })
    }

    /// Whether a value that is written under a name may come back readable, wherever it is then and whoever asks for it.
    pub fn may_show(&self, name: &str) -> bool {
        self.0.iter().any(|entry| match &entry.place {
            Place::Last(own) => own == name,
            Place::At(own) => own.ends_with(name),
        })
    }
}

impl Entry {
    fn parse(text: &str) -> Result<Self, BadVisible> {
        let (rule, place) = parts(text);
        let place = match place.starts_with('/') {
            true => Place::At(PointerPattern::parse(place)?),
            false => Place::Last(place.to_owned()),
        };
        Ok(Self { rule: rule.map(Rule::parse).transpose()?, place })
    }
}

/// Whether an entry of a grant can show a value at a place that a pattern matches, in some answer.
pub(super) fn may_show_at(entry: &str, pattern: &PointerPattern) -> bool {
    Entry::parse(entry).is_ok_and(|entry| match entry.place {
        Place::Last(name) => pattern.ends_with(&name),
        Place::At(own) => own.meets(pattern),
    })
}

/// The rule in front of an entry, and the entry without it.
fn parts(text: &str) -> (Option<&str>, &str) {
    let is_rule = |rule: &str| rule.contains(" /");
    match text.match_indices(' ').nth(1).map(|(at, _)| text.split_at(at)) {
        Some((rule, place)) if is_rule(rule) => (Some(rule), &place[1..]),
        _ => (None, text),
    }
}

/// Whether a ceiling leaves an entry of a grant: the same words, or a name or a pointer that covers it.
pub(super) fn leaves(ceiling: &[String], entry: &str) -> bool {
    let (_, place) = parts(entry);
    let is_last = |name: &str| PointerPattern::parse(place).is_ok_and(|own| own.is_last(name));
    ceiling.iter().any(|own| own == entry || own == place || is_last(own))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(entries: &[&str]) -> Vec<String> {
        entries.iter().map(|entry| (*entry).to_owned()).collect()
    }

    #[test]
    fn a_pointer_shows_what_is_there_and_a_name_what_has_it_anywhere() {
        let check = |entries: &[&str], pointer: &str, shown: bool| {
            let visible = Visible::parse(&texts(entries)).unwrap();
            let name = pointer.rsplit('/').next().unwrap();
            assert_eq!(visible.shows(pointer, name), shown, "{entries:?} {pointer}");
        };
        check(&["fields"], "/secrets/fields", true);
        check(&["/fields"], "/secrets/fields", false);
        check(&["/fields"], "/fields", true);
        check(&["/items/*/data/URI"], "/items/3/data/URI", true);
        check(&["/items/*/data/URI"], "/data/URI", false);
        check(&["/data/*"], "/data/URI", true);
        check(&["/data/*"], "/data", false);
        check(&["/data/a~1b"], "/data/a~1b", false);
        let visible = Visible::parse(&texts(&["/data/a~1b"])).unwrap();
        assert!(visible.shows("/data/a~1b", "a/b"));
        check(&[], "/data/URI", false);
        check(&["my key"], "/data/my key", true);
        assert!(Visible::parse(&texts(&["/a~2"])).is_err());
    }

    #[test]
    fn a_pointer_can_be_that_of_some_answers() {
        let entries = texts(&["GET /maps/* /data/fields", "GET /maps/* URI", "host"]);
        let visible = Visible::parse(&entries).unwrap();
        let shows = |path: &str, pointer: &str| {
            let visible = visible.to("GET", &CheckedPath::parse(path).unwrap());
            visible.shows(pointer, pointer.rsplit('/').next().unwrap())
        };
        assert!(shows("/maps/form", "/data/fields") && shows("/maps/form", "/data/URI"));
        assert!(!shows("/secrets/form", "/data/fields") && !shows("/secrets/form", "/data/URI"));
        assert!(!shows("/maps/form", "/items/0/data/fields"));
        assert!(shows("/secrets/form", "/data/host"));
        let other = visible.to("POST", &CheckedPath::parse("/maps/form").unwrap());
        assert!(!other.shows("/data/fields", "fields"));
        for wrong in ["FETCH /maps /data/fields", "GET /maps /data~2", "GET /maps// /a"] {
            assert!(Visible::parse(&texts(&[wrong])).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_secret_is_not_written_where_it_might_come_back_readable() {
        let visible = Visible::parse(&texts(&["host", "/data/data/port"])).unwrap();
        for (name, shown) in [("host", true), ("port", true), ("data", false)] {
            assert_eq!(visible.may_show(name), shown, "{name}");
        }
        assert!(Visible::parse(&texts(&["/data/*"])).unwrap().may_show("anything"));
    }

    #[test]
    fn a_ceiling_leaves_what_it_names() {
        let check = |ceiling: &[&str], entry: &str, left: bool| {
            assert_eq!(leaves(&texts(ceiling), entry), left, "{ceiling:?} {entry}");
        };
        check(&["host"], "host", true);
        check(&["host"], "/data/host", true);
        check(&["host"], "/data/*", false);
        check(&["/data/host"], "/data/host", true);
        check(&["/data/host"], "host", false);
        check(&["/data/host"], "GET /a /data/host", true);
        check(&["GET /a /data/host"], "/data/host", false);
        check(&[], "host", false);
    }
}
