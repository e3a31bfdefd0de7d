//! TLS as SQL Server has it before version 8 of the protocol: its handshake within packets of the login that is being prepared.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::super::climber::Stream;
use super::PRELOGIN;

/// The header of a packet.
const HEAD: usize = 8;
/// What of a handshake goes into one packet, so that it is no longer than the usual 4096 bytes.
const MAX_CONTENT: usize = 4096 - HEAD;

/// A connection whose content is wrapped into packets, in both directions.
pub struct Wrapped {
    inner: Box<dyn Stream>,
    head: Vec<u8>,
    /// What of the current packet was not read yet.
    left: usize,
    /// What is to be sent.
    out: Vec<u8>,
}

impl Wrapped {
    /// A connection on which a handshake begins.
    pub fn new(inner: Box<dyn Stream>) -> Self {
        Self { inner, head: Vec::new(), left: 0, out: Vec::new() }
    }

    /// Reads the header of the next packet; false if the connection ended before.
    fn poll_head(&mut self, context: &mut Context<'_>) -> Poll<io::Result<bool>> {
        while self.head.len() < HEAD {
            let mut space = [0; HEAD];
            let mut buffer = ReadBuf::new(&mut space[..HEAD - self.head.len()]);
            ready!(Pin::new(&mut self.inner).poll_read(context, &mut buffer))?;
            if buffer.filled().is_empty() {
                return Poll::Ready(Ok(false));
            }
            self.head.extend_from_slice(buffer.filled());
        }
        let length = usize::from(u16::from_be_bytes([self.head[2], self.head[3]]));
        self.head.clear();
        self.left = length.saturating_sub(HEAD);
        Poll::Ready(Ok(true))
    }

    fn poll_out(&mut self, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        while !self.out.is_empty() {
            let written = ready!(Pin::new(&mut self.inner).poll_write(context, &self.out))?;
            if written == 0 {
                return Poll::Ready(Err(io::ErrorKind::WriteZero.into()));
            }
            self.out.drain(..written);
        }
        Poll::Ready(Ok(()))
    }
}

impl AsyncRead for Wrapped {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        while self.left == 0 {
            if !ready!(self.poll_head(context))? {
                return Poll::Ready(Ok(()));
            }
        }
        let room = self.left.min(buffer.remaining());
        let mut space = vec![0; room];
        let mut part = ReadBuf::new(&mut space);
        ready!(Pin::new(&mut self.inner).poll_read(context, &mut part))?;
        buffer.put_slice(part.filled());
        self.left -= part.filled().len();
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Wrapped {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        ready!(self.poll_out(context))?;
        let content = &bytes[..bytes.len().min(MAX_CONTENT)];
        let [high, low] = ((content.len() + HEAD) as u16).to_be_bytes();
        self.out.extend([PRELOGIN, 1, high, low, 0, 0, 1, 0]);
        self.out.extend_from_slice(content);
        Poll::Ready(Ok(content.len()))
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(self.poll_out(context))?;
        Pin::new(&mut self.inner).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(self.poll_out(context))?;
        Pin::new(&mut self.inner).poll_shutdown(context)
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, duplex};

    use super::*;

    #[tokio::test]
    async fn what_is_written_in_packets_is_read_from_them() {
        let (near, far) = duplex(700);
        let (mut near, mut far) = (Wrapped::new(Box::new(near)), Wrapped::new(Box::new(far)));
        let sent: Vec<u8> = (0..10_000_u32).map(|number| number as u8).collect();
        let write = async {
            near.write_all(&sent).await.unwrap();
            near.shutdown().await.unwrap();
        };
        let mut read = Vec::new();
        let (_, end) = tokio::join!(write, far.read_to_end(&mut read));
        end.unwrap();
        assert_eq!(read, sent);
    }

    #[tokio::test]
    async fn packets_have_a_head_and_empty_ones_are_passed_over() {
        let (near, mut far) = duplex(64);
        let mut near = Wrapped::new(Box::new(near));
        near.write_all(b"abc").await.unwrap();
        near.flush().await.unwrap();
        let mut packet = [0; 11];
        far.read_exact(&mut packet).await.unwrap();
        assert_eq!(&packet, b"\x12\x01\0\x0b\0\0\x01\0abc");
        far.write_all(b"\x12\x01\0\x08\0\0\x01\0\x12\x01\0\x09\0\0\x01\0x").await.unwrap();
        let mut byte = [0];
        near.read_exact(&mut byte).await.unwrap();
        assert_eq!(&byte, b"x");
    }
}
