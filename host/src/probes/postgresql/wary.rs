//! A connection that is broken off when the server does not begin as PostgreSQL does, or asks for what it must not get.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::super::climber::Stream;

/// A request for a login, an error, a notice, or another version of the protocol: what a server may say first.
const FIRST: &[u8] = b"RENv";
/// The first message is shorter than this, in bytes. The client would wait for all of a longer one.
const MAX_FIRST: u32 = 64 * 1024;
/// The server wants the password as it is.
const CLEARTEXT: [u8; 9] = [b'R', 0, 0, 0, 8, 0, 0, 0, 3];

/// Why a connection was broken off.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Alarm {
    /// It is another protocol.
    #[error("what answers does not speak PostgreSQL")]
    Strange,
    /// Nobody sends a password in clear because a server says that it knows no TLS.
    #[error(
        "the server asks for the password in clear over a connection without TLS; it was not sent, since `ssl_mode` is not `disable`"
    )]
    Cleartext,
}

/// The connection.
pub struct Wary {
    inner: Box<dyn Stream>,
    /// The first bytes that the server sent.
    begin: Vec<u8>,
    refuses_cleartext: bool,
}

impl Wary {
    /// A connection on which a login begins.
    pub fn new(inner: Box<dyn Stream>, refuses_cleartext: bool) -> Self {
        Self { inner, begin: Vec::new(), refuses_cleartext }
    }

    fn notice(&mut self, new: &[u8]) -> Result<(), Alarm> {
        let room = CLEARTEXT.len() - self.begin.len();
        self.begin.extend_from_slice(&new[..room.min(new.len())]);
        match self.begin[..] {
            [first, ..] if !FIRST.contains(&first) => Err(Alarm::Strange),
            [_, a, b, c, d, ..] if u32::from_be_bytes([a, b, c, d]) > MAX_FIRST => {
                Err(Alarm::Strange)
            }
            _ if self.refuses_cleartext && self.begin == CLEARTEXT => Err(Alarm::Cleartext),
            _ => Ok(()),
        }
    }
}

impl AsyncRead for Wary {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        let polled = Pin::new(&mut self.inner).poll_read(context, buffer);
        if self.begin.len() < CLEARTEXT.len() {
            self.notice(&buffer.filled()[before..]).map_err(io::Error::other)?;
        }
        polled
    }
}

impl AsyncWrite for Wary {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.inner).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_shutdown(context)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(pieces: &[&[u8]], refuses_cleartext: bool, expected: Result<(), Alarm>) {
        let (near, _far) = tokio::io::duplex(1);
        let mut wary = Wary::new(Box::new(near), refuses_cleartext);
        let noticed = pieces.iter().try_for_each(|piece| wary.notice(piece));
        assert_eq!(noticed, expected, "{pieces:?}");
    }

    #[test]
    fn the_first_message_is_judged_however_it_is_cut() {
        let cleartext = b"R\0\0\0\x08\0\0\0\x03";
        check(&[cleartext], true, Err(Alarm::Cleartext));
        check(&[&cleartext[..3], &cleartext[3..8], &cleartext[8..]], true, Err(Alarm::Cleartext));
        check(&[cleartext], false, Ok(()));
        check(&[b"R\0\0\0\x17\0\0\0\x0aSCRAM-SHA-256\0\0"], true, Ok(()));
        check(&[b"HTTP/1.1 400"], false, Err(Alarm::Strange));
        check(&[b"E", b"RROR"], false, Err(Alarm::Strange));
        check(&[], true, Ok(()));
    }
}
