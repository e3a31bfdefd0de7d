//! Grants, needs and digests in the form in which they are shown.

use crate::cli::app::App;
use crate::operations::Digest;
use crate::policy::admin::{Finding, Forbidden, PolicySet};
use crate::policy::{Grants, Needs, Rule, Shape, Shapes};
use crate::settings::Locked;
use crate::ui::json::{CapabilityForm, CommandForm, EndpointForm, FindingForm, GrantsForm};

/// How much of what is needed is left where it depends on the request.
const LEFT_BY_POLICY: &str = "what policy leaves of it";

/// Whether a component is the one that was locked.
pub(super) fn state(locked: Option<&Locked>, digest: Option<&Digest>) -> &'static str {
    match (locked, digest) {
        (_, None) => "missing",
        (None, Some(_)) => "unlocked",
        (Some(locked), Some(digest)) if locked.sha256 == digest.sha256 => "locked",
        (Some(_), Some(_)) => "changed",
    }
}

/// Says what is worth a warning about a connector.
pub(super) fn warn(connector: &str, warnings: &[String], app: &App) {
    let talk = app.console.talk();
    warnings.iter().for_each(|text| talk.warning(&format!("connector `{connector}`: {text}")));
}

pub(in crate::cli) fn grants(grants: &Grants) -> GrantsForm {
    let endpoints = grants.endpoints.iter().map(|(name, grant)| EndpointForm {
        name: name.clone(),
        kind: Some(grant.kind.as_str()),
        allow: grant.allow.clone(),
        secrets_in: grant.secrets_in.clone(),
        mask: grant.mask.clone(),
        why: None,
    });
    let commands = grants.commands.iter().map(|(name, grant)| CommandForm {
        name: name.clone(),
        program: grant.program.clone(),
        args: grant.args.clone(),
        secrets_in: grant.secrets_in.clone(),
        environment: grant.environment.clone(),
        input: grant.input,
    });
    GrantsForm {
        endpoints: endpoints.collect(),
        commands: commands.collect(),
        vault: grants.vault,
        reveal: grants.reveal,
    }
}

/// What a rule of the policy says.
pub(in crate::cli) fn finding(finding: &Finding) -> FindingForm {
    FindingForm {
        source: finding.position.to_string(),
        rule: finding.rule.clone(),
        verdict: finding.verdict.as_str(),
        detail: finding.detail.clone(),
    }
}

/// Needs and grants side by side. A grant that is not needed is shown, too: it has no effect.
pub(super) fn capabilities(needs: &Needs, grants: &Grants) -> Vec<CapabilityForm> {
    let mut rows = vec![
        row("vault", needs.vault.as_ref().map(|need| need.why.as_str()), grants.vault),
        row("reveal", needs.reveal.as_ref().map(|need| need.why.as_str()), grants.reveal),
    ];
    let needed = needs.endpoints.iter().map(|endpoint| endpoint.name.as_str());
    let unneeded = grants.endpoints.keys().map(String::as_str);
    let unneeded = unneeded.filter(|name| needs.endpoint(name).is_none());
    rows.extend(needed.chain(unneeded).map(|name| endpoint(name, needs, grants)));
    let needed = needs.commands.iter().map(|command| command.name.as_str());
    let unneeded = grants.commands.keys().map(String::as_str);
    let unneeded = unneeded.filter(|name| needs.command(name).is_none());
    rows.extend(needed.chain(unneeded).map(|name| command(name, needs, grants)));
    rows
}

fn row(capability: &str, why: Option<&str>, is_granted: bool) -> CapabilityForm {
    let yes = |is: bool| is.then(|| "yes".to_owned());
    CapabilityForm {
        capability: capability.to_owned(),
        needs: yes(why.is_some()),
        granted: yes(is_granted),
        effective: yes(why.is_some() && is_granted),
        why: why.map(str::to_owned),
        policy: None,
    }
}

