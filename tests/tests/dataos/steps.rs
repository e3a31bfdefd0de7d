//! Every step of every write fails once, in every way that a network, a server and a command line have: afterwards nothing is lost, and the
//! same command completes what it could not. Faults that come in pairs are the matter of the connector's own tests.

use std::collections::BTreeMap;
use std::fmt::Debug;
use std::time::Duration;

use connhub_tests::cli::Outcome;
use connhub_tests::dataos::Saved;
use connhub_tests::serve::{Fault, FaultKind, Recorded, Response, Server};
use serde_json::{Value, json};

use crate::POSTGRES;
use crate::instance::Instance;
use crate::transport::Transport;

/// What a request fails with: one fault of each sort that the connector can tell apart. Those that take their time come last.
pub fn kinds_of_requests() -> Vec<FaultKind> {
    vec![
        FaultKind::status(403),
        FaultKind::from(Response::text(504, "upstream request timeout")),
        FaultKind::ResetMidBody,
        FaultKind::TruncatedJson,
        FaultKind::Hang,
    ]
}

/// What a call of the command line fails with, in the words of the program that stands in for it.
pub const KINDS_OF_CALLS: [&str; 7] = [
    "refused-with-success",
    "silent-failure",
    "done-with-failure",
    "cut",
    "cut-with-success",
    "killed",
    "hangs",
];

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

/// A DataOS in which a write is run again and again from the same start.
struct Case<'a> {
    instance: Instance,
    write: &'a Write,
    start: Saved,
    old: String,
    new: String,
}

impl<'a> Case<'a> {
    fn new(transport: Transport, write: &'a Write) -> Self {
        let instance = Instance::split(transport);
        let old = match write.starts {
            Start::Stored => instance.has_postgres("sales"),
            Start::Empty => String::new(),
        };
        let (start, new) = (instance.dataos.save(), instance.env.secret("new"));
        Self { instance, write, start, old, new }
    }

    fn run(&self) -> Outcome {
        let run = self.instance.env.command(self.write.words.iter().copied());
        match self.write.ends {
            End::Stored(_) => run.stdin(self.new.as_str()).run(),
            End::Gone => run.run(),
        }
    }

    /// The requests and the number of calls of a write to which nothing happens.
    fn steps(&self) -> (Vec<Recorded>, usize) {
        self.instance.forget_calls();
        let (outcome, requests) = self.instance.asked(|| self.run());
        outcome.succeeds();
        assert!(self.is_done(), "{:?}", self.instance.stored());
        (requests, self.instance.calls().len())
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
            && self.instance.dataos.orphan_secrets().is_empty()
    }

    /// Runs the write with a fault, and again without.
    fn struck(&self, what: &dyn Debug, strike: impl FnOnce(), heal: impl FnOnce()) {
        self.instance.dataos.restore(&self.start);
        self.instance.forget_calls();
        strike();
        let first = self.run();
        heal();
        let what = format!("{what:?}\n{first}");
        let left = self.instance.stored();
        match first.code {
            0 => assert!(self.is_done(), "done, and it is not: {left:?}\n{what}"),
            2..=6 => assert!(self.is_safe(), "{left:?}\n{what}"),
            _ => panic!("{what}"),
        }
        let orphans = self.instance.dataos.orphan_secrets();
        let named = orphans.is_empty() || first.stderr.contains("sales-cred");
        assert!(named, "nobody speaks of {orphans:?}\n{what}");
        let second = self.run();
        assert!(self.is_done(), "not completed: {:?}\n{what}\n{second}", self.instance.stored());
        // Of what is done already there is nothing to do again.
        assert!(first.code == 0 || matches!(second.code, 0 | 3 | 5), "{what}\n{second}");
    }

    /// The requests fail, those that the command line sends with the others.
    fn strike_requests(&self, kinds: &[FaultKind]) {
        let (requests, _) = self.steps();
        for (at, request) in requests.iter().enumerate() {
            for kind in kinds {
                let what = (request.method.as_str(), &request.path, kind);
                let faults = || self.instance.server.faults();
                let strike = || strike(&self.instance.server, &requests, at, kind.clone());
                self.struck(&what, strike, || faults().clear());
            }
        }
    }

