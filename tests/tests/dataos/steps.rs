//! Every request of every write fails once, in every way that a network and a server have: afterwards nothing is lost, and the same
//! command completes what it could not. Faults that come in pairs are the matter of the connector's own tests.

use std::collections::BTreeMap;
use std::time::Duration;

use connhub_tests::cli::Outcome;
use connhub_tests::serve::{Fault, FaultKind, Recorded, Response};

use crate::POSTGRES;
use crate::instance::Instance;

/// What a request fails with: one fault of each sort that the connector can tell apart.
fn kinds() -> Vec<FaultKind> {
    vec![
        FaultKind::status(403),
        FaultKind::from(Response::text(504, "upstream request timeout")),
        FaultKind::ResetMidBody,
        FaultKind::TruncatedJson,
        FaultKind::Hang,
    ]
}

/// A write, from what is there.
struct Write {
    /// Whether a connection is there already.
    starts: Start,
    words: &'static [&'static str],
    ends: End,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Start {
    Empty,
    Stored,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum End {
    Gone,
    /// With the new password and at this port.
    Stored(u16),
}

/// One run of the write.
struct Case<'a> {
    instance: &'a Instance,
    write: &'a Write,
    old: String,
    new: String,
}

impl<'a> Case<'a> {
    fn begin(instance: &'a Instance, write: &'a Write) -> Self {
        let cleared = instance.run(&["delete", "sales", "--yes"]);
        assert!(matches!(cleared.code, 0 | 3), "{cleared}");
        assert_eq!(instance.stored(), [""; 0]);
        let old = match write.starts {
            Start::Stored => instance.has_postgres("sales"),
            Start::Empty => String::new(),
        };
        Self { instance, write, old, new: instance.env.secret("new") }
    }

    fn run(&self) -> Outcome {
        let run = self.instance.env.command(self.write.words.iter().copied());
        match self.write.ends {
            End::Stored(_) => run.stdin(self.new.as_str()).run(),
            End::Gone => run.run(),
        }
    }

    fn is_done(&self) -> bool {
        let stored = self.instance.stored();
        let End::Stored(port) = self.write.ends else { return stored.is_empty() };
        stored == ["secret sales-cred", "depot sales"]
            && self.instance.depot().resource["spec"]["spec"]["port"] == port
            && self.instance.secret().values == values(&self.new)
    }

    /// What was there before a write that does not delete is there, whole.
    fn is_safe(&self) -> bool {
        if self.write.starts == Start::Empty || self.write.ends == End::Gone {
            return true;
        }
        let whole = [values(&self.old), values(&self.new)];
        self.instance.stored() == ["secret sales-cred", "depot sales"]
            && whole.contains(&self.instance.secret().values)
    }
}

fn values(password: &str) -> BTreeMap<String, String> {
    let pairs = [("username", "loader"), ("password", password)];
    pairs.map(|(key, value)| (key.to_owned(), value.to_owned())).into()
}

/// Strikes one request of those that a write makes: the earlier ones to the same place are let through.
fn strike(instance: &Instance, requests: &[Recorded], at: usize, kind: FaultKind) {
    let path = |request: &Recorded| request.path.split('?').next().unwrap_or_default().to_owned();
    let (method, place) = (&requests[at].method, path(&requests[at]));
    let is_hit =
        |request: &&Recorded| request.method == *method && path(request).starts_with(&place);
    let earlier = requests[..at].iter().filter(is_hit).count();
    let faults = instance.server.faults();
    if earlier > 0 {
        let pass = Fault::on(method.clone(), &place, FaultKind::Delay(Duration::ZERO));
        faults.add(pass.times(earlier));
    }
    faults.add(Fault::on(method.clone(), &place, kind).times(1));
}

fn check(write: &Write) {
    let instance = Instance::split();
    let clean = Case::begin(&instance, write);
    let (outcome, requests) = instance.asked(|| clean.run());
    outcome.succeeds();
    assert!(clean.is_done(), "{:?}", instance.stored());
    for at in 0..requests.len() {
        for kind in kinds() {
            let case = Case::begin(&instance, write);
            strike(&instance, &requests, at, kind.clone());
            let first = case.run();
            instance.server.faults().clear();
            let what = format!("{} {} {kind:?}\n{first}", requests[at].method, requests[at].path);
            let left = instance.stored();
            match first.code {
                0 => assert!(case.is_done(), "done, and it is not: {left:?}\n{what}"),
                2..=6 => assert!(case.is_safe(), "{left:?}\n{what}"),
                _ => panic!("{what}"),
            }
            let orphans = instance.dataos.orphan_secrets();
            let named = orphans.is_empty() || first.stderr.contains("sales-cred");
            assert!(named, "nobody speaks of {orphans:?}\n{what}");
            let second = case.run();
            assert!(case.is_done(), "not completed: {:?}\n{what}\n{second}", instance.stored());
            // Of what is done already there is nothing to do again.
            assert!(first.code == 0 || matches!(second.code, 0 | 3 | 5), "{what}\n{second}");
        }
    }
}

const CREATE: [&str; 7] =
    ["create", "sales", POSTGRES[0], POSTGRES[1], POSTGRES[2], POSTGRES[3], POSTGRES[4]];

#[test]
fn a_creation_is_completed() {
    check(&Write { starts: Start::Empty, words: &CREATE, ends: End::Stored(5432) });
}

#[test]
fn a_replacement_is_completed() {
    let words = &[
        "create",
        "sales",
        POSTGRES[0],
        POSTGRES[1],
        POSTGRES[2],
        POSTGRES[3],
        POSTGRES[4],
        "port=5433",
        "--if-exists=replace",
    ];
    check(&Write { starts: Start::Stored, words, ends: End::Stored(5433) });
}

#[test]
fn an_update_is_completed() {
    let words = &["update", "sales", "port=5433", "password=-"];
    check(&Write { starts: Start::Stored, words, ends: End::Stored(5433) });
}

#[test]
fn a_rotation_is_completed() {
    let words = &["rotate", "sales", "password=-", "--no-test"];
    check(&Write { starts: Start::Stored, words, ends: End::Stored(5432) });
}

#[test]
fn a_deletion_is_completed() {
    check(&Write { starts: Start::Stored, words: &["delete", "sales", "--yes"], ends: End::Gone });
}
