//! Targets that speak HTTP/2: one connection per target and worker carries all requests.

use std::{
    cell::RefCell,
    collections::HashMap,
    io,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    task::{Context, Poll},
    time::Duration,
};

use bytes::Bytes;
use http::{Request, Response, Uri, uri::PathAndQuery};
use http_body::{Body, Frame, SizeHint};
use hyper::{body::Incoming, client::conn::http2};
use hyper_util::rt::TokioIo;

use super::Connection;
use crate::{
    proxy::head,
    target::{Lease, TargetState},
    worker::Local,
};

pub type Sender = http2::SendRequest<RequestBody>;

/// A request that got no response; with the request if nothing of it was sent.
#[derive(Debug)]
pub struct Unsent {
    pub error: io::Error,
    pub request: Option<Box<Request<RequestBody>>>,
}

/// Connections by target.
#[derive(Default)]
pub struct Pool(RefCell<HashMap<u64, (Arc<TargetState>, Sender)>>);

impl Pool {
    /// Sends a request on the target's connection and waits for the response's head for at most
    /// `idle_ms`.
    pub async fn send(
        &self,
        target: &Arc<TargetState>,
        mut sender: Sender,
        request: Request<RequestBody>,
        idle_ms: u32,
    ) -> Result<Response<Incoming>, Unsent> {
        let sending = sender.try_send_request(request);
        let patience = Duration::from_millis(u64::from(idle_ms));
        match tokio::time::timeout(patience, sending).await {
            Ok(Ok(response)) => Ok(response),
            Ok(Err(mut failed)) => {
                self.0.borrow_mut().remove(&target.number);
                let request = failed.take_message().map(Box::new);
                let error = io::Error::other(failed.into_error());
                Err(Unsent { error, request })
            }
            Err(elapsed) => Err(Unsent {
                error: elapsed.into(),
                request: None,
            }),
        }
    }

    /// The target's connection, if there is one.
    pub fn known(&self, target: &TargetState) -> Option<Sender> {
        let known = self.0.borrow().get(&target.number).map(|it| it.1.clone());
        known.filter(|it| !it.is_closed())
    }

    /// Makes a connection the target's.
    pub async fn add(
        &self,
        target: &Arc<TargetState>,
        mut connection: Box<Connection>,
    ) -> io::Result<Sender> {
        // Idle limits are those of the requests.
        connection.rest();
        let handshake = http2::Builder::new(Local).handshake(TokioIo::new(connection));
        let (sender, driver) = handshake.await.map_err(io::Error::other)?;
        tokio::task::spawn_local(driver);
        let entry = (Arc::clone(target), sender.clone());
        self.0.borrow_mut().insert(target.number, entry);
        Ok(sender)
    }

    /// Lets go of connections that are closed or whose targets get no more requests; they end with
    /// the last request under way. Whether any is left.
    pub fn sweep(&self) -> bool {
        let mut all = self.0.borrow_mut();
        all.retain(|_, (target, sender)| !target.is_draining() && !sender.is_closed());
        !all.is_empty()
    }
}

/// Where an HTTP/2 request goes: the client's path at the host it asked for.
pub fn uri(asked: &Uri, host: &str, tls: bool) -> Option<Uri> {
    let path = asked.path_and_query().cloned();
    Uri::builder()
        .scheme(if tls { "https" } else { "http" })
        .authority(host)
        .path_and_query(path.unwrap_or(PathAndQuery::from_static("/")))
        .build()
        .ok()
}

/// The body of a client's request on its way. What its headers may not say its trailers do not say either: servers may take them together.
#[derive(Debug)]
pub struct RequestBody {
    body: Incoming,
    /// Where its bytes are counted, if anywhere.
    meter: Option<Arc<AtomicU64>>,
}

impl RequestBody {
    pub fn new(body: Incoming, meter: Option<Arc<AtomicU64>>) -> Self {
        Self { body, meter }
    }
}

impl Body for RequestBody {
    type Data = Bytes;
    type Error = hyper::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, hyper::Error>>> {
        let frame = Pin::new(&mut self.body).poll_frame(cx);
        if let (Poll::Ready(Some(Ok(frame))), Some(meter)) = (&frame, &self.meter) {
            let bytes = frame.data_ref().map_or(0, Bytes::len);
            meter.fetch_add(bytes as u64, Ordering::Relaxed);
        }
        frame.map_ok(|it| match it.into_trailers() {
            Ok(trailers) => Frame::trailers(head::trailers(&trailers)),
            Err(data) => data,
        })
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

/// A response's body with the claim on its target.
pub struct ResponseBody {
    body: Incoming,
    _lease: Lease,
}

impl ResponseBody {
    pub fn new(body: Incoming, lease: Lease) -> Self {
        Self {
            body,
            _lease: lease,
        }
    }
}

impl Body for ResponseBody {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, io::Error>>> {
        let frame = Pin::new(&mut self.body).poll_frame(cx);
        frame.map(|it| it.map(|it| it.map_err(io::Error::other)))
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
