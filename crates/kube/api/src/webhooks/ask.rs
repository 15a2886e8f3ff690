//! A question put to a webhook of any kind over HTTPS, at a pod behind its service or at its address. This server is in no network of pods: a
//! pod is reached through its node, as proxied requests are, so a service leads nowhere else; where addresses lead is decided in [`address`].

use std::fmt::Display;

use bytes::Bytes;
use http::{
    Request, StatusCode,
    header::{ACCEPT, CONTENT_TYPE, HOST, USER_AGENT},
};
use http_body_util::{BodyExt, Full, LengthLimitError, Limited};
use hyper::client::conn::http1::SendRequest;
use hyper_util::rt::TokioIo;
use tokio::sync::{Semaphore, SemaphorePermit};

use super::{
    address,
    hook::{Endpoint, To},
};
use crate::{
    cluster::{Connection, Inner},
    passing::Backend,
};

/// Bytes of an answer: a patch may hold a whole object.
const MOST_ANSWER: usize = 3 << 20;

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

/// The body of the answer.
///
/// # Errors
/// Why there is none, in upstream's words.
pub async fn ask(
    inner: &Inner,
    to: &Endpoint,
    body: impl FnOnce() -> Vec<u8>,
) -> Result<Bytes, String> {
    let target = to.target();
    let answered = tokio::time::timeout(to.timeout, async {
        // A webhook may itself ask for what others are asked about, so nobody waits longer than its own time. One that is slow has few
        // of the cluster's turns, so that others are asked all the same.
        let _own = to.calls.acquire().await.map_err(text)?;
        let _turn = inner.webhooks.calls.acquire().await.map_err(text)?;
        let connection = connect(inner, to).await?;
        post(to, connection, &target, body()).await
    });
    let answered = answered.await;
    let answered = answered.unwrap_or_else(|_| Err("context deadline exceeded".to_owned()));
    answered.map_err(|why| format!("Post \"https://{}{target}\": {why}", to.authority()))
}

fn text(error: impl Display) -> String {
    error.to_string()
}

/// Over TLS to who may answer for its host.
async fn connect(inner: &Inner, to: &Endpoint) -> Result<Box<dyn Connection>, String> {
    let host = to.host();
    match &to.to {
        To::Service(it) => {
            let backend = Backend::of_service(inner, &it.namespace, &it.name, it.port).await?;
            let plain = backend.connect(inner).await.map_err(text)?;
            let nodes = &inner.parts.nodes;
            let secured = nodes.verified(plain, &host, &to.authorities).await;
            secured.map_err(text)
        }
        To::Url(url) => address::connect(inner, url, &to.authorities).await,
    }
}

async fn post(
    to: &Endpoint,
    connection: Box<dyn Connection>,
    target: &str,
    body: Vec<u8>,
) -> Result<Bytes, String> {
    let request = Request::post(target)
        .header(HOST, to.authority())
        .header(CONTENT_TYPE, "application/json")
        .header(ACCEPT, "application/json")
        .header(USER_AGENT, "kube-apiserver-webhooks")
        .body(Full::new(Bytes::from(body)))
        .map_err(text)?;
    match speak(connection, request, MOST_ANSWER).await? {
        (status, body) if status.is_success() => Ok(body),
        (StatusCode::NOT_FOUND, _) => {
            Err("the server could not find the requested resource".to_owned())
        }
        (status, _) => {
            let code = status.as_u16();
            Err(format!("the webhook answered with the status {code}"))
        }
    }
}

/// What is answered, and its body where that is a success. The connection ends with the question. A task of its own would outlive it: at a webhook that reads nothing it waits for ever.
pub async fn speak(
    connection: Box<dyn Connection>,
    request: Request<Full<Bytes>>,
    most: usize,
) -> Result<(StatusCode, Bytes), String> {
    let (sender, driver) = hyper::client::conn::http1::Builder::new()
        .handshake::<_, Full<Bytes>>(TokioIo::new(connection))
        .await
        .map_err(text)?;
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
) -> Result<(StatusCode, Bytes), String> {
    let answer = sender.send_request(request).await.map_err(text)?;
    let status = answer.status();
    if !status.is_success() {
        return Ok((status, Bytes::new()));
    }
    let whole = Limited::new(answer.into_body(), most).collect().await;
    match whole {
        Ok(whole) => Ok((status, whole.to_bytes())),
        Err(error) if error.is::<LengthLimitError>() => {
            Err(format!("the answer is longer than {most} bytes"))
        }
        Err(error) => Err(error.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::AsyncReadExt as _;

    use super::*;

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