/// Adds to a row what policy makes of it.
pub(super) fn limit_by_policy(
    row: &mut CapabilityForm,
    connector: &str,
    needs: &Needs,
    policy: &PolicySet,
) {
    let endpoint = row.capability.strip_prefix("http ").map(str::to_owned);
    let whole = match row.capability.as_str() {
        "vault" => Forbidden::Vault,
        "reveal" => Forbidden::Reveal,
        name if name.starts_with("command ") => Forbidden::Command,
        _ => Forbidden::Http,
    };
    if let Some(denial) = policy.forbids(whole) {
        row.policy = Some(format!("forbidden ({})", denial.position));
        row.effective = None;
        return;
    }
    if whole == Forbidden::Command {
        let ceilings = policy.program_ceilings(connector);
        let places: Vec<_> = ceilings.iter().map(|own| own.position.to_string()).collect();
        if !places.is_empty() {
            row.policy = Some(format!("ceiling ({})", places.join(", ")));
            // A ceiling names files, and which one a grant means is known when it is run.
            row.effective = row.effective.take().map(|_| LEFT_BY_POLICY.to_owned());
        }
    }
    let Some(endpoint) = endpoint else { return };
    let ceilings = policy.ceilings(connector, &endpoint);
    if ceilings.is_empty() {
        return;
    }
    let places: Vec<String> = ceilings.iter().map(|own| own.position.to_string()).collect();
    row.policy = Some(format!("ceiling ({})", places.join(", ")));
    let rules = needs.endpoint(&endpoint).map(|need| need.allow.as_slice()).unwrap_or_default();
    let is_whole = |text: &String| {
        Rule::parse(text).is_ok_and(|rule| ceilings.iter().all(|ceiling| ceiling.covers(&rule)))
    };
    if row.effective.is_some() && !rules.iter().all(is_whole) {
        row.effective = Some(LEFT_BY_POLICY.to_owned());
    }
}

fn endpoint(name: &str, needs: &Needs, grants: &Grants) -> CapabilityForm {
    let need = needs.endpoint(name);
    let grant = grants.endpoints.get(name);
    let rules = |count: usize| match count {
        1 => "1 rule".to_owned(),
        count => format!("{count} rules"),
    };
    let effective =
        need.zip(grant).map(|(need, grant)| match shared_rules(&need.allow, &grant.allow) {
            Shared::All => "all that it needs".to_owned(),
            Shared::Some(count) => rules(count),
        });
    CapabilityForm {
        capability: format!("http {name}"),
        needs: need.map(|need| rules(need.allow.len())),
        granted: grant
            .map(|grant| format!("{}, {}", grant.kind.as_str(), rules(grant.allow.len()))),
        effective,
        why: need.map(|need| need.why.clone()),
        policy: None,
    }
}

fn command(name: &str, needs: &Needs, grants: &Grants) -> CapabilityForm {
    let need = needs.command(name);
    let grant = grants.commands.get(name);
    let shapes = |count: usize| match count {
        1 => "1 shape".to_owned(),
        count => format!("{count} shapes"),
    };
    let effective = need.zip(grant).map(|(need, grant)| {
        let parse = |shapes: &[Vec<String>]| Shapes::parse(shapes).unwrap_or_default();
        let (needs, grants) = (parse(&need.args), parse(&grant.args));
        let granted = needs.iter().filter(|shape| grants.cover(shape)).count();
        let narrowed = |shape: &&Shape| {
            needs.cover(shape) && !needs.iter().any(|need| grants.cover(need) && need == *shape)
        };
        match granted == needs.iter().count() {
            true => "all that it needs".to_owned(),
            false => shapes(granted + grants.iter().filter(narrowed).count()),
        }
    });
    CapabilityForm {
        capability: format!("command {name}"),
        needs: need.map(|need| {
            let optional = if need.optional { ", can do without" } else { "" };
            format!("{}{optional}", shapes(need.args.len()))
        }),
        granted: grant.map(|grant| format!("`{}`, {}", grant.program, shapes(grant.args.len()))),
        effective,
        why: need.map(|need| need.why.clone()),
        policy: None,
    }
}

/// What two lists of rules have in common: a request must match a rule of both.
enum Shared {
    /// Every need is granted.
    All,
    /// So many rules, of either list, lie within the other list.
    Some(usize),
}

