//! Entries of connections: one for each to an application load balancer, and for each over TLS to a network load balancer, whatever
//! becomes of it.

use std::net::{Ipv4Addr, SocketAddr};

use bytes::Bytes;
use http_body_util::Full;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};
use wharf_lb::AccessLogs;
use wharf_planeproto::{
    Resource,
    access_logs::LogKind,
    balancer::{BalancerKind, LoadBalancer, Protocol},
    report::TargetState,
};

use crate::{
    setup::*,
    tls::{NEWEST, certificate, connect, https_of},
};

fn keeping(kinds: &[LogKind]) -> LoadBalancer {
    let mut balancer = balancer();
    for kind in kinds {
        let keys = kind.keys();
        let own = [(keys.enabled, "true"), (keys.bucket, "logs")];
        let own = own.map(|(key, value)| (key.to_owned(), value.to_owned()));
        balancer.attributes.extend(own);
    }
    balancer
}

fn start() -> (Running, AccessLogs) {
    let mut logs = AccessLogs::default();
    let lb = Running::start_with(|config| logs = config.logs.clone());
    (lb, logs)
}

/// Fields of the entries that came since, once there are so many of a kind.
async fn entries(logs: &AccessLogs, kind: LogKind, count: usize) -> Vec<Vec<String>> {
    let mut found = Vec::new();
    until("the entries", async || {
        let lines = logs.rest().into_iter().filter(|it| it.head.kind == kind);
        for lines in lines {
            let text = String::from_utf8(lines.text).unwrap();
            let fields = |line: &str| line.split(' ').map(str::to_owned).collect::<Vec<_>>();
            found.extend(text.lines().map(fields));
        }
        (found.len() >= count).then_some(())
    })
    .await;
    assert_eq!(found.len(), count, "{found:?}");
    found
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_is_told_once_under_the_name_that_its_requests_have() {
    let (lb, logs) = start();
    let server = Server::start("a").await;
    lb.serve(&[&server]).await;
    lb.client().get("/unseen").await;
    lb.put(vec![Resource::LoadBalancer(keeping(&LogKind::ALL))])
        .await;
    let mut session = lb.client().connect().await;
    for path in ["/first", "/second"] {
        session.get(path).await.unwrap();
    }
    let (mut connections, mut requests) = (Vec::new(), Vec::new());
    until("the entries", async || {
        for lines in logs.rest() {
            let text = String::from_utf8(lines.text).unwrap();
            let into = match lines.head.kind {
                LogKind::Access => &mut requests,
                LogKind::Connections => &mut connections,
            };
            into.extend(text.lines().map(str::to_owned));
        }
        (requests.len() == 2).then_some(())
    })
    .await;
    let [connection] = &connections[..] else {
        panic!("{connections:?}")
    };
    let fields: Vec<&str> = connection.split(' ').collect();
    assert_eq!(fields[1], "127.0.0.1");
    assert_eq!(fields[3], lb.port.to_string());
    assert_eq!(fields[4..11], ["-", "-", "-", "\"-\"", "-", "-", "-"]);
    for request in &requests {
        let name = request.rsplit(' ').next().unwrap();
        assert_eq!(fields[11], name);
        let client = format!("{}:{}", fields[1], fields[2]);
        assert_eq!(request.split(' ').nth(3), Some(&*client));
    }
    lb.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn handshakes_are_told_with_what_became_of_them() {
    let (lb, logs) = start();
    let ((own, trust), (_, strange)) = (certificate("one.test"), certificate("other.test"));
    let server = Server::start("a").await;
    let wanted = keeping(&[LogKind::Connections]);
    https_of(wanted, &lb, &[&own], NEWEST, &server).await;
    // Whoever waited for the port said nothing.
    entries(&logs, LogKind::Connections, 1).await;

    connect(&lb, "one.test", &trust, &[]).await.unwrap();
    let done = entries(&logs, LogKind::Connections, 1).await.remove(0);
    assert_eq!(done[4], "TLSv1.3");
    assert!(done[5].starts_with("TLS_"), "{done:?}");
    assert!(done[6].parse::<f64>().unwrap() >= 0.0);
    assert_eq!(done[7..11], ["\"-\"", "-", "-", "Success"]);
    assert!(
        done[11].starts_with("TID_") && done[12] == "x25519",
        "{done:?}"
    );

    // A client that trusts another certificate, and one that speaks no TLS.
    connect(&lb, "one.test", &strange, &[]).await.unwrap_err();
    let refused = entries(&logs, LogKind::Connections, 1).await.remove(0);
    lb.client().raw(b"GET / HTTP/1.0\r\n\r\n").await;
    let plain = entries(&logs, LogKind::Connections, 1).await.remove(0);
    for failed in [&refused, &plain] {
        let expected = ["-", "-", "-", "\"-\"", "-", "-"];
        assert_eq!(failed[4..10], expected);
        assert_eq!(failed[10], "Failed:UnmappedConnectionError");
        assert_ne!(failed[11], done[11]);
    }
    lb.stop().await;
}

/// Gives back what it gets, in front of that a word.
async fn echo() -> SocketAddr {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            tokio::spawn(async move {
                stream.write_all(b"hello ").await.ok()?;
                let (mut from, mut to) = stream.split();
                tokio::io::copy(&mut from, &mut to).await.ok()
            });
        }
    });
    address
}

