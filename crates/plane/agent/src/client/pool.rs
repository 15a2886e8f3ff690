//! A few kept connections to one endpoint.

use std::{sync::Arc, time::Duration};

use bytes::Bytes;
use http_body_util::{BodyExt, Full, Limited};
use hyper::{
    Request,
    client::conn::http1::{SendRequest, handshake},
};
use hyper_util::rt::TokioIo;
use parking_lot::Mutex;
use tokio::time::timeout;

use super::{ConnectError, Dialer, Endpoint};

/// Idle connections kept; more would rarely be used by one node.
const MAX_IDLE: usize = 4;
/// No answer of the calls made here comes near this size.
const MAX_ANSWER: usize = 8 << 20;
/// From sending a request to the end of its answer.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(60);

type Sender = SendRequest<Full<Bytes>>;

/// Sends requests over kept connections.
#[derive(Clone)]
pub(super) struct Pool {
    endpoint: Endpoint,
    dialer: Dialer,
    idle: Arc<Mutex<Vec<Sender>>>,
}

/// A request got no whole answer.
#[derive(Debug, thiserror::Error)]
pub enum TransportError {
    #[error(transparent)]
    Connect(#[from] ConnectError),
    #[error("the connection broke")]
    Http(#[from] hyper::Error),
    #[error("no answer in {ANSWER_TIMEOUT:?}")]
    Timeout,
    #[error("the answer could not be read")]
    Body(#[source] Box<dyn std::error::Error + Send + Sync>),
}

impl Pool {
    pub fn new(endpoint: Endpoint, dialer: Dialer) -> Self {
        Self {
            endpoint,
            dialer,
            idle: Arc::default(),
        }
    }

    pub fn endpoint(&self) -> &Endpoint {
        &self.endpoint
    }

    /// Sends and reads the whole answer. A kept connection that turns out to be closed before the
    /// request left is replaced once; nothing is ever sent twice.
    pub async fn send(
        &self,
        request: Request<Full<Bytes>>,
    ) -> Result<(u16, Bytes), TransportError> {
        match timeout(ANSWER_TIMEOUT, self.exchange(request)).await {
            Ok(answer) => answer,
            Err(_) => Err(TransportError::Timeout),
        }
    }

    async fn exchange(
        &self,
        request: Request<Full<Bytes>>,
    ) -> Result<(u16, Bytes), TransportError> {
        let mut request = request;
        while let Some(mut kept) = self.take() {
            match kept.try_send_request(request).await {
                Ok(answer) => return self.finish(kept, answer).await,
                Err(mut error) => match error.take_message() {
                    Some(unsent) => request = unsent,
                    None => return Err(error.into_error().into()),
                },
            }
        }
        let stream = self.dialer.connect(&self.endpoint).await?;
        let (mut fresh, connection) = handshake(TokioIo::new(stream)).await?;
        tokio::spawn(async move {
            // Its end is seen by the sender's half.
            let _ = connection.await;
        });
        let answer = fresh.send_request(request).await?;
        self.finish(fresh, answer).await
    }

    async fn finish(
        &self,
        sender: Sender,
        answer: http::Response<hyper::body::Incoming>,
    ) -> Result<(u16, Bytes), TransportError> {
        let status = answer.status().as_u16();
        let body = Limited::new(answer.into_body(), MAX_ANSWER)
            .collect()
            .await
            .map_err(TransportError::Body)?
            .to_bytes();
        let mut idle = self.idle.lock();
        if idle.len() < MAX_IDLE && !sender.is_closed() {
            idle.push(sender);
        }
        Ok((status, body))
    }

    fn take(&self) -> Option<Sender> {
        let mut idle = self.idle.lock();
        idle.retain(|sender| !sender.is_closed());
        idle.pop()
    }
}
