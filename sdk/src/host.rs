//! What a connector can reach.

use std::time::{Duration, SystemTime};

use crate::command::{Command, CommandError, CommandOutcome};
use crate::http::{HttpError, Request, Response};

pub use crate::bindings::connhub::connector::log::Level;

#[cfg(not(target_arch = "wasm32"))]
use crate::testing::{Fake, Store};
#[cfg(target_arch = "wasm32")]
use crate::vault::contract::Store;

/// The host, as far as a connector can reach it. Each capability that a connector uses has to be declared and granted; those that it
/// does not use are not even imported by its component.
///
/// In a native build it is a stand-in: see [`testing`](crate::testing).
#[derive(Debug)]
pub struct Host {
    #[cfg(not(target_arch = "wasm32"))]
    pub(crate) fake: std::rc::Rc<Fake>,
    #[cfg(target_arch = "wasm32")]
    pub(crate) store: Store,
}

/// The sealed store of records that is private to the connector and the user.
#[derive(Clone, Copy, Debug)]
pub struct Vault<'a>(&'a Store);

impl<'a> Vault<'a> {
    pub(crate) fn store(&self) -> &'a Store {
        self.0
    }
}

#[cfg(target_arch = "wasm32")]
impl Host {
    pub(crate) fn new() -> Self {
        Self { store: Store }
    }

    /// Sends a request to a named endpoint and returns the whole answer, whatever its status. Redirects are not followed. Answers 429
    /// and 503 to an idempotent method are tried again a few times by the host.
    ///
    /// # Errors
    ///
    /// If the host refuses the request, or there is no answer. `?` turns them into the error of an operation.
    pub fn send(&self, endpoint: &str, request: Request<'_>) -> Result<Response, HttpError> {
        use crate::bindings::connhub::connector::http;
        Ok(http::send(endpoint, &request.into())?.into())
    }

    /// Runs a program of the grant, by its name there, and waits for its end. What its exit code means is the connector's to say.
    ///
    /// # Errors
    ///
    /// If the host refuses the call, or the program is not installed or does not end. `?` turns them into the error of an operation.
    pub fn run(&self, program: &str, command: Command<'_>) -> Result<CommandOutcome, CommandError> {
        use crate::bindings::connhub::connector::command as import;
        import::run(program, &command.try_into()?)
    }

    /// Whether a program of the grant is installed; also false if it is not granted.
    pub fn is_installed(&self, program: &str) -> bool {
        crate::bindings::connhub::connector::command::is_installed(program)
    }

    /// The sealed store of records.
    pub fn vault(&self) -> Vault<'_> {
        Vault(&self.store)
    }

    /// Writes a message for the user. `warn` and `error` are always shown, `info` as progress, the others as the user asks.
    pub fn log(&self, level: Level, message: &str) {
        crate::bindings::connhub::connector::log::write(level, message);
    }

    /// The time now.
    pub fn now(&self) -> SystemTime {
        SystemTime::now()
    }

    /// Waits. The time counts against the limit of the call.
    pub fn sleep(&self, time: Duration) {
        std::thread::sleep(time);
    }
}

#[cfg(not(target_arch = "wasm32"))]
impl Host {
    /// Sends a request to a named endpoint and returns the whole answer, whatever its status. Redirects are not followed. Answers 429
    /// and 503 to an idempotent method are tried again a few times by the host.
    ///
    /// # Errors
    ///
    /// If the host refuses the request, or there is no answer. `?` turns them into the error of an operation.
    pub fn send(&self, endpoint: &str, request: Request<'_>) -> Result<Response, HttpError> {
        self.fake.send(endpoint, &request)
    }

    /// Runs a program of the grant, by its name there, and waits for its end. What its exit code means is the connector's to say.
    ///
    /// # Errors
    ///
    /// If the host refuses the call, or the program is not installed or does not end. `?` turns them into the error of an operation.
    pub fn run(&self, program: &str, command: Command<'_>) -> Result<CommandOutcome, CommandError> {
        self.fake.run(program, &command)
    }

    /// Whether a program of the grant is installed; also false if it is not granted.
    pub fn is_installed(&self, program: &str) -> bool {
        self.fake.is_installed(program)
    }

    /// The sealed store of records.
    pub fn vault(&self) -> Vault<'_> {
        Vault(self.fake.store())
    }

    /// Writes a message for the user. `warn` and `error` are always shown, `info` as progress, the others as the user asks.
    pub fn log(&self, level: Level, message: &str) {
        self.fake.log(level, message);
    }

    /// The time now.
    pub fn now(&self) -> SystemTime {
        self.fake.now()
    }

    /// Waits. The time counts against the limit of the call.
    pub fn sleep(&self, time: Duration) {
        self.fake.sleep(time);
    }
}
