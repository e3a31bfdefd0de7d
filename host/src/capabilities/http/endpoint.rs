//! One endpoint: from a connector's request to an answer that it may see.

use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderName, Request};

use super::access::Access;
use super::check::{self, Checked, check};
use super::client::{AnswerBody, Client};
use super::clock::Clock;
use super::config::{EndpointConfig, Transport};
use super::error::{Failure, HttpError};
use super::kubeconfig::{self, Loaded};
use super::kubernetes::KubernetesClient;
use super::message::{Incoming, Outgoing};
use super::plain::PlainClient;
use super::{answer, destination, login, plugin, retry};
use crate::model::Meter;
use crate::scrub::Scrubber;

/// What stands for the origin where nothing is connected.
const OFFLINE: &str = "a server that nobody connects to";

/// A named endpoint of one backend. Clones share the connection and the login; each counts what it uses for itself.
#[derive(Clone)]
pub struct Endpoint {
    shared: Arc<Shared>,
    budget: Budget,
    meter: Meter,
}

struct Shared {
    config: EndpointConfig,
    client: tokio::sync::Mutex<Option<Arc<Client>>>,
    loaded: OnceLock<Loaded>,
    warnings: Mutex<Vec<String>>,
}

/// What the requests of one call have used.
#[derive(Clone, Debug, Default)]
struct Budget {
    clock: Option<Clock>,
    requests: u32,
    bytes: usize,
}

impl Endpoint {
    /// An endpoint that has read, run and connected nothing yet.
    pub fn new(config: EndpointConfig) -> Self {
        let shared = Shared {
            config,
            client: tokio::sync::Mutex::new(None),
            loaded: OnceLock::new(),
            warnings: Mutex::new(Vec::new()),
        };
        Self { shared: Arc::new(shared), budget: Budget::default(), meter: Meter::default() }
    }

    /// The same endpoint for one more call: connection and login are shared, counts start again, and `meter` counts for the record.
    pub fn for_call(&self, clock: &Clock, meter: Meter) -> Self {
        let budget = Budget { clock: Some(clock.clone()), ..Budget::default() };
        Self { shared: Arc::clone(&self.shared), budget, meter }
    }

    /// The name by which a connector knows it.
    pub fn name(&self) -> &str {
        &self.shared.config.name
    }

    /// The namespace of the kubeconfig's context; none for an HTTP service. Reads files, connects to nothing and runs nothing.
    ///
    /// # Errors
    /// There is no kubeconfig, or it cannot be used.
    pub fn default_namespace(&self) -> Result<Option<String>, HttpError> {
        match &self.shared.config.transport {
            Transport::Kubernetes(_) => {
                self.shared.loaded().map(|loaded| Some(loaded.config.default_namespace.clone()))
            }
            Transport::Http(_) => Ok(None),
        }
    }

