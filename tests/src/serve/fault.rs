use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use http::Method;

use super::Response;

/// What goes wrong, and for which requests.
#[derive(Clone, Debug)]
pub struct Fault {
    /// The method that it strikes, or all of them.
    pub method: Option<Method>,
    /// Which paths it strikes: a prefix, or a pattern for the whole path if it holds a `*`, which
    /// stands for any run of characters, slashes included. The query is not looked at.
    pub path: String,
    /// How often it strikes.
    pub times: Times,
    /// What it does.
    pub kind: FaultKind,
}

/// How often a fault strikes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Times {
    /// Until [`Faults::clear`].
    Always,
    /// For so many matching requests.
    Count(usize),
}

/// What happens instead of the service's answer, or to it.
#[derive(Clone, Debug)]
pub enum FaultKind {
    /// This answer; the service is not asked.
    Status {
        /// The HTTP status.
        code: u16,
        /// Headers such as `retry-after`.
        headers: Vec<(String, String)>,
        /// The body.
        body: Vec<u8>,
    },
    /// The service's answer after a pause.
    Delay(Duration),
    /// The connection is reset (TCP RST) when the request has been read; the service is not asked.
    ResetBeforeAnswer,
    /// The service does its work, half of its answer's body is sent, then the connection is reset.
    ResetMidBody,
    /// Status 200 and `application/json`, but an HTML page; the service is not asked.
    NotJson,
    /// The first half of the service's answer, with a matching `content-length`.
    TruncatedJson,
    /// No answer, ever; the connection stays open and the service is not asked.
    Hang,
    /// The service's answer, so many bytes at a time with a pause after each.
    SlowBody {
        /// Bytes at a time, at least one.
        chunk: usize,
        /// The pause after each chunk.
        pause: Duration,
    },
    /// Status 200 and a JSON string of about so many bytes; the service is not asked. It is made
    /// while it is sent, so it costs no memory here.
    HugeBody(usize),
    /// The service's answer, its `content-length` 64 bytes more than what is sent before the
    /// connection is closed in good order.
    WrongLength,
    /// Status 200 and `{"method","path","headers":[[name,value]…],"body"}` of the request, to find
    /// out whether a client shows what a server throws back. The service is not asked.
    EchoRequest,
    /// Status 307 to this address; the service is not asked.
    Redirect(String),
    /// Bytes that are no HTTP; the service is not asked.
    GarbageBytes,
    /// These bytes in place of an answer, then the end of the connection; the service is not asked.
    Raw(Vec<u8>),
}

/// The faults of one server, the oldest first. A request is struck by the first that matches.
#[derive(Debug, Default)]
pub struct Faults {
    waiting: Mutex<Vec<Fault>>,
}

impl Fault {
    /// A fault for every request, always.
    pub fn any(kind: FaultKind) -> Self {
        Fault { method: None, path: String::from("/"), times: Times::Always, kind }
    }

    /// A fault for one method and path (a prefix, or a pattern with `*`), always.
    pub fn on(method: Method, path: &str, kind: FaultKind) -> Self {
        Fault { method: Some(method), path: path.to_owned(), times: Times::Always, kind }
    }

    /// The same fault, but only for so many requests.
    pub fn times(self, count: usize) -> Self {
        Fault { times: Times::Count(count), ..self }
    }

    fn strikes(&self, method: &Method, path: &str) -> bool {
        self.method.as_ref().is_none_or(|own| own == method) && path_matches(&self.path, path)
    }
}

impl FaultKind {
    /// An answer with a short text, `{"message":"injected fault"}`, as its body.
    pub fn status(code: u16) -> Self {
        FaultKind::from(Response::json(code, &serde_json::json!({"message": "injected fault"})))
    }
}

impl From<Response> for FaultKind {
    fn from(answer: Response) -> Self {
        let Response { status: code, headers, body } = answer;
        FaultKind::Status { code, headers, body }
    }
}

impl Faults {
    /// Adds a fault behind those that are there.
    pub fn add(&self, fault: Fault) {
        self.lock().push(fault);
    }

    /// Forgets all faults.
    pub fn clear(&self) {
        self.lock().clear();
    }

    /// The fault that strikes this request, counted down.
    pub(super) fn take(&self, method: &Method, path: &str) -> Option<FaultKind> {
        let mut waiting = self.lock();
        let hit = |fault: &Fault| fault.strikes(method, path) && fault.times != Times::Count(0);
        let fault = waiting.iter_mut().find(|fault| hit(fault))?;
        if let Times::Count(left) = &mut fault.times {
            *left -= 1;
        }
        Some(fault.kind.clone())
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Fault>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn path_matches(pattern: &str, path: &str) -> bool {
    let Some((head, tail)) = pattern.split_once('*') else {
        return path.starts_with(pattern);
    };
    path.strip_prefix(head).is_some_and(|rest| glob_tail(tail, rest))
}

/// Matches what follows a `*`: the pattern's next literal may start anywhere in the rest.
fn glob_tail(pattern: &str, rest: &str) -> bool {
    let Some((literal, tail)) = pattern.split_once('*') else {
        return rest.ends_with(pattern);
    };
    // The earliest place is enough: the following star takes whatever a later one would leave out.
    rest.find(literal).is_some_and(|at| glob_tail(tail, &rest[at + literal.len()..]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns() {
        let check = |pattern, path, expected| {
            assert_eq!(path_matches(pattern, path), expected, "{pattern} on {path}");
        };
        check("/", "/anything", true);
        check("/api", "/api/v1", true);
        check("/api", "/apis", true);
        check("/api/", "/apis", false);
        check("/api/*/secrets", "/api/v1/namespaces/a/secrets", true);
        check("/api/*/secrets", "/api/v1/namespaces/a/secrets/b", false);
        check("/api/*/secrets/*", "/api/v1/namespaces/a/secrets/b", true);
        check("*/secrets", "/x/secrets/secrets", true);
        check("/a*b*c", "/a-c-b", false);
    }

    #[test]
    fn counted_faults_run_out_and_the_next_takes_over() {
        let faults = Faults::default();
        faults.add(Fault::on(Method::GET, "/a", FaultKind::status(503)).times(2));
        faults.add(Fault::any(FaultKind::GarbageBytes));
        let code = |method| match faults.take(&method, "/a/b") {
            Some(FaultKind::Status { code, .. }) => Some(code),
            _ => None,
        };
        assert_eq!(code(Method::POST), None);
        assert_eq!([code(Method::GET), code(Method::GET)], [Some(503), Some(503)]);
        assert!(matches!(faults.take(&Method::GET, "/a"), Some(FaultKind::GarbageBytes)));
        faults.clear();
        assert!(faults.take(&Method::GET, "/a").is_none());
    }
}
