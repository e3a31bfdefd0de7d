//! What is decided about one connector.

use super::*;
use crate::policy::admin::Forbidden;
use crate::policy::{CheckedPath, Limits};

const ALL: &str = "[[allow]]\nconnectors = [\"*\"]\n";

/// Nothing if it may run, else words that the refusal has to hold: the reason, and where.
#[track_caller]
fn check(policies: &[&str], signers: &[Signer], expected: Option<&[&str]>) {
    let needs = needs();
    let candidate = candidate(&needs, signers);
    let decided = set(policies).decide(&candidate, &circumstances());
    match (decided, expected) {
        (Ok(()), None) => {}
        (Err(denial), Some(words)) => {
            let text = format!("{} / {}", denial.what, denial.hint());
            words.iter().for_each(|word| assert!(text.contains(word), "no `{word}` in {text}"));
        }
        (decided, expected) => panic!("{decided:?} instead of {expected:?} for {policies:?}"),
    }
}

#[track_caller]
fn allows(policy: &str) {
    check(&[policy], &[], None);
}

#[track_caller]
fn denies(policy: &str, words: &[&str]) {
    check(&[policy], &[], Some(words));
}

#[test]
fn without_a_policy_everything_may_run_and_an_empty_one_allows_nothing() {
    check(&[], &[], None);
    denies("", &["no `[[allow]]` is about it", "/p.toml:1", "only root"]);
    allows(ALL);
    check(&[ALL, ""], &[], Some(&["no `[[allow]]`"]));
    check(&["", ALL], &[], Some(&["no `[[allow]]`"]));
}

#[test]
fn a_rule_is_about_names_digests_versions_and_contracts() {
    let rule = |more: &str| format!("[[allow]]\nconnectors = [\"la*\"]\n{more}\n");
    let digest = |digest: &str| rule(&format!("digests = [\"{digest}\"]"));
    allows(&rule(""));
    denies("[[allow]]\nconnectors = [\"sea\"]\n", &["is about it"]);
    allows(&digest(DIGEST));
    allows(&digest(&format!("sha256:{}", DIGEST.to_uppercase())));
    denies(&digest(&"0".repeat(64)), &["is not listed", DIGEST, "/p.toml:2"]);
    allows(&rule("min-version = \"1.4.0\"\nmax-version = \"1.4.0\""));
    denies(&rule("min-version = \"1.4.1\""), &["older"]);
    denies(&rule("max-version = \"1.4.0-rc.1\""), &["newer"]);
    allows(&rule("min-contract = \"1.0.0\"\nmax-contract = \"1.0.0\""));
    denies(&rule("min-contract = \"1.1.0\""), &["older"]);
    denies(&rule("max-contract = \"0.9.0\""), &["newer"]);
    allows(&rule("expires = 2026-06-01"));
    denies(&rule("expires = 2026-05-31"), &["the rule ended"]);
    denies(&rule("expires = 2026-06-01T12:00:00+02:00"), &["the rule ended"]);
    allows(&format!("{}{}", digest(&"0".repeat(64)), rule("")));
}

#[test]
fn a_source_is_believed_only_if_it_is_proven_or_does_not_matter() {
    let rule = |more: &str| {
        format!("[[allow]]\nconnectors = [\"*\"]\nsources = [\"ghcr.io/acme\"]\n{more}\n")
    };
    denies(&rule(""), &["only what a lock says"]);
    allows(&rule(&format!("digests = [\"{DIGEST}\"]")));
    denies(
        "[[allow]]\nconnectors = [\"*\"]\nsources = [\"quay.io\"]\n",
        &["it comes from oci://ghcr"],
    );
    let top = |allow: &str| format!("sources = [\"ghcr.io/acme\"]\n{allow}");
    denies(&top(ALL), &["only what a lock says", "`sources`"]);
    allows(&top(&format!("[[allow]]\nconnectors = [\"*\"]\ndigests = [\"{DIGEST}\"]\n")));
    denies(&format!("sources = [\"quay.io/acme\"]\n{ALL}"), &["it comes from"]);
    let needs = needs();
    let proven = Candidate { source_proof: Proof::Proven, ..candidate(&needs, &[]) };
    set(&[&top(ALL), &rule("")]).decide(&proven, &circumstances()).unwrap();
}