    /// What the user should know and has not been told yet.
    pub fn take_warnings(&self) -> Vec<String> {
        std::mem::take(&mut *self.shared.warnings.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Sends a request and returns what its connector may see of the answer. Secrets that are sent or masked, and the login, are
    /// made known to the scrubber.
    ///
    /// # Errors
    /// The request is not allowed, cannot be sent, or has no answer that may be passed on.
    pub async fn send(
        &mut self,
        outgoing: Outgoing,
        scrubber: &mut Scrubber,
    ) -> Result<Incoming, HttpError> {
        let shared = Arc::clone(&self.shared);
        let login = shared.login_headers();
        let tapped = shared.config.tap.as_deref().map(|tap| (tap, outgoing.clone()));
        let checked = check(outgoing, &shared.config, &login, scrubber)?;
        let Some((tap, outgoing)) = &tapped else {
            return self.exchange(&checked, &login, scrubber).await;
        };
        tap.request(self.name(), outgoing);
        if let Some(answer) = tap.replay(self.name(), outgoing, scrubber) {
            self.budget.count_request(shared.config.limits.requests, &shared.config.access)?;
            return answer.inspect(|incoming| {
                incoming.secrets.iter().for_each(|(_, secret)| scrubber.add_masked(secret));
            });
        }
        let answer = self.exchange(&checked, &login, scrubber).await;
        tap.answer(self.name(), outgoing, &answer, scrubber);
        answer
    }

    /// Sends what was checked, as often as it takes.
    async fn exchange(
        &mut self,
        checked: &Checked,
        login: &[HeaderName],
        scrubber: &mut Scrubber,
    ) -> Result<Incoming, HttpError> {
        let shared = Arc::clone(&self.shared);
        let request = request(checked)?;
        let client = match shared.config.tap.as_ref().is_some_and(|tap| tap.is_offline()) {
            true => None,
            false => Some(self.in_time(shared.client(self.budget.clock.as_ref())).await??),
        };
        let mut retries = 0;
        loop {
            let attempt = self.attempt(client.as_deref(), &request, retries, scrubber).await?;
            match attempt {
                Attempt::Answer(answer) => {
                    let access = &shared.config.access;
                    return answer::admit(&answer, checked, access, login, scrubber);
                }
                Attempt::Again(wait) => tokio::time::sleep(wait).await,
            }
            retries += 1;
        }
    }

    /// Sends the request once, and reads the answer unless it says to come back. Without a client only a tap can answer.
    async fn attempt(
        &mut self,
        client: Option<&Client>,
        request: &Request<Bytes>,
        retries: u32,
        scrubber: &mut Scrubber,
    ) -> Result<Attempt, HttpError> {
        let EndpointConfig { limits, access, .. } = &self.shared.config;
        self.budget.count_request(limits.requests, access)?;
        let origin = client.map_or(OFFLINE, Client::origin);
        self.meter.sent(self.name(), origin, request.body().len());
        let limit = self.budget.bound(limits.request);
        let left = limits.response_bytes.min(limits.total_bytes.saturating_sub(self.budget.bytes));
        let budget = &self.budget;
        let exchange = async {
            let tap = self.shared.config.tap.as_deref();
            let answer = match tap.and_then(|tap| tap.server(request)) {
                Some(canned) => canned.into_answer(),
                None => sent(client, request).await,
            };
            let logins = client.map(Client::logins).unwrap_or_default();
            logins.iter().for_each(|secret| scrubber.add(secret));
            let answer = answer?;
            let wait = retry::wait(request.method(), answer.status(), answer.headers(), retries);
            if let Some(wait) = wait.filter(|wait| budget.has_time_for(*wait)) {
                return Ok(Attempt::Again(wait));
            }
            let hint = || access.limit_hint("response-mib");
            answer::read(answer, left, hint, origin).await.map(Attempt::Answer)
        };
        let attempt = match tokio::time::timeout(limit, exchange).await {
            Ok(attempt) => attempt?,
            Err(_) => return Err(late(origin, limit, access)),
        };
        if let Attempt::Answer(answer) = &attempt {
            self.budget.bytes += answer.body().len();
            self.meter.received(self.name(), answer.body().len());
        }
        Ok(attempt)
    }

    /// Waits no longer than the call may last.
    async fn in_time<T>(&self, future: impl Future<Output = T>) -> Result<T, HttpError> {
        let Some(clock) = &self.budget.clock else {
            return Ok(future.await);
        };
        clock.run(future).await.ok_or_else(|| {
            let message = format!("the login for endpoint `{}` was not made in time", self.name());
            HttpError::TimedOut(Failure::new(message))
        })
    }
}

/// How one attempt ended.
enum Attempt {
    Answer(http::Response<zeroize::Zeroizing<Vec<u8>>>),
    Again(Duration),
}

impl Shared {
    /// The connection, made ready when it is first needed and when its credential ends.
    async fn client(&self, clock: Option<&Clock>) -> Result<Arc<Client>, HttpError> {
        let mut client = self.client.lock().await;
        if let Some(client) = client.as_ref().filter(|client| client.is_fresh()) {
            return Ok(Arc::clone(client));
        }
        let prepared = Arc::new(self.prepare(clock).await?);
        Ok(Arc::clone(client.insert(prepared)))
    }

    async fn prepare(&self, clock: Option<&Clock>) -> Result<Client, HttpError> {
        let EndpointConfig { name, backend, source, limits, .. } = &self.config;
        match &self.config.transport {
            Transport::Kubernetes(transport) => {
                let loaded = self.loaded()?;
                destination::check_cluster(loaded, transport, &self.config.access)?;
                self.warn(loaded.warnings.clone());
                let asks = loaded
                    .plugin
                    .as_ref()
                    .is_some_and(|plugin| plugin::may_ask(plugin, &transport.terminal));
                let _pause = clock.filter(|_| asks).map(Clock::pause);
                let client = KubernetesClient::prepare(loaded, transport, limits.connect).await?;
                Ok(client.into())
            }
            Transport::Http(transport) => {
                destination::check_plain(transport, &self.config.access)?;
                let place = format!("endpoint `{name}` of backend `{backend}` ({source})");
                let client = PlainClient::prepare(transport, &place, limits.connect).await?;
                self.warn(client.warnings());
                Ok(client.into())
            }
        }
    }

    fn loaded(&self) -> Result<&Loaded, HttpError> {
        if let Some(loaded) = self.loaded.get() {
            return Ok(loaded);
        }
        let Transport::Kubernetes(transport) = &self.config.transport else {
            return Err(check::invalid_text("an HTTP service has no kubeconfig"));
        };
        let loaded = kubeconfig::load(transport)?;
        Ok(self.loaded.get_or_init(|| loaded))
    }

    fn warn(&self, warnings: Vec<String>) {
        let mut all = self.warnings.lock().unwrap_or_else(PoisonError::into_inner);
        all.extend(warnings);
    }

    /// The headers that carry the login, besides those that are always reserved.
    fn login_headers(&self) -> Vec<HeaderName> {
        match &self.config.transport {
            Transport::Kubernetes(_) => Vec::new(),
            Transport::Http(transport) => {
                let fixed = transport.headers.iter().map(|(name, _)| name.clone());
                fixed.chain(transport.login.iter().flat_map(login::headers)).collect()
            }
        }
    }
}

impl Budget {
    fn count_request(&mut self, limit: u32, access: &Access) -> Result<(), HttpError> {
        if self.requests == limit {
            let message = format!("the call sent {limit} requests, which is as many as it may");
            return Err(HttpError::TooLarge(
                Failure::new(message).limit("requests").hint(access.limit_hint("requests")),
            ));
        }
        self.requests += 1;
        Ok(())
    }

    /// The shorter of a limit and the rest of the call.
    fn bound(&self, limit: Duration) -> Duration {
        self.clock.as_ref().map_or(limit, |clock| clock.left().min(limit))
    }

    fn has_time_for(&self, wait: Duration) -> bool {
        self.clock.as_ref().is_none_or(|clock| wait < clock.left())
    }
}

fn request(checked: &Checked) -> Result<Request<Bytes>, HttpError> {
    let mut request = Request::new(checked.body.clone());
    *request.method_mut() = checked.method.clone();
    *request.uri_mut() = checked.target.parse().map_err(check::invalid)?;
    *request.headers_mut() = checked.headers.clone();
    Ok(request)
}

async fn sent(
    client: Option<&Client>,
    request: &Request<Bytes>,
) -> Result<http::Response<AnswerBody>, HttpError> {
    match client {
        Some(client) => client.send(request).await,
        None => Err(HttpError::Unreachable(Failure::new(format!("{OFFLINE} is not there")))),
    }
}

fn late(origin: &str, limit: Duration, access: &Access) -> HttpError {
    let message = format!("{origin} did not answer within {} seconds", limit.as_secs_f32().ceil());
    let hint = format!("try again; {}", access.limit_hint("request-seconds"));
    HttpError::TimedOut(Failure::new(message).limit("request-seconds").hint(hint))
}

#[cfg(test)]
mod tests;
