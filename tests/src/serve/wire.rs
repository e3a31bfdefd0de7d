use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt, ReadBuf};
use tokio::net::TcpStream;
use tokio_rustls::server::TlsStream;

/// How long a connection is drained after an early answer, so that the kernel does not reset it
/// while the client is still sending and has not read the answer. Go's server waits as long.
const LINGER: Duration = Duration::from_millis(500);

/// A connection whose bytes the faults can tamper with below HTTP.
pub(super) struct Wire {
    stream: Option<Stream>,
    line: Line,
}

/// A socket, with or without TLS.
pub(super) enum Stream {
    Plain(TcpStream),
    Tls(Box<TlsStream<TcpStream>>),
}

/// The switch by which the HTTP side tells the wire what to do.
#[derive(Clone, Default)]
pub(super) struct Line {
    state: Arc<Mutex<State>>,
}

#[derive(Clone, Default)]
enum State {
    #[default]
    Open,
    Reset,
    Garbage(Vec<u8>),
    Linger,
}

impl Line {
    /// Lets the connection end in a TCP reset. Returns the error that makes hyper drop it.
    pub(super) fn reset(&self) -> io::Error {
        self.set(State::Reset);
        io::ErrorKind::ConnectionReset.into()
    }

    /// Sends these bytes in place of whatever HTTP comes next, then closes.
    pub(super) fn garble(&self, bytes: &[u8]) {
        self.set(State::Garbage(bytes.to_vec()));
    }

    /// Keeps the connection readable for a moment after it was closed for writing.
    pub(super) fn linger(&self) {
        self.set(State::Linger);
    }

    fn set(&self, state: State) {
        *self.state.lock().unwrap_or_else(PoisonError::into_inner) = state;
    }

    fn get(&self) -> State {
        self.state.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Wire {
    pub(super) fn new(stream: Stream, line: Line) -> Self {
        Wire { stream: Some(stream), line }
    }

    fn stream(&mut self) -> io::Result<Pin<&mut Stream>> {
        let stream = self.stream.as_mut().ok_or(io::ErrorKind::NotConnected)?;
        Ok(Pin::new(stream))
    }

    fn poll_garbage(&mut self, ctx: &mut Context<'_>, mut bytes: Vec<u8>) -> Poll<io::Error> {
        while !bytes.is_empty() {
            let written = match self.stream() {
                Ok(stream) => ready!(stream.poll_write(ctx, &bytes)),
                Err(error) => Err(error),
            };
            match written {
                Ok(count) => bytes.drain(..count),
                Err(error) => return Poll::Ready(error),
            };
            self.line.garble(&bytes);
        }
        if let Ok(stream) = self.stream() {
            // A failure to flush ends the connection just as well.
            let _ = ready!(stream.poll_flush(ctx));
        }
        Poll::Ready(io::ErrorKind::BrokenPipe.into())
    }
}

impl Drop for Wire {
    fn drop(&mut self) {
        let Some(stream) = self.stream.take() else {
            return;
        };
        match self.line.get() {
            State::Reset => {
                // Without the option the close is an ordinary one, and the test that expects a
                // reset fails: nothing to handle here.
                let _ = stream.tcp().set_zero_linger();
            }
            State::Linger => drain_later(stream),
            State::Open | State::Garbage(_) => {}
        }
    }
}

fn drain_later(mut stream: Stream) {
    let drain = async move {
        if stream.shutdown().await.is_ok() {
            let _ = tokio::io::copy(&mut stream, &mut tokio::io::sink()).await;
        }
    };
    if let Ok(runtime) = tokio::runtime::Handle::try_current() {
        runtime.spawn(tokio::time::timeout(LINGER, drain));
    }
}

impl AsyncRead for Wire {
    fn poll_read(
        mut self: Pin<&mut Self>,
        ctx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        self.stream()?.poll_read(ctx, buffer)
    }
}

impl AsyncWrite for Wire {
    fn poll_write(
        mut self: Pin<&mut Self>,
        ctx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        match self.line.get() {
            State::Open | State::Linger => self.stream()?.poll_write(ctx, bytes),
            State::Reset => Poll::Ready(Err(io::ErrorKind::ConnectionReset.into())),
            State::Garbage(garbage) => self.poll_garbage(ctx, garbage).map(Err),
        }
    }

    fn poll_flush(mut self: Pin<&mut Self>, ctx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.stream()?.poll_flush(ctx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, ctx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.stream()?.poll_shutdown(ctx)
    }
}

impl Stream {
    fn tcp(&self) -> &TcpStream {
        match self {
            Stream::Plain(tcp) => tcp,
            Stream::Tls(tls) => tls.get_ref().0,
        }
    }
}

impl AsyncRead for Stream {
    fn poll_read(
        self: Pin<&mut Self>,
        ctx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Stream::Plain(tcp) => Pin::new(tcp).poll_read(ctx, buffer),
            Stream::Tls(tls) => Pin::new(tls).poll_read(ctx, buffer),
        }
    }
}

impl AsyncWrite for Stream {
    fn poll_write(
        self: Pin<&mut Self>,
        ctx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        match self.get_mut() {
            Stream::Plain(tcp) => Pin::new(tcp).poll_write(ctx, bytes),
            Stream::Tls(tls) => Pin::new(tls).poll_write(ctx, bytes),
        }
    }

    fn poll_flush(self: Pin<&mut Self>, ctx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Stream::Plain(tcp) => Pin::new(tcp).poll_flush(ctx),
            Stream::Tls(tls) => Pin::new(tls).poll_flush(ctx),
        }
    }

    fn poll_shutdown(self: Pin<&mut Self>, ctx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Stream::Plain(tcp) => Pin::new(tcp).poll_shutdown(ctx),
            Stream::Tls(tls) => Pin::new(tls).poll_shutdown(ctx),
        }
    }
}
