//! Logins in two steps: a credential is exchanged for a token, and the token is what requests carry.
//!
//! What to ask and where the token is in the answer is data ([`Exchange`]); how the token is sent is the login's own scheme.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use http::header::{ACCEPT, CONTENT_TYPE};
use http::{HeaderValue, Method, Request, Response, StatusCode};
use http_body_util::{BodyExt as _, LengthLimitError, Limited};
use serde_json::Value;
use zeroize::Zeroizing;

use super::check::invalid;
use super::config::{Exchange, Login};
use super::error::{Failure, HttpError};
use super::login::{self, Resolved};
use crate::model::Secret;

/// The largest answer that holds a token, in bytes.
const MAX_ANSWER: usize = 64 << 10;

/// The tokens that a credential was exchanged for.
pub struct Tokens {
    login: Login,
    exchange: Exchange,
    credential: Secret,
    place: String,
    /// The token in use; none before the first request and after it has ended.
    pub current: tokio::sync::Mutex<Option<Arc<Token>>>,
    secrets: Mutex<Vec<Secret>>,
    refusals_stand: AtomicBool,
}

/// One token.
pub struct Token {
    /// How it is sent.
    pub sent: Resolved,
    was_accepted: AtomicBool,
}

impl Tokens {
    /// Nothing is exchanged yet.
    pub fn new(login: &Login, exchange: &Exchange, credential: Secret, place: &str) -> Self {
        Self {
            login: login.clone(),
            exchange: exchange.clone(),
            secrets: Mutex::new(vec![credential.clone()]),
            credential,
            place: place.to_owned(),
            current: tokio::sync::Mutex::new(None),
            refusals_stand: AtomicBool::new(false),
        }
    }

    /// The request that asks for a token.
    ///
    /// # Errors
    /// The credential cannot be written as JSON, or the path is none.
    pub fn request(&self) -> Result<Request<Bytes>, HttpError> {
        let credential =
            std::str::from_utf8(self.credential.expose()).map_err(|_| self.not_text())?;
        let credential = (&self.exchange.credential, credential);
        let members = self.exchange.body.iter().map(|(name, text)| (name, text.as_str()));
        let object: serde_json::Map<_, _> = members
            .chain([credential])
            .map(|(name, text)| (name.clone(), Value::from(text)))
            .collect();
        let body = Zeroizing::new(Value::from(object).to_string().into_bytes());
        let mut request = Request::new(Bytes::from_owner(body));
        *request.method_mut() = Method::POST;
        *request.uri_mut() = self.exchange.path.parse().map_err(invalid)?;
        let json = HeaderValue::from_static("application/json");
        request.headers_mut().insert(CONTENT_TYPE, json.clone());
        request.headers_mut().insert(ACCEPT, json);
        Ok(request)
    }

    /// The token of an answer. Nothing of the answer is quoted.
    ///
    /// # Errors
    /// The service refused, or the answer holds no token.
    pub async fn read(&self, answer: Response<reqwest::Body>) -> Result<Token, HttpError> {
        let status = answer.status();
        if !status.is_success() {
            return Err(self.refusal(status));
        }
        let body = Limited::new(answer.into_body(), MAX_ANSWER).collect().await;
        let body = body.map_err(|error| self.broken(error))?;
        let body = Zeroizing::new(body.to_bytes().to_vec());
        let json: Option<Value> = serde_json::from_slice(&body).ok();
        let token = json.as_ref().and_then(|json| json.pointer(&self.exchange.token)?.as_str());
        let Some(token) = token.filter(|token| !token.is_empty()) else {
            let what = format!("{}: no text at `{}`", self.words(), self.exchange.token);
            return Err(self.unreadable(Failure::new(what)));
        };
        let sent = login::resolve(&self.login, &Secret::from(token.to_owned()), &self.place)?;
        self.lock().extend(sent.secrets.iter().cloned());
        Ok(Token { sent, was_accepted: AtomicBool::new(false) })
    }

    /// Notes what the service made of a token. Says whether another one may help: this one was good before, and a new one was not refused
    /// in the same way already.
    pub fn has_ended(&self, token: &Token, status: StatusCode) -> bool {
        if self.exchange.refused.contains(&status) {
            return token.was_accepted.load(Ordering::Relaxed)
                && !self.refusals_stand.load(Ordering::Relaxed);
        }
        let is_overload = status.is_server_error() || status == StatusCode::TOO_MANY_REQUESTS;
        token.was_accepted.fetch_or(!is_overload, Ordering::Relaxed);
        false
    }

    /// Notes what the service made of the same request with a new token: if it refuses again, the token is not the reason.
    pub fn was_renewed(&self, token: &Token, status: StatusCode) {
        let is_refused = self.exchange.refused.contains(&status);
        self.refusals_stand.fetch_or(is_refused, Ordering::Relaxed);
        token.was_accepted.fetch_or(!is_refused, Ordering::Relaxed);
    }

    /// Everything secret that is sent to log in.
    pub fn secrets(&self) -> Vec<Secret> {
        self.lock().clone()
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Vec<Secret>> {
        self.secrets.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn refusal(&self, status: StatusCode) -> HttpError {
        let (place, path) = (&self.place, &self.exchange.path);
        let what = format!(
            "the credential for {place} was not exchanged for a token: `POST {path}` was answered with {}",
            status.as_u16()
        );
        match status {
            StatusCode::TOO_MANY_REQUESTS => HttpError::Unreachable(Failure::new(what).hint("try again")),
            status if status.is_server_error() => {
                HttpError::Unreachable(Failure::new(what).hint("try again when the service is ready"))
            }
            StatusCode::NOT_FOUND | StatusCode::METHOD_NOT_ALLOWED => {
                HttpError::Config(Failure::new(what).hint("correct `path` of the `exchange` of its login"))
            }
            _ => HttpError::Unauthenticated(
                Failure::new(what).hint("renew the credential, and compare `exchange` of its login with what the service wants"),
            ),
        }
    }

    fn broken(&self, error: Box<dyn std::error::Error + Send + Sync>) -> HttpError {
        if error.is::<LengthLimitError>() {
            return self.unreadable(Failure::new(self.words()).because(error));
        }
        let what = format!("the answer to `POST {}` broke off", self.exchange.path);
        HttpError::Unreachable(Failure::new(what).hint("try again").because(error))
    }

    fn words(&self) -> String {
        let (place, path) = (&self.place, &self.exchange.path);
        format!("the answer to `POST {path}` holds no token for {place}")
    }

    fn unreadable(&self, failure: Failure) -> HttpError {
        HttpError::Malformed(
            failure.hint("`token` of the `exchange` of its login says where the token is"),
        )
    }

    fn not_text(&self) -> HttpError {
        let what =
            format!("the credential for {} is no text, as its exchange needs it", self.place);
        HttpError::Unauthenticated(Failure::new(what).hint("store the credential as text"))
    }
}

#[cfg(test)]
mod tests;
