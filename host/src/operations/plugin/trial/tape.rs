//! The requests of a trial: taken down for a recording, or played from one.

use std::collections::{BTreeMap, HashMap};
use std::hash::{BuildHasher as _, RandomState};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::matching::differs;
use super::recording::{
    Call, End, Exchange, Fragment, Got, Piece, Recording, Sent, Taken, Trouble,
};
use super::shape::{self, Finder};
use crate::capabilities::http::{
    Denial, Encoding, Failure, HttpError, Incoming, MaskedValues, Outgoing, Part,
};
use crate::model::{Error, Secret};
use crate::scrub::Scrubber;

/// What becomes of requests.
#[derive(Default)]
pub(super) struct Tape {
    mode: Mode,
    /// All calls: those that were taken down, or those to be played.
    calls: Vec<Call>,
    /// Where each who calls is.
    heads: BTreeMap<&'static str, Head>,
    secrets: Names,
    /// What was not as it was recorded.
    findings: Vec<String>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Mode {
    /// Nobody wants to know.
    #[default]
    Off,
    Records,
    Plays,
}

/// Where somebody who calls is on the tape.
#[derive(Clone, Copy, Debug, Default)]
struct Head {
    /// The call; none while it is not on the tape.
    call: Option<usize>,
    /// Where the next call is looked for.
    next: usize,
    /// The next exchange of the call.
    exchange: usize,
}

impl Tape {
    pub(super) fn records() -> Self {
        Self { mode: Mode::Records, ..Self::default() }
    }

    pub(super) fn plays(recording: &Recording) -> Self {
        let secrets = Names { shapes: recording.shapes.clone(), ..Names::default() };
        Self { mode: Mode::Plays, calls: recording.calls.clone(), secrets, ..Self::default() }
    }

    pub(super) fn is_playing(&self) -> bool {
        self.mode == Mode::Plays
    }

    /// A secret that the kit made up. The same trial makes up as many, in the same order.
    pub(super) fn plant(&mut self, canary: &Secret) {
        self.secrets.plant(canary);
    }

    /// Somebody calls an operation.
    pub(super) fn begin(&mut self, by: &'static str, operation: &str) {
        match self.mode {
            Mode::Off => {}
            Mode::Records => {
                let call = Call {
                    by: by.to_owned(),
                    operation: operation.to_owned(),
                    exchanges: Vec::new(),
                };
                self.heads.entry(by).or_default().call = Some(self.calls.len());
                self.calls.push(call);
            }
            Mode::Plays => self.seek(by, operation),
        }
    }

    /// Somebody calls an operation that is not for the tape.
    pub(super) fn pause(&mut self, by: &'static str) {
        self.leave(by);
        self.heads.entry(by).or_default().call = None;
    }

    /// What was recorded, after the last call.
    pub(super) fn take(&mut self) -> Taken {
        Taken {
            calls: std::mem::take(&mut self.calls),
            shapes: std::mem::take(&mut self.secrets.shapes),
        }
    }

    /// What was not as it was recorded, after the last call.
    pub(super) fn close(&mut self) -> &[String] {
        let all: Vec<&'static str> = self.heads.keys().copied().collect();
        all.into_iter().for_each(|by| self.pause(by));
        let is_left = |(index, call): &(usize, &Call)| {
            self.heads.get(call.by.as_str()).is_none_or(|head| *index >= head.next)
        };
        let left = self.calls.iter().enumerate().find(is_left);
        if let Some((index, call)) = left.filter(|_| self.mode == Mode::Plays) {
            let text = format!(
                "the recording has call {}, `{}`, which was not made",
                index + 1,
                call.operation
            );
            self.findings.push(text);
        }
        &self.findings
    }

