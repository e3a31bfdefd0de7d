//! Laws that hold for every policy: a further file never allows more, and explanations agree with decisions.

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{select, subsequence};

use super::*;
use crate::policy::{CheckedPath, Limits};

fn policy() -> impl Strategy<Value = String> {
    let top = subsequence(
        vec![
            "expires = 2026-01-01\n".to_owned(),
            "min-connhub = \"0.2.0\"\n".to_owned(),
            "user-connectors = false\n".to_owned(),
            "signature-required = true\n".to_owned(),
            "sources = [\"ghcr.io/acme\"]\n".to_owned(),
            "forbid = [\"vault\"]\n".to_owned(),
            "forbid = [\"reveal\", \"http\"]\n".to_owned(),
            format!("revoked-digests = [\"{DIGEST}\"]\n"),
            "revoked-keys = [\"a\"]\n".to_owned(),
        ],
        0..=2,
    );
    let keys = "[keys.a]\nminisign = \"A\"\n[keys.b]\nminisign = \"B\"\n";
    (top, vec(allow(), 0..4), vec(ceiling(), 0..3)).prop_map(move |(mut top, allow, ceilings)| {
        // `forbid` can stand only once.
        let first = top.iter().position(|line| line.starts_with("forbid"));
        let mut at = 0;
        top.retain(|line| {
            at += 1;
            !line.starts_with("forbid") || Some(at - 1) == first
        });
        format!("{}{keys}{}{}", top.concat(), allow.concat(), ceilings.concat())
    })
}

fn allow() -> impl Strategy<Value = String> {
    let names = select(vec!["[\"*\"]", "[\"lake\"]", "[\"la*\", \"sea\"]", "[\"sea\"]"]);
    let more = subsequence(
        vec![
            format!("digests = [\"{DIGEST}\"]\n"),
            "signed-by = { any-of = [\"a\", \"b\"] }\n".to_owned(),
            "sources = [\"ghcr.io/acme\"]\n".to_owned(),
            "min-version = \"1.4.0\"\n".to_owned(),
            "max-version = \"1.3.0\"\n".to_owned(),
            "expires = 2027-01-01\n".to_owned(),
        ],
        0..=2,
    );
    (names, more)
        .prop_map(|(names, more)| format!("[[allow]]\nconnectors = {names}\n{}", more.concat()))
}

fn ceiling() -> impl Strategy<Value = String> {
    let more = subsequence(
        vec![
            "endpoints = [\"api\"]\n",
            "origins = [\"https://*.example.com\", \"http://127.0.0.1:*\"]\n",
            "allow = [\"GET /api/**\", \"* /a\"]\n",
            "namespaces = [\"team-*\"]\n",
            "visible = [\"region\"]\n",
            "mask = [\"/b\"]\n",
            "response-headers = []\n",
            "[ceiling.limits]\nmemory-mib = 8\nrequests = 7\n",
        ],
        1..=4,
    );
    let more = more.prop_filter("it limits something", |more| {
        more.len() > 1 || !more[0].starts_with("endpoints")
    });
    (select(vec!["", "connectors = [\"lake\"]\n", "connectors = [\"s*\"]\n"]), more)
        .prop_map(|(names, more)| format!("[[ceiling]]\n{names}{}", more.concat()))
}

#[derive(Clone, Debug)]
struct Case {
    name: &'static str,
    digest: String,
    source: &'static str,
    proof: Proof,
    by: ConfiguredBy,
    signers: Vec<Signer>,
    request: (&'static str, &'static str),
    kind: EndpointKind,
    origin: (&'static str, &'static str, u16),
    scope: Option<&'static str>,
}

fn case() -> impl Strategy<Value = Case> {
    let who = (
        select(vec!["lake", "sea", "other"]),
        select(vec![DIGEST.to_owned(), "0".repeat(64)]),
        select(vec!["oci://ghcr.io/acme/x:1", "file:///home/ann/x.wasm"]),
        select(vec![Proof::Proven, Proof::Claimed]),
        select(vec![ConfiguredBy::System, ConfiguredBy::User]),
        subsequence(vec![signer("A"), signer("B"), signer("C")], 0..=3),
    );
    let what = (
        select(vec!["GET", "POST"]),
        select(vec![
            "/a",
            "/api/v1/secrets",
            "/api/v1/namespaces/team-a/secrets",
            "/api/v1/namespaces/x",
        ]),
        select(vec![EndpointKind::Http, EndpointKind::Kubernetes]),
        select(vec![
            ("https", "a.example.com", 443),
            ("http", "127.0.0.1", 80),
            ("https", "evil.org", 443),
        ]),
        select(vec![None, Some("team-a"), Some("prod")]),
    );
    (who, what).prop_map(
        |((name, digest, source, proof, by, signers), (method, path, kind, origin, scope))| Case {
            name,
            digest,
            source,
            proof,
            by,
            signers,
            request: (method, path),
            kind,
            origin,
            scope,
        },
    )
}