#[test]
fn signatures_are_counted_by_key() {
    let keys =
        "[keys.a]\nminisign = \"A\"\n[keys.b]\nminisign = \"B\"\n[keys.again]\npem = \"A\"\n";
    let rule = |by: &str| format!("{keys}[[allow]]\nconnectors = [\"*\"]\nsigned-by = {by}\n");
    let (only_a, only_b, only_c) = ([signer("A")], [signer("B")], [signer("C")]);
    let both = [signer("A"), signer("B")];
    let check =
        |by: &str, signers: &[Signer], words: Option<&[&str]>| check(&[&rule(by)], signers, words);
    check("{ all-of = [\"a\"] }", &[], Some(&["not signed by `a`"]));
    check("{ all-of = [\"a\"] }", &only_a, None);
    check("{ all-of = [\"a\", \"b\"] }", &only_a, Some(&["not signed by `b`"]));
    check("{ all-of = [\"a\", \"b\"] }", &both, None);
    check("{ any-of = [\"a\", \"b\"] }", &only_b, None);
    check("{ any-of = [\"a\", \"b\"] }", &only_c, Some(&["signed by 0 of a, b, and 1"]));
    check("{ any-of = [\"a\", \"b\"], minimum = 2 }", &only_b, Some(&["1 of a, b, and 2"]));
    check("{ any-of = [\"a\", \"b\"], minimum = 2 }", &both, None);
    check("{ any-of = [\"a\", \"again\"], minimum = 2 }", &both, Some(&["1 of a, again"]));
    check("{ all-of = [\"a\"], any-of = [\"b\"] }", &only_b, Some(&["not signed by `a`"]));
}

#[test]
fn a_key_is_revoked_everywhere_by_name_or_id() {
    let keys = "[keys.a]\nminisign = \"A\"\n";
    let rule =
        format!("{keys}[[allow]]\nconnectors = [\"*\"]\nsigned-by = {{ all-of = [\"a\"] }}\n");
    let signed = [signer("A")];
    check(&[&rule], &signed, None);
    check(&[&format!("revoked-keys = [\"a\"]\n{rule}")], &signed, Some(&["not signed by `a`"]));
    let by_id = format!("revoked-keys = [\"{}\"]\n{ALL}", signed[0].id.to_lowercase());
    check(&[&rule, &by_id], &signed, Some(&["not signed by `a`"]));
    let required = format!("signature-required = true\n{keys}{ALL}");
    check(&[&required], &signed, None);
    check(&[&required], &[signer("B")], Some(&["no key that the policy lists", "/p.toml:2"]));
    check(&[&required, &by_id], &signed, Some(&["no key that the policy lists"]));
}

#[test]
fn whole_things_are_forbidden_with_their_line() {
    allows(&format!("forbid = [\"reveal\", \"command\", \"login-command\"]\n{ALL}"));
    denies(&format!("forbid = [\"reveal\",\n\"vault\"]\n{ALL}"), &["needs `vault`", "/p.toml:3"]);
    denies(&format!("forbid = [\"http\"]\n{ALL}"), &["needs `http`"]);
    denies(&format!("user-connectors = false\n{ALL}"), &["/home/ann/plugins.toml:3", "/p.toml:2"]);
    denies(
        &format!("revoked-digests = [\"{}\",\n\"{DIGEST}\"]\n{ALL}", "0".repeat(64)),
        &["is revoked", "/p.toml:3"],
    );
    denies(&format!("expires = 2026-05-31\n{ALL}"), &["the policy file ended"]);
    denies(&format!("min-connhub = \"0.2.0\"\n{ALL}"), &["connhub 0.1.0"]);
    allows(&format!("min-connhub = \"0.1.0\"\nexpires = 2026-06-01\n{ALL}"));
    denies("contact = \"ann@example.com\"\n", &["ask ann@example.com"]);
}

