//! Network load balancers that speak as their clients. Needs root.

use std::{
    net::{Ipv4Addr, SocketAddr, TcpListener as StdListener, UdpSocket as StdUdpSocket},
    process::Command,
};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpSocket, TcpStream, UdpSocket},
};
use wharf_lb::HostAddresses;
use wharf_planeproto::{
    Resource,
    balancer::{BalancerInterface, BalancerKind, Protocol},
    network::{Peer, Permission, SecurityGroup},
    report::TargetState,
};

use crate::{namespace::Namespace, setup::*};

const BALANCER_AT: Ipv4Addr = Ipv4Addr::new(10, 9, 0, 4);
const CLIENT: Ipv4Addr = Ipv4Addr::new(10, 9, 0, 5);
const TARGET: Ipv4Addr = Ipv4Addr::new(10, 9, 0, 6);
/// Where every address is at hand, who is bound to none speaks from the one that is called.
const ITSELF: Ipv4Addr = TARGET;
const OTHER: Ipv4Addr = Ipv4Addr::new(10, 9, 0, 7);

/// A VPC in which everybody is at hand.
struct Vpc {
    inside: Namespace,
    lb: Running,
}

impl Vpc {
    async fn new(unkept: &[&str]) -> Self {
        let inside = Namespace::new().await;
        inside
            .inside(|| {
                for address in [BALANCER_AT, CLIENT, TARGET, OTHER] {
                    let range = format!("{address}/32");
                    let added = Command::new("ip")
                        .args(["addr", "add", &range, "dev", "lo"])
                        .status();
                    assert!(added.unwrap().success());
                }
            })
            .await;
        let path = inside.path.clone();
        let unkept = unkept.iter().map(|it| it.parse().unwrap());
        let addresses = HostAddresses {
            unkept: unkept.collect(),
            ..listening_at(&[1])
        };
        let lb = Running::start_with(|config| {
            config.netns = std::sync::Arc::new(move |_| path.clone().into());
            config.addresses.send_replace(addresses);
        });
        Self { inside, lb }
    }

    async fn serve(&self, protocol: Protocol, targets: &[SocketAddr], keeps: &str) {
        let mut network = balancer();
        network.kind = BalancerKind::Network;
        network.interfaces = vec![BalancerInterface {
            id: "eni-1".to_owned(),
            ipv6: None,
            address: BALANCER_AT,
            zone: "us-east-1a".to_owned(),
            host: "i-1".to_owned(),
        }];
        let mut listener = listener(self.lb.port);
        listener.protocol = protocol;
        let mut group = group(GROUP);
        group.protocol = protocol;
        group.health_check.protocol = Protocol::Tcp;
        let keeps = ("preserve_client_ip.enabled".to_owned(), keeps.to_owned());
        group.attributes = [keeps].into();
        let everybody = Permission {
            protocol: None,
            ports: None,
            icmp: None,
            peer: Peer::Cidr("0.0.0.0/0".to_owned()),
        };
        let mut resources = vec![
            Resource::LoadBalancer(network),
            Resource::Listener(listener),
            Resource::TargetGroup(group),
            Resource::SecurityGroup(SecurityGroup {
                id: OPEN.to_owned(),
                vpc: "vpc-1".to_owned(),
                ingress: vec![everybody],
                egress: vec![],
            }),
        ];
        resources.extend(
            targets
                .iter()
                .map(|it| Resource::Target(target(GROUP, *it))),
        );
        self.lb.snapshot(resources).await;
        if protocol == Protocol::Tcp {
            for at in targets {
                self.lb.wait_for(*at, TargetState::Healthy).await;
            }
        }
    }

    /// A server that says who calls.
    async fn server(&self, at: Ipv4Addr) -> SocketAddr {
        let bind = move || StdListener::bind((at, 0)).unwrap();
        let listener = self.inside.inside(bind).await;
        let address = listener.local_addr().unwrap();
        listener.set_nonblocking(true).unwrap();
        let listener = TcpListener::from_std(listener).unwrap();
        tokio::spawn(async move {
            loop {
                let (mut stream, peer) = listener.accept().await.unwrap();
                let seen = peer.ip().to_string();
                let _ = stream.write_all(seen.as_bytes()).await;
            }
        });
        address
    }