fn shared_rules(needs: &[String], grants: &[String]) -> Shared {
    let parse = |texts: &[String]| -> Vec<Rule> {
        texts.iter().filter_map(|text| Rule::parse(text).ok()).collect()
    };
    let (needs, grants) = (parse(needs), parse(grants));
    let within = |rule: &Rule, others: &[Rule]| others.iter().any(|other| other.covers(rule));
    let granted = needs.iter().filter(|need| within(need, &grants)).count();
    if granted == needs.len() {
        return Shared::All;
    }
    let narrowed = grants
        .iter()
        .filter(|grant| within(grant, &needs) && !needs.iter().any(|need| grant.covers(need)));
    Shared::Some(granted + narrowed.count())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::CommandNeed;
    use crate::policy::admin::{Keeper, PolicyFile};

    #[test]
    fn two_keys_are_needed_for_an_effect() {
        let needs = Needs::parse(
            "contract = \"1.0.0\"\n[vault]\nwhy = \"records\"\n[[endpoint]]\nname = \"api\"\nwhy = \"asks\"\nallow = [\"GET /\", \"POST /\"]\n",
        )
        .unwrap();
        let check = |grants: &Grants, expected: &[(&str, Option<&str>, Option<&str>)]| {
            let rows = capabilities(&needs, grants);
            let rows: Vec<_> = rows
                .iter()
                .map(|row| {
                    (row.capability.as_str(), row.granted.as_deref(), row.effective.as_deref())
                })
                .collect();
            assert_eq!(rows, expected);
        };
        check(
            &Grants::default(),
            &[("vault", None, None), ("reveal", None, None), ("http api", None, None)],
        );
        let grants = Grants { vault: true, reveal: true, ..Grants::default() };
        check(
            &grants,
            &[
                ("vault", Some("yes"), Some("yes")),
                ("reveal", Some("yes"), None),
                ("http api", None, None),
            ],
        );
    }

    #[test]
    fn a_ceiling_on_programs_leaves_what_is_seen_when_they_are_run() {
        let needs = Needs::parse(
            "contract = \"1.1.0\"\n[[command]]\nname = \"ctl\"\nwhy = \"asks\"\nprogram = \"ctl\"\nargs = [[\"get\"]]\n",
        )
        .unwrap();
        let of_needs = needs.commands.iter().map(CommandNeed::granted).collect();
        let granted = Grants { commands: of_needs, ..Grants::default() };
        let effective = |grants: &Grants, ceiling: &str| {
            let text = format!("version = 1\n{ceiling}");
            let mut policy = PolicySet::default();
            policy.add(PolicyFile::parse("/p.toml", Keeper::System, &text).unwrap());
            let mut rows = capabilities(&needs, grants);
            let row = rows.iter_mut().find(|row| row.capability == "command ctl").unwrap();
            limit_by_policy(row, "acme", &needs, &policy);
            (row.effective.clone(), row.policy.is_some())
        };
        let text = |text: &str| Some(text.to_owned());
        let ceiling = "[[ceiling]]\nconnectors = [\"acme\"]\nprograms = [\"/usr/bin/ctl\"]\n";
        assert_eq!(effective(&granted, ""), (text("all that it needs"), false));
        assert_eq!(effective(&granted, ceiling), (text(LEFT_BY_POLICY), true));
        assert_eq!(effective(&Grants::default(), ceiling), (None, true));
        assert_eq!(effective(&granted, "forbid = [\"command\"]\n"), (None, true));
    }

    #[test]
    fn a_component_is_compared_with_its_lock() {
        let digest = Digest { sha256: "ab".to_owned(), bytes: [0xab; 32], size: 1 };
        let locked = |sha256: &str| Locked {
            component: "x.wasm".to_owned(),
            sha256: sha256.to_owned(),
            size: 1,
            ..Locked::default()
        };
        assert_eq!(state(None, None), "missing");
        assert_eq!(state(None, Some(&digest)), "unlocked");
        assert_eq!(state(Some(&locked("ab")), Some(&digest)), "locked");
        assert_eq!(state(Some(&locked("cd")), Some(&digest)), "changed");
    }
}
