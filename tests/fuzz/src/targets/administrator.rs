//! The administrator's policy: two files, with a line `----` between them.

use std::collections::BTreeMap;

use connhub::policy::admin::{Keeper, PolicyFile, PolicySet};
use connhub::policy::{
    CheckedPath, EndpointGrant, EndpointKind, Grants, Limits, MaskEncoding, Rules,
};

use crate::Target;

pub(crate) const TARGET: Target = Target {
    name: "administrator",
    run,
    words: &[
        "version = 1\n",
        "\n----\n",
        "[[allow]]\n",
        "connectors = [\"*\"]\n",
        "[[ceiling]]\n",
        "allow = [\"GET /**\"]\n",
        "namespaces = [\"team-*\"]\n",
        "secrets-in = []\n",
        "[ceiling.limits]\n",
        "memory-mib = 1\n",
        "forbid = [\"reveal\"]\n",
        "expires = 2027-06-30\n",
    ],
};

fn run(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let (one, other) = text.split_once("\n----\n").unwrap_or((text, ""));
    let Some(one) = read(one, Keeper::System) else { return };
    let mut alone = PolicySet::default();
    alone.add(one);
    is_narrower(&alone, &PolicySet::default());
    if let Some(other) = read(other, Keeper::Further { owner: "somebody".to_owned() }) {
        let mut both = alone.clone();
        both.add(other);
        is_narrower(&both, &alone);
    }
}

fn read(text: &str, keeper: Keeper) -> Option<PolicyFile> {
    match PolicyFile::parse("/etc/connhub/policy.toml", keeper, text) {
        Ok(file) => Some(file),
        Err(problems) => {
            assert!(!problems.is_empty());
            let named = |problem: String| problem.contains("policy.toml");
            assert!(problems.iter().all(|problem| named(problem.to_string())));
            None
        }
    }
}

/// A further policy never allows more.
fn is_narrower(narrow: &PolicySet, wide: &PolicySet) {
    let (less, low) = narrow.narrow("x", &grants(), &Limits::default());
    let (more, high) = wide.narrow("x", &grants(), &Limits::default());
    assert!(low.memory <= high.memory && low.wall <= high.wall && low.requests <= high.requests);
    assert!((!less.reveal || more.reveal) && (!less.vault || more.vault));
    for (method, path) in [("GET", "/a"), ("GET", "/a/b/c"), ("POST", "/a/b"), ("DELETE", "/x")] {
        let allowed = |grants: &Grants| {
            let path = CheckedPath::parse(path).expect("it is a path");
            grants.endpoints.get("api").is_some_and(|grant| {
                let rules = Rules::parse(&grant.allow);
                rules.is_ok_and(|rules| rules.allows(method, &path).is_some())
            })
        };
        assert!(!allowed(&less) || allowed(&more), "{method} {path}");
    }
    for scope in [None, Some("team-a"), Some("ci-1")] {
        assert!(narrow.check_scope("x", scope).is_err() || wide.check_scope("x", scope).is_ok());
    }
}

fn grants() -> Grants {
    let api = EndpointGrant {
        kind: EndpointKind::Kubernetes,
        allow: ["GET /**", "POST /a/*", "DELETE /x"].map(str::to_owned).into(),
        secrets_in: vec!["/data/*".to_owned()],
        mask: vec!["/data/*".to_owned()],
        mask_encoding: MaskEncoding::Base64,
        visible: Vec::new(),
        omit: Vec::new(),
        response_headers: Vec::new(),
        source: "plugins.toml:2".to_owned(),
    };
    Grants {
        endpoints: BTreeMap::from([("api".to_owned(), api)]),
        commands: BTreeMap::new(),
        vault: true,
        reveal: true,
        source: "plugins.toml:1".to_owned(),
    }
}