    fn seek(&mut self, by: &'static str, operation: &str) {
        self.leave(by);
        let head = self.heads.entry(by).or_default();
        let rest = self.calls.iter().enumerate().skip(head.next);
        let found = rest.into_iter().find(|(_, call)| call.by == by);
        head.exchange = 0;
        head.call = found.map(|(index, _)| index);
        head.next = head.call.map_or(self.calls.len(), |index| index + 1);
        match found {
            Some((_, call)) if call.operation == operation => {}
            Some((index, call)) => {
                let recorded = &call.operation;
                let number = index + 1;
                self.findings.push(format!(
                    "call {number} of the recording is `{recorded}`, and `{operation}` was called"
                ));
            }
            None => self
                .findings
                .push(format!("the recording has no more calls, and `{operation}` was called")),
        }
    }

    /// A call ends: whether everything was asked for that was asked for when it was recorded.
    fn leave(&mut self, by: &'static str) {
        let Some(head) = self.heads.get(by).filter(|_| self.mode == Mode::Plays) else { return };
        let Some((index, call)) = head.call.and_then(|index| Some((index, self.calls.get(index)?)))
        else {
            return;
        };
        if head.exchange < call.exchanges.len() {
            let Call { operation, exchanges, .. } = call;
            self.findings.push(format!(
                "`{operation}` (call {}) sent {} of the {} requests of the recording",
                index + 1,
                head.exchange,
                exchanges.len()
            ));
        }
    }

    /// Takes down what a request came to.
    pub(super) fn take_down(
        &mut self,
        by: &'static str,
        endpoint: &str,
        outgoing: &Outgoing,
        answer: &Result<Incoming, HttpError>,
        scrubber: &Scrubber,
    ) {
        let call = self.heads.get(by).and_then(|head| head.call);
        let Some(call) = call.filter(|_| self.mode == Mode::Records) else { return };
        let request = self.secrets.sent(endpoint, outgoing, scrubber);
        let end = self.secrets.end(answer, scrubber);
        if let Some(call) = self.calls.get_mut(call) {
            call.exchanges.push(Exchange { request, end });
        }
    }

    /// Plays what a request came to. None if nothing is played, or the call is not on the tape.
    pub(super) fn play(
        &mut self,
        by: &'static str,
        endpoint: &str,
        outgoing: &Outgoing,
        scrubber: &Scrubber,
    ) -> Option<Result<Incoming, HttpError>> {
        if self.mode != Mode::Plays {
            return None;
        }
        let sent = self.secrets.sent(endpoint, outgoing, scrubber);
        let result = self.next(by, &sent);
        Some(match result {
            Ok(end) => self.secrets.play(end),
            Err(finding) => {
                self.findings.push(finding.clone());
                Err(HttpError::Unreachable(Failure::new(finding)))
            }
        })
    }

    fn next(&mut self, by: &'static str, sent: &Sent) -> Result<End, String> {
        let line = format!("{} {}", sent.method, sent.path);
        let nothing = || format!("the connector sent {line}, and the recording has no such call");
        let head = self.heads.get_mut(by).ok_or_else(nothing)?;
        let index = head.call.ok_or_else(nothing)?;
        let call = self.calls.get(index).ok_or_else(nothing)?;
        let exchange = call.exchanges.get(head.exchange);
        head.exchange += 1;
        let place =
            format!("request {} of `{}` (call {})", head.exchange, call.operation, index + 1);
        let Some(exchange) = exchange else {
            return Err(format!("{place}: the recording has none, the connector sent {line}"));
        };
        match differs(&exchange.request, sent) {
            None => Ok(exchange.end.clone()),
            Some(why) => Err(format!("{place}: {why}")),
        }
    }
}

/// Secrets and what stands for them.
#[derive(Default)]
struct Names {
    /// By the kit: `kit-1` and so on.
    made_up: Vec<Secret>,
    /// The same, to take them out of texts.
    canaries: Scrubber,
    /// The same, to find them within values. It is made when a value comes, and again when a further secret was made up.
    finder: Option<Finder>,
    /// Values of the backend that nobody may see: `other-1` and so on.
    others: BTreeMap<String, Secret>,
    /// Their names, by the hash of the value. A server may send a million, and a recording may name as many.
    by_value: HashMap<u64, Vec<String>>,
    keys: RandomState,
    /// What those of them look like that hold a secret of the kit.
    shapes: BTreeMap<String, Vec<Fragment>>,
    /// How many values of a shape were played.
    turns: HashMap<Vec<Fragment>, usize>,
}

impl Names {
    fn plant(&mut self, canary: &Secret) {
        self.made_up.push(canary.clone());
        self.canaries.add(canary);
        self.finder = None;
    }

