//! A response that goes on to its client piece by piece, and clients that do not take theirs.
//!
//! While a piece waits for its client, the response holds a connection to the target. A client that
//! takes nothing for the idle timeout, or trickles below the [`Pace`], loses its response: over
//! HTTP/1 its connection with it, over HTTP/2 the stream, and the connection takes no further requests.

use std::{
    cell::RefCell,
    io,
    pin::Pin,
    rc::{Rc, Weak},
    task::{Context, Poll, ready},
};

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};

use crate::{
    clock,
    pace::Progress,
    upstream::{ResponseBody, http2},
    worker::{Client, RequestGuard},
};

thread_local! {
    static UNDER_WAY: RefCell<Vec<Weak<Shared>>> = const { RefCell::new(Vec::new()) };
}

/// Where the pieces come from.
pub enum Source {
    Http1(Box<ResponseBody>),
    Http2(Box<http2::ResponseBody>),
}

/// The body of a response with its client's progress.
pub struct Streamed(Rc<Shared>);

struct Shared {
    client: Rc<Client>,
    idle_timeout_ms: u64,
    state: RefCell<State>,
}

struct State {
    /// `None` once it was taken from a client that did not want it.
    held: Option<Held>,
    progress: Progress,
    /// The size of the piece that the client has been given.
    given: usize,
}

/// What the response keeps from others.
struct Held {
    source: Source,
    guard: Option<RequestGuard>,
}

impl Streamed {
    pub fn new(client: &Rc<Client>, idle_timeout_ms: u32, source: Source) -> Self {
        let shared = Rc::new(Shared {
            client: Rc::clone(client),
            idle_timeout_ms: idle_timeout_ms.into(),
            state: RefCell::new(State {
                held: Some(Held {
                    source,
                    guard: None,
                }),
                progress: Progress::new(client.worker.pace),
                given: 0,
            }),
        });
        UNDER_WAY.with_borrow_mut(|all| all.push(Rc::downgrade(&shared)));
        Self(shared)
    }

    /// Keeps the request open as long as the response is.
    pub fn hold(&self, guard: RequestGuard) {
        if let Some(held) = &mut self.0.state.borrow_mut().held {
            held.guard = Some(guard);
        }
    }
}

impl State {
    fn poll_frame(&mut self, cx: &mut Context<'_>) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        let now_ms = clock::coarse_ms();
        // It asks for more: what it was given is taken.
        let given = std::mem::take(&mut self.given);
        if self.progress.too_slow(given, now_ms) {
            self.held = None;
        }
        let Some(held) = &mut self.held else {
            return Poll::Ready(Some(Err(io::ErrorKind::TimedOut.into())));
        };
        let frame = ready!(held.source.poll_frame(cx));
        if let Some(Ok(frame)) = &frame {
            self.given = frame.data_ref().map_or(0, Bytes::len);
            if let Some(guard) = &mut held.guard {
                guard.gives(self.given);
            }
            self.progress.waits(now_ms);
        }
        Poll::Ready(frame)
    }
}

impl Source {
    fn poll_frame(&mut self, cx: &mut Context<'_>) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        match self {
            Self::Http1(body) => Pin::new(&mut **body).poll_frame(cx),
            Self::Http2(body) => Pin::new(&mut **body).poll_frame(cx),
        }
    }

    fn is_end_stream(&self) -> bool {
        match self {
            Self::Http1(body) => body.is_end_stream(),
            Self::Http2(body) => body.is_end_stream(),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match self {
            Self::Http1(body) => body.size_hint(),
            Self::Http2(body) => body.size_hint(),
        }
    }
}

impl Body for Streamed {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, io::Error>>> {
        self.0.state.borrow_mut().poll_frame(cx)
    }

    fn is_end_stream(&self) -> bool {
        let state = self.0.state.borrow();
        state
            .held
            .as_ref()
            .is_some_and(|held| held.source.is_end_stream())
    }

    fn size_hint(&self) -> SizeHint {
        let state = self.0.state.borrow();
        let held = state.held.as_ref();
        held.map_or_else(SizeHint::default, |held| held.source.size_hint())
    }
}

/// Takes responses of this worker from clients that have taken nothing for too long. Whether any is left.
pub fn sweep(now_ms: u64) -> bool {
    UNDER_WAY.with_borrow_mut(|all| {
        all.retain(|one| {
            let Some(shared) = one.upgrade() else {
                return false;
            };
            let mut state = shared.state.borrow_mut();
            if state.progress.silent_ms(now_ms) <= shared.idle_timeout_ms {
                return true;
            }
            state.held = None;
            shared.client.give_up();
            false
        });
        !all.is_empty()
    })
}
