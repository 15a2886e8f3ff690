//! Requests that are not compliant, in each mode: what becomes of them, and what is told of them.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
};
use wharf_lb::AccessLogs;
use wharf_planeproto::{Resource, measured::Row};

use crate::{
    access_log::{logging, taken, to},
    http::unchecked,
    setup::*,
};

const MODE: &str = "routing.http.desync_mitigation_mode";

async fn set_mode(lb: &Running, mode: &str) {
    let mut balancer = to("logs");
    balancer.attributes.insert(MODE.to_owned(), mode.to_owned());
    lb.put(vec![Resource::LoadBalancer(balancer)]).await;
}

/// Entries as they come.
struct Told {
    logs: AccessLogs,
    entries: Vec<Vec<String>>,
}

impl Told {
    fn of(logs: AccessLogs) -> Self {
        Self {
            logs,
            entries: Vec::new(),
        }
    }

    /// Status, class and reason of the entry of a path, once it is there.
    async fn of_path(&mut self, path: &str) -> (String, String, String) {
        let entry = until("the entry", async || {
            self.entries.extend(taken(&self.logs));
            let mut entries = self.entries.iter();
            entries.find(|it| it[13].ends_with(path)).cloned()
        })
        .await;
        let from_end = |at: usize| entry[entry.len() - at].replace('"', "");
        (entry[8].clone(), from_end(3), from_end(2))
    }
}

fn expected(status: &str, class: &str, reason: &str) -> (String, String, String) {
    (status.to_owned(), class.to_owned(), reason.to_owned())
}

#[tokio::test(flavor = "multi_thread")]
async fn modes_do_what_they_say() {
    let (lb, logs, _server) = logging().await;
    let mut told = Told::of(logs);
    let odd = [
        (
            "GET",
            "Content-Length: 0\r\n\r\n",
            ("Acceptable", "GetHeadZeroContentLength"),
        ),
        (
            "POST",
            "Content-Length: 2\r\nContent-Length: 2\r\n\r\nok",
            ("Ambiguous", "DuplicateContentLength"),
        ),
        (
            "POST",
            "Transfer-Encoding: chunked\r\nContent-Length: 2\r\n\r\n2\r\nok\r\n0\r\n\r\n",
            ("Ambiguous", "BothTeClPresent"),
        ),
        (
            "POST",
            "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
            ("Severe", "MultipleTransferEncodingChunked"),
        ),
    ];
    for (mode, statuses) in [
        ("monitor", ["200", "200", "200", "200"]),
        ("defensive", ["200", "200", "200", "400"]),
        ("strictest", ["400", "400", "400", "400"]),
    ] {
        set_mode(&lb, mode).await;
        let line = |method: &str, path: &str| format!("{method} {path} HTTP/1.1\r\n");
        for ((method, rest, (class, reason)), status) in odd.into_iter().zip(statuses) {
            let path = format!("/{mode}/{reason}");
            let head = line(method, &path);
            let text = format!("{head}Host: {DNS_NAME}\r\nConnection: close\r\n{rest}");
            let answer = lb.client().raw(text.as_bytes()).await;
            let start = format!("HTTP/1.1 {status}");
            assert!(answer.starts_with(&start), "{path}: {answer}");
            assert_eq!(told.of_path(&path).await, expected(status, class, reason));
        }
        let path = format!("/{mode}/plain");
        lb.client().get(&path).await;
        assert_eq!(told.of_path(&path).await, expected("200", "-", "-"));
    }
    let counted = lb.metrics.take().into_iter().filter_map(|row| match row {
        Row::Balancer(row) => Some(row.non_compliant),
        _ => None,
    });
    assert_eq!(counted.sum::<u64>(), 12);
    lb.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn requests_sent_ahead_are_told_apart() {
    let (lb, logs, _server) = logging().await;
    let mut told = Told::of(logs);
    set_mode(&lb, "monitor").await;
    let host = format!("Host: {DNS_NAME}\r\n");
    let text = format!(
        "GET /one HTTP/1.1\r\n{host}\r\n\
         POST /two HTTP/1.1\r\n{host}Content-Length: 28\r\nContent-Length: 28\r\n\r\nGET / HTTP/1.1\r\nContent-Leng\
         POST /three HTTP/1.1\r\n{host}Transfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n\
         GET /four HTTP/1.1\r\n{host}content_length: 3\r\nConnection: close\r\n\r\n"
    );
    let answer = lb.client().raw(text.as_bytes()).await;
    assert_eq!(answer.matches("HTTP/1.1 200").count(), 4, "{answer}");
    for (path, class, reason) in [
        ("/one", "-", "-"),
        ("/two", "Ambiguous", "DuplicateContentLength"),
        ("/three", "-", "-"),
        ("/four", "Ambiguous", "SuspiciousHeader"),
    ] {
        let entry = told.of_path(path).await;
        assert_eq!(entry, expected("200", class, reason), "{path}");
    }
    lb.stop().await;
}

/// A target that counts the connections to it.
async fn counting() -> (std::net::SocketAddr, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let accepted = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&accepted);
    tokio::spawn(async move {
        loop {
            let (mut stream, _) = listener.accept().await.unwrap();
            count.fetch_add(1, Ordering::SeqCst);
            tokio::spawn(async move {
                loop {
                    let mut head = Vec::new();
                    while !head.ends_with(b"\r\n\r\n") {
                        if stream.read_buf(&mut head).await.unwrap_or(0) == 0 {
                            return;
                        }
                    }
                    let answer = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";
                    let _ = stream.write_all(answer).await;
                }
            });
        }
    });
    (address, accepted)
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_ambiguous_leaves_neither_connection_to_others() {
    let lb = Running::start_with(|config| config.workers = 1);
    let (address, accepted) = counting().await;
    unchecked(&lb, address).await;
    for _ in 0..2 {
        assert_eq!(lb.client().get("/").await.0.status, 200);
    }
    assert_eq!(accepted.load(Ordering::SeqCst), 1, "it is kept");
    let text = format!("GET / HTTP/1.1\r\nHost: {DNS_NAME}\r\ncontent_length: 3\r\n\r\n");
    let answer = lb.client().raw(text.as_bytes()).await;
    assert!(
        answer.starts_with("HTTP/1.1 200") && answer.contains("connection: close\r\n"),
        "{answer}"
    );
    assert_eq!(lb.client().get("/").await.0.status, 200);
    assert_eq!(accepted.load(Ordering::SeqCst), 2, "it is not used again");
    // Nor is an older client told that it is kept after all.
    let text = format!(
        "GET / HTTP/1.0\r\nHost: {DNS_NAME}\r\nConnection: keep-alive\r\ncontent_length: 3\r\n\r\n"
    );
    let answer = lb.client().raw(text.as_bytes()).await;
    assert!(
        answer.starts_with("HTTP/1.0 200")
            && answer.contains("connection: close\r\n")
            && !answer.contains("keep-alive"),
        "{answer}"
    );
    lb.stop().await;
}
