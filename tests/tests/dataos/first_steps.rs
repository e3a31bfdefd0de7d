//! Every step of every write in the first generation fails once, in every way that a network, a server and a command line have: afterwards no
//! Depot and no value is lost, no half of a pair is left unnamed, and the same command completes what it could not.

use std::fmt::Debug;

use connhub_tests::cli::Outcome;
use connhub_tests::dataos::SavedFirst;
use connhub_tests::serve::{FaultKind, Recorded};
use serde_json::{Value, json};

use crate::POSTGRES;
use crate::configuration::limit;
use crate::generation::{ALL, Site};
use crate::requests::during;
use crate::steps::{KINDS_OF_CALLS, kinds_of_requests, side_by_side, strike};
use crate::transport::Transport;

const HALVES: [&str; 2] = ["sales-r", "sales-rw"];

/// A write: whether a connection is there before, its words, and the port that the Depot has afterwards; none if it is gone.
struct Write {
    starts_stored: bool,
    words: Vec<&'static str>,
    ends: Option<u16>,
}

/// A DataOS in which a write is run again and again from the same start.
struct Case<'a> {
    site: Site,
    write: &'a Write,
    start: SavedFirst,
    old: String,
    new: String,
}

impl<'a> Case<'a> {
    fn new(transport: Transport, write: &'a Write) -> Self {
        let site = Site::limited(transport, |section| {
            limit(section, "request-seconds", 1);
            limit(section, "command-seconds", 2);
        });
        let old = if write.starts_stored { site.has_sales() } else { String::new() };
        let (start, new) = (site.dataos.save(), site.env.secret("new"));
        Self { site, write, start, old, new }
    }

    fn run(&self) -> Outcome {
        let run = self.site.env.command(self.write.words.iter().copied());
        match self.write.ends {
            Some(_) => run.stdin(self.new.as_str()).run(),
            None => run.run(),
        }
    }

    /// The requests and the number of calls of a write to which nothing happens.
    fn steps(&self) -> (Vec<Recorded>, usize) {
        self.site.forget_calls();
        let (outcome, requests) = during(&self.site.server, || self.run());
        outcome.succeeds();
        assert!(self.is_done(), "{:?}", self.site.dataos.stored());
        (requests, self.site.calls())
    }

    fn is_done(&self) -> bool {
        let stored = self.site.dataos.stored();
        let Some(port) = self.write.ends else { return stored.is_empty() };
        stored == ALL
            && self.port() == port
            && HALVES.iter().all(|half| self.password(half) == self.new)
    }

    /// A Depot that was there, and both halves of what it uses, are there after a write that does not delete.
    fn is_safe(&self) -> bool {
        if !self.write.starts_stored || self.write.ends.is_none() {
            return true;
        }
        let known = [self.old.as_str(), self.new.as_str()].map(Value::from);
        self.site.dataos.stored() == ALL
            && HALVES.iter().all(|half| known.contains(&self.password(half)))
    }

    fn port(&self) -> Value {
        let depot = self.site.dataos.manifest("depot", "sales").expect("it is there");
        depot["depot"]["postgresql"]["port"].clone()
    }

    fn password(&self, half: &str) -> Value {
        self.site.secret(half)["instance-secret"]["data"]["password"].clone()
    }

    /// Runs the write with a fault, and again without.
    fn struck(&self, what: &dyn Debug, strike: impl FnOnce(), heal: impl FnOnce()) {
        self.site.dataos.restore(&self.start);
        self.site.forget_calls();
        strike();
        let first = self.run();
        heal();
        let what = format!("{what:?}\n{first}");
        let left = self.site.dataos.stored();
        match first.code {
            0 => assert!(self.is_done(), "done, and it is not: {left:?}\n{what}"),
            2..=6 => assert!(self.is_safe(), "{left:?}\n{what}"),
            _ => panic!("{what}"),
        }
        if !left.contains(&ALL[0].to_owned()) {
            let orphans = left.iter().filter_map(|one| one.strip_prefix("instance-secret "));
            for orphan in orphans {
                assert!(first.stderr.contains(orphan), "nobody speaks of {orphan}\n{what}");
            }
        }
        let second = self.run();
        assert!(self.is_done(), "not completed: {:?}\n{what}\n{second}", self.site.dataos.stored());
        // Of what is done already there is nothing to do again.
        assert!(first.code == 0 || matches!(second.code, 0 | 3 | 5), "{what}\n{second}");
    }

    fn strike_requests(&self, kinds: &[FaultKind]) {
        let (requests, _) = self.steps();
        let server = &self.site.server;
        for (at, request) in requests.iter().enumerate() {
            for kind in kinds {
                let what = (request.method.as_str(), &request.path, kind);
                let strike = || strike(server, &requests, at, kind.clone());
                self.struck(&what, strike, || server.faults().clear());
            }
        }
    }

    fn strike_calls(&self, kinds: &[&str]) {
        let (_, calls) = self.steps();
        assert!(calls > 2, "the command line was called");
        for call in 1..=calls {
            for kind in kinds {
                let strike = || self.site.behave(&json!([{"call": call, "kind": kind}]));
                self.struck(&(call, kind), strike, || self.site.behave(&json!([])));
            }
        }
    }
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

fn creation(more: &[&'static str]) -> Vec<&'static str> {
    [&["create", "sales"], &POSTGRES[..], more].concat()
}

fn a_creation_is_completed(transport: Transport) {
    check(transport, &Write { starts_stored: false, words: creation(&[]), ends: Some(5432) });
}

fn a_replacement_is_completed(transport: Transport) {
    let words = creation(&["port=5433", "--if-exists=replace"]);
    check(transport, &Write { starts_stored: true, words, ends: Some(5433) });
}

fn an_update_is_completed(transport: Transport) {
    let words = vec!["update", "sales", "port=5433", "username=loader", "password=-"];
    check(transport, &Write { starts_stored: true, words, ends: Some(5433) });
}

fn a_deletion_is_completed(transport: Transport) {
    let words = vec!["delete", "sales", "--yes"];
    check(transport, &Write { starts_stored: true, words, ends: None });
}

over_both! {
    a_creation_is_completed,
    a_replacement_is_completed,
    an_update_is_completed,
    a_deletion_is_completed,
}
