//! Requests to servers of this process.

use std::net::SocketAddr;

use rcgen::{CertifiedKey, generate_simple_self_signed};
use rustls::{ServerConfig, crypto::ring};
use tokio::{
    io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _},
    net::TcpListener,
};
use tokio_rustls::TlsAcceptor;

use super::*;

const LIMITS: Limits = Limits {
    time: Duration::from_secs(5),
    body: 64,
};

fn loopback() -> Vec<Cidr> {
    vec!["127.0.0.0/8".parse().unwrap(), "::1/128".parse().unwrap()]
}

fn get(url: &str) -> Request<Bytes> {
    Request::get(url).body(Bytes::new()).unwrap()
}

async fn listen() -> (TcpListener, SocketAddr) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let at = listener.local_addr().unwrap();
    (listener, at)
}

async fn read_request(stream: &mut (impl AsyncRead + Unpin)) {
    let mut request = Vec::new();
    while !request.ends_with(b"\r\n\r\n") {
        request.push(stream.read_u8().await.unwrap());
    }
}

async fn answer_one(mut stream: impl AsyncRead + AsyncWrite + Unpin, answer: &str) {
    read_request(&mut stream).await;
    stream.write_all(answer.as_bytes()).await.unwrap();
    stream.shutdown().await.unwrap();
}

/// Answers each connection with these bytes.
async fn server(answer: String) -> SocketAddr {
    let (listener, at) = listen().await;
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            answer_one(stream, &answer).await;
        }
    });
    at
}

#[tokio::test]
async fn what_is_not_public_is_refused_however_it_is_spelled() {
    let at = server("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nhi".to_owned()).await;
    let guarded = Egress::to(Vec::new());
    for host in [
        "127.0.0.1",
        "localhost",
        "[::ffff:127.0.0.1]",
        "[::1]",
        "0.0.0.0",
    ] {
        let refused = guarded.send(get(&format!("http://{host}:{}/", at.port())), LIMITS);
        let failure = refused.await.unwrap_err();
        assert!(
            matches!(failure, Failure::NotAllowed { .. }),
            "{host}: {failure}"
        );
        assert!(!failure.passes());
    }
    let answer = Egress::to(loopback())
        .send(get(&format!("http://{at}/")), LIMITS)
        .await;
    assert_eq!(answer.unwrap().body(), "hi");
}

#[tokio::test]
async fn a_redirect_is_an_answer() {
    let answer =
        "HTTP/1.1 302 Found\r\nlocation: http://169.254.169.254/\r\ncontent-length: 0\r\n\r\n";
    let at = server(answer.to_owned()).await;
    let egress = Egress::to(loopback());
    let answer = egress.send(get(&format!("http://{at}/")), LIMITS).await;
    assert_eq!(answer.unwrap().status(), 302);
}

#[tokio::test]
async fn time_and_body_are_bounded() {
    let egress = Egress::to(loopback());
    let long = format!("HTTP/1.1 200 OK\r\ncontent-length: 65\r\n\r\n{:65}", "");
    let at = server(long).await;
    let answer = egress.send(get(&format!("http://{at}/")), LIMITS).await;
    assert_eq!(answer.unwrap_err(), Failure::TooLong(64));
    let (_silent, at) = listen().await;
    let time = Duration::from_millis(50);
    let limits = Limits { time, ..LIMITS };
    let answer = egress.send(get(&format!("http://{at}/")), limits).await;
    assert_eq!(answer.unwrap_err(), Failure::TimedOut(time));
}

#[tokio::test]
async fn a_part_that_waits_keeps_nothing_from_others() {
    let whole = Egress::to(loopback());
    let (one, other) = (whole.part(1, 1), whole.part(1, 1));
    let (silent, at) = listen().await;
    let url = format!("http://{at}/");
    let stuck = tokio::spawn({
        let one = one.clone();
        async move { one.send(get(&url), LIMITS).await }
    });
    // It has been connected to: its turn is taken.
    let _held = silent.accept().await.unwrap();
    let at = server("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nhi".to_owned()).await;
    let time = Duration::from_millis(50);
    let limits = Limits { time, ..LIMITS };
    let url = format!("http://{at}/");
    // Waiting for a turn is within the request's time.
    let late = one.send(get(&url), limits).await;
    assert_eq!(late.unwrap_err(), Failure::TimedOut(time));
    assert_eq!(other.send(get(&url), LIMITS).await.unwrap().body(), "hi");
    assert_eq!(whole.send(get(&url), LIMITS).await.unwrap().body(), "hi");
    stuck.abort();
    let _ = stuck.await;
    assert_eq!(one.send(get(&url), LIMITS).await.unwrap().body(), "hi");
    let looks_nothing_up = whole.part(1, 0);
    let none = looks_nothing_up.send(get("http://nowhere.invalid/"), limits);
    assert_eq!(none.await.unwrap_err(), Failure::TimedOut(time));
}

