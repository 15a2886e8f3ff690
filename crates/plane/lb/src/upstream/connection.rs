//! One connection to a target.

use std::{
    io::{self, IoSlice},
    os::fd::{AsRawFd, RawFd},
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use bytes::BytesMut;
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::TcpStream,
};
use tokio_rustls::client::TlsStream;
use tokio_util::io::poll_read_buf;

use crate::{
    rooms::Room,
    target::TargetState,
    worker::watch::{Ended, Watched},
};

/// Room for what one read brings: most responses fit, head and body.
const READ_BYTES: usize = 16 * 1024;

/// Plain or TLS.
#[derive(Debug)]
pub enum Stream {
    Plain(TcpStream),
    Tls(Box<TlsStream<TcpStream>>),
}

impl Stream {
    fn fd(&self) -> RawFd {
        match self {
            Self::Plain(stream) => stream.as_raw_fd(),
            Self::Tls(stream) => stream.get_ref().0.as_raw_fd(),
        }
    }
}

/// A connection with what was read from it and not yet used.
#[derive(Debug)]
pub struct Connection {
    /// Before the stream, see [`Watched`].
    watched: Watched,
    stream: Stream,
    _room: Room,
    pub input: BytesMut,
    pub target: Arc<TargetState>,
    /// Bytes handed to the kernel so far.
    written: u64,
    /// Of them, those written before the request under way.
    written_before: u64,
    /// It served a request before the one under way.
    pub reused: bool,
    pub idle_since_ms: u64,
    /// For how long it may lie idle.
    pub keep_ms: u64,
}

impl Connection {
    pub fn new(
        stream: Stream,
        room: Room,
        target: Arc<TargetState>,
        idle_timeout_ms: u32,
    ) -> Box<Self> {
        Box::new(Self {
            watched: Watched::new(stream.fd(), target.number, idle_timeout_ms),
            stream,
            _room: room,
            input: BytesMut::new(),
            target,
            written: 0,
            written_before: 0,
            reused: false,
            idle_since_ms: 0,
            keep_ms: 0,
        })
    }

    /// Makes it ready for the next request.
    pub fn begin(&mut self, idle_timeout_ms: u32) {
        self.written_before = self.written;
        self.watched.set_limit_ms(idle_timeout_ms);
        self.watched.pause(false);
    }

    /// Puts it to rest: the pool decides for how long.
    pub fn rest(&mut self) {
        self.reused = true;
        self.watched.pause(true);
    }

    /// Why our own side ended it.
    pub fn ended(&self) -> Option<Ended> {
        self.watched.ended()
    }

    /// Reads some into the input; 0 is the end.
    pub fn poll_read(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<usize>> {
        if self.input.capacity() - self.input.len() < READ_BYTES / 4 {
            self.input.reserve(READ_BYTES);
        }
        let read = match &mut self.stream {
            Stream::Plain(stream) => poll_read_buf(Pin::new(stream), cx, &mut self.input),
            Stream::Tls(stream) => poll_read_buf(Pin::new(stream), cx, &mut self.input),
        };
        if let Poll::Ready(Ok(1..)) = read {
            self.watched.touch();
        }
        read
    }

    pub fn poll_write(
        &mut self,
        cx: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let wrote = match (&mut self.stream, slices) {
            (Stream::Plain(stream), [one]) => Pin::new(stream).poll_write(cx, one),
            (Stream::Plain(stream), _) => Pin::new(stream).poll_write_vectored(cx, slices),
            (Stream::Tls(stream), _) => Pin::new(&mut **stream).poll_write_vectored(cx, slices),
        };
        if let Poll::Ready(Ok(count)) = wrote {
            self.written += count as u64;
            self.watched.touch();
        }
        wrote
    }

    /// TLS keeps records back until it is told to send them.
    pub fn poll_flush(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match &mut self.stream {
            Stream::Plain(_) => Poll::Ready(Ok(())),
            Stream::Tls(stream) => Pin::new(&mut **stream).poll_flush(cx),
        }
    }

    /// An idle connection that the target has closed, or on which it said something unasked, is
    /// of no use. Costs nothing unless the kernel already told of such an event.
    pub fn is_stale(&mut self, cx: &mut Context<'_>) -> bool {
        !self.input.is_empty() || self.poll_read(cx).is_ready()
    }

    /// Asks the kernel, which may know of an end that has not been delivered yet.
    pub fn is_stale_now(&self) -> bool {
        let mut byte = 0_u8;
        // SAFETY: the descriptor is open, and one byte may be written to `byte`.
        let read = unsafe {
            libc::recv(
                self.stream.fd(),
                (&raw mut byte).cast(),
                1,
                libc::MSG_PEEK | libc::MSG_DONTWAIT,
            )
        };
        read >= 0 || io::Error::last_os_error().kind() != io::ErrorKind::WouldBlock
    }

    /// Whether surely no byte of the request under way arrived at the target's host.
    pub fn nothing_arrived(&self) -> bool {
        if self.written == self.written_before {
            return true;
        }
        let Stream::Plain(stream) = &self.stream else {
            return false;
        };
        // The count includes one for the connection's start.
        bytes_acknowledged(stream.as_raw_fd()).is_some_and(|acked| acked <= self.written_before + 1)
    }
}

/// `tcpi_bytes_acked` of a socket (Linux 4.1 and newer); it outlives a reset.
fn bytes_acknowledged(fd: RawFd) -> Option<u64> {
    // SAFETY: tcp_info is plain numbers, for which zero is a value.
    let mut info: libc::tcp_info = unsafe { std::mem::zeroed() };
    let mut length = libc::socklen_t::try_from(size_of_val(&info)).ok()?;
    // SAFETY: the kernel writes at most `length` bytes to `info`, and to `length` how many.
    let answer = unsafe {
        libc::getsockopt(
            fd,
            libc::IPPROTO_TCP,
            libc::TCP_INFO,
            (&raw mut info).cast(),
            &raw mut length,
        )
    };
    let needed = std::mem::offset_of!(libc::tcp_info, tcpi_bytes_acked) + size_of::<u64>();
    (answer == 0 && length as usize >= needed).then_some(info.tcpi_bytes_acked)
}

/// For connections that became something else than HTTP (WebSocket): first what was read already.
impl AsyncRead for Connection {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if self.input.is_empty() {
            match Connection::poll_read(&mut self, cx) {
                Poll::Ready(Ok(_)) => {}
                Poll::Ready(Err(error)) => return Poll::Ready(Err(error)),
                Poll::Pending => return Poll::Pending,
            }
        }
        let count = self.input.len().min(buffer.remaining());
        buffer.put_slice(&self.input.split_to(count));
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Connection {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Connection::poll_write(&mut self, cx, &[IoSlice::new(bytes)])
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Connection::poll_flush(&mut self, cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match &mut self.stream {
            Stream::Plain(stream) => Pin::new(stream).poll_shutdown(cx),
            Stream::Tls(stream) => Pin::new(&mut **stream).poll_shutdown(cx),
        }
    }
}
