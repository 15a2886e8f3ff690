//! HTTP/1.1: what is passed on, what is refused.

use std::sync::{Arc, Mutex};

use bytes::Bytes;
use http::{HeaderMap, Request, Response};
use http_body_util::Full;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};
use wharf_planeproto::{
    Resource,
    balancer::{Action, Condition, LoadBalancer},
};

use crate::setup::*;

/// A target that remembers the last request it got.
async fn recorder() -> (Server, Arc<Mutex<Option<(http::request::Parts, Bytes)>>>) {
    use http_body_util::BodyExt;
    let last = Arc::new(Mutex::new(None));
    let seen = Arc::clone(&last);
    let server = Server::answering(move |request: Request<hyper::body::Incoming>| {
        let seen = Arc::clone(&seen);
        async move {
            let (parts, body) = request.into_parts();
            let body = body.collect().await.unwrap().to_bytes();
            *seen.lock().unwrap() = Some((parts, body));
            Response::builder()
                .header("x-own", "1")
                .header("connection", "x-hop")
                .header("x-hop", "1")
                .body(Full::from("ok"))
                .unwrap()
        }
    })
    .await;
    (server, last)
}

async fn with_attributes(lb: &Running, server: &Server, attributes: &[(&str, &str)]) {
    lb.serve(&[server]).await;
    let own = |(key, value): &(&str, &str)| ((*key).to_owned(), (*value).to_owned());
    let balancer = LoadBalancer {
        attributes: attributes.iter().map(own).collect(),
        ..balancer()
    };
    lb.put(vec![Resource::LoadBalancer(balancer)]).await;
}

/// What the target sees of these headers.
async fn forwarded(attributes: &[(&str, &str)], headers: &[(&str, &str)]) -> HeaderMap {
    let lb = Running::start();
    let (server, last) = recorder().await;
    with_attributes(&lb, &server, attributes).await;
    let mut request = Request::get("/a?b=c");
    if headers.iter().all(|(name, _)| *name != "host") {
        request = request.header("host", "example.com:81");
    }
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let (head, _) = lb
        .client()
        .send(request.body(Full::default()).unwrap())
        .await;
    assert_eq!(head.status, 200);
    assert!(head.headers.contains_key("x-own") && !head.headers.contains_key("x-hop"));
    let (parts, _) = last.lock().unwrap().take().unwrap();
    assert_eq!(parts.uri, "/a?b=c");
    assert_eq!(parts.headers["x-forwarded-port"], lb.port.to_string());
    parts.headers
}