    /// The calls of the command line fail.
    fn strike_calls(&self, kinds: &[&str]) {
        let (_, calls) = self.steps();
        assert!(calls > 2, "the command line was called");
        for call in 1..=calls {
            for kind in kinds {
                let behave = |faults: Value| self.instance.behave(&json!({ "faults": faults }));
                let strike = || behave(json!([{"call": call, "kind": kind}]));
                self.struck(&(call, kind), strike, || behave(json!([])));
            }
        }
    }
}

fn values(password: &str) -> BTreeMap<String, String> {
    let pairs = [("username", "loader"), ("password", password)];
    pairs.map(|(key, value)| (key.to_owned(), value.to_owned())).into()
}

/// Strikes one request of those that a write makes: the earlier ones to the same place are let through.
pub fn strike(server: &Server, requests: &[Recorded], at: usize, kind: FaultKind) {
    let path = |request: &Recorded| request.path.split('?').next().unwrap_or_default().to_owned();
    let (method, place) = (&requests[at].method, path(&requests[at]));
    let is_hit =
        |request: &&Recorded| request.method == *method && path(request).starts_with(&place);
    let earlier = requests[..at].iter().filter(is_hit).count();
    let faults = server.faults();
    if earlier > 0 {
        let pass = Fault::on(method.clone(), &place, FaultKind::Delay(Duration::ZERO));
        faults.add(pass.times(earlier));
    }
    faults.add(Fault::on(method.clone(), &place, kind).times(1));
}

/// Who waits for a time-out leaves the machine to the others.
pub fn side_by_side(slow: &(dyn Fn() + Sync), quick: &(dyn Fn() + Sync)) {
    std::thread::scope(|scope| {
        scope.spawn(slow);
        quick();
    });
}

fn check(transport: Transport, write: &Write) {
    match transport {
        Transport::Http => {
            let kinds = kinds_of_requests();
            let (slow, quick) = kinds.split_last().expect("there are kinds");
            let of = |kinds: &[FaultKind]| Case::new(transport, write).strike_requests(kinds);
            side_by_side(&|| of(std::slice::from_ref(slow)), &|| of(quick));
        }
        Transport::Ctl | Transport::Auto => {
            let (slow, quick) = KINDS_OF_CALLS.split_last().expect("there are kinds");
            let of = |kinds: &[&str]| Case::new(transport, write).strike_calls(kinds);
            side_by_side(&|| of(&[*slow]), &|| of(quick));
        }
    }
}

const CREATE: [&str; 7] =
    ["create", "sales", POSTGRES[0], POSTGRES[1], POSTGRES[2], POSTGRES[3], POSTGRES[4]];

fn a_creation_is_completed(transport: Transport) {
    check(transport, &Write { starts: Start::Empty, words: &CREATE, ends: End::Stored(5432) });
}

fn a_replacement_is_completed(transport: Transport) {
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
    check(transport, &Write { starts: Start::Stored, words, ends: End::Stored(5433) });
}

fn an_update_is_completed(transport: Transport) {
    let words = &["update", "sales", "port=5433", "password=-"];
    check(transport, &Write { starts: Start::Stored, words, ends: End::Stored(5433) });
}

fn a_rotation_is_completed(transport: Transport) {
    let words = &["rotate", "sales", "password=-", "--no-test"];
    check(transport, &Write { starts: Start::Stored, words, ends: End::Stored(5432) });
}

fn a_deletion_is_completed(transport: Transport) {
    let words = &["delete", "sales", "--yes"];
    check(transport, &Write { starts: Start::Stored, words, ends: End::Gone });
}

over_both! {
    a_creation_is_completed,
    a_replacement_is_completed,
    an_update_is_completed,
    a_rotation_is_completed,
    a_deletion_is_completed,
}
