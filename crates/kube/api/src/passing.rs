//! What is passed on to nodes: logs, sessions, forwarded ports, proxies. After the head of an upgrade bytes are copied as they come, so
//! WebSocket and SPDY are all the same.

mod backend;
pub mod log_options;
mod options;
pub mod pages;
mod route;
pub mod tunnel;

use std::{io, pin::Pin, time::Duration};

pub use backend::{Backend, NoBackend};
pub use route::SEGMENT as UNRESERVED;

use bytes::Bytes;
use http::{
    HeaderMap, Request, StatusCode,
    header::{self, CONNECTION, HOST, HeaderName, UPGRADE},
};
use http_body_util::BodyExt;
use hyper::upgrade::OnUpgrade;
use hyper_util::rt::TokioIo;
use percent_encoding::percent_decode_str;
use tokio::{
    io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _},
    sync::OwnedSemaphorePermit,
};
use tokio_util::task::AbortOnDropHandle;
use wharf_kube_auth::Attributes;
use wharf_kube_model::status::Status;

use crate::{
    answer::{self, Answer, Body, Fault},
    call::Call,
    cluster::Connection,
    serve::{Incoming, not_allowed},
};

/// How long a node may take to be reached, and to begin an answer that is no session.
const REACHES: Duration = Duration::from_secs(30);

/// Headers between two hops alone, and those by which a client proves itself to this server.
const KEPT_BACK: [HeaderName; 7] = [
    header::AUTHORIZATION,
    header::PROXY_AUTHORIZATION,
    header::TE,
    header::TRANSFER_ENCODING,
    header::HOST,
    header::CONNECTION,
    header::UPGRADE,
];

pub async fn pass(
    call: Call,
    subresource: &str,
    incoming: Incoming,
    body: Body,
    place: [OwnedSemaphorePermit; 2],
) -> Result<Answer, Fault> {
    may_open(&call, subresource, &incoming).await?;
    if subresource == "log" {
        log_options::check(&call.query, call.name())?;
    }
    options::admit(&call, subresource).await?;
    let Some(route) = route::find(&call, subresource, &incoming).await? else {
        let mut nothing = answer::text(204, "");
        nothing.headers_mut().remove(header::CONTENT_TYPE);
        return Ok(nothing);
    };
    let unreachable = |error: io::Error| {
        tracing::warn!(%error, pod = call.name(), "failed to reach a node");
        route.unreachable(&error)
    };
    let reached = tokio::time::timeout(REACHES, route.connect(&call)).await;
    let reached = reached.map_err(|_| io::Error::from(io::ErrorKind::TimedOut));
    let connection = reached.and_then(|it| it).map_err(unreachable)?;
    let prefix = (subresource == "proxy").then(|| route::prefix(&call, &incoming));
    let held = (place, call.running.clone());
    let answer = forward(connection, &route, incoming, body, held).await?;
    Ok(match prefix {
        Some(prefix) if answer.status() != StatusCode::SWITCHING_PROTOCOLS => {
            let (mut head, body) = answer.into_parts();
            let body = pages::through(&mut head.headers, body, &prefix);
            Answer::from_parts(head, body)
        }
        _ => answer,
    })
}

/// Since a session can be opened with GET, which is a mere reading verb, its creation is asked for too.
async fn may_open(call: &Call, subresource: &str, incoming: &Incoming) -> Result<(), Fault> {
    let opens = match (call.resource.plural.as_str(), subresource) {
        ("nodes", "proxy") => {
            incoming.upgrade.is_some() || opens_session(&route::rest(call, incoming))
        }
        (_, name) => ["exec", "attach", "portforward"].contains(&name),
    };
    if !opens || call.asked.verb == "create" {
        return Ok(());
    }
    let asked = Attributes {
        verb: "create".to_owned(),
        ..call.asked.attributes(&incoming.path, &call.query)
    };
    let decision = call
        .cluster
        .parts
        .authorizer
        .authorize(&call.user, &asked)
        .await;
    match decision.allows() {
        true => Ok(()),
        false => Err(not_allowed(&call.user, &asked, &decision).into()),
    }
}

/// Whether a kubelet makes a session of a path, or runs something for it.
fn opens_session(target: &str) -> bool {
    const PATHS: [&str; 7] = [
        "exec",
        "attach",
        "portforward",
        "run",
        "cri",
        "podport",
        "vpcport",
    ];
    let path = target.split(['?', '#']).next().unwrap_or_default();
    let decoded = percent_decode_str(path).decode_utf8_lossy();
    let first = decoded.split('/').find(|it| !it.is_empty());
    first.is_some_and(|it| PATHS.contains(&it.to_ascii_lowercase().as_str()))
}

