//! What may change in the contract without a new major version: nothing but what the host adds for components to import.

use std::fmt;

use semver::Version;

use super::outline::{Item, Outline, Part};

/// A change that breaks components that are out there, or hosts.
#[derive(Debug, PartialEq, Eq)]
pub struct Break {
    /// The item: `types.error`, `world connector`.
    pub item: String,
    /// File and line: today's, or those of the released version for what is gone.
    pub place: String,
    /// What changed.
    pub what: String,
    /// What to do about it.
    pub advice: String,
}

impl fmt::Display for Break {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: `{}` {}; {}", self.place, self.item, self.what, self.advice)
    }
}

/// Compares today's contract with a released version of the same major version, which is not newer.
pub fn breaks(released: &Outline, today: &Outline) -> Vec<Break> {
    let law = Law { released, today };
    let mut breaks = Vec::new();
    for (path, before) in &released.items {
        match today.items.get(path) {
            None => breaks.push(law.gone(path, before)),
            Some(now) => breaks.extend(law.changes(path, before, now)),
        }
    }
    let added = today.items.iter().filter(|(path, _)| !released.items.contains_key(*path));
    breaks.extend(added.filter_map(|(path, item)| law.addition(path, item)));
    breaks
}

struct Law<'a> {
    released: &'a Outline,
    today: &'a Outline,
}

impl Law<'_> {
    fn gone(&self, path: &str, before: &Item) -> Break {
        let what = format!("is gone: it was a {} in {}", before.kind, self.released.version);
        self.forbidden(path, &before.place, what)
    }

    fn changes(&self, path: &str, before: &Item, now: &Item) -> Vec<Break> {
        let forbidden = |what| self.forbidden(path, &now.place, what);
        let version = &self.released.version;
        if before.kind != now.kind {
            let what =
                format!("is of kind {} and was of kind {} in {version}", now.kind, before.kind);
            return vec![forbidden(what)];
        }
        let mut breaks: Vec<_> =
            before.parts.iter().filter_map(|part| self.part(part, now)).map(forbidden).collect();
        for part in added(before, now) {
            breaks.extend(self.added_part(path, now, part));
        }
        if breaks.is_empty() && reordered(before, now) {
            let what = format!("has its parts in another order than in {version}");
            breaks.push(forbidden(what));
        }
        breaks
    }

    /// What became of a part of the released item, if it is not what it was.
    fn part(&self, before: &Part, now: &Item) -> Option<String> {
        let Part { name, shape: was, .. } = before;
        let version = &self.released.version;
        let Some(part) = now.parts.iter().find(|part| part.name == *name) else {
            return Some(format!("has no {name} any more, which it had in {version}"));
        };
        let shown = |shape: &str| match shape {
            "" => "without a type".to_owned(),
            shape => format!("`{shape}`"),
        };
        let (is, was) = (shown(&part.shape), shown(was));
        (is != was).then(|| format!("has {name} {is}, which was {was} in {version}"))
    }

    /// A part more: only a world can have one, and only an import.
    fn added_part(&self, path: &str, now: &Item, part: &Part) -> Option<Break> {
        let version = &self.released.version;
        let name = &part.name;
        if now.kind == "world" && name.starts_with("import ") {
            let what = format!("has {name}, which it did not have in {version}");
            return self.dated(path, &now.place, &what, part.since.as_ref());
        }
        let what = format!("has {name}, which it did not have in {version}");
        Some(self.forbidden(path, &now.place, what))
    }

    fn addition(&self, path: &str, item: &Item) -> Option<Break> {
        let what = format!("is new: {} had no such {}", self.released.version, item.kind);
        let Some(interface) = &item.interface else {
            return self.dated(path, &item.place, &what, item.since.as_ref());
        };
        let owner = format!("interface {interface}");
        if !self.released.items.contains_key(&owner) {
            // A new interface answers for everything in it.
            return None;
        }
        if self.released.exports(interface) {
            let what = format!("{what}, and components that are out there do not export it");
            return Some(self.forbidden(path, &item.place, what));
        }
        self.dated(path, &item.place, &what, item.since.as_ref())
    }

    /// An addition that is allowed if it says in which later minor version it came. The parser has refused a version beyond today's.
    fn dated(&self, path: &str, place: &str, what: &str, since: Option<&Version>) -> Option<Break> {
        let (released, today) = (&self.released.version, &self.today.version);
        let next = Version::new(released.major, released.minor + 1, 0);
        if since.is_some_and(|since| *since >= next) {
            return None;
        }
        let version = if *today >= next { today } else { &next };
        let what = match since {
            Some(since) => format!("{what}, and `@since` says {since} in the contract {today}"),
            None => format!("{what}, and there is no `@since`"),
        };
        let advice = format!(
            "write `@since(version = {version})` above it, in a package of version {version}"
        );
        Some(Break { item: path.to_owned(), place: place.to_owned(), what, advice })
    }

    fn forbidden(&self, path: &str, place: &str, what: String) -> Break {
        let released = &self.released.version;
        let advice = format!(
            "undo it and add a function or interface beside it that components import, or make the package {}.0.0: \
             no component of {released} would run otherwise",
            released.major + 1
        );
        Break { item: path.to_owned(), place: place.to_owned(), what, advice }
    }
}

fn added<'a>(before: &Item, now: &'a Item) -> Vec<&'a Part> {
    let is_new = |part: &&Part| !before.parts.iter().any(|old| old.name == part.name);
    now.parts.iter().filter(is_new).collect()
}

/// Whether parts of the same names have another order. That of a world means nothing and is sorted.
fn reordered(before: &Item, now: &Item) -> bool {
    let names = |item: &Item| item.parts.iter().map(|part| part.name.clone()).collect::<Vec<_>>();
    now.kind != "world" && names(before) != names(now)
}
