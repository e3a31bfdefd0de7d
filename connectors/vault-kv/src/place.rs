//! Where a connection is in the store: a folder, which may have folders in it, and a name.

use connhub_sdk::{Error, Target};

/// The longest part of a path, in bytes. The store itself sets no limit; paths of requests have one.
const MAX_SEGMENT: usize = 253;

/// The most folders in each other.
const MAX_DEPTH: usize = 12;

/// A folder of the store; none for its root.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Folder(Vec<String>);

impl Folder {
    /// The folder of an operation.
    pub(crate) fn of(target: &Target) -> Result<Self, Error> {
        let scope = target.scope.as_deref().unwrap_or_default().trim_matches('/');
        let folder = Self::parse(scope);
        if folder.0.len() > MAX_DEPTH {
            let message = format!(
                "it has {} folders in each other; {MAX_DEPTH} are the most",
                folder.0.len()
            );
            return Err(Error::invalid("scope", message));
        }
        match folder.0.iter().find_map(|segment| segment_problem(segment)) {
            Some(problem) => Err(Error::invalid("scope", problem)),
            None => Ok(folder),
        }
    }

    /// The folder of a path that the store gave.
    pub(crate) fn parse(path: &str) -> Self {
        let segments = path.split('/').filter(|segment| !segment.is_empty());
        Self(segments.map(str::to_owned).collect())
    }

    pub(crate) fn segments(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(String::as_str)
    }

    /// The path with a slash at the end; empty for the root.
    pub(crate) fn prefix(&self) -> String {
        self.0.iter().map(|segment| format!("{segment}/")).collect()
    }

    /// The scope of a connection in it.
    pub(crate) fn scope(&self) -> Option<String> {
        (!self.0.is_empty()).then(|| self.0.join("/"))
    }
}

/// What is wrong with a part of a path, and what to do about it.
pub(crate) fn segment_problem(segment: &str) -> Option<String> {
    let what = match segment {
        "" => "a part of it is empty".to_owned(),
        "." | ".." => format!("`{segment}` is no name"),
        _ if segment.len() > MAX_SEGMENT => {
            format!("a part of it has {} bytes; {MAX_SEGMENT} are the most", segment.len())
        }
        // The store reads a path that a proxy may have decoded once before.
        _ if segment.contains(['/', '\\', '%']) || segment.chars().any(char::is_control) => {
            "it may not hold slashes, backslashes, `%` and control characters".to_owned()
        }
        _ if segment.trim() != segment => "it may not begin or end with a space".to_owned(),
        _ => return None,
    };
    Some(what)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_are_read_and_written() {
        let check = |scope: Option<&str>, prefix: &str, shown: Option<&str>| {
            let target = Target { scope: scope.map(str::to_owned), ..Target::default() };
            let folder = Folder::of(&target).expect("it is a folder");
            assert_eq!((folder.prefix().as_str(), folder.scope().as_deref()), (prefix, shown));
        };
        check(None, "", None);
        check(Some(""), "", None);
        check(Some("/"), "", None);
        check(Some("team"), "team/", Some("team"));
        check(Some("/team/app/"), "team/app/", Some("team/app"));
    }

    #[test]
    fn a_segment_cannot_lead_elsewhere() {
        for bad in ["", ".", "..", "a/b", "a\\b", "a%2Fb", "a\nb", " a", "a ", &"x".repeat(254)] {
            assert!(segment_problem(bad).is_some(), "{bad}");
        }
        for good in ["a", "My Database", "ünï", "a.b-c_d", "...", "a;b", &"x".repeat(253)] {
            assert_eq!(segment_problem(good), None, "{good}");
        }
        for scope in ["a/../b", "a//../b", &"a/".repeat(13)] {
            let target = Target { scope: Some(scope.to_owned()), ..Target::default() };
            assert!(matches!(Folder::of(&target), Err(Error::Invalid(_))), "{scope}");
        }
    }
}
