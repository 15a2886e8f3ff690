//! Bytes both ways between a client and its target.
//!
//! They pass through one buffer of the thread. A side that takes less than it is given makes the rest
//! wait in a buffer of the flow, and nothing more is read for it: a flow holds at most two of those, and a
//! silent one none.

use std::{
    cell::RefCell,
    future::poll_fn,
    io,
    pin::Pin,
    task::{Context, Poll, ready},
};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use crate::{
    access_log::TlsConnection,
    worker::{Tally, watch::Watched},
};

/// Read at once.
const CHUNK: usize = 32 * 1024;

thread_local! {
    static SCRATCH: RefCell<Box<[u8]>> = RefCell::new(vec![0; CHUNK].into());
}

/// Which side broke the flow off.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Broken {
    Near,
    Far,
    /// We did.
    Ended,
}

/// One side of a flow.
pub struct Side<'a, S> {
    /// Before the stream, see [`Watched`].
    watched: Watched,
    stream: S,
    meter: Option<Meter<'a>>,
}

/// Where bytes of a client's side are counted.
#[derive(Clone, Copy)]
pub struct Meter<'a> {
    pub tally: &'a Tally,
    /// What is noted of the connection where that is asked for.
    pub entry: Option<&'a TlsConnection>,
}

impl<'a, S: AsyncRead + AsyncWrite + Unpin> Side<'a, S> {
    pub fn new(stream: S, watched: Watched, meter: Option<Meter<'a>>) -> Self {
        Self {
            watched,
            stream,
            meter,
        }
    }

    fn moved(&self, bytes: usize, note: fn(&TlsConnection, usize)) {
        if let Some(Meter { tally, entry }) = self.meter {
            tally.moved(bytes);
            if let Some(entry) = entry {
                note(entry, bytes);
            }
        }
    }

    fn read(&mut self, cx: &mut Context<'_>, buffer: &mut [u8]) -> Poll<io::Result<usize>> {
        let mut buffer = ReadBuf::new(buffer);
        if let Err(error) = ready!(Pin::new(&mut self.stream).poll_read(cx, &mut buffer)) {
            if let Some(entry) = self.meter.and_then(|it| it.entry) {
                entry.failed(&error);
            }
            return Poll::Ready(Err(error));
        }
        let count = buffer.filled().len();
        self.moved(count, TlsConnection::received);
        Poll::Ready(Ok(count))
    }

    fn write(&mut self, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let count = ready!(Pin::new(&mut self.stream).poll_write(cx, bytes))?;
        if count == 0 {
            return Poll::Ready(Err(io::ErrorKind::WriteZero.into()));
        }
        self.moved(count, TlsConnection::sent);
        Poll::Ready(Ok(count))
    }
}

/// What one direction has to do yet.
#[derive(Default)]
struct Way {
    rest: Vec<u8>,
    at: usize,
    read_all: bool,
    shut: bool,
}

/// Where a direction failed.
enum Failed {
    Reading,
    Writing,
    Ended,
}

impl Way {
    /// Goes on until nothing can be done, or all is done.
    fn poll<A, B>(
        &mut self,
        from: &mut Side<'_, A>,
        to: &mut Side<'_, B>,
        cx: &mut Context<'_>,
        scratch: &mut [u8],
    ) -> Poll<Result<(), Failed>>
    where
        A: AsyncRead + AsyncWrite + Unpin,
        B: AsyncRead + AsyncWrite + Unpin,
    {
        loop {
            while self.at < self.rest.len() {
                let wrote = ready!(to.write(cx, &self.rest[self.at..]));
                self.at += wrote.map_err(|_| Failed::Writing)?;
                touch(from, to);
            }
            (self.rest, self.at) = (Vec::new(), 0);
            if self.read_all {
                if !self.shut {
                    let shut = ready!(Pin::new(&mut to.stream).poll_shutdown(cx));
                    // One that has gone needs no word that it is over.
                    drop(shut);
                    self.shut = true;
                }
                return Poll::Ready(Ok(()));
            }
            let count = match from.read(cx, scratch) {
                Poll::Ready(Ok(count)) => count,
                Poll::Ready(Err(_)) if from.watched.ended().is_none() => {
                    return Poll::Ready(Err(Failed::Reading));
                }
                Poll::Ready(Err(_)) => return Poll::Ready(Err(Failed::Ended)),
                Poll::Pending => {
                    // TLS keeps records back until it is told to send them.
                    let flushed = ready!(Pin::new(&mut to.stream).poll_flush(cx));
                    flushed.map_err(|_| Failed::Writing)?;
                    return Poll::Pending;
                }
            };
            if count == 0 {
                if from.watched.ended().is_some() {
                    return Poll::Ready(Err(Failed::Ended));
                }
                self.read_all = true;
                continue;
            }
            touch(from, to);
            let wrote = match to.write(cx, &scratch[..count]) {
                Poll::Ready(wrote) => wrote.map_err(|_| Failed::Writing)?,
                Poll::Pending => 0,
            };
            if wrote < count {
                self.rest = scratch[wrote..count].to_vec();
            }
        }
    }
}

/// Bytes moved: neither side is silent.
fn touch<A, B>(from: &Side<'_, A>, to: &Side<'_, B>) {
    from.watched.touch();
    to.watched.touch();
}

/// Runs until both sides have said all, or one is broken: then `broken` is told before they are closed.
pub async fn run<A, B>(
    mut near: Side<'_, A>,
    mut far: Side<'_, B>,
    broken: impl FnOnce(Broken),
) -> io::Result<()>
where
    A: AsyncRead + AsyncWrite + Unpin,
    B: AsyncRead + AsyncWrite + Unpin,
{
    let (mut out, mut back) = (Way::default(), Way::default());
    let ended = poll_fn(|cx| {
        SCRATCH.with_borrow_mut(|scratch| {
            let there = out.poll(&mut near, &mut far, cx, scratch);
            if let Poll::Ready(Err(failed)) = there {
                return Poll::Ready(Err(failed.of(Broken::Near, Broken::Far)));
            }
            let here = back.poll(&mut far, &mut near, cx, scratch);
            if let Poll::Ready(Err(failed)) = here {
                return Poll::Ready(Err(failed.of(Broken::Far, Broken::Near)));
            }
            match there.is_ready() && here.is_ready() {
                true => Poll::Ready(Ok(())),
                false => Poll::Pending,
            }
        })
    });
    if let Err(who) = ended.await {
        broken(who);
    }
    Ok(())
}

impl Failed {
    fn of(self, from: Broken, to: Broken) -> Broken {
        match self {
            Self::Reading => from,
            Self::Writing => to,
            Self::Ended => Broken::Ended,
        }
    }
}