impl Case {
    fn with<T>(&self, then: impl FnOnce(&Candidate<'_>) -> T) -> T {
        let needs = needs();
        then(&Candidate {
            name: self.name,
            sha256: &self.digest,
            source: self.source,
            source_proof: self.proof,
            configured_by: self.by,
            ..candidate(&needs, &self.signers)
        })
    }

    /// Everything that a policy can allow or refuse, at once.
    fn outcome(&self, set: &PolicySet) -> Outcome {
        let path = CheckedPath::parse(self.request.1).unwrap();
        let (scheme, host, port) = self.origin;
        let origin = Origin::new(scheme, host, Some(port)).unwrap();
        let ceilings = set.ceilings(self.name, "api");
        let (grants, limits) = set.narrow(self.name, &grants(), &Limits::default());
        Outcome {
            runs: self.with(|candidate| set.decide(candidate, &circumstances()).is_ok()),
            sends: ceilings
                .iter()
                .all(|c| c.check_request(self.kind, self.request.0, &path).is_ok()),
            connects: ceilings.iter().all(|c| c.check_origin(&origin).is_ok()),
            proxies: ceilings.iter().all(|c| c.check_proxy(&origin).is_ok()),
            works_in: set.check_scope(self.name, self.scope).is_ok(),
            grants,
            limits,
        }
    }
}

struct Outcome {
    runs: bool,
    sends: bool,
    connects: bool,
    proxies: bool,
    works_in: bool,
    grants: Grants,
    limits: Limits,
}

impl Outcome {
    /// Whether nothing is more than in the other outcome.
    fn is_within(&self, other: &Self) -> bool {
        let implies = |own: bool, other: bool| !own || other;
        let decisions = implies(self.runs, other.runs)
            && implies(self.sends, other.sends)
            && implies(self.connects, other.connects)
            && implies(self.proxies, other.proxies)
            && implies(self.works_in, other.works_in);
        decisions && is_less(&self.grants, &other.grants) && is_lower(&self.limits, &other.limits)
    }
}

fn is_less(own: &Grants, other: &Grants) -> bool {
    let within = |own: &[String], other: &[String]| own.iter().all(|text| other.contains(text));
    let endpoints = own.endpoints.iter().all(|(name, own)| {
        other.endpoints.get(name).is_some_and(|other| {
            within(&own.visible, &other.visible)
                && within(&own.response_headers, &other.response_headers)
                && within(&other.mask, &own.mask)
        })
    });
    let commands = own.commands.keys().all(|name| other.commands.contains_key(name));
    endpoints && commands && (!own.vault || other.vault) && (!own.reveal || other.reveal)
}

fn is_lower(own: &Limits, other: &Limits) -> bool {
    own.memory <= other.memory && own.requests <= other.requests && own.wall <= other.wall
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1500, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_further_file_never_allows_more(p in policy(), q in policy(), case in case()) {
        let one = case.outcome(&set(&[&p]));
        let both = case.outcome(&set(&[&p, &q]));
        let swapped = case.outcome(&set(&[&q, &p]));
        prop_assert!(both.is_within(&one), "{p}\n---\n{q}");
        prop_assert!(both.is_within(&swapped) && swapped.is_within(&both), "order matters: {p}\n---\n{q}");
        prop_assert!(one.is_within(&case.outcome(&PolicySet::default())), "{p}");
    }

    #[test]
    fn explanations_agree_with_decisions(p in policy(), q in policy(), case in case()) {
        let set = set(&[&p, &q]);
        let (decided, findings) = case.with(|candidate| {
            (set.decide(candidate, &circumstances()), set.explain(candidate, &circumstances()))
        });
        let denies = |finding: &&Finding| finding.verdict == RuleVerdict::Denies;
        let first = findings.iter().find(denies);
        prop_assert_eq!(decided.is_ok(), first.is_none());
        if let (Err(denial), Some(first)) = (decided, first) {
            prop_assert_eq!(&denial.position, &first.position);
            prop_assert!(denial.what.contains(&first.detail));
        }
        let is_allowed = |file: &PolicyFile| findings.iter().any(|finding| {
            finding.rule == "allow" && finding.verdict != RuleVerdict::NoMatch && finding.position.file == file.source.path
        });
        prop_assert!(set.files().iter().all(is_allowed), "each file allows or refuses it");
    }

    #[test]
    fn any_text_is_a_policy_or_an_error(text in ".{0,200}") {
        if let Err(problems) = PolicyFile::parse("p", Keeper::System, &text) {
            prop_assert!(!problems.is_empty());
        }
    }
}
