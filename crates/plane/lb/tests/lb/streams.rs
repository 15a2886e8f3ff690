//! Network load balancers: connections and datagrams as they came.

use std::{
    collections::BTreeSet,
    net::{Ipv4Addr, SocketAddr},
    time::Duration,
};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream, UdpSocket},
};
use wharf_planeproto::{
    Kind, Resource,
    balancer::{BalancerKind, Listener, LoadBalancer, Protocol, TargetGroup},
    measured::{BalancerRow, Row},
    network::{Peer, Permission, SecurityGroup},
    report::TargetState,
};

use super::setup::{
    GROUP, LISTENER, OPEN, Running, balancer, group, listener, listening_at, now_ms, target, until,
    within,
};

/// Says its name, then gives back what it gets.
async fn echo(name: &'static str) -> SocketAddr {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        loop {
            let (mut stream, _) = listener.accept().await.unwrap();
            tokio::spawn(async move {
                stream.write_all(name.as_bytes()).await.ok()?;
                let mut all = 0;
                let mut buffer = [0; 4096];
                loop {
                    match stream.read(&mut buffer).await.ok()? {
                        0 => break,
                        count => {
                            all += count;
                            stream.write_all(&buffer[..count]).await.ok()?;
                        }
                    }
                }
                // After the end of the other side's words.
                let count = format!(" {all}");
                stream.write_all(count.as_bytes()).await.ok()
            });
        }
    });
    address
}

fn network() -> LoadBalancer {
    LoadBalancer {
        kind: BalancerKind::Network,
        ..balancer()
    }
}

fn flows(port: u16, protocol: Protocol) -> Listener {
    Listener {
        protocol,
        ..listener(port)
    }
}

fn targets(protocol: Protocol, attributes: &[(&str, &str)]) -> TargetGroup {
    let mut group = group(GROUP);
    group.protocol = protocol;
    group.health_check.protocol = Protocol::Tcp;
    let own = attributes
        .iter()
        .map(|(key, value)| ((*key).to_owned(), (*value).to_owned()));
    group.attributes = own.collect();
    group
}

async fn serve(lb: &Running, at: &[SocketAddr], protocol: Protocol, attributes: &[(&str, &str)]) {
    let mut resources = vec![
        Resource::LoadBalancer(network()),
        Resource::Listener(flows(lb.port, protocol)),
        Resource::TargetGroup(targets(protocol, attributes)),
    ];
    resources.extend(at.iter().map(|it| Resource::Target(target(GROUP, *it))));
    lb.snapshot(resources).await;
}

async fn serve_tcp(lb: &Running, at: &[SocketAddr], attributes: &[(&str, &str)]) {
    serve(lb, at, Protocol::Tcp, attributes).await;
    for address in at {
        lb.wait_for(*address, TargetState::Healthy).await;
    }
    lb.listening().await;
}

/// A flow, and which target has it.
async fn begin(lb: &Running) -> (TcpStream, String) {
    let mut stream = TcpStream::connect(lb.address()).await.unwrap();
    let mut name = [0; 1];
    within(stream.read_exact(&mut name)).await.unwrap();
    (stream, String::from_utf8(name.to_vec()).unwrap())
}

/// Whether the other side has broken it off.
async fn is_over(stream: &mut TcpStream) -> bool {
    let mut buffer = [0; 1];
    !matches!(within(stream.read(&mut buffer)).await, Ok(1..))
}

fn row(lb: &Running) -> BalancerRow {
    let rows = lb.metrics.take().into_iter();
    let own = rows.filter_map(|row| match row {
        Row::Balancer(row) => Some(row),
        Row::Group(_) | Row::Instance(_) => None,
    });
    own.fold(BalancerRow::default(), |mut sum, row| {
        sum.new_connections += row.new_connections;
        sum.processed_bytes += row.processed_bytes;
        for (sum, more) in sum.resets.iter_mut().zip(row.resets) {
            *sum += more;
        }
        sum.active_connections = row.active_connections;
        sum.flows = row.flows;
        sum
    })
}

#[tokio::test]
async fn bytes_pass_both_ways_until_both_have_said_all() {
    let lb = Running::start();
    serve_tcp(&lb, &[echo("a").await], &[]).await;
    let (mut stream, _) = begin(&lb).await;
    // Who looked whether somebody listens may still be about to go, and breaks off what it was told.
    until("the end of other flows", async || {
        (row(&lb).active_connections == 1).then_some(())
    })
    .await;
    let sent: Vec<u8> = (0..3_000_000_u32).map(|it| it.to_le_bytes()[0]).collect();
    let (mut reading, mut writing) = stream.split();
    let mut answer = Vec::new();
    let write = async {
        writing.write_all(&sent).await.unwrap();
        writing.shutdown().await.unwrap();
    };
    let (_, read) = within(async { tokio::join!(write, reading.read_to_end(&mut answer)) }).await;
    read.unwrap();
    assert!(answer.starts_with(&sent), "what was sent came back");
    assert_eq!(&answer[sent.len()..], b" 3000000");
    drop(stream);
    let row = until("the end of the flow", async || {
        let row = row(&lb);
        (row.active_connections == 0).then_some(row)
    });
    assert_eq!(row.await.resets, [0; 3]);
}

