//! A connector that misbehaves as the settings of its backend say.
//!
//! `behavior` is what it does before it answers, in whatever operation it is called for; `answer` is
//! what is wrong with the answer. What the behavior came to is in the answer, so that a test sees
//! what an attacker would have got. It declares no needs: each test adds those that it is about.

// Natively there is no host to attack, and nothing to link against.
#![cfg(target_arch = "wasm32")]
#![deny(unsafe_code)]

mod answers;
mod description;
mod memory;
mod requests;
mod resources;
mod secrets;
mod vault;
mod wasi;

use connhub_sdk::{
    Connection, Connector, Description, Draft, Error, Filter, Host, IfExists, Page, PageRequest,
    Patch, Removed, Report, Secret, SecretField, Target, Unavailability, Written,
};

connhub_sdk::export!(Misbehaves);

struct Misbehaves;

impl Connector for Misbehaves {
    fn describe() -> Description {
        description::describe()
    }

    fn check(host: &Host, target: &Target) -> Result<Report, Error> {
        let given = Given::new(host, target, &[]);
        let seen = given.act()?;
        Ok(answers::report(&given, &seen))
    }

    fn create(host: &Host, target: &Target, draft: Draft, _: IfExists) -> Result<Written, Error> {
        let given = Given::new(host, target, &draft.secrets);
        let seen = given.act()?;
        Ok(answers::written(&given, &draft.name, &seen))
    }

    fn list(host: &Host, target: &Target, _: &Filter, page: &PageRequest) -> Result<Page, Error> {
        let given = Given::new(host, target, &[]);
        let seen = given.act()?;
        Ok(answers::page(&given, page, &seen))
    }

    fn get(host: &Host, target: &Target, name: &str) -> Result<Connection, Error> {
        let given = Given::new(host, target, &[]);
        let seen = given.act()?;
        Ok(answers::connection(&given, name, &seen))
    }

    fn update(
        host: &Host,
        target: &Target,
        name: &str,
        patch: Patch,
        _: Option<&str>,
    ) -> Result<Written, Error> {
        let given = Given::new(host, target, &patch.secrets);
        let seen = given.act()?;
        Ok(answers::written(&given, name, &seen))
    }

    fn delete(
        host: &Host,
        target: &Target,
        name: &str,
        _: Option<&str>,
    ) -> Result<Vec<Removed>, Error> {
        let given = Given::new(host, target, &[]);
        let seen = given.act()?;
        Ok(answers::removed(&given, name, &seen))
    }
}

/// What an operation was given.
struct Given<'a> {
    host: &'a Host,
    target: &'a Target,
    secrets: &'a [SecretField],
}

impl<'a> Given<'a> {
    fn new(host: &'a Host, target: &'a Target, secrets: &'a [SecretField]) -> Self {
        Self { host, target, secrets }
    }

    fn setting(&self, name: &str) -> &'a str {
        self.target.setting(name).unwrap_or_default()
    }

    /// The setting `count`, else 1.
    fn count(&self) -> usize {
        self.setting("count").parse().unwrap_or(1)
    }

    /// As many bytes as the setting `length` says.
    fn filler(&self) -> String {
        "y".repeat(self.setting("length").parse().unwrap_or(0))
    }

    fn secret(&self) -> Result<&'a Secret, Error> {
        let first = self.secrets.first().map(|field| &field.value);
        first.ok_or_else(|| Error::Other("there is no secret to attack".into()))
    }

    /// Misbehaves, and returns what it came to.
    fn act(&self) -> Result<String, Error> {
        let behavior = self.setting("behavior");
        match behavior {
            "" => Ok(String::new()),
            "fail" => Err(self.failure(&format!("{}{}", self.setting("text"), self.filler()))),
            _ => resources::act(behavior, self)
                .or_else(|| wasi::act(behavior, self))
                .or_else(|| requests::act(behavior, self))
                .or_else(|| vault::act(behavior, self))
                .or_else(|| secrets::act(behavior, self))
                .unwrap_or_else(|| Err(Error::Other(format!("no behavior `{behavior}`")))),
        }
    }

    /// An error of the kind that the setting `error` names.
    fn failure(&self, text: &str) -> Error {
        let text = text.to_owned();
        match self.setting("error") {
            "invalid" => Error::invalid(text.clone(), text),
            "unauthenticated" => Error::Unauthenticated(text),
            "forbidden" => Error::Forbidden(text),
            "no-connection" => Error::no_connection(text),
            "no-scope" => Error::no_scope(text),
            "already-exists" => Error::AlreadyExists(text),
            "conflict" => Error::Conflict(text),
            "in-use" => Error::InUse(vec![text.clone(), text]),
            "unsupported" => Error::Unsupported(text),
            "unavailable" => {
                Error::Unavailable(Unavailability { message: text, retry_after: Some(u32::MAX) })
            }
            "denied" => Error::Denied(text),
            _ => Error::Other(text),
        }
    }
}
