//! What a connector can reach at worst, in one line, for a person who judges it.

use std::collections::BTreeSet;
use std::fmt;

use super::{
    CommandGrant, CommandNeed, EndpointGrant, EndpointKind, EndpointNeed, Grants, Needs, Rule,
    Shapes,
};

/// What a component could do if it were hostile. Computing, the clock, random numbers and the log are left out: every component has them.
#[derive(Debug, PartialEq, Eq)]
pub struct Worst {
    vault: bool,
    reveal: bool,
    endpoints: Vec<Reached>,
    commands: Vec<Run>,
}

/// A program, and what it is given.
#[derive(Debug, PartialEq, Eq)]
struct Run {
    program: String,
    shapes: usize,
    sends_secrets: bool,
}

#[derive(Debug, PartialEq, Eq)]
struct Reached {
    name: String,
    kind: Option<EndpointKind>,
    methods: BTreeSet<String>,
    sends_secrets: bool,
}

/// What stands for every method.
const ANY: &str = "any method";

impl Worst {
    /// What a component needs and is granted, as far as it is `left` to it: asked for `vault`, `reveal`, each `http ENDPOINT`
    /// and each `command NAME`.
    pub fn of(needs: &Needs, grants: &Grants, left: impl Fn(&str) -> bool) -> Self {
        let is_left = |need: &&EndpointNeed| left(&format!("http {}", need.name));
        let reached =
            |need: &EndpointNeed| Some(Reached::of(need, grants.endpoints.get(&need.name)?));
        Self {
            vault: needs.vault.is_some() && grants.vault && left("vault"),
            reveal: needs.reveal.is_some() && grants.reveal && left("reveal"),
            endpoints: needs.endpoints.iter().filter(is_left).filter_map(reached).collect(),
            commands: needs
                .commands
                .iter()
                .filter(|need| left(&format!("command {}", need.name)))
                .filter_map(|need| Some(Run::of(need, grants.commands.get(&need.name)?)))
                .collect(),
        }
    }

    /// What a component could do if all its needs were granted.
    pub fn of_needs(needs: &Needs) -> Self {
        let all = |need: &EndpointNeed| Reached {
            name: need.name.clone(),
            kind: None,
            methods: methods(&need.allow),
            sends_secrets: !need.secrets_in.is_empty(),
        };
        Self {
            vault: needs.vault.is_some(),
            reveal: needs.reveal.is_some(),
            endpoints: needs.endpoints.iter().map(all).collect(),
            commands: needs.commands.iter().map(Run::of_need).collect(),
        }
    }
}

impl Run {
    fn of(need: &CommandNeed, grant: &CommandGrant) -> Self {
        let own = Self::of_need(need);
        let (needs, grants) = (Shapes::parse(&need.args), Shapes::parse(&grant.args));
        let shapes = match (needs, grants) {
            // Whatever fits both fits a shape of either; the list that is shorter says it shorter.
            (Ok(needs), Ok(grants)) if needs.iter().all(|shape| grants.cover(shape)) => own.shapes,
            (Ok(needs), Ok(grants)) => grants.iter().count().min(needs.iter().count()),
            _ => 0,
        };
        Self {
            program: grant.program.clone(),
            shapes,
            sends_secrets: own.sends_secrets && !grant.secrets_in.is_empty(),
        }
    }

    fn of_need(need: &CommandNeed) -> Self {
        Self {
            program: need.program.clone(),
            shapes: need.args.len(),
            sends_secrets: !need.secrets_in.is_empty(),
        }
    }
}

impl fmt::Display for Run {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { program, shapes, sends_secrets } = self;
        let shapes = match shapes {
            1 => "arguments of 1 shape".to_owned(),
            shapes => format!("arguments of {shapes} shapes"),
        };
        let secrets = if *sends_secrets { ", and hands secrets to it" } else { "" };
        write!(
            f,
            "runs the program `{program}` as you, outside the sandbox, with {shapes}{secrets}"
        )
    }
}

impl Reached {
    fn of(need: &EndpointNeed, grant: &EndpointGrant) -> Self {
        Self {
            name: need.name.clone(),
            kind: Some(grant.kind),
            methods: shared(methods(&need.allow), methods(&grant.allow)),
            sends_secrets: !need.secrets_in.is_empty() && !grant.secrets_in.is_empty(),
        }
    }
}

fn methods(rules: &[String]) -> BTreeSet<String> {
    let rules = rules.iter().filter_map(|rule| Rule::parse(rule).ok());
    rules.map(|rule| rule.method().unwrap_or(ANY).to_owned()).collect()
}

/// A request must match a rule of both lists.
fn shared(needs: BTreeSet<String>, grants: BTreeSet<String>) -> BTreeSet<String> {
    match (needs.contains(ANY), grants.contains(ANY)) {
        (true, _) => grants,
        (_, true) => needs,
        _ => needs.intersection(&grants).cloned().collect(),
    }
}

