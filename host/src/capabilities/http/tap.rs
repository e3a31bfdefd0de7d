//! What may stand between a connector and its servers when it is on trial: it sees what is asked, and may answer itself.

use std::fmt;

use bytes::Bytes;
use futures_util::stream;
use http::{Request, Response};
use http_body_util::{BodyExt as _, StreamBody};
use hyper::body::Frame;

use super::client::AnswerBody;
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
        /// A piece of the body.
        piece: Bytes,
        /// How often the piece comes; none for ever.
        times: Option<usize>,
    },
    /// The connection breaks before there is one.
    Broken,
    /// None comes in time. Nobody waits: the connector is told at once what it is told after a time-out.
    Late,
}

impl Canned {
    /// The answer as it comes from a connection.
    pub(super) fn into_answer(self) -> Result<Response<AnswerBody>, HttpError> {
        let (status, headers, piece, times) = match self {
            Self::Answer { status, headers, piece, times } => (status, headers, piece, times),
            Self::Broken => {
                let failure = Failure::new("the server closed the connection");
                return Err(HttpError::Unreachable(failure));
            }
            Self::Late => {
                let failure = Failure::new("the server did not answer in time");
                return Err(HttpError::TimedOut(failure));
            }
        };
        let left = times.unwrap_or(usize::MAX);
        let pieces =
            stream::iter(std::iter::repeat_n(piece, left).map(|piece| Ok(Frame::data(piece))));
        let mut answer = Response::new(StreamBody::new(pieces).boxed_unsync());
        *answer.status_mut() =
            http::StatusCode::from_u16(status).unwrap_or(http::StatusCode::INTERNAL_SERVER_ERROR);
        let headers = headers.into_iter().filter_map(|(name, value)| {
            Some((http::HeaderName::from_static(name), value.parse().ok()?))
        });
        answer.headers_mut().extend(headers);
        Ok(answer)
    }
}
