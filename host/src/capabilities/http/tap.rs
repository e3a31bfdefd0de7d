//! What may stand between a connector and its servers when it is on trial: it sees what is asked, and may answer itself.

use std::fmt;
use std::io::ErrorKind;
use std::time::Duration;

use bytes::Bytes;
use futures_util::stream::{self, Stream};
use http::{Request, Response};
use http_body_util::{BodyExt as _, StreamBody};
use hyper::body::Frame;

use super::client::{AnswerBody, BoxError};
use super::error::{Failure, HttpError};
use super::message::{Incoming, Outgoing};
use crate::scrub::Scrubber;

/// Sees the requests of a connector, none of which has a login. Requests that are refused by a grant are not among them.
pub trait Tap: fmt::Debug + Send + Sync {
    /// Sees a request.
    fn request(&self, endpoint: &str, outgoing: &Outgoing);

    /// May answer in the place of the server, in whatever way servers do.
    fn server(&self, request: &Request<Bytes>) -> Option<Canned>;

    /// Whether there is no server at all: nobody logs in, and nothing is connected.
    fn is_offline(&self) -> bool {
        false
    }

    /// May say what a request came to another time, as its connector saw it. Nothing is sent then. `scrubber` knows the secrets of the call.
    fn replay(
        &self,
        _endpoint: &str,
        _outgoing: &Outgoing,
        _scrubber: &Scrubber,
    ) -> Option<Result<Incoming, HttpError>> {
        None
    }

    /// Sees what a request came to, as its connector sees it.
    fn answer(
        &self,
        _endpoint: &str,
        _outgoing: &Outgoing,
        _answer: &Result<Incoming, HttpError>,
        _scrubber: &Scrubber,
    ) {
    }
}

/// The answer of a server that is none.
#[derive(Clone, Debug)]
pub enum Canned {
    /// An answer.
    Answer {
        /// The status; one that is none counts as 500.
        status: u16,
        /// Headers, of which those that are none are left out.
        headers: Vec<(&'static str, String)>,
        /// The body.
        body: CannedBody,
    },
    /// The connection breaks before there is one.
    Broken,
    /// None comes in time. Nobody waits: the connector is told at once what it is told after a time-out.
    Late,
}

/// The body of an answer of a server that is none. It is read by what reads those of real servers, and within the same limits.
#[derive(Clone, Debug)]
pub struct CannedBody {
    /// What it consists of.
    pub piece: Bytes,
    /// How often the piece comes; none for ever.
    pub times: Option<usize>,
    /// How long each piece is waited for; the first comes at once.
    pub pause: Duration,
    /// What follows the last piece.
    pub end: CannedEnd,
}

/// How the body of an answer ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CannedEnd {
    /// As it should.
    Whole,
    /// The connection is reset.
    Reset,
}

impl From<Bytes> for CannedBody {
    fn from(piece: Bytes) -> Self {
        Self { piece, times: Some(1), pause: Duration::ZERO, end: CannedEnd::Whole }
    }
}

impl Canned {
    /// The answer as it comes from a connection.
    pub(super) fn into_answer(self) -> Result<Response<AnswerBody>, HttpError> {
        let (status, headers, body) = match self {
            Self::Answer { status, headers, body } => (status, headers, body),
            Self::Broken => {
                let failure = Failure::new("the server closed the connection");
                return Err(HttpError::Unreachable(failure));
            }
            Self::Late => {
                let failure = Failure::new("the server did not answer in time");
                return Err(HttpError::TimedOut(failure));
            }
        };
        let mut answer = Response::new(StreamBody::new(body.frames()).boxed_unsync());
        *answer.status_mut() =
            http::StatusCode::from_u16(status).unwrap_or(http::StatusCode::INTERNAL_SERVER_ERROR);
        let headers = headers.into_iter().filter_map(|(name, value)| {
            Some((http::HeaderName::from_static(name), value.parse().ok()?))
        });
        answer.headers_mut().extend(headers);
        Ok(answer)
    }
}

impl CannedBody {
    fn frames(self) -> impl Stream<Item = Result<Frame<Bytes>, BoxError>> + Send {
        let Self { piece, times, pause, end } = self;
        stream::unfold(Some(0_usize), move |sent| {
            let piece = piece.clone();
            async move {
                let sent = sent?;
                if times.is_none_or(|times| sent < times) {
                    if sent > 0 && !pause.is_zero() {
                        tokio::time::sleep(pause).await;
                    }
                    return Some((Ok(Frame::data(piece)), Some(sent.saturating_add(1))));
                }
                match end {
                    CannedEnd::Whole => None,
                    CannedEnd::Reset => {
                        let reset = std::io::Error::from(ErrorKind::ConnectionReset);
                        Some((Err(reset.into()), None))
                    }
                }
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::super::answer;
    use super::*;

    /// What a body of two pieces comes to that ends like this.
    async fn read(end: CannedEnd, pause: Duration) -> Result<Vec<u8>, HttpError> {
        let body = CannedBody { times: Some(2), end, pause, ..Bytes::from_static(b"ab").into() };
        let canned = Canned::Answer { status: 200, headers: Vec::new(), body };
        let answer = canned.into_answer()?;
        let answer = answer::read(answer, 100, String::new, "https://a.example").await?;
        Ok(answer.body().to_vec())
    }

    #[tokio::test]
    async fn a_body_comes_in_pieces_and_ends_whole_or_is_cut() {
        let whole = read(CannedEnd::Whole, Duration::from_millis(1)).await.unwrap();
        assert_eq!(whole, b"abab");
        let error = read(CannedEnd::Reset, Duration::ZERO).await.unwrap_err();
        assert!(matches!(error, HttpError::Unreachable(_)), "{error:?}");
        assert_eq!(error.to_string(), "the answer of https://a.example broke off");
    }
}