/// The headers of a request that are for whoever is at the far end of it.
pub fn kept(incoming: &Incoming) -> HeaderMap {
    let mut headers = incoming.headers.clone();
    // What the client calls a matter of its own connection stays here.
    let listed: Vec<String> = headers
        .get_all(CONNECTION)
        .iter()
        .filter_map(|it| it.to_str().ok())
        .flat_map(|it| it.split(','))
        .map(|it| it.trim().to_ascii_lowercase())
        .collect();
    let upgrade = headers.get(UPGRADE).cloned();
    for name in listed
        .iter()
        .filter_map(|it| HeaderName::try_from(it.as_str()).ok())
    {
        headers.remove(name);
    }
    for name in KEPT_BACK {
        headers.remove(name);
    }
    let secret: Vec<HeaderName> = headers
        .keys()
        .filter(|it| it.as_str().starts_with("impersonate-"))
        .cloned()
        .collect();
    for name in secret {
        headers.remove(name);
    }
    if let (Some(upgrade), Some(_)) = (upgrade, &incoming.upgrade) {
        headers.insert(UPGRADE, upgrade);
        headers.insert(CONNECTION, http::HeaderValue::from_static("Upgrade"));
    }
    headers
}

/// The head for a node or a pod.
fn head(incoming: &Incoming, route: &route::Route) -> HeaderMap {
    let mut headers = kept(incoming);
    if !route.is_kubelet() {
        // Links in what is coded could not be led through this server.
        headers.remove(header::ACCEPT_ENCODING);
    }
    if let Ok(host) = route.host.parse() {
        headers.insert(HOST, host);
    }
    headers
}

async fn forward(
    connection: Box<dyn Connection>,
    route: &route::Route,
    incoming: Incoming,
    body: Body,
    place: impl Send + 'static,
) -> Result<Answer, Fault> {
    let mut headers = head(&incoming, route);
    let wants_upgrade = headers.contains_key(UPGRADE);
    // A session's bytes follow the head; a body is none of it.
    let body = if wants_upgrade {
        headers.remove(header::CONTENT_LENGTH);
        empty()
    } else {
        body
    };
    let mut request = Request::new(body);
    *request.method_mut() = incoming.method;
    let target = route.target.parse();
    *request.uri_mut() = target.map_err(|_| Status::bad_request("the path cannot be passed on"))?;
    *request.headers_mut() = headers;
    let answering = send(connection, request, incoming.upgrade, place);
    match route.is_kubelet() {
        // A session begins with its head at once; a page of a pod takes as long as its pod.
        true => {
            let answered = tokio::time::timeout(REACHES, answering).await;
            answered
                .unwrap_or_else(|_| Err(Status::internal("the node did not answer in time").into()))
        }
        false => answering.await,
    }
}

/// One request over a connection of its own, which lives for as long as the answer is read or the session lasts; `place` with it.
pub async fn send(
    connection: Box<dyn Connection>,
    request: Request<Body>,
    near: Option<OnUpgrade>,
    place: impl Send + 'static,
) -> Result<Answer, Fault> {
    let host = request.headers().get(HOST).cloned();
    let failed = |error: hyper::Error| {
        tracing::warn!(%error, ?host, "failed to forward a request");
        Status::internal("the far end broke off")
    };
    let (mut sender, driver) = hyper::client::conn::http1::Builder::new()
        .handshake::<_, Body>(TokioIo::new(connection))
        .await
        .map_err(failed)?;
    // Errors reach whoever waits for the answer. Who no longer does takes it along: a far end that reads nothing would keep it for ever.
    let driver = AbortOnDropHandle::new(tokio::spawn(driver.with_upgrades()));
    let mut response = sender.send_request(request).await.map_err(failed)?;
    if response.status() == StatusCode::SWITCHING_PROTOCOLS {
        let far = hyper::upgrade::on(&mut response);
        let Some(near) = near else {
            return Err(Status::bad_request("Upgrade request required").into());
        };
        tokio::spawn(async move {
            let _held = (place, driver);
            if let Err(error) = join(near, far).await {
                tracing::debug!(%error, "a session with a node ended");
            }
        });
        let (head, _) = response.into_parts();
        return Ok(Answer::from_parts(head, empty()));
    }
    let (mut head, body) = response.into_parts();
    for name in [header::TRANSFER_ENCODING, header::CONNECTION] {
        head.headers.remove(name);
    }
    // The sender, and the user's place, live for as long as the body.
    let held = (sender, place, driver);
    let body = body.map_err(io::Error::other).map_frame(move |frame| {
        let _ = &held;
        frame
    });
    Ok(Answer::from_parts(head, body.boxed_unsync()))
}

pub fn empty() -> Body {
    let none = http_body_util::Empty::<Bytes>::new();
    none.map_err(|never| match never {}).boxed_unsync()
}