    async fn connect(&self, from: Ipv4Addr, port: u16) -> std::io::Result<TcpStream> {
        let bound = move || {
            let socket = TcpSocket::new_v4().unwrap();
            socket.set_reuseaddr(true).unwrap();
            socket.bind((from, port).into()).unwrap();
            socket
        };
        let socket = self.inside.inside(bound).await;
        socket.connect((BALANCER_AT, self.lb.port).into()).await
    }

    /// Whom the target sees; nobody if the flow was reset.
    async fn seen(&self, from: Ipv4Addr) -> String {
        let mut stream = until("the endpoint inside", async || {
            self.connect(from, 0).await.ok()
        })
        .await;
        let mut text = String::new();
        let _ = within(stream.read_to_string(&mut text)).await;
        text
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn targets_see_who_calls() {
    let vpc = Vpc::new(&["10.9.0.7/32"]).await;
    let at = vpc.server(TARGET).await;
    vpc.serve(Protocol::Tcp, &[at], "false").await;
    assert_eq!(vpc.seen(CLIENT).await, ITSELF.to_string());
    vpc.serve(Protocol::Tcp, &[at], "true").await;
    assert_eq!(vpc.seen(CLIENT).await, CLIENT.to_string());
    let itself = ITSELF.to_string();
    assert_eq!(vpc.seen(OTHER).await, itself, "one of the host's own");
    assert_eq!(vpc.seen(TARGET).await, "", "who calls itself is reset");
    let other = vpc.server(OTHER).await;
    vpc.serve(Protocol::Tcp, &[at, other], "true").await;
    for _ in 0..20 {
        let seen = vpc.seen(TARGET).await;
        assert_eq!(seen, TARGET.to_string(), "by the other one");
    }
}

/// A client may use one port towards several listeners, and again.
#[tokio::test(flavor = "multi_thread")]
async fn a_port_of_a_client_that_is_taken_is_no_trouble() {
    let vpc = Vpc::new(&[]).await;
    let at = vpc.server(TARGET).await;
    vpc.serve(Protocol::Tcp, &[at], "true").await;
    assert_eq!(vpc.seen(CLIENT).await, CLIENT.to_string());
    let taken = vpc
        .inside
        .inside(move || StdListener::bind((CLIENT, 41_000)).unwrap())
        .await;
    drop(taken);
    for _ in 0..5 {
        let mut stream = until("the port", async || vpc.connect(CLIENT, 41_000).await.ok()).await;
        let mut text = String::new();
        within(stream.read_to_string(&mut text)).await.unwrap();
        assert_eq!(text, CLIENT.to_string());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn datagrams_come_from_who_sends() {
    let vpc = Vpc::new(&[]).await;
    let bind = |at: Ipv4Addr| move || StdUdpSocket::bind((at, 0)).unwrap();
    let server = vpc.inside.inside(bind(TARGET)).await;
    let at = server.local_addr().unwrap();
    server.set_nonblocking(true).unwrap();
    let server = UdpSocket::from_std(server).unwrap();
    tokio::spawn(async move {
        let mut buffer = [0; 64];
        while let Ok((_, peer)) = server.recv_from(&mut buffer).await {
            let seen = peer.ip().to_string();
            let _ = server.send_to(seen.as_bytes(), peer).await;
        }
    });
    for (keeps, expected) in [("false", ITSELF), ("true", CLIENT)] {
        vpc.serve(Protocol::Udp, &[at], keeps).await;
        let client = vpc.inside.inside(bind(CLIENT)).await;
        client.set_nonblocking(true).unwrap();
        client.connect((BALANCER_AT, vpc.lb.port)).unwrap();
        let client = UdpSocket::from_std(client).unwrap();
        let seen = until("an answer", async || {
            client.send(b"?").await.ok()?;
            let mut buffer = [0; 64];
            let patience = std::time::Duration::from_millis(200);
            let came = tokio::time::timeout(patience, client.recv(&mut buffer)).await;
            let count = came.ok()?.ok()?;
            Some(String::from_utf8_lossy(&buffer[..count]).into_owned())
        })
        .await;
        assert_eq!(seen, expected.to_string());
    }
}