#[test]
fn the_owner_of_a_further_file_can_change_it() {
    let keeper = Keeper::Further { owner: "the user with the id 7".to_owned() };
    let mut set = PolicySet::default();
    set.add(PolicyFile::parse("ci.toml", keeper, "version = 1\n").unwrap());
    let needs = needs();
    let denial = set.decide(&candidate(&needs, &[]), &circumstances()).unwrap_err();
    assert!(denial.hint().contains("the user with the id 7"), "{}", denial.hint());
    assert!(denial.hint().contains("--policy"), "{}", denial.hint());
}

#[test]
fn a_request_is_held_against_every_ceiling() {
    let ceiling =
        "[[ceiling]]\nconnectors = [\"lake\"]\nendpoints = [\"api\"]\nallow = [\"GET /a/**\"]\n";
    let other = "[[ceiling]]\nconnectors = [\"sea\"]\nallow = []\n[[ceiling]]\nendpoints = [\"x\"]\nallow = []\n";
    let narrow = "[[ceiling]]\nallow = [\"* /a/b\"]\n";
    let check = |policies: &[&str], request: &str, expected: bool| {
        let (method, path) = request.split_once(' ').unwrap();
        let path = CheckedPath::parse(path).unwrap();
        let ceilings = set(policies).ceilings("lake", "api");
        let is_allowed = |c: &std::sync::Arc<Ceiling>| {
            c.check_request(EndpointKind::Http, method, &path).is_ok()
        };
        assert_eq!(ceilings.iter().all(is_allowed), expected, "{policies:?}: {request}");
    };
    check(&[], "POST /x", true);
    check(&[ceiling, other], "GET /a/b", true);
    check(&[ceiling, other], "POST /a/b", false);
    check(&[ceiling, narrow], "GET /a/c", false);
    check(&[ceiling, narrow], "GET /a/b", true);
    check(&["[[ceiling]]\nallow = []\n"], "GET /", false);
}

#[test]
fn namespaces_are_those_of_the_path_and_of_the_command() {
    let policy =
        "[[ceiling]]\nnamespaces = [\"team-*\"]\ncluster-wide = [\"GET /api/v1/namespaces\"]\n";
    let set = set(&[policy]);
    let ceiling = set.ceilings("lake", "api").remove(0);
    let check = |kind: EndpointKind, request: &str, expected: Result<(), &str>| {
        let (method, path) = request.split_once(' ').unwrap();
        let checked = ceiling.check_request(kind, method, &CheckedPath::parse(path).unwrap());
        match (checked, expected) {
            (Ok(()), Ok(())) => {}
            (Err(denial), Err(words)) => assert!(denial.what.contains(words), "{}", denial.what),
            (checked, _) => panic!("{request}: {checked:?}"),
        }
    };
    use EndpointKind::{Http, Kubernetes};
    check(Kubernetes, "GET /api/v1/namespaces/team-a/secrets", Ok(()));
    check(Kubernetes, "GET /api/v1/namespaces/other/secrets", Err("namespace `other`"));
    check(Kubernetes, "GET /api/v1/secrets", Err("whole cluster"));
    check(Kubernetes, "GET /api/v1/namespaces", Ok(()));
    check(Kubernetes, "GET /version", Ok(()));
    check(Http, "GET /api/v1/secrets", Ok(()));
    assert!(set.check_scope("lake", Some("team-b")).is_ok());
    assert!(set.check_scope("lake", Some("prod")).is_err());
    assert!(set.check_scope("lake", None).unwrap_err().what.contains("`-n`"));
    assert!(super::set(&[ALL]).check_scope("lake", None).is_ok());
}

