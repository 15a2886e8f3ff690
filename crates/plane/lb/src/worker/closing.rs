//! Client connections that are to end: gracefully, after the request under way.

use std::{
    cell::{Cell, RefCell},
    future::Future,
    pin::Pin,
    rc::Rc,
    sync::Arc,
    task::{Context, Poll, Waker},
};

use crate::endpoint::Endpoint;

thread_local! {
    static OPEN: RefCell<Vec<Rc<Closing>>> = const { RefCell::new(Vec::new()) };
}

/// Whether a client connection is to end.
pub struct Closing {
    endpoint: Arc<Endpoint>,
    opened_ms: u64,
    /// Longest life, AWS's `client_keep_alive`.
    keep_alive_ms: u64,
    asked: Cell<bool>,
    gone: Cell<bool>,
    waker: RefCell<Option<Waker>>,
}

impl Closing {
    pub fn new(endpoint: Arc<Endpoint>, opened_ms: u64, keep_alive_ms: u64) -> Rc<Self> {
        let closing = Rc::new(Self {
            endpoint,
            opened_ms,
            keep_alive_ms,
            asked: Cell::new(false),
            gone: Cell::new(false),
            waker: RefCell::new(None),
        });
        OPEN.with_borrow_mut(|open| open.push(Rc::clone(&closing)));
        closing
    }

    pub fn ask(&self) {
        if !self.asked.replace(true)
            && let Some(waker) = self.waker.borrow_mut().take()
        {
            waker.wake();
        }
    }
}

/// Asks connections to end whose endpoint was closed, which are too old, or all of them. Whether any is left.
pub fn sweep(now_ms: u64, all: bool) -> bool {
    OPEN.with_borrow_mut(|open| {
        open.retain(|it| {
            let old = now_ms.saturating_sub(it.opened_ms) > it.keep_alive_ms;
            if all || old || it.endpoint.is_closed() {
                it.ask();
            }
            !it.gone.get()
        });
        !open.is_empty()
    })
}

/// A connection that can be asked to end.
pub trait Graceful: Future {
    fn end(self: Pin<&mut Self>);
}

/// Runs a connection until it ends by itself or is asked to.
pub struct Until<C> {
    pub connection: Pin<Box<C>>,
    pub closing: Rc<Closing>,
    told: bool,
}

impl<C: Graceful> Until<C> {
    pub fn new(connection: C, closing: Rc<Closing>) -> Self {
        Self {
            connection: Box::pin(connection),
            closing,
            told: false,
        }
    }
}

impl<C: Graceful> Future for Until<C> {
    type Output = C::Output;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<C::Output> {
        let this = &mut *self;
        if this.closing.asked.get() {
            if !this.told {
                this.told = true;
                this.connection.as_mut().end();
            }
        } else {
            let mut waker = this.closing.waker.borrow_mut();
            if !waker.as_ref().is_some_and(|it| it.will_wake(cx.waker())) {
                *waker = Some(cx.waker().clone());
            }
        }
        this.connection.as_mut().poll(cx)
    }
}

impl<C> Drop for Until<C> {
    fn drop(&mut self) {
        self.closing.gone.set(true);
    }
}
