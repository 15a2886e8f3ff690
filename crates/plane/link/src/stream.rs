//! One connection of a subscription: frames out, frames in, silence noticed.

use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt, Limited};
use hyper::{Request, body::Incoming, client::conn::http2};
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::{sync::mpsc, time::timeout};
use tokio_util::task::AbortOnDropHandle;
use wharf_planeproto::{
    Messages, Outgoing, ReadError,
    wire::{self, FrameError, Refusal, SILENCE, ToPlane, ToServer},
};
use wharf_wire::sigv4::{self, RequestParts};

use crate::{ConnectError, LinkConfig};

/// From the request to the head of its answer.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(10);
/// What is shown of a refusal.
const MAX_REFUSAL: usize = 2048;

/// Why a connection came to nothing or ended.
#[derive(Debug, thiserror::Error)]
pub enum StreamError {
    #[error(transparent)]
    Connect(#[from] ConnectError),
    #[error("the connection broke")]
    Http(#[from] hyper::Error),
    #[error("the request cannot be made")]
    Request(#[from] http::Error),
    #[error("the control plane answered {status}: {text}")]
    Status { status: u16, text: String },
    #[error("the control plane refuses: {reason}")]
    Refused { refusal: Refusal, reason: String },
    #[error(transparent)]
    Frame(#[from] FrameError),
    #[error("the control plane said nothing for {SILENCE:?}")]
    Silent,
    #[error("the stream ended")]
    Read(#[from] ReadError),
    #[error("the request was given up")]
    Ended,
    #[error("a message that has no place here: {0}")]
    Unexpected(&'static str),
}

/// An open stream.
pub struct PlaneStream {
    outgoing: mpsc::Sender<Bytes>,
    incoming: Messages<Incoming>,
    _driver: AbortOnDropHandle<()>,
}

impl PlaneStream {
    pub async fn open(config: &LinkConfig) -> Result<Self, StreamError> {
        let stream = config.dialer.connect(&config.endpoint).await?;
        let (mut sender, connection) =
            http2::handshake(TokioExecutor::new(), TokioIo::new(stream)).await?;
        let driver = AbortOnDropHandle::new(tokio::spawn(async move {
            // Its end is seen by the stream's two halves.
            let _ = connection.await;
        }));
        let (outgoing, body) = Outgoing::channel();
        let asked = sender.send_request(request(config, body)?);
        let answer = timeout(ANSWER_TIMEOUT, asked)
            .await
            .map_err(|_| StreamError::Silent)??;
        let status = answer.status().as_u16();
        let incoming = answer.into_body();
        if status != 200 {
            return Err(refused(status, incoming).await);
        }
        Ok(Self {
            outgoing,
            incoming: Messages::new(incoming),
            _driver: driver,
        })
    }

    pub async fn send(&self, message: &ToServer) -> Result<(), StreamError> {
        self.send_frame(wire::encode(message)?).await
    }

    pub async fn send_frame(&self, frame: Bytes) -> Result<(), StreamError> {
        match timeout(SILENCE, self.outgoing.send(frame)).await {
            Ok(sent) => sent.map_err(|_| StreamError::Ended),
            Err(_) => Err(StreamError::Silent),
        }
    }

    /// The next message. May be dropped while waiting: nothing is lost.
    pub async fn next(&mut self) -> Result<ToPlane, StreamError> {
        Ok(self.incoming.next().await?)
    }

    /// Why the control plane gave the request up, as it said before it did. May take a while; reads all that is left.
    pub async fn last_words(mut self) -> Option<StreamError> {
        let refusal = async {
            loop {
                if let ToPlane::Refused { refusal, reason } = self.next().await.ok()? {
                    return Some(StreamError::Refused { refusal, reason });
                }
            }
        };
        timeout(ANSWER_TIMEOUT, refusal).await.ok().flatten()
    }

    /// How many bytes came since the last question.
    pub fn take_bytes(&mut self) -> usize {
        self.incoming.take_bytes()
    }
}

fn request(config: &LinkConfig, body: Outgoing) -> Result<Request<Outgoing>, http::Error> {
    let endpoint = &config.endpoint;
    let path = format!("{}{}", endpoint.path, wire::path(config.plane));
    let host = vec![("host".to_owned(), endpoint.authority())];
    let parts = RequestParts {
        method: "POST",
        path: &path,
        query: "",
        headers: &host,
    };
    // The head is what is signed; what follows it belongs to the same connection.
    let digest = sigv4::sha256_hex(b"");
    let now = config.clock.now();
    let keys = config.keys.get();
    let signed = sigv4::sign(&parts, &digest, &keys, &config.region, "wharf", now);
    let scheme = if endpoint.tls { "https" } else { "http" };
    let mut request = Request::post(format!("{scheme}://{}{path}", endpoint.authority()));
    for (name, value) in signed {
        let mut value = http::HeaderValue::try_from(value)?;
        value.set_sensitive(true);
        request = request.header(name, value);
    }
    request.body(body)
}

async fn refused(status: u16, body: Incoming) -> StreamError {
    let body = timeout(ANSWER_TIMEOUT, Limited::new(body, MAX_REFUSAL).collect()).await;
    let text = match body {
        Ok(Ok(body)) => String::from_utf8_lossy(&body.to_bytes()).trim().to_owned(),
        _ => String::new(),
    };
    StreamError::Status { status, text }
}

#[cfg(test)]
mod tests {
    use std::{convert::Infallible, sync::Arc};

    use http_body_util::Full;
    use hyper::{Response, server, service::service_fn};
    use tokio::{net::TcpListener, sync::watch};
    use wharf_base::SystemClock;
    use wharf_planeproto::Plane;
    use wharf_wire::sigv4::SigningKeys;

    use super::*;
    use crate::{Dialer, Endpoint};

    #[tokio::test]
    async fn what_is_sent_too_late_hides_no_refusal() {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let port = listener.local_addr().unwrap().port();
        tokio::spawn(async move {
            let refused = wire::encode(&ToPlane::Refused {
                refusal: Refusal::NotYours,
                reason: "it is another's".to_owned(),
            });
            let refused = refused.unwrap();
            let answer = service_fn(move |_| {
                // The request is not read to its end.
                let body = Full::new(refused.clone());
                async { Ok::<_, Infallible>(Response::new(body)) }
            });
            let (stream, _) = listener.accept().await.unwrap();
            server::conn::http2::Builder::new(TokioExecutor::new())
                .serve_connection(TokioIo::new(stream), answer)
                .await
        });
        let (_instance, instance) = watch::channel(None);
        let keys = SigningKeys {
            access_key_id: "AKIAIOSFODNN7EXAMPLE".to_owned(),
            secret_access_key: "secret".to_owned(),
            session_token: None,
        };
        let config = LinkConfig {
            endpoint: Endpoint::parse(&format!("http://127.0.0.1:{port}")).unwrap(),
            dialer: Dialer::new(None).unwrap(),
            keys: keys.into(),
            region: "us-east-1".to_owned(),
            plane: Plane::Network,
            state_file: "unused".into(),
            keyring: None,
            instance,
            underlay: None,
            clock: Arc::new(SystemClock),
        };
        let stream = PlaneStream::open(&config).await.unwrap();
        stream.outgoing.closed().await;
        let sent = stream.send(&ToServer::Heartbeat).await;
        assert!(matches!(sent, Err(StreamError::Ended)), "{sent:?}");
        let why = stream.last_words().await.unwrap();
        assert_eq!(
            why.to_string(),
            "the control plane refuses: it is another's"
        );
    }
}
