use std::collections::VecDeque;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use hyper::body::{Body, Frame, SizeHint};
use tokio::time::{Sleep, sleep};

use super::wire::Line;

/// Long enough for hyper to hand the kernel what it has buffered: it flushes when a body is not
/// ready, and throws the buffer away when a body fails.
const FLUSH_PAUSE: Duration = Duration::from_millis(5);

/// The pieces in which a huge body is sent, in bytes.
const HUGE_PIECE: usize = 64 * 1024;

/// What is sent after the head of an answer, step by step.
pub(super) struct Payload {
    steps: Steps,
    length: Option<u64>,
    pause: Option<Pin<Box<Sleep>>>,
}

type Steps = Box<dyn Iterator<Item = Step> + Send>;

enum Step {
    Send(Bytes),
    Wait(Duration),
    Reset(Line),
}

impl Payload {
    /// The bytes at once, with their length.
    pub(super) fn whole(bytes: Vec<u8>) -> Self {
        let length = Some(bytes.len() as u64);
        let steps = (!bytes.is_empty()).then(|| Step::Send(Bytes::from(bytes)));
        Payload::new(steps.into_iter(), length)
    }

    /// The bytes piece by piece, with their length.
    pub(super) fn slow(bytes: Vec<u8>, chunk: usize, pause: Duration) -> Self {
        let length = Some(bytes.len() as u64);
        let mut steps = VecDeque::new();
        for piece in bytes.chunks(chunk.max(1)) {
            steps.push_back(Step::Send(Bytes::copy_from_slice(piece)));
            steps.push_back(Step::Wait(pause));
        }
        // The last byte ends the answer: a pause behind it would show nowhere.
        steps.pop_back();
        Payload::new(steps.into_iter(), length)
    }

    /// The bytes, then an end that the head did not announce.
    pub(super) fn short(bytes: Vec<u8>) -> Self {
        let steps = [Step::Send(Bytes::from(bytes)), Step::Wait(FLUSH_PAUSE)];
        Payload::new(steps.into_iter(), None)
    }

    /// The bytes, then a reset of the connection.
    pub(super) fn cut(bytes: Vec<u8>, line: Line) -> Self {
        let send = Step::Send(Bytes::from(bytes));
        let steps = [send, Step::Wait(FLUSH_PAUSE), Step::Reset(line)];
        Payload::new(steps.into_iter(), None)
    }

    /// A JSON string of `length` bytes (at least two: its quotes).
    pub(super) fn huge(length: usize) -> Self {
        let inner = length.saturating_sub(2);
        let filler = Bytes::from(vec![b'x'; HUGE_PIECE]);
        let starts = (0..inner).step_by(HUGE_PIECE);
        let pieces = starts.map(move |at| filler.slice(..HUGE_PIECE.min(inner - at)));
        let quote = || std::iter::once(Bytes::from_static(b"\""));
        let steps = quote().chain(pieces).chain(quote()).map(Step::Send);
        Payload::new(steps, Some(inner as u64 + 2))
    }

    fn new(steps: impl Iterator<Item = Step> + Send + 'static, length: Option<u64>) -> Self {
        Payload { steps: Box::new(steps), length, pause: None }
    }
}

impl Body for Payload {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        ctx: &mut Context<'_>,
    ) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        loop {
            if let Some(pause) = &mut self.pause {
                ready!(pause.as_mut().poll(ctx));
                self.pause = None;
            }
            match self.steps.next() {
                None => return Poll::Ready(None),
                Some(Step::Send(bytes)) => return Poll::Ready(Some(Ok(Frame::data(bytes)))),
                Some(Step::Wait(pause)) => self.pause = Some(Box::pin(sleep(pause))),
                Some(Step::Reset(line)) => return Poll::Ready(Some(Err(line.reset()))),
            }
        }
    }

    fn size_hint(&self) -> SizeHint {
        self.length.map_or_else(SizeHint::default, SizeHint::with_exact)
    }
}
