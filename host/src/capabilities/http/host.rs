//! The contract's `http`, in front of the endpoints.

use std::collections::BTreeMap;

use wasmtime::component::{HasData, ResourceTable};

use super::error::Failure;
use super::{
    Clock, Encoding, Endpoint, EndpointConfig, HttpError, Incoming, MaskedValues, Outgoing, Part,
};
use crate::capabilities::secrets::{hand_out, held};
use crate::contract::http::{self as wit, Host};
use crate::model::{Error, Meter};
use crate::policy::limit_hint;
use crate::scrub::Scrubber;

/// The endpoints of one connector for one backend. Clones share connections and logins.
#[derive(Clone)]
pub struct HttpState {
    connector: String,
    endpoints: BTreeMap<String, Endpoint>,
}

/// What one call may send, and what it was refused.
pub struct HttpCall {
    state: HttpState,
    failure: Option<HttpError>,
    meter: Meter,
}

impl HttpState {
    /// Nothing is read or connected yet.
    pub fn new(connector: &str, endpoints: Vec<EndpointConfig>) -> Self {
        let named = |config: EndpointConfig| (config.name.clone(), Endpoint::new(config));
        Self {
            connector: connector.to_owned(),
            endpoints: endpoints.into_iter().map(named).collect(),
        }
    }

    /// One more call: connections are shared, counts start again. `meter` counts for the record of the call.
    pub fn for_call(&self, clock: &Clock, meter: &Meter) -> HttpCall {
        let again = |(name, endpoint): (&String, &Endpoint)| {
            (name.clone(), endpoint.for_call(clock, meter.clone()))
        };
        let endpoints = self.endpoints.iter().map(again).collect();
        let connector = self.connector.clone();
        HttpCall { state: Self { connector, endpoints }, failure: None, meter: meter.clone() }
    }

    /// The scope that the login of an endpoint works in by itself: the namespace of a kubeconfig's context.
    ///
    /// # Errors
    /// There is no kubeconfig, or it cannot be used.
    pub fn default_scope(&self) -> Result<Option<String>, Error> {
        for endpoint in self.endpoints.values() {
            if let Some(namespace) = endpoint.default_namespace()? {
                return Ok(Some(namespace));
            }
        }
        Ok(None)
    }

    /// What the user should know about the endpoints and has not been told yet.
    pub fn take_warnings(&self) -> Vec<String> {
        self.endpoints.values().flat_map(Endpoint::take_warnings).collect()
    }
}

impl HttpCall {
    /// What the host itself refused or could not do in this call, in its own words.
    pub fn take_failure(&mut self) -> Option<Error> {
        self.failure.take().map(Error::from)
    }

    /// A connector hears what it can act on; the user gets the whole story, and the record what was refused.
    fn explain(&mut self, error: HttpError, scrubber: &Scrubber) -> wit::Error {
        let text = error.to_string();
        error.limit().into_iter().for_each(|key| self.meter.hit(key));
        if matches!(error, HttpError::Denied(_)) {
            self.meter.denied(&scrubber.text(&text));
        }
        let told = match error {
            HttpError::Denied(_) => wit::Error::Denied(text),
            HttpError::Unauthenticated(_) => wit::Error::Unauthenticated(text),
            HttpError::Config(_) | HttpError::Invalid(_) => wit::Error::Other(text),
            HttpError::Unreachable(_) => wit::Error::Unreachable(text),
            HttpError::TimedOut(_) => wit::Error::TimedOut(text),
            HttpError::TooLarge(_) => wit::Error::TooLarge(text),
            HttpError::Malformed(_) => wit::Error::Malformed(text),
        };
        self.failure = Some(error);
        told
    }

    fn too_many_handles(&mut self, scrubber: &Scrubber) -> wit::Error {
        let connector = &self.state.connector;
        let message = format!("connector `{connector}` held more handles than it may");
        let failure = Failure::new(message).limit("handles").hint(limit_hint(connector, "handles"));
        self.explain(HttpError::TooLarge(failure), scrubber)
    }

    fn unknown(&self, endpoint: &str, scrubber: &Scrubber) -> wit::Error {
        let connector = &self.state.connector;
        let text = format!(
            "connector `{connector}` has no endpoint `{endpoint}`: it must be declared and granted"
        );
        self.meter.denied(&scrubber.text(&text));
        wit::Error::Denied(text)
    }
}

/// The interface's view of a call.
pub struct View<'a> {
    /// The handles of the call.
    pub table: &'a mut ResourceTable,
    /// The endpoints.
    pub state: &'a mut HttpCall,
    /// The secrets known to the call.
    pub scrubber: &'a mut Scrubber,
}

/// Links the interface.
pub struct Http;

impl HasData for Http {
    type Data<'a> = View<'a>;
}

impl Host for View<'_> {
    async fn send(
        &mut self,
        endpoint: String,
        request: wit::Request,
    ) -> Result<wit::Response, wit::Error> {
        let outgoing = self.outgoing(request)?;
        let Some(target) = self.state.state.endpoints.get_mut(&endpoint) else {
            return Err(self.state.unknown(&endpoint, self.scrubber));
        };
        match target.send(outgoing, self.scrubber).await {
            Ok(incoming) => self.response(incoming),
            Err(error) => Err(self.state.explain(error, self.scrubber)),
        }
    }
}

impl View<'_> {
    fn outgoing(&self, request: wit::Request) -> Result<Outgoing, wit::Error> {
        let body = request.body.into_iter().map(|part| self.part(part));
        Ok(Outgoing {
            method: request.method,
            path: request.path,
            query: request.query.into_iter().map(|pair| (pair.name, pair.value)).collect(),
            headers: request.headers.into_iter().map(|pair| (pair.name, pair.value)).collect(),
            body: body.collect::<Result<_, _>>()?,
            masked: match request.masked {
                wit::MaskedValues::Hide => MaskedValues::Hide,
                wit::MaskedValues::Handles => MaskedValues::Handles,
            },
            omit: request.omit,
        })
    }

    fn part(&self, part: wit::Part) -> Result<Part, wit::Error> {
        let placed = match part {
            wit::Part::Bytes(bytes) => return Ok(Part::Bytes(bytes)),
            wit::Part::Secret(placed) => placed,
        };
        Ok(Part::Secret {
            value: held(self.table, &placed.value).map_err(wit::Error::Denied)?,
            encoding: match placed.encoding {
                wit::Encoding::Raw => Encoding::Raw,
                wit::Encoding::JsonString => Encoding::JsonString,
                wit::Encoding::Base64 => Encoding::Base64,
                wit::Encoding::Form => Encoding::Form,
            },
        })
    }

    fn response(&mut self, incoming: Incoming) -> Result<wit::Response, wit::Error> {
        let mut secrets = Vec::with_capacity(incoming.secrets.len());
        for (pointer, secret) in incoming.secrets {
            let value = hand_out(self.table, secret)
                .map_err(|_| self.state.too_many_handles(self.scrubber))?;
            secrets.push(wit::MaskedValue { pointer, value });
        }
        let header = |(name, value)| wit::Header { name, value };
        Ok(wit::Response {
            status: incoming.status,
            headers: incoming.headers.into_iter().map(header).collect(),
            body: incoming.body,
            secrets,
        })
    }
}