    fn of(&mut self, secret: &Secret) -> String {
        if let Some(index) = self.made_up.iter().position(|own| own == secret) {
            return shape::name(index);
        }
        if let Some(name) = self.known(secret) {
            return name.clone();
        }
        let name = format!("other-{}", self.others.len() + 1);
        self.keep(&name, secret);
        if let Some(shape) = self.shape(secret) {
            self.shapes.insert(name.clone(), shape);
        }
        name
    }

    fn known(&self, secret: &Secret) -> Option<&String> {
        let names = self.by_value.get(&self.keys.hash_one(secret.expose()))?;
        names.iter().find(|name| self.others.get(*name) == Some(secret))
    }

    fn keep(&mut self, name: &str, secret: &Secret) {
        let hash = self.keys.hash_one(secret.expose());
        self.by_value.entry(hash).or_default().push(name.to_owned());
        self.others.insert(name.to_owned(), secret.clone());
    }

    fn shape(&mut self, secret: &Secret) -> Option<Vec<Fragment>> {
        if self.finder.is_none() {
            self.finder = Finder::new(&self.made_up);
        }
        self.finder.as_ref()?.shape(secret.expose())
    }

    /// The value that stands for a name: the kit's own, or one that is made up on the spot.
    fn value(&mut self, name: &str) -> Result<Secret, Error> {
        let own = shape::made_up(name, &self.made_up);
        if let Some(known) = own.or_else(|| self.others.get(name)) {
            return Ok(known.clone());
        }
        let secret = match self.shaped(name)? {
            Some(secret) => secret,
            None => Secret::from(super::run::random(24)?),
        };
        self.keep(name, &secret);
        Ok(secret)
    }

    /// The next value of the shape of a name; none if it has no shape, or no more values.
    fn shaped(&mut self, name: &str) -> Result<Option<Secret>, Error> {
        let Some(shape) = self.shapes.get(name) else { return Ok(None) };
        let turn = self.turns.entry(shape.clone()).or_default();
        let value = shape::value(shape, &self.made_up, *turn).map_err(Error::invalid)?;
        *turn += 1;
        Ok(value)
    }

    /// A text without a secret that this call or the kit knows.
    fn clean(&self, text: &str, scrubber: &Scrubber) -> String {
        let text = self.canaries.text(text);
        scrubber.text(&text).into_owned()
    }

    fn pairs(&self, pairs: &[(String, String)], scrubber: &Scrubber) -> Vec<(String, String)> {
        let clean = |text: &String| self.clean(text, scrubber);
        pairs.iter().map(|(name, value)| (clean(name), clean(value))).collect()
    }

    fn sent(&mut self, endpoint: &str, outgoing: &Outgoing, scrubber: &Scrubber) -> Sent {
        Sent {
            endpoint: endpoint.to_owned(),
            method: outgoing.method.clone(),
            path: self.clean(&outgoing.path, scrubber),
            query: self.pairs(&outgoing.query, scrubber),
            headers: self.pairs(&outgoing.headers, scrubber),
            handles: outgoing.masked == MaskedValues::Handles,
            omit: outgoing.omit.clone(),
            body: self.body(&outgoing.body, scrubber),
        }
    }

    /// The pieces of a body. Bytes that follow each other are one piece, however they were handed over.
    fn body(&mut self, parts: &[Part], scrubber: &Scrubber) -> Vec<Piece> {
        let (mut pieces, mut run) = (Vec::new(), Vec::new());
        for part in parts {
            match part {
                Part::Bytes(bytes) => run.extend_from_slice(bytes),
                Part::Secret { value, encoding } => {
                    pieces.extend(self.piece(&std::mem::take(&mut run), scrubber));
                    pieces.push(Piece::Secret(self.of(value), word(*encoding).to_owned()));
                }
            }
        }
        pieces.extend(self.piece(&run, scrubber));
        pieces
    }

