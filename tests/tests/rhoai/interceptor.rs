//! Something that stands between a cluster and its users: it looks at what is sent, and lets others be quicker.

use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use connhub_tests::kubernetes::{Cluster, Options};
use connhub_tests::serve::{Request, Response, Service};
use http::{HeaderMap, HeaderName, HeaderValue, Method};
use serde_json::Value;

use crate::site::Site;

type Act = dyn Fn(&Cluster, &Request) + Send + Sync;

/// Does something before each request is answered, and keeps the answers.
pub struct Interceptor {
    cluster: Arc<Cluster>,
    before: Box<Act>,
    answers: Mutex<Vec<Vec<u8>>>,
}

impl Interceptor {
    /// A site with one.
    pub fn site(
        options: Options,
        before: impl Fn(&Cluster, &Request) + Send + Sync + 'static,
    ) -> (Site, Arc<Self>) {
        let cluster = Cluster::new(options);
        let interceptor = Arc::new(Self {
            cluster: cluster.clone(),
            before: Box::new(before),
            answers: Mutex::default(),
        });
        (Site::behind(cluster, interceptor.clone()), interceptor)
    }

    /// The bodies of all answers so far.
    pub fn answers(&self) -> Vec<Vec<u8>> {
        self.answers.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Service for Interceptor {
    fn answer(&self, request: &Request) -> Response {
        (self.before)(&self.cluster, request);
        let answer = self.cluster.answer(request);
        self.answers.lock().unwrap_or_else(PoisonError::into_inner).push(answer.body.clone());
        answer
    }
}

/// Does something to a cluster as its administrator.
#[track_caller]
pub fn as_admin(cluster: &Cluster, method: Method, path: &str, body: &Value) {
    let content_type = match method {
        Method::PATCH => "application/merge-patch+json",
        _ => "application/json",
    };
    let answer = cluster.answer(&Request {
        method,
        path: path.to_owned(),
        query: Vec::new(),
        headers: headers(&[
            ("authorization", "Bearer token-admin"),
            ("content-type", content_type),
        ]),
        body: Bytes::from(if body.is_null() { String::new() } else { body.to_string() }),
        client_certificate: None,
    });
    assert!(answer.status < 300, "{}", String::from_utf8_lossy(&answer.body));
}

fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
    let pair = |(name, value): &(&'static str, &'static str)| {
        (HeaderName::from_static(name), HeaderValue::from_static(value))
    };
    pairs.iter().map(pair).collect()
}
