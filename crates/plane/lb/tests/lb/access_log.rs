//! Entries of access logs: one for each request, with what became of it, and none where nobody wants any.

use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::Full;
use tokio::{io::AsyncWriteExt, net::TcpStream};
use wharf_lb::AccessLogs;
use wharf_planeproto::{
    Resource,
    access_logs::Place,
    balancer::{Condition, LoadBalancer},
};

use crate::setup::*;

/// A load balancer with its logs.
pub async fn logging() -> (Running, AccessLogs, Server) {
    let mut logs = AccessLogs::default();
    let lb = Running::start_with(|config| logs = config.logs.clone());
    let server = Server::answering(|request| async move {
        if request.uri().path() == "/never" {
            std::future::pending::<()>().await;
        }
        Response::new(Full::from("hello"))
    })
    .await;
    lb.serve(&[&server]).await;
    (lb, logs, server)
}

pub fn to(bucket: &str) -> LoadBalancer {
    let mut balancer = balancer();
    let attributes = [
        ("access_logs.s3.enabled", "true"),
        ("access_logs.s3.bucket", bucket),
        ("access_logs.s3.prefix", "p"),
    ];
    let own = attributes.map(|(key, value)| (key.to_owned(), value.to_owned()));
    balancer.attributes.extend(own);
    balancer
}

/// The fields of all entries; of those between quotes their first words stand alone.
pub fn taken(logs: &AccessLogs) -> Vec<Vec<String>> {
    let all = logs.rest().into_iter().map(|it| it.text);
    let text = String::from_utf8(all.flatten().collect()).unwrap();
    let fields = |line: &str| line.split(' ').map(str::to_owned).collect();
    text.lines().map(fields).collect()
}

/// The entry of a path, once it is there.
async fn entry(logs: &AccessLogs, path: &str) -> Vec<String> {
    let mut all = Vec::new();
    until("the entry", async || {
        all.extend(taken(logs));
        let is = |it: &&Vec<String>| it[13].ends_with(path);
        all.iter().find(is).cloned()
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_is_told_with_what_became_of_it() {
    let (lb, logs, server) = logging().await;
    lb.client().get("/early").await;
    assert_eq!(taken(&logs), Vec::<Vec<String>>::new(), "nobody wants any");
    lb.put(vec![Resource::LoadBalancer(to("one"))]).await;

    let mut session = lb.client().connect().await;
    for path in ["/first", "/second"] {
        session.get(path).await.unwrap();
    }
    let (first, second) = {
        let mut both = Vec::new();
        until("both entries", async || {
            both.extend(taken(&logs));
            (both.len() == 2).then_some(())
        })
        .await;
        (both.remove(0), both.remove(0))
    };
    assert_eq!(first[0], "http");
    let url = format!("http://{DNS_NAME}:{}/first", lb.port);
    assert_eq!(
        first[12..15],
        ["\"GET".to_owned(), url, "HTTP/1.1\"".to_owned()]
    );
    assert_eq!(first[4], server.address.to_string());
    assert_eq!(first[8..10], ["200", "200"]);
    assert!(
        first[5..8]
            .iter()
            .all(|it| it.parse::<f64>().unwrap() >= 0.0)
    );
    assert_eq!(first.last(), second.last(), "one connection");
    assert_eq!(first[3], second[3]);

    // Bodies count, however they are announced; the answer's is known.
    let body = "x".repeat(5000);
    let post = Request::post("/long").header("host", DNS_NAME);
    lb.client()
        .send(post.body(Full::from(Bytes::from(body.clone()))).unwrap())
        .await;
    let long = entry(&logs, "/long").await;
    assert!(
        (5000..5300).contains(&long[10].parse::<u64>().unwrap()),
        "{long:?}"
    );
    let chunked = format!(
        "POST /chunked HTTP/1.1\r\nHost: {DNS_NAME}\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n1388\r\n{body}\r\n0\r\n\r\n"
    );
    lb.client().raw(chunked.as_bytes()).await;
    let chunked = entry(&logs, "/chunked").await;
    assert!(
        (5000..5300).contains(&chunked[10].parse::<u64>().unwrap()),
        "{chunked:?}"
    );
    assert!(
        (20..300).contains(&chunked[11].parse::<u64>().unwrap()),
        "{chunked:?}"
    );

    // A client that leaves.
    let mut stream = TcpStream::connect(lb.address()).await.unwrap();
    let head = format!("GET /never HTTP/1.1\r\nHost: {DNS_NAME}\r\n\r\n");
    stream.write_all(head.as_bytes()).await.unwrap();
    until("its arrival", async || (server.served() == 6).then_some(())).await;
    drop(stream);
    let gone = entry(&logs, "/never").await;
    assert_eq!(gone[8..10], ["460", "-"]);
    assert_eq!((&*gone[6], &*gone[7]), ("-1", "-1"));
    lb.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_never_reached_a_target_is_told_so() {
    let (lb, logs, server) = logging().await;
    let closed = vec![Condition::PathPattern {
        values: vec!["/closed".to_owned()],
        regexes: vec![],
    }];
    lb.put(vec![
        Resource::LoadBalancer(to("one")),
        Resource::Rule(rule(5, closed, fixed(503, "no"))),
    ])
    .await;
    lb.client().get("/closed").await;
    let closed = entry(&logs, "/closed").await;
    assert_eq!(closed[4..10], ["-", "-1", "-1", "-1", "503", "-"]);
    let at = closed
        .iter()
        .position(|it| it == "\"fixed-response\"")
        .unwrap();
    assert_eq!(closed[at - 2], "5", "its rule");
    // What cannot be examined was matched with no rule.
    let odd = format!("TRACE /odd HTTP/1.1\r\nHost: {DNS_NAME}\r\nConnection: close\r\n\r\n");
    lb.client().raw(odd.as_bytes()).await;
    let odd = entry(&logs, "/odd").await;
    assert_eq!(odd[8], "405");
    assert!(odd.contains(&"-1".to_owned()));
    drop(server);
    assert_eq!(lb.client().get("/dead").await.0.status, 502);
    assert_eq!(entry(&logs, "/dead").await[8..10], ["502", "-"]);
    lb.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_log_that_goes_elsewhere_or_ends_does_not_wait() {
    let (lb, logs, _server) = logging().await;
    let next = async || tokio::time::timeout(PATIENCE, logs.next()).await.unwrap();
    for bucket in ["one", "two"] {
        lb.put(vec![Resource::LoadBalancer(to(bucket))]).await;
        lb.client().get("/").await;
    }
    let one = next().await.remove(0);
    let place = Place {
        bucket: "one".to_owned(),
        prefix: "p".to_owned(),
    };
    assert_eq!((&one.head.place, one.head.entries), (&place, 1));
    assert_eq!(one.head.balancer, BALANCER);
    lb.put(vec![Resource::LoadBalancer(balancer())]).await;
    lb.client().get("/unseen").await;
    assert_eq!(next().await.remove(0).head.place.bucket, "two");
    let more = tokio::time::timeout(Duration::from_millis(1), logs.next());
    assert!(more.await.is_err(), "nobody wants any");
    lb.stop().await;
}