    fn piece(&self, bytes: &[u8], scrubber: &Scrubber) -> Option<Piece> {
        match std::str::from_utf8(bytes) {
            Ok("") => None,
            Ok(text) => Some(Piece::Text(self.clean(text, scrubber))),
            Err(_) => Some(Piece::Bytes(STANDARD.encode(scrubber.bytes(bytes)))),
        }
    }

    fn end(&mut self, answer: &Result<Incoming, HttpError>, scrubber: &Scrubber) -> End {
        let incoming = match answer {
            Ok(incoming) => incoming,
            Err(error) => {
                return End::Failure(trouble(error), self.clean(&error.to_string(), scrubber));
            }
        };
        let secrets = incoming.secrets.iter();
        End::Answer(Got {
            status: incoming.status,
            headers: self.pairs(&incoming.headers, scrubber),
            // It was scrubbed as JSON, where a name of a member stays that a text would lose.
            body: self.piece(&incoming.body, &Scrubber::default()).into_iter().collect(),
            secrets: secrets.map(|(place, secret)| (place.clone(), self.of(secret))).collect(),
        })
    }

    fn play(&mut self, end: End) -> Result<Incoming, HttpError> {
        let got = match end {
            End::Answer(got) => got,
            End::Failure(trouble, message) => return Err(failure(trouble, message)),
        };
        let mut body = Vec::new();
        for piece in got.body {
            match piece {
                Piece::Text(text) => body.extend_from_slice(text.as_bytes()),
                Piece::Bytes(text) => body.extend(STANDARD.decode(text).map_err(unplayable)?),
                Piece::Secret(..) => return Err(unplayable("an answer holds a secret")),
            }
        }
        let secrets = got.secrets.into_iter();
        let secrets = secrets.map(|(place, name)| Ok((place, self.value(&name)?)));
        Ok(Incoming {
            status: got.status,
            headers: got.headers,
            body,
            secrets: secrets
                .collect::<Result<_, Error>>()
                .map_err(|error| unplayable(error.message))?,
        })
    }
}

fn unplayable(why: impl std::fmt::Display) -> HttpError {
    HttpError::Malformed(Failure::new(format!("the recording cannot be played: {why}")))
}

fn word(encoding: Encoding) -> &'static str {
    match encoding {
        Encoding::Raw => "raw",
        Encoding::JsonString => "json-string",
        Encoding::Base64 => "base64",
        Encoding::Form => "form",
    }
}

fn trouble(error: &HttpError) -> Trouble {
    match error {
        HttpError::Denied(_) => Trouble::Denied,
        HttpError::Unauthenticated(_) => Trouble::Unauthenticated,
        HttpError::Config(_) => Trouble::Config,
        HttpError::Unreachable(_) => Trouble::Unreachable,
        HttpError::TimedOut(_) => Trouble::TimedOut,
        HttpError::TooLarge(_) => Trouble::TooLarge,
        HttpError::Malformed(_) => Trouble::Malformed,
        HttpError::Invalid(_) => Trouble::Invalid,
    }
}

fn failure(trouble: Trouble, message: String) -> HttpError {
    let failure = Failure::new(message);
    match trouble {
        Trouble::Denied => HttpError::Denied(Denial::always(failure.to_string())),
        Trouble::Unauthenticated => HttpError::Unauthenticated(failure),
        Trouble::Config => HttpError::Config(failure),
        Trouble::Unreachable => HttpError::Unreachable(failure),
        Trouble::TimedOut => HttpError::TimedOut(failure),
        Trouble::TooLarge => HttpError::TooLarge(failure),
        Trouble::Malformed => HttpError::Malformed(failure),
        Trouble::Invalid => HttpError::Invalid(failure),
    }
}

#[cfg(test)]
mod tests;