#[tokio::test(flavor = "multi_thread")]
async fn connections_over_tls_to_a_network_load_balancer_are_told_when_they_end() {
    let (lb, logs) = start();
    let ((own, trust), (_, strange)) = (certificate("one.test"), certificate("other.test"));
    let target_address = echo().await;
    let mut listener = listener(lb.port);
    listener.arn =
        "arn:aws:elasticloadbalancing:us-east-1:1:listener/net/web/1/g3d4b5e8".to_owned();
    listener.protocol = Protocol::Tls;
    listener.ssl_policy = Some(NEWEST.to_owned());
    listener.alpn_policy = Some("HTTP2Preferred".to_owned());
    listener.certificates = vec![own.arn.clone()];
    let mut group = group(GROUP);
    group.protocol = Protocol::Tcp;
    group.health_check.protocol = Protocol::Tcp;
    let network = LoadBalancer {
        kind: BalancerKind::Network,
        ..keeping(&LogKind::ALL)
    };
    lb.snapshot(vec![
        Resource::LoadBalancer(network),
        Resource::Listener(listener.clone()),
        Resource::TargetGroup(group),
        Resource::Target(target(GROUP, target_address)),
        Resource::Certificate(own.clone()),
    ])
    .await;
    lb.wait_for(target_address, TargetState::Healthy).await;
    lb.listening().await;
    // Whoever waited for the port said nothing.
    entries(&logs, LogKind::Access, 1).await;

    let mut stream = connect(&lb, "one.test", &trust, &[b"h2", b"http/1.1"])
        .await
        .unwrap();
    let from = stream.get_ref().0.local_addr().unwrap();
    stream.write_all(b"world").await.unwrap();
    let mut said = [0; 11];
    stream.read_exact(&mut said).await.unwrap();
    assert_eq!(&said, b"hello world");
    assert!(logs.rest().is_empty(), "it lasts");
    stream.shutdown().await.unwrap();
    drop(stream);
    let told = entries(&logs, LogKind::Access, 1).await.remove(0);
    let expected = ["tls", "2.0"];
    assert_eq!(told[..2], expected);
    assert_eq!(told[4], "g3d4b5e8");
    assert_eq!(told[5], from.to_string());
    assert_eq!(told[6], lb.address().to_string());
    let (took, handshake): (u64, u64) = (told[7].parse().unwrap(), told[8].parse().unwrap());
    assert!(handshake <= took);
    assert_eq!(told[9..14], ["5", "11", "-", &own.arn, "-"]);
    assert!(told[14].starts_with("TLS_"));
    assert_eq!(told[15..17], ["tlsv13", "x25519"]);
    let spoken = ["one.test", "h2", "-", "\"h2\",\"http/1.1\""];
    assert_eq!(told[17..21], spoken);
    assert_eq!(told.len(), 22);

    // A client that trusts another certificate of that name says so: decrypt_error.
    connect(&lb, "one.test", &strange, &[]).await.unwrap_err();
    let refused = entries(&logs, LogKind::Access, 1).await.remove(0);
    assert_eq!(refused[8..14], ["-", "0", "0", "51", &own.arn, "-"]);
    assert_eq!(refused[14..21], ["-", "-", "-", "one.test", "-", "-", "-"]);
    // One that says nothing of TLS.
    let mut plain = TcpStream::connect(lb.address()).await.unwrap();
    plain.write_all(b"GET / HTTP/1.0\r\n\r\n").await.unwrap();
    drop(plain);
    let plain = entries(&logs, LogKind::Access, 1).await.remove(0);
    assert_eq!(plain[8..21].join(" "), "- 0 0 - - - - - - - - - -");

    // Without TLS there is nothing to tell.
    listener.protocol = Protocol::Tcp;
    lb.put(vec![Resource::Listener(listener)]).await;
    until("plain answers", async || {
        let mut stream = TcpStream::connect(lb.address()).await.ok()?;
        let mut said = [0; 6];
        stream.read_exact(&mut said).await.ok()?;
        Some(())
    })
    .await;
    let late = logs.rest();
    let all: Vec<String> = late
        .into_iter()
        .map(|it| String::from_utf8(it.text).unwrap())
        .collect();
    assert!(
        all.iter()
            .flat_map(|it| it.lines())
            .all(|it| it.contains(" - - -")),
        "{all:?}"
    );
    lb.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_flood_of_connections_is_bounded() {
    let (lb, logs) = start();
    let server =
        Server::answering(|_| async { http::Response::new(Full::<Bytes>::default()) }).await;
    let wanted = keeping(&[LogKind::Connections]);
    lb.serve_as(wanted, group(GROUP), &[&server]).await;
    // Whoever waited for the port.
    entries(&logs, LogKind::Connections, 1).await;
    for _ in 0..200 {
        drop(TcpStream::connect(lb.address()).await.unwrap());
    }
    let told = entries(&logs, LogKind::Connections, 200).await;
    let longest = told.iter().map(|it| it.join(" ").len()).max();
    assert!(
        longest.unwrap() < 250,
        "each is small, and its log is bounded"
    );
    assert_eq!(logs.dropped(), 0);
    lb.stop().await;
}
