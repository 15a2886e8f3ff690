//! A question put to a webhook of any kind over HTTPS, at a pod behind its service or at its address. This server is in no network of pods: a
//! pod is reached through its node, as proxied requests are, so a service leads nowhere else; where addresses lead is decided in [`address`].

use std::{error::Error, io, net::Ipv4Addr};

use bytes::Bytes;
use http::{
    Request, StatusCode,
    header::{ACCEPT, CONTENT_TYPE, HOST, USER_AGENT},
};
use http_body_util::{BodyExt, Full, LengthLimitError, Limited};
use hyper::client::conn::http1::SendRequest;
use hyper_util::rt::TokioIo;
use tokio::sync::{AcquireError, Semaphore, SemaphorePermit};
use wharf_kube_model::field::quoted;
use wharf_store::StoreError;

use super::{
    address,
    hook::{Endpoint, To},
};
use crate::{
    cluster::{Connection, Inner},
    passing::{Backend, NoBackend},
};

/// Bytes of an answer: a patch may hold a whole object.
const MOST_ANSWER: usize = 3 << 20;
/// … and of what is said of a failure.
const MOST_SAID: usize = 2 << 10;

/// Answers that may take much memory once they are read, of all clusters, at the same time. Nothing is waited for meanwhile.
static LARGE: Semaphore = Semaphore::const_new(8);
const LARGE_BYTES: usize = 64 << 10;

/// Waits for the turn to read an answer, which is held until what was read has been made use of.
pub async fn turn_to_read(answer: &Bytes) -> Option<SemaphorePermit<'static>> {
    match answer.len() > LARGE_BYTES {
        true => LARGE.acquire().await.ok(),
        false => None,
    }
}