#[tokio::test(flavor = "multi_thread")]
async fn targets_learn_who_asked_and_how() {
    let seen = forwarded(
        &[],
        &[
            ("x-a", "1"),
            ("connection", "x-b"),
            ("x-b", "2"),
            ("te", "x"),
        ],
    )
    .await;
    assert_eq!(seen["host"], "example.com:81");
    assert_eq!(seen["x-forwarded-for"], "127.0.0.1");
    assert_eq!(seen["x-forwarded-proto"], "http");
    assert_eq!(seen["x-a"], "1");
    assert!(
        !seen.contains_key("x-b") && !seen.contains_key("te") && !seen.contains_key("connection")
    );
    let trace = seen["x-amzn-trace-id"].to_str().unwrap();
    assert!(
        trace.starts_with("Root=1-") && trace.len() == "Root=1-".len() + 8 + 1 + 24,
        "{trace}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn what_clients_claim_is_kept_apart() {
    let claims = [
        ("x-forwarded-for", "1.2.3.4"),
        ("x-forwarded-proto", "https"),
        ("x-amzn-trace-id", "Root=1-a-b"),
    ];
    let mode = "routing.http.xff_header_processing.mode";
    let appended = forwarded(&[], &claims).await;
    assert_eq!(appended["x-forwarded-for"], "1.2.3.4, 127.0.0.1");
    assert_eq!(appended["x-forwarded-proto"], "http");
    let trace = appended["x-amzn-trace-id"].to_str().unwrap();
    assert!(
        trace.starts_with("Self=1-") && trace.ends_with(";Root=1-a-b"),
        "{trace}"
    );
    let preserved = forwarded(&[(mode, "preserve")], &claims).await;
    assert_eq!(preserved["x-forwarded-for"], "1.2.3.4");
    assert!(
        !forwarded(&[(mode, "remove")], &claims)
            .await
            .contains_key("x-forwarded-for")
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn targets_see_the_port_of_the_listener_in_the_host() {
    let preserve = ("routing.http.preserve_host_header.enabled", "true");
    for (told, seen) in [
        ("example.com", "example.com:PORT"),
        ("example.com:81", "example.com:81"),
        ("[::1]", "[::1]:PORT"),
    ] {
        let headers = [("host", told)];
        let shown = forwarded(&[], &headers).await;
        let port = shown["x-forwarded-port"].to_str().unwrap();
        assert_eq!(shown["host"], seen.replace("PORT", port));
        assert_eq!(forwarded(&[preserve], &headers).await["host"], told);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn odd_header_names_are_dropped_if_wanted() {
    let odd = [("x_under", "1")];
    assert!(forwarded(&[], &odd).await.contains_key("x_under"));
    let drop = ("routing.http.drop_invalid_header_fields.enabled", "true");
    assert!(!forwarded(&[drop], &odd).await.contains_key("x_under"));
}

async fn status_of(lb: &Running, text: &str) -> String {
    let answer = lb.client().raw(text.as_bytes()).await;
    answer.get(..12).unwrap_or_default().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_malformed_or_too_large_is_refused() {
    let lb = Running::start();
    let server = Server::start("a").await;
    lb.serve(&[&server]).await;
    let long = "a".repeat(17_000);
    let addresses = vec!["1.1.1.1"; 31].join(",");
    for (text, expected) in [
        ("GET / HTTP/1.1\r\n\r\n".to_owned(), "HTTP/1.1 400"),
        (
            "GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n".to_owned(),
            "HTTP/1.1 400",
        ),
        (
            "GET / HTTP/1.1\r\nHost: a b\r\n\r\n".to_owned(),
            "HTTP/1.1 400",
        ),
        ("GARBAGE\r\n\r\n".to_owned(), "HTTP/1.1 400"),
        (
            "GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nx"
                .to_owned(),
            "HTTP/1.1 400",
        ),
        (
            "GET / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked, x\r\n\r\n".to_owned(),
            "HTTP/1.1 400",
        ),
        (
            "GET / HTTP/1.1\r\nHost : a\r\n\r\n".to_owned(),
            "HTTP/1.1 400",
        ),
        (
            "TRACE / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n".to_owned(),
            "HTTP/1.1 405",
        ),
        (
            "CONNECT a:1 HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n".to_owned(),
            "HTTP/1.1 405",
        ),
        (
            format!("GET /{long} HTTP/1.1\r\nHost: a\r\n\r\n"),
            "HTTP/1.1 414",
        ),
        (
            format!("GET / HTTP/1.1\r\nHost: a\r\nX: {long}\r\n\r\n"),
            "HTTP/1.1 431",
        ),
        (
            format!(
                "GET / HTTP/1.1\r\nHost: a\r\n{}\r\n",
                "X: a\r\n".repeat(200)
            ),
            "HTTP/1.1 431",
        ),
        (
            format!("GET / HTTP/1.1\r\nHost: a\r\nX-Forwarded-For: {addresses}\r\n\r\n"),
            "HTTP/1.1 463",
        ),
        ("GET / HTTP/1.0\r\n\r\n".to_owned(), "HTTP/1.0 200"),
        (
            "GET http://a/ HTTP/1.1\r\nHost: b\r\nConnection: close\r\n\r\n".to_owned(),
            "HTTP/1.1 200",
        ),
    ] {
        assert_eq!(
            status_of(&lb, &text).await,
            expected,
            "{}",
            &text[..text.len().min(80)]
        );
    }
}

/// A target that speaks bytes: gets what was asked, answers as told, then closes.
async fn bytes_target(
    answers: Vec<&'static [u8]>,
) -> (std::net::SocketAddr, Arc<Mutex<Vec<Vec<u8>>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let seen = Arc::new(Mutex::new(Vec::new()));
    let record = Arc::clone(&seen);
    tokio::spawn(async move {
        for answer in answers {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut text = Vec::new();
            while !text.windows(4).any(|it| it == b"\r\n\r\n") {
                if stream.read_buf(&mut text).await.unwrap() == 0 {
                    break;
                }
            }
            record.lock().unwrap().push(text);
            stream.write_all(answer).await.unwrap();
        }
    });
    (address, seen)
}

/// A load balancer whose only target is not checked.
pub async fn unchecked(lb: &Running, address: std::net::SocketAddr) {
    let mut group = group(GROUP);
    group.health_check.enabled = false;
    lb.snapshot(vec![
        Resource::LoadBalancer(balancer()),
        Resource::Listener(listener(lb.port)),
        Resource::TargetGroup(group),
        Resource::Target(target(GROUP, address)),
    ])
    .await;
    lb.listening().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_targets_do_wrong_is_502() {
    for wrong in [
        &b""[..],
        b"hello\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
        b"HTTP/1.1 200",
        b"HTTP/1.1 101 Switching Protocols\r\n\r\n",
    ] {
        let lb = Running::start();
        // An empty answer to a GET is asked for once more.
        let (address, seen) = bytes_target(vec![wrong, wrong]).await;
        unchecked(&lb, address).await;
        let (head, _) = lb.client().get("/").await;
        assert_eq!(head.status, 502, "{wrong:?}");
        assert_eq!(
            seen.lock().unwrap().len(),
            if wrong.is_empty() { 2 } else { 1 }
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_post_that_arrived_is_never_sent_again() {
    let lb = Running::start();
    let (address, seen) =
        bytes_target(vec![b"", b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"]).await;
    unchecked(&lb, address).await;
    let request = Request::post("/")
        .header("host", "a")
        .body(Full::from("x"))
        .unwrap();
    assert_eq!(lb.client().send(request).await.0.status, 502);
    assert_eq!(seen.lock().unwrap().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_small_answer_comes_whole_or_not_at_all() {
    const CUT: &[u8] = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nwh";
    let lb = Running::start();
    let whole = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nwhole";
    let (address, seen) = bytes_target(vec![CUT, whole, CUT]).await;
    unchecked(&lb, address).await;
    let (head, body) = lb.client().get("/").await;
    assert_eq!((head.status.as_u16(), &body[..]), (200, &b"whole"[..]));
    assert_eq!(seen.lock().unwrap().len(), 2);
    let post = Request::post("/").header("host", DNS_NAME);
    let (head, _) = lb.client().send(post.body(Full::default()).unwrap()).await;
    assert_eq!(head.status, 502);
    assert_eq!(seen.lock().unwrap().len(), 3, "it had arrived");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_that_comes_late_is_not_waited_for() {
    let listening = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listening.local_addr().unwrap();
    let lb = Running::start();
    unchecked(&lb, address).await;
    let mut client = TcpStream::connect(lb.address()).await.unwrap();
    client
        .write_all(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        .await
        .unwrap();
    let (mut target, _) = within(listening.accept()).await.unwrap();
    target
        .write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\n")
        .await
        .unwrap();
    // The head arrives although the target keeps the body back for as long as we have not seen it.
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        assert_ne!(within(client.read_buf(&mut head)).await.unwrap(), 0);
    }
    target.write_all(b"late").await.unwrap();
    let mut body = [0; 4];
    within(client.read_exact(&mut body)).await.unwrap();
    assert_eq!(&body, b"late");
}

#[tokio::test(flavor = "multi_thread")]
async fn interim_responses_odd_framing_and_trailers_pass() {
    for (answer, body) in [
        (&b"HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"[..], "ok"),
        (b"HTTP/1.1 200 OK\r\n\r\nuntil the end", "until the end"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2;x=y\r\nok\r\n0\r\nX-T: 1\r\n\r\n", "ok"),
        (b"HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok", "ok"),
    ] {
        let lb = Running::start();
        let (address, _) = bytes_target(vec![answer]).await;
        unchecked(&lb, address).await;
        let (head, got) = lb.client().get("/").await;
        assert_eq!((head.status.as_u16(), &got[..]), (200, body.as_bytes()));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn trailers_of_requests_say_no_more_than_headers_may() {
    let lb = Running::start();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    unchecked(&lb, listener.local_addr().unwrap()).await;
    let target = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut request = Vec::new();
        let whole = |it: &[u8]| {
            let end = it.windows(3).position(|it| it == b"0\r\n");
            end.is_some() && it.ends_with(b"\r\n\r\n")
        };
        while !whole(&request) {
            stream.read_buf(&mut request).await.unwrap();
        }
        let answer = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";
        stream.write_all(answer).await.unwrap();
        String::from_utf8(request).unwrap()
    });
    let request = b"POST / HTTP/1.1\r\nHost: a\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\
        x-amzn-oidc-identity: root\r\nX_Amzn_Oidc_Data: a\r\nX-Forwarded-For: 1.2.3.4\r\nContent-Length: 9\r\nx-sum: 7\r\n\r\n";
    let answer = lb.client().raw(request).await;
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    let got = within(target).await.unwrap().to_ascii_lowercase();
    let (_, trailers) = got.split_once("\r\n0\r\n").unwrap();
    assert_eq!(trailers, "x-sum: 7\r\n\r\n");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_head_request_keeps_its_length_and_has_no_body() {
    let lb = Running::start();
    let (address, _) = bytes_target(vec![b"HTTP/1.1 200 OK\r\nContent-Length: 77\r\n\r\n"]).await;
    unchecked(&lb, address).await;
    let answer = lb
        .client()
        .raw(b"HEAD / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
        .await;
    assert!(
        answer.contains("content-length: 77\r\n") && answer.ends_with("\r\n\r\n"),
        "{answer}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_silent_target_is_504_and_a_silent_client_is_let_go() {
    let lb = Running::start();
    let silent = TcpListener::bind("127.0.0.1:0").await.unwrap();
    unchecked(&lb, silent.local_addr().unwrap()).await;
    let balancer = LoadBalancer {
        attributes: [("idle_timeout.timeout_seconds".to_owned(), "1".to_owned())].into(),
        ..balancer()
    };
    lb.put(vec![Resource::LoadBalancer(balancer)]).await;
    let (head, _) = lb.client().get("/").await;
    assert_eq!(head.status, 504);
    // A head that drips in is not waited for longer.
    let mut stream = TcpStream::connect(lb.address()).await.unwrap();
    let dripping = async {
        while stream.write_all(b"G").await.is_ok() {
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
    };
    within(dripping).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn websockets_pass_through() {
    let lb = Running::start();
    let answer = b"HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Accept: x\r\n\r\nhello";
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    unchecked(&lb, listener.local_addr().unwrap()).await;
    let target = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            stream.read_buf(&mut head).await.unwrap();
        }
        stream.write_all(answer).await.unwrap();
        let (mut read, mut write) = stream.split();
        tokio::io::copy(&mut read, &mut write).await.unwrap();
        String::from_utf8(head).unwrap()
    });
    let mut stream = TcpStream::connect(lb.address()).await.unwrap();
    let request = b"GET /ws HTTP/1.1\r\nHost: a\r\nConnection: keep-alive, Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: k\r\n\r\n";
    stream.write_all(request).await.unwrap();
    let mut got = Vec::new();
    while !got.ends_with(b"hello") {
        assert_ne!(within(stream.read_buf(&mut got)).await.unwrap(), 0);
    }
    let head = String::from_utf8_lossy(&got).to_lowercase();
    assert!(
        head.starts_with("http/1.1 101") && head.contains("upgrade: websocket"),
        "{head}"
    );
    stream.write_all(b"ping").await.unwrap();
    let mut pong = [0; 4];
    within(stream.read_exact(&mut pong)).await.unwrap();
    assert_eq!(&pong, b"ping");
    drop(stream);
    let head = within(target).await.unwrap();
    assert!(
        head.contains("upgrade: websocket") && head.contains("sec-websocket-key: k"),
        "{head}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn no_other_protocol_is_changed_to() {
    let (server, seen) = recorder().await;
    let lb = Running::start();
    lb.serve(&[&server]).await;
    for protocol in ["h2c", "TLS/1.0", "foo", "websocket, h2c"] {
        let answer = lb
            .client()
            .raw(
                format!(
                    "GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade, HTTP2-Settings, close\r\nUpgrade: {protocol}\r\nHTTP2-Settings: AAMAAABkAAQCAAAAAAIAAAAA\r\n\r\n"
                )
                .as_bytes(),
            )
            .await;
        assert!(answer.starts_with("HTTP/1.1 200"), "{protocol}: {answer}");
        let (head, _) = seen.lock().unwrap().take().unwrap();
        for gone in ["upgrade", "http2-settings"] {
            assert!(!head.headers.contains_key(gone), "{protocol}: {head:?}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn rules_go_by_priority_to_their_actions() {
    let lb = Running::start();
    let server = Server::start("a").await;
    lb.serve(&[&server]).await;
    let path = |value: &str| Condition::PathPattern {
        values: vec![value.to_owned()],
        regexes: vec![],
    };
    let redirect = Action::Redirect {
        protocol: "HTTPS".to_owned(),
        host: "#{host}".to_owned(),
        port: "443".to_owned(),
        path: "/#{path}".to_owned(),
        query: "#{query}".to_owned(),
        status: 301,
    };
    lb.put(vec![
        Resource::Rule(rule(20, vec![path("/f*")], fixed(403, "second"))),
        Resource::Rule(rule(10, vec![path("/fi*")], fixed(200, "first"))),
        Resource::Rule(rule(30, vec![path("/r*")], redirect)),
    ])
    .await;
    let client = lb.client();
    assert_eq!(client.get("/fix").await.1, "first");
    assert_eq!(client.get("/fox").await.0.status, 403);
    let (head, _) = client.get("/r/x?y=1").await;
    assert_eq!(head.status, 301);
    assert_eq!(
        head.headers["location"],
        format!("https://{DNS_NAME}:443/r/x?y=1")
    );
    assert_eq!(client.get("/other").await.1, "a");
}

/// Servers close idle connections just as a request comes: no request may fail, and none may be
/// served twice.
#[tokio::test(flavor = "multi_thread")]
async fn connections_that_targets_close_cost_no_request() {
    let lb = Running::start();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let served = Arc::new(std::sync::atomic::AtomicUsize::new(0));
    let count = Arc::clone(&served);
    tokio::spawn(async move {
        loop {
            let (mut stream, _) = listener.accept().await.unwrap();
            let count = Arc::clone(&count);
            // Answers two requests and closes without a word.
            tokio::spawn(async move {
                for _ in 0..2 {
                    let mut text = Vec::new();
                    while !text.windows(4).any(|it| it == b"\r\n\r\n")
                        || (text.starts_with(b"POST") && !text.ends_with(b"body"))
                    {
                        if stream.read_buf(&mut text).await.unwrap_or(0) == 0 {
                            return;
                        }
                    }
                    count.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
                    let _ = stream
                        .write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
                        .await;
                }
            });
        }
    });
    unchecked(&lb, address).await;
    let client = lb.client();
    let ask = |number: usize| async move {
        let mut session = client.connect().await;
        for _ in 0..250 {
            let request = match number % 2 {
                0 => Request::get("/").header("host", "a").body(Full::from("")),
                _ => Request::post("/")
                    .header("host", "a")
                    .body(Full::from("body")),
            };
            assert_eq!(session.send(request.unwrap()).await.unwrap().0.status, 200);
        }
    };
    let clients: Vec<_> = (0..4).map(|number| tokio::spawn(ask(number))).collect();
    for client in clients {
        client.await.unwrap();
    }
    assert_eq!(served.load(std::sync::atomic::Ordering::SeqCst), 1000);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_waits_to_send_its_body_is_told_to() {
    let lb = Running::start();
    let (server, last) = recorder().await;
    lb.serve(&[&server]).await;
    let mut stream = TcpStream::connect(lb.address()).await.unwrap();
    let head = b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\nExpect: 100-continue\r\n\r\n";
    stream.write_all(head).await.unwrap();
    let mut got = Vec::new();
    while !got.ends_with(b"\r\n\r\n") {
        assert_ne!(within(stream.read_buf(&mut got)).await.unwrap(), 0);
    }
    assert!(got.starts_with(b"HTTP/1.1 100"), "{got:?}");
    stream.write_all(b"body").await.unwrap();
    got.clear();
    while !got.ends_with(b"ok") {
        assert_ne!(within(stream.read_buf(&mut got)).await.unwrap(), 0);
    }
    let (parts, body) = last.lock().unwrap().take().unwrap();
    assert!(body == "body" && !parts.headers.contains_key("expect"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_leaves_is_counted_and_frees_its_target() {
    let lb = Running::start();
    let silent = TcpListener::bind("127.0.0.1:0").await.unwrap();
    unchecked(&lb, silent.local_addr().unwrap()).await;
    let mut stream = TcpStream::connect(lb.address()).await.unwrap();
    stream
        .write_all(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        .await
        .unwrap();
    let (mut target, _) = within(silent.accept()).await.unwrap();
    drop(stream);
    let mut seen = Vec::new();
    within(target.read_to_end(&mut seen)).await.unwrap();
    let left = async || (lb.metrics.balancers()[BALANCER].client_closed_count == 1).then_some(());
    until("the count", left).await;
}