#[test]
fn a_proxy_is_named_like_an_origin() {
    let policy =
        "[[ceiling]]\norigins = [\"https://api.example.com\"]\nproxies = [\"http://proxy:3128\"]\n";
    let set = set(&[policy]);
    let ceiling = set.ceilings("lake", "api").remove(0);
    let origin = |scheme, host, port| Origin::new(scheme, host, Some(port)).unwrap();
    assert!(ceiling.check_origin(&origin("https", "api.example.com", 443)).is_ok());
    assert!(ceiling.check_origin(&origin("http", "proxy", 3128)).is_err());
    assert!(ceiling.check_proxy(&origin("http", "proxy", 3128)).is_ok());
    assert!(ceiling.check_proxy(&origin("http", "evil", 3128)).is_err());
}

#[test]
fn grants_and_limits_only_shrink() {
    let policy = "forbid = [\"reveal\"]\n[[ceiling]]\nvisible = [\"region\", \"other\"]\nmask = [\"/b\", \"/a\"]\nresponse-headers = [\"Retry-After\"]\n[ceiling.limits]\nmemory-mib = 8\nrequests = 4000000000\n";
    let limits = Limits::default();
    let (narrowed, lowered) = set(&[policy]).narrow("lake", &grants(), &limits);
    let endpoint = &narrowed.endpoints["api"];
    assert_eq!(endpoint.visible, ["region"]);
    assert_eq!(endpoint.mask, ["/a", "/b"]);
    assert_eq!(endpoint.response_headers, ["retry-after"]);
    assert!(!narrowed.reveal && narrowed.vault);
    assert_eq!(lowered, Limits { memory: 8 << 20, ..limits });
    let shown = set(&[policy]).limits("lake", &limits);
    assert_eq!(shown, [("memory-mib", 8, true), ("requests", 4_000_000_000, false)]);
}

#[test]
fn programs_are_forbidden_or_named_by_their_paths() {
    let need = "contract = \"1.1.0\"\n[[command]]\nname = \"ctl\"\nwhy = \"x\"\nprogram = \"acme\"\nargs = []\n";
    for (optional, is_needed) in [("", true), ("optional = true\n", false)] {
        let needs = Needs::parse(&format!("{need}{optional}")).unwrap();
        assert_eq!(Forbidden::Command.is_needed(&needs), is_needed);
    }
    let narrowed = |policy: &str| set(&[policy]).narrow("lake", &grants(), &Limits::default()).0;
    assert!(narrowed("forbid = [\"command\"]\n").commands.is_empty());
    assert!(!narrowed("forbid = [\"login-command\"]\n").commands.is_empty());
    let policy = set(&[
        "[[ceiling]]\nprograms = [\"/usr/bin/acme\", \"/opt/acme\"]\n",
        "[[ceiling]]\nconnectors = [\"lake\"]\nprograms = [\"/opt/acme\"]\n",
    ]);
    assert!(policy.check_program("lake", "/opt/acme").is_ok());
    assert!(policy.check_program("other", "/usr/bin/acme").is_ok());
    let denial = policy.check_program("lake", "/usr/bin/acme").unwrap_err();
    assert_eq!((denial.rule.as_str(), denial.position.line), ("programs", 2));
    assert!(set(&["[[ceiling]]\nprograms = []\n"]).check_program("x", "/opt/acme").is_err());
}

#[test]
fn the_hash_is_that_of_all_files_in_order() {
    assert_eq!(set(&[]).hash(), None);
    let hash = |files: &[&str]| set(files).hash().unwrap();
    assert_eq!(hash(&[ALL]), hash(&[ALL]));
    let different = [hash(&[ALL]), hash(&["", ALL]), hash(&[ALL, ""]), hash(&[ALL, ALL])];
    for (index, one) in different.iter().enumerate() {
        assert!(!different[..index].contains(one), "{index}");
        assert_eq!(one.len(), 64);
    }
    assert!(set(&[ALL, "audit-required = true\n"]).audit_required());
    assert!(!set(&["audit-required = false\n"]).audit_required());
}