#[tokio::test]
async fn a_target_learns_who_speaks() {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let lb = Running::start();
    let at = listener.local_addr().unwrap();
    serve(
        &lb,
        &[at],
        Protocol::Tcp,
        &[("proxy_protocol_v2.enabled", "true")],
    )
    .await;
    lb.listening().await;
    let mut client = TcpStream::connect(lb.address()).await.unwrap();
    client.write_all(b"hello").await.unwrap();
    let own = client.local_addr().unwrap();
    let heard = until("the client's words", async || {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut heard = [0; 33];
        // Health checks say nothing, nor did who looked whether somebody listens.
        stream.read_exact(&mut heard).await.ok().map(|_| heard)
    });
    let heard = heard.await;
    assert!(heard.starts_with(b"\r\n\r\n\0\r\nQUIT\n\x21\x11\0\x0c\x7f\0\0\x01"));
    assert_eq!(heard[24..26], own.port().to_be_bytes());
    assert_eq!(heard[26..28], lb.port.to_be_bytes());
    assert_eq!(&heard[28..], b"hello");
}

#[tokio::test]
async fn a_flow_finds_a_target_that_is_there_or_is_reset() {
    let gone = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let nobody = gone.local_addr().unwrap();
    drop(gone);
    let lb = Running::start();
    let there = echo("a").await;
    // Both are new, so that both are in rotation.
    serve(&lb, &[nobody, there], Protocol::Tcp, &[]).await;
    lb.listening().await;
    for _ in 0..20 {
        assert_eq!(begin(&lb).await.1, "a");
    }
    let key = Resource::Target(target(GROUP, there)).key();
    lb.delete(Kind::Target, &key.id).await;
    row(&lb);
    // The reset may come before `connect` has returned.
    let ended = within(async {
        let mut stream = TcpStream::connect(lb.address()).await?;
        stream.read(&mut [0; 1]).await
    });
    assert_eq!(
        ended.await.unwrap_err().kind(),
        std::io::ErrorKind::ConnectionReset
    );
    until("the count", async || (row(&lb).resets[2] > 0).then_some(())).await;
}

#[tokio::test]
async fn a_source_stays_with_its_target() {
    let at = [echo("a").await, echo("b").await, echo("c").await];
    let lb = Running::start();
    let asked = async || {
        let mut seen = BTreeSet::new();
        for _ in 0..60 {
            seen.insert(begin(&lb).await.1);
        }
        seen.len()
    };
    serve_tcp(&lb, &at, &[("stickiness.enabled", "true")]).await;
    assert_eq!(asked().await, 1);
    serve_tcp(&lb, &at, &[]).await;
    assert_eq!(asked().await, 3, "flows are spread");
}

#[tokio::test]
async fn flows_of_a_deregistered_target_end_as_its_group_says() {
    for (ends, attributes) in [
        (false, &[("deregistration_delay.timeout_seconds", "0")][..]),
        (
            true,
            &[
                ("deregistration_delay.timeout_seconds", "0"),
                (
                    "deregistration_delay.connection_termination.enabled",
                    "true",
                ),
            ],
        ),
    ] {
        let lb = Running::start();
        let at = echo("a").await;
        serve_tcp(&lb, &[at], attributes).await;
        let (mut stream, _) = begin(&lb).await;
        let mut leaving = target(GROUP, at);
        leaving.draining_since_ms = Some(now_ms());
        lb.put(vec![Resource::Target(leaving)]).await;
        lb.wait_for(at, TargetState::Drained).await;
        if ends {
            assert!(is_over(&mut stream).await);
            continue;
        }
        stream.write_all(b"x").await.unwrap();
        assert!(!is_over(&mut stream).await, "it may go on");
        lb.delete(Kind::Listener, LISTENER).await;
        assert!(is_over(&mut stream).await, "without its listener it ends");
    }
}