impl fmt::Display for Worst {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut parts = Vec::new();
        if self.reveal {
            parts.push("reads the bytes of secrets".to_owned());
        }
        if self.vault {
            parts.push("reads, changes and deletes its own records in the sealed store".to_owned());
        }
        parts.extend(self.endpoints.iter().filter(|one| !one.methods.is_empty()).map(sentence));
        parts.extend(self.commands.iter().filter(|one| one.shapes > 0).map(Run::to_string));
        match parts.is_empty() {
            true => f.write_str("reaches nothing: no network, store, file or program"),
            false => write!(f, "{}; reaches nothing else", parts.join("; ")),
        }
    }
}

fn sentence(reached: &Reached) -> String {
    let Reached { name, kind, methods, sends_secrets } = reached;
    let methods = methods.iter().map(String::as_str).collect::<Vec<_>>().join(", ");
    let kind = kind.map(|kind| format!(" ({})", kind.as_str())).unwrap_or_default();
    let secrets = if *sends_secrets { ", and sends secrets there" } else { "" };
    format!("sends {methods} to `{name}`{kind} with your login{secrets}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::MaskEncoding;

    fn needs() -> Needs {
        Needs::parse(
            "contract = \"1.0.0\"\n[vault]\nwhy = \"w\"\n[reveal]\nwhy = \"w\"\n[[endpoint]]\nname = \"api\"\nwhy = \"w\"\n\
             allow = [\"GET /a\", \"POST /a\", \"DELETE /a\"]\nsecrets-in = [\"/s\"]\n",
        )
        .unwrap()
    }

    fn grants(allow: &[&str], secrets_in: &[&str]) -> Grants {
        let texts = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect();
        let grant = EndpointGrant {
            kind: EndpointKind::Http,
            allow: texts(allow),
            secrets_in: texts(secrets_in),
            mask: Vec::new(),
            mask_encoding: MaskEncoding::Text,
            visible: Vec::new(),
            omit: Vec::new(),
            response_headers: Vec::new(),
            source: String::new(),
        };
        let endpoints = [("api".to_owned(), grant)].into();
        Grants { endpoints, vault: true, reveal: true, ..Grants::default() }
    }

    #[test]
    fn it_takes_a_need_and_a_grant_and_what_policy_leaves() {
        let check = |grants: &Grants, left: &[&str], expected: &str| {
            let worst = Worst::of(&needs(), grants, |capability| left.contains(&capability));
            assert_eq!(worst.to_string(), expected);
        };
        let all = ["vault", "reveal", "http api"];
        let nothing = "reaches nothing: no network, store, file or program";
        check(&Grants::default(), &all, nothing);
        check(&grants(&["GET /a"], &[]), &[], nothing);
        check(
            &grants(&["GET /a", "PUT /a"], &[]),
            &["vault", "http api"],
            "reads, changes and deletes its own records in the sealed store; sends GET to `api` (http) with your login; reaches nothing else",
        );
        check(
            &grants(&["* /a"], &["/s"]),
            &["reveal", "http api"],
            "reads the bytes of secrets; sends DELETE, GET, POST to `api` (http) with your login, and sends secrets there; reaches nothing else",
        );
        check(&grants(&["PUT /a"], &[]), &["http api"], nothing);
    }

    #[test]
    fn a_program_is_named_with_what_it_is_given() {
        let needs = Needs::parse(
            "contract = \"1.1.0\"\n[[command]]\nname = \"c\"\nwhy = \"w\"\nprogram = \"acme\"\nargs = [[\"a\"], [\"b\"]]\n\
             secrets-in = [\"/s\"]\n",
        )
        .unwrap();
        let mut grant = CommandGrant {
            program: "/opt/acme".to_owned(),
            args: needs.commands[0].args.clone(),
            ..CommandGrant::default()
        };
        let worst = |grant: &CommandGrant| {
            let commands = [("c".to_owned(), grant.clone())].into();
            Worst::of(&needs, &Grants { commands, ..Grants::default() }, |_| true).to_string()
        };
        let runs = "runs the program `/opt/acme` as you, outside the sandbox, with arguments of";
        assert_eq!(worst(&grant), format!("{runs} 2 shapes; reaches nothing else"));
        grant.args.truncate(1);
        grant.secrets_in = vec!["/s".to_owned()];
        let secrets = "1 shape, and hands secrets to it; reaches nothing else";
        assert_eq!(worst(&grant), format!("{runs} {secrets}"));
        grant.args.clear();
        assert!(worst(&grant).starts_with("reaches nothing"));
        assert!(Worst::of_needs(&needs).to_string().contains("runs the program `acme` as you"));
    }

    #[test]
    fn needs_alone_are_what_could_be_granted() {
        let text = Worst::of_needs(&needs()).to_string();
        assert!(text.contains("sends DELETE, GET, POST to `api` with your login, and"), "{text}");
    }
}