#[tokio::test]
async fn parts_of_a_part_share_what_is_its() {
    let whole = Egress::to(loopback());
    let part = whole.part(2, 2);
    let (silent, at) = listen().await;
    let url = format!("http://{at}/");
    let mut held = Vec::new();
    for _ in 0..2 {
        let (one, url) = (part.part(1, 1), url.clone());
        tokio::spawn(async move { one.send(get(&url), LIMITS).await });
        held.push(silent.accept().await.unwrap());
    }
    let at = server("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nhi".to_owned()).await;
    let time = Duration::from_millis(50);
    let limits = Limits { time, ..LIMITS };
    let url = format!("http://{at}/");
    let late = part.part(1, 1).send(get(&url), limits).await;
    assert_eq!(late.unwrap_err(), Failure::TimedOut(time));
    let other = whole.part(2, 2).part(1, 1);
    assert_eq!(other.send(get(&url), LIMITS).await.unwrap().body(), "hi");
}

#[tokio::test]
async fn nobodys_servers_that_never_answer_take_the_turns_of_others() {
    let shares = Shares::new(&Egress::to(loopback()), (8, 8), (2, 2));
    let (silent, at) = listen().await;
    let url = format!("http://{at}/");
    let mut held = Vec::new();
    for _ in 0..2 {
        let (one, url) = (shares.of("one"), url.clone());
        tokio::spawn(async move { one.send_in_turn(get(&url), LIMITS).await });
        held.push(silent.accept().await.unwrap());
    }
    let at = server("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nhi".to_owned()).await;
    let url = format!("http://{at}/");
    let time = Duration::from_millis(50);
    let one = shares.of("one");
    let late = one.send_in_turn(get(&url), Limits { time, ..LIMITS });
    assert_eq!(late.await.unwrap_err(), Failure::Busy(time));
    let other = shares.of("other");
    let answer = other.send_in_turn(get(&url), LIMITS).await;
    assert_eq!(answer.unwrap().body(), "hi");
}

#[tokio::test]
async fn addresses_that_are_none() {
    let egress = Egress::to(loopback());
    for url in ["ftp://a/", "/path", "http://me:secret@127.0.0.1/"] {
        let failure = egress.send(get(url), LIMITS).await.unwrap_err();
        assert!(matches!(failure, Failure::Address { .. }), "{failure}");
    }
    let unresolved = egress.send(get("http://nowhere.invalid/"), LIMITS).await;
    let failure = unresolved.unwrap_err();
    assert!(matches!(failure, Failure::Unresolved { .. }), "{failure}");
    let (listener, at) = listen().await;
    drop(listener);
    let failure = egress.send(get(&format!("http://{at}/")), LIMITS).await;
    let failure = failure.unwrap_err();
    assert!(matches!(failure, Failure::Unreachable { .. }), "{failure}");
    assert!(failure.passes());
}

struct One(String);

#[async_trait::async_trait]
impl Roots for One {
    async fn pem(&self) -> String {
        self.0.clone()
    }
}

#[tokio::test]
async fn certificates_are_checked() {
    let names = vec!["localhost".to_owned()];
    let CertifiedKey { cert, signing_key } = generate_simple_self_signed(names).unwrap();
    let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(
            vec![cert.der().clone()],
            signing_key.serialize_der().try_into().unwrap(),
        )
        .unwrap();
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let (listener, at) = listen().await;
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            if let Ok(stream) = acceptor.accept(stream).await {
                answer_one(stream, "HTTP/1.1 204 No Content\r\n\r\n").await;
            }
        }
    });
    let url = format!("https://localhost:{}/", at.port());
    let failure = Egress::to(loopback()).send(get(&url), LIMITS).await;
    let failure = failure.unwrap_err();
    assert!(matches!(failure, Failure::Unreachable { .. }), "{failure}");
    let trusting = Egress::new(loopback(), Arc::new(One(cert.pem())));
    assert_eq!(
        trusting.send(get(&url), LIMITS).await.unwrap().status(),
        204
    );
}