/// Why nothing is heard of whoever is asked over a connection, in upstream's words. The texts are of one cause alone: upstream has no others.
#[derive(Debug, thiserror::Error)]
pub enum NotReached {
    #[error("context deadline exceeded")]
    Late,
    #[error(transparent)]
    Turn(#[from] AcquireError),
    #[error(transparent)]
    Backend(#[from] NoBackend),
    #[error("the store failed")]
    Store(#[from] StoreError),
    #[error("addresses are not reached from this server")]
    NoOutside,
    #[error("no service has the address {0}")]
    NoService(String),
    #[error("dial tcp {address}:{port}: no node of the cluster is ready to reach it")]
    NoNode { address: Ipv4Addr, port: u16 },
    #[error("dial tcp {address}:{port}: i/o timeout")]
    NodeLate { address: Ipv4Addr, port: u16 },
    #[error("dial tcp {address}:{port}: {source}")]
    Node {
        address: Ipv4Addr,
        port: u16,
        source: io::Error,
    },
    #[error(transparent)]
    Io(#[from] io::Error),
    #[error(transparent)]
    Request(#[from] http::Error),
    #[error(transparent)]
    Http(#[from] hyper::Error),
    #[error(transparent)]
    Body(Box<dyn Error + Send + Sync>),
    #[error("the answer is longer than {0} bytes")]
    TooLong(usize),
}

/// Why a webhook does not answer.
#[derive(Debug, thiserror::Error)]
pub enum NoAnswer {
    #[error("Post \"https://{authority}{target}\": {source}")]
    OnTheWay {
        authority: String,
        target: String,
        source: Box<NotReached>,
    },
    /// A status that is no success.
    #[error("{}", refusal(*.status, .said))]
    Refused { status: StatusCode, said: Bytes },
}

/// The body of the answer.
///
/// # Errors
/// There is none.
pub async fn ask(
    inner: &Inner,
    to: &Endpoint,
    body: impl FnOnce() -> Vec<u8>,
) -> Result<Bytes, NoAnswer> {
    let target = to.target();
    let answered = tokio::time::timeout(to.timeout, async {
        // A webhook may itself ask for what others are asked about, so nobody waits longer than its own time. One that is slow has few
        // of the cluster's turns, so that others are asked all the same.
        let _own = to.calls.acquire().await?;
        let _turn = inner.webhooks.calls.acquire().await?;
        let connection = connect(inner, to).await?;
        post(to, connection, &target, body()).await
    });
    let answered = answered.await.unwrap_or(Err(NotReached::Late));
    match answered {
        Ok((status, body)) if status.is_success() => Ok(body),
        Ok((status, said)) => Err(NoAnswer::Refused { status, said }),
        Err(why) => Err(NoAnswer::OnTheWay {
            authority: to.authority(),
            target,
            source: Box::new(why),
        }),
    }
}

/// What upstream's client makes of a status that is no success, with what was said as text.
fn refusal(status: StatusCode, said: &[u8]) -> String {
    let said = String::from_utf8_lossy(said);
    let said = match said.trim() {
        "" => "unknown",
        some => some,
    };
    let known = match status {
        StatusCode::BAD_REQUEST => "the server rejected our request for an unknown reason",
        StatusCode::UNAUTHORIZED => "the server has asked for the client to provide credentials",
        StatusCode::FORBIDDEN => said,
        StatusCode::NOT_FOUND => "the server could not find the requested resource",
        StatusCode::METHOD_NOT_ALLOWED => {
            "the server does not allow this method on the requested resource"
        }
        StatusCode::CONFLICT => "the server reported a conflict",
        StatusCode::UNPROCESSABLE_ENTITY => {
            "the server rejected our request due to an error in our request"
        }
        StatusCode::TOO_MANY_REQUESTS => {
            "the server has received too many requests and has asked us to try again later"
        }
        StatusCode::SERVICE_UNAVAILABLE => "the server is currently unable to handle the request",
        StatusCode::GATEWAY_TIMEOUT => {
            "the server was unable to return a response in the time allotted, but may still be processing the request"
        }
        other if other.is_server_error() => {
            let said = quoted(said);
            return format!(
                "an error on the server ({said}) has prevented the request from succeeding"
            );
        }
        other => {
            let code = other.as_u16();
            return format!(
                "the server responded with the status code {code} but did not return more information"
            );
        }
    };
    known.to_owned()
}

/// Over TLS to who may answer for its host.
async fn connect(inner: &Inner, to: &Endpoint) -> Result<Box<dyn Connection>, NotReached> {
    let host = to.host();
    match &to.to {
        To::Service(it) => {
            let backend = Backend::of_service(inner, &it.namespace, &it.name, it.port).await?;
            let plain = backend.connect(inner).await?;
            let nodes = &inner.parts.nodes;
            let secured = nodes.verified(plain, &host, &to.authorities).await;
            secured.map_err(NotReached::Io)
        }
        To::Url(url) => address::connect(inner, url, &to.authorities).await,
    }
}

async fn post(
    to: &Endpoint,
    connection: Box<dyn Connection>,
    target: &str,
    body: Vec<u8>,
) -> Result<(StatusCode, Bytes), NotReached> {
    let request = Request::post(target)
        .header(HOST, to.authority())
        .header(CONTENT_TYPE, "application/json")
        .header(ACCEPT, "application/json")
        .header(USER_AGENT, "kube-apiserver-webhooks")
        .body(Full::new(Bytes::from(body)))?;
    speak(connection, request, MOST_ANSWER).await
}

/// What is answered, and its body; of what is no success a short text alone. The connection ends with the question. A task of its own would outlive it: at a webhook that reads nothing it waits for ever.
pub async fn speak(
    connection: Box<dyn Connection>,
    request: Request<Full<Bytes>>,
    most: usize,
) -> Result<(StatusCode, Bytes), NotReached> {
    let (sender, driver) = hyper::client::conn::http1::Builder::new()
        .handshake::<_, Full<Bytes>>(TokioIo::new(connection))
        .await?;
    let exchange = exchange(sender, request, most);
    let (mut exchange, mut driver) = (std::pin::pin!(exchange), std::pin::pin!(driver));
    tokio::select! {
        answered = &mut exchange => answered,
        _ = &mut driver => exchange.await,
    }
}

async fn exchange(
    mut sender: SendRequest<Full<Bytes>>,
    request: Request<Full<Bytes>>,
    most: usize,
) -> Result<(StatusCode, Bytes), NotReached> {
    let answer = sender.send_request(request).await?;
    let status = answer.status();
    if !status.is_success() {
        let kind = answer.headers().get(CONTENT_TYPE);
        let is_text = kind.is_some_and(|it| it.as_bytes().starts_with(b"text/"));
        let said = match is_text {
            true => Limited::new(answer.into_body(), MOST_SAID)
                .collect()
                .await
                .ok(),
            false => None,
        };
        return Ok((status, said.map(|it| it.to_bytes()).unwrap_or_default()));
    }
    let whole = Limited::new(answer.into_body(), most).collect().await;
    match whole {
        Ok(whole) => Ok((status, whole.to_bytes())),
        Err(error) if error.is::<LengthLimitError>() => Err(NotReached::TooLong(most)),
        Err(error) => Err(NotReached::Body(error)),
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::AsyncReadExt as _;

    use super::*;

    #[test]
    fn a_status_is_told_as_upstreams_client_does() {
        for (status, said, expected) in [
            (404, "x", "the server could not find the requested resource"),
            (403, " not you\n", "not you"),
            (
                500,
                "no \"room\"\n",
                r#"an error on the server ("no \"room\"") has prevented the request from succeeding"#,
            ),
            (
                502,
                "",
                r#"an error on the server ("unknown") has prevented the request from succeeding"#,
            ),
            (
                302,
                "",
                "the server responded with the status code 302 but did not return more information",
            ),
        ] {
            let status = StatusCode::from_u16(status).unwrap();
            assert_eq!(refusal(status, said.as_bytes()), expected);
        }
    }

    #[tokio::test(start_paused = true)]
    async fn nothing_stays_of_a_question_to_one_that_reads_nothing() {
        const ROOM: usize = 64;
        let (near, mut far) = tokio::io::duplex(ROOM);
        let request = Request::post("/x").body(Full::new(Bytes::from(vec![b'x'; 1 << 20])));
        let asked = speak(Box::new(near), request.unwrap(), MOST_ANSWER);
        let patience = std::time::Duration::from_secs(1);
        assert!(tokio::time::timeout(patience, asked).await.is_err());
        let mut read = Vec::new();
        far.read_to_end(&mut read).await.unwrap();
        assert!(read.len() <= ROOM, "{} bytes came", read.len());
    }
}