async fn join(near: hyper::upgrade::OnUpgrade, far: hyper::upgrade::OnUpgrade) -> io::Result<()> {
    let (near, far) = tokio::try_join!(near, far).map_err(io::Error::other)?;
    carry(TokioIo::new(near), TokioIo::new(far)).await
}

/// What one end may still say once the other has ended: it need not end by itself, and would keep its user's place for ever.
const LAST_WORDS: Duration = Duration::from_secs(10);

/// An end that takes nothing for so long of what the other says is given up, as nodes do it: else it would keep its user's place for ever.
const STALLED: Duration = Duration::from_hours(4);
/// Bytes on their way from one end to the other.
const PIECE: usize = 8 << 10;

/// Until one end has said all.
async fn pass_on(
    mut from: impl AsyncRead + Unpin,
    mut to: impl AsyncWrite + Unpin,
) -> io::Result<()> {
    let mut piece = vec![0; PIECE];
    loop {
        let count = from.read(&mut piece).await?;
        if count == 0 {
            return tokio::time::timeout(STALLED, to.shutdown()).await?;
        }
        let writing = async {
            to.write_all(&piece[..count]).await?;
            to.flush().await
        };
        tokio::time::timeout(STALLED, writing).await??;
    }
}

async fn carry(
    near: impl AsyncRead + AsyncWrite + Send,
    far: impl AsyncRead + AsyncWrite + Send,
) -> io::Result<()> {
    let (from_near, to_near) = tokio::io::split(near);
    let (from_far, to_far) = tokio::io::split(far);
    let (onward, back) = (pass_on(from_near, to_far), pass_on(from_far, to_near));
    tokio::pin!(onward, back);
    let rest: Pin<&mut (dyn Future<Output = io::Result<()>> + Send)> = tokio::select! {
        ended = &mut onward => { ended?; back }
        ended = &mut back => { ended?; onward }
    };
    let late = |_| Err(io::ErrorKind::TimedOut.into());
    tokio::time::timeout(LAST_WORDS, rest)
        .await
        .unwrap_or_else(late)
}

#[cfg(test)]
mod tests {
    use tokio::io::{DuplexStream, duplex};
    use tokio::time::Instant;

    use super::*;

    /// The two ends of a session, and what became of it and when.
    fn session() -> (
        DuplexStream,
        DuplexStream,
        tokio::task::JoinHandle<(bool, Duration)>,
    ) {
        let ((client, near), (server, far)) = (duplex(64), duplex(64));
        let begun = Instant::now();
        let work = async move { (carry(near, far).await.is_ok(), begun.elapsed()) };
        (client, server, tokio::spawn(work))
    }

    #[tokio::test(start_paused = true)]
    async fn a_session_ends_with_its_client_whatever_the_far_end_does() {
        let (mut client, mut server, session) = session();
        client.write_all(b"hello").await.unwrap();
        let mut heard = [0; 5];
        server.read_exact(&mut heard).await.unwrap();
        // Silence is no end.
        tokio::time::sleep(Duration::from_secs(3600)).await;
        assert!(!session.is_finished());
        client.shutdown().await.unwrap();
        let begun = Instant::now();
        // It goes on to talk, and never ends.
        server.write_all(b"bye").await.unwrap();
        let mut heard = [0; 3];
        client.read_exact(&mut heard).await.unwrap();
        let (was_well, _) = session.await.unwrap();
        assert!(!was_well && begun.elapsed() == LAST_WORDS);
    }

    #[tokio::test(start_paused = true)]
    async fn a_session_whose_ends_both_end_is_over_at_once() {
        let (mut client, mut server, session) = session();
        server.write_all(b"last").await.unwrap();
        server.shutdown().await.unwrap();
        let mut heard = String::new();
        client.read_to_string(&mut heard).await.unwrap();
        assert_eq!(heard, "last");
        client.shutdown().await.unwrap();
        assert_eq!(session.await.unwrap(), (true, Duration::ZERO));
    }

    #[tokio::test(start_paused = true)]
    async fn a_session_ends_with_a_client_that_takes_nothing() {
        let (client, mut server, session) = session();
        // More than is on the way anywhere.
        let said = tokio::spawn(async move { server.write_all(&[1; 4 * PIECE]).await });
        let (was_well, lasted) = session.await.unwrap();
        assert!(!was_well && lasted >= STALLED && lasted < 2 * STALLED);
        assert!(said.await.unwrap().is_err());
        drop(client);
    }

    #[tokio::test(start_paused = true)]
    async fn a_session_ends_with_a_far_end_that_breaks_off() {
        let (_client, server, session) = session();
        drop(server);
        let (_, lasted) = session.await.unwrap();
        assert!(lasted <= LAST_WORDS);
    }
}