const STREAM: StreamLimits = StreamLimits {
    head: Duration::from_secs(5),
    idle: Duration::from_secs(5),
    whole: Duration::from_secs(5),
    body: 64,
};

#[tokio::test]
async fn a_stream_ends_where_its_limits_say() {
    let egress = Egress::to(loopback());
    let open = async |at: SocketAddr, limits| {
        let answer = egress.open(get(&format!("http://{at}/")), limits).await?;
        answer.into_body().whole().await
    };
    let at = server("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nhi".to_owned()).await;
    assert_eq!(open(at, STREAM).await.unwrap(), "hi");
    // Announced, and not.
    let announced = format!("HTTP/1.1 200 OK\r\ncontent-length: 65\r\n\r\n{:65}", "");
    let chunked = "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n";
    let chunked = format!("{chunked}20\r\n{0:32}\r\n21\r\n{0:33}\r\n0\r\n\r\n", "");
    for long in [announced, chunked] {
        let failure = open(server(long).await, STREAM).await.unwrap_err();
        assert_eq!(failure, Failure::TooLong(64));
    }
    let cut = "HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nhi".to_owned();
    let failure = open(server(cut).await, STREAM).await.unwrap_err();
    assert!(matches!(failure, Failure::Broken(_)), "{failure}");
}

#[tokio::test]
async fn what_is_no_success_has_a_limit_of_its_own() {
    let egress = Egress::to(loopback());
    let small = StreamLimits { body: 2, ..STREAM };
    let answer = |status: &str, bytes: usize| {
        let page = " ".repeat(bytes);
        format!("HTTP/1.1 {status}\r\ncontent-length: {bytes}\r\n\r\n{page}")
    };
    for status in ["302 Found", "401 Unauthorized", "404 Not Found"] {
        for (bytes, fits) in [(1500, true), (70_000, false)] {
            let at = server(answer(status, bytes)).await;
            let answer = egress.open(get(&format!("http://{at}/")), small).await;
            let answer = answer.unwrap();
            assert_eq!(answer.status().as_str(), &status[..3]);
            let page = answer.into_body().whole().await;
            assert_eq!(page.is_ok(), fits, "{status} {bytes}");
        }
    }
    let at = server(answer("200 OK", 3)).await;
    let long = egress.open(get(&format!("http://{at}/")), small).await;
    assert_eq!(long.unwrap_err(), Failure::TooLong(2));
}

#[tokio::test]
async fn a_stream_that_stands_still_is_given_up() {
    let (listener, at) = listen().await;
    let held = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        read_request(&mut stream).await;
        let begun = b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nhi";
        stream.write_all(begun).await.unwrap();
        stream
    });
    let idle = Duration::from_millis(50);
    let limits = StreamLimits { idle, ..STREAM };
    let egress = Egress::to(loopback());
    let answer = egress.open(get(&format!("http://{at}/")), limits).await;
    let mut pieces = answer.unwrap().into_body();
    assert_eq!(pieces.next().await.unwrap().unwrap(), "hi");
    assert_eq!(pieces.next().await, Err(Failure::TimedOut(idle)));
    drop(held);
    let (_silent, at) = listen().await;
    let head = Duration::from_millis(50);
    let answer = egress.open(
        get(&format!("http://{at}/")),
        StreamLimits { head, ..STREAM },
    );
    assert_eq!(answer.await.unwrap_err(), Failure::TimedOut(head));
}

#[tokio::test]
async fn a_bare_connection_goes_where_requests_may() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let found = Egress::to(Vec::new()).addresses("127.0.0.1", port).await;
    let found = found.unwrap();
    assert_eq!(found, [listener.local_addr().unwrap()]);
    let refused = Egress::to(Vec::new()).connect("h", &found).await;
    assert!(matches!(
        refused.unwrap_err(),
        Failure::NotAllowed { address, is_own: false, .. } if address.is_loopback()
    ));
    let allowed = Egress::to(vec!["127.0.0.0/8".parse().unwrap()]);
    let stream = allowed.connect("h", &found).await.unwrap();
    assert_eq!(stream.peer_addr().unwrap().port(), port);
    // None were found that could be checked.
    assert!(allowed.connect("h", &[]).await.is_err());
}
