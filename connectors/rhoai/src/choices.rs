//! Which projects there are to choose from, for somebody who has named none that can be used.

use connhub_sdk::Host;

use crate::scope::visible_projects;

/// How many projects are named.
const MAX_PROJECTS: usize = 20;

/// The projects that the login can see, in words. Those of the platform are left out, as in the dashboard.
pub(crate) fn choices(host: &Host) -> String {
    match visible_projects(host) {
        Ok(names) => in_words(names),
        Err(_) => "the login may not see which there are".into(),
    }
}

fn in_words(mut names: Vec<String>) -> String {
    names.retain(|name| !is_of_the_platform(name));
    if names.is_empty() {
        return "the login sees none of its own".into();
    }
    let shown = names.iter().take(MAX_PROJECTS).map(|name| format!("`{name}`"));
    let shown = shown.collect::<Vec<_>>().join(", ");
    match names.len().saturating_sub(MAX_PROJECTS) {
        0 => format!("the login sees {shown}"),
        more => format!("the login sees {shown} and {more} more"),
    }
}

fn is_of_the_platform(project: &str) -> bool {
    ["openshift-", "kube-"].iter().any(|prefix| project.starts_with(prefix))
        || ["default", "system", "openshift"].contains(&project)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_few_projects_are_named_and_none_of_the_platform() {
        let check = |names: &[&str], expected: &str| {
            let names = names.iter().map(|name| (*name).to_owned()).collect();
            assert_eq!(in_words(names), format!("the login sees {expected}"));
        };
        check(&["default", "kube-system"], "none of its own");
        check(&["fraud", "openshift", "openshift-ai", "ops"], "`fraud`, `ops`");
        let many: Vec<_> = (0..22).map(|number| format!("p{number}")).collect();
        assert!(in_words(many).ends_with(", `p19` and 2 more"));
    }
}