#[tokio::test]
async fn a_flow_ends_with_its_targets_health() {
    let lb = Running::start();
    let first = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let at = first.local_addr().unwrap();
    let kept = tokio::spawn(async move {
        let kept = loop {
            let (mut stream, _) = first.accept().await.unwrap();
            let mut buffer = [0; 1];
            // Health checks say nothing.
            if matches!(stream.read(&mut buffer).await, Ok(1)) {
                stream.write_all(b"a").await.unwrap();
                break stream;
            }
        };
        // The connection stays.
        drop(first);
        std::future::pending::<()>().await;
        drop(kept);
    });
    serve(&lb, &[at], Protocol::Tcp, &[]).await;
    lb.wait_for(at, TargetState::Healthy).await;
    let mut stream = until("a flow", async || {
        let mut stream = TcpStream::connect(lb.address()).await.ok()?;
        stream.write_all(b"x").await.ok()?;
        Some(stream)
    })
    .await;
    let mut buffer = [0; 1];
    within(stream.read_exact(&mut buffer)).await.unwrap();
    lb.wait_for(at, TargetState::Unhealthy).await;
    assert!(is_over(&mut stream).await);
    kept.abort();
}

/// Gives back each datagram with its name.
async fn datagram_echo(name: &'static str) -> SocketAddr {
    let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let address = socket.local_addr().unwrap();
    tokio::spawn(async move {
        let mut buffer = [0; 2048];
        loop {
            let (count, peer) = socket.recv_from(&mut buffer).await.unwrap();
            let answer = [name.as_bytes(), &buffer[..count]].concat();
            socket.send_to(&answer, peer).await.unwrap();
        }
    });
    address
}

/// What comes back for a datagram, which may be lost before the load balancer listens.
async fn said(client: &UdpSocket, text: &str) -> String {
    until("an answer", async || {
        client.send(text.as_bytes()).await.ok()?;
        let mut buffer = [0; 2048];
        let patience = std::time::Duration::from_millis(200);
        let came = tokio::time::timeout(patience, client.recv(&mut buffer)).await;
        let count = came.ok()?.ok()?;
        Some(String::from_utf8_lossy(&buffer[..count]).into_owned())
    })
    .await
}

#[tokio::test]
async fn datagrams_of_a_flow_have_one_target() {
    let lb = Running::start();
    let at = [datagram_echo("a").await, datagram_echo("b").await];
    // Nobody can be asked over TCP there: all are unhealthy, so all are in rotation.
    serve(&lb, &at, Protocol::Udp, &[]).await;
    let everybody = Permission {
        protocol: Some(17),
        ports: None,
        icmp: None,
        peer: Peer::Cidr("127.0.0.0/8".to_owned()),
    };
    let open = SecurityGroup {
        id: OPEN.to_owned(),
        vpc: "vpc-1".to_owned(),
        ingress: vec![everybody],
        egress: vec![],
    };
    lb.put(vec![Resource::SecurityGroup(open)]).await;
    let mut seen = BTreeSet::new();
    for _ in 0..40 {
        let client = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        client.connect(lb.address()).await.unwrap();
        let first = said(&client, "1").await;
        let again = said(&client, "2").await;
        assert_eq!(first[..1], again[..1], "one flow, one target");
        seen.insert(first[..1].to_owned());
    }
    assert_eq!(seen.len(), 2);
    let row = row(&lb);
    assert!(
        row.new_connections >= 40 && row.processed_bytes >= 240,
        "{row:?}"
    );
    let [tcp, tls, udp] = row.flows;
    assert_eq!((tcp.new, tls.new, udp.new), (0, 0, row.new_connections));
    assert_eq!(udp.bytes, row.processed_bytes);
}

#[tokio::test]
async fn flows_outlive_the_address_that_they_came_to_but_not_their_listener() {
    let lb = Running::start();
    serve_tcp(&lb, &[echo("a").await], &[]).await;
    let mut stays = begin(&lb).await.0;
    lb.addresses.send_replace(listening_at(&[1, 2]));
    let lost = lb.address_at(2);
    let mut flow = until("the new address", async || {
        TcpStream::connect(lost).await.ok()
    })
    .await;
    within(flow.read_exact(&mut [0; 1])).await.unwrap();
    lb.addresses.send_replace(listening_at(&[1]));
    until("its end", async || TcpStream::connect(lost).await.err()).await;
    // Each worker looks ten times a second for flows that are to end.
    for _ in 0..10 {
        for flow in [&mut stays, &mut flow] {
            let mut byte = [0; 1];
            flow.write_all(b"x").await.unwrap();
            within(flow.read_exact(&mut byte)).await.unwrap();
            assert_eq!(byte, *b"x");
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    lb.delete(Kind::Listener, LISTENER).await;
    assert!(is_over(&mut flow).await && is_over(&mut stays).await);
}
