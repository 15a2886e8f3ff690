//! Services of nodes of Kubernetes: who is led where, and how fast that changes.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::{self, ErrorKind, Read, Write};
use std::net::{Ipv4Addr, SocketAddr, SocketAddrV4, TcpListener, TcpStream, UdpSocket};
use std::os::fd::AsRawFd;
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use nix::sys::socket::{Shutdown, shutdown};
use wharf_planeproto::Resource;

mod changes;
mod sources;

use super::control::*;
use super::support::*;
use wharf_network::*;

const NODE: &str = "i-0000000000000000a";
const OTHER: &str = "i-0000000000000000b";
const SERVICE: Ipv4Addr = Ipv4Addr::new(10, 100, 0, 10);

fn front(port: u16) -> FrontEnd {
    FrontEnd {
        caller: Caller::Member,
        address: SERVICE,
        protocol: 6,
        port,
    }
}

fn to(sticky: bool, all: &[(u8, u16)]) -> Lead {
    to_for(sticky.then_some(Duration::from_secs(10_800)), all)
}

fn to_for(sticky: Option<Duration>, all: &[(u8, u16)]) -> Lead {
    let endpoints = all
        .iter()
        .map(|(last, port)| SocketAddrV4::new(eni_address(*last), *port));
    Lead::To {
        endpoints: endpoints.collect(),
        sticky,
        by_node: false,
    }
}

/// Answers with a name.
struct Named {
    listener: TcpListener,
    thread: Option<JoinHandle<()>>,
}

impl Named {
    fn start(at: &Attachment, port: u16, name: &'static str) -> Self {
        let listen = || TcpListener::bind((Ipv4Addr::UNSPECIFIED, port)).unwrap();
        let listener = inside(netns(at), listen);
        let accepting = listener.try_clone().unwrap();
        let thread = thread::spawn(move || {
            while let Ok((mut stream, _)) = accepting.accept() {
                let _ = stream.write_all(name.as_bytes());
            }
        });
        Self {
            listener,
            thread: Some(thread),
        }
    }
}

impl Drop for Named {
    fn drop(&mut self) {
        let _ = shutdown(self.listener.as_raw_fd(), Shutdown::Both);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

const ROUTES_LOOPBACK: &str = "/proc/sys/net/ipv4/conf/all/route_localnet";

fn call(from: &Path, port: u16, patience: Duration) -> io::Result<String> {
    inside(from, || {
        let mut stream = TcpStream::connect_timeout(&SocketAddr::from((SERVICE, port)), patience)?;
        stream.set_read_timeout(Some(patience))?;
        let mut text = String::new();
        stream.read_to_string(&mut text)?;
        Ok(text)
    })
}

fn callers(from: &Attachment, port: u16) -> BTreeSet<String> {
    (0..40)
        .map(|_| call(netns(from), port, PATIENCE).unwrap())
        .collect()
}

/// A node, two pods of it, and a task that belongs to nobody.
struct Place {
    network: Network,
    node: Attachment,
    pods: [Attachment; 2],
    task: Attachment,
}

async fn place(host: &Host) -> Place {
    let (network, _endpoints) = host.start("ab12").await;
    let node = network.attach(NODE, eni("vpc-a", 4)).await.unwrap();
    let mut pods = Vec::new();
    for last in [5, 6] {
        let key = format!("pod-{last}");
        let pod = network
            .attach_pod(&key, eni("vpc-a", last), None, NODE)
            .await;
        pods.push(pod.unwrap());
    }
    let task = network.attach("task-7", eni("vpc-a", 7)).await.unwrap();
    let mut said: Vec<Resource> = (4..8)
        .map(|last| Resource::Interface(interface("vpc-a", last, &["sg-all"])))
        .collect();
    said.push(group("sg-all", vec![all("@sg-all")]));
    say(&network, said).await;
    Place {
        network,
        node,
        pods: pods.try_into().unwrap(),
        task,
    }
}

async fn lead(network: &Network, node: &str, all: &[(u16, Lead)]) {
    let all: BTreeMap<FrontEnd, Lead> = all
        .iter()
        .map(|(port, lead)| (front(*port), lead.clone()))
        .collect();
    let update = ServicesUpdate::Snapshot(all);
    network.services(node, update).await.unwrap();
}

async fn change(network: &Network, port: u16, lead: Option<Lead>) {
    let update = ServicesUpdate::Changes(BTreeMap::from([(front(port), lead)]));
    network.services(NODE, update).await.unwrap();
}

#[test]
fn members_of_a_node_are_led_to_endpoints_and_nobody_else_is() {
    on_a_host(|host| async move {
        let it = place(&host).await;
        let [one, two] = &it.pods;
        let _servers = [
            Named::start(one, 8080, "one"),
            Named::start(two, 8081, "two"),
        ];
        let spread = to(false, &[(5, 8080), (6, 8081)]);
        lead(
            &it.network,
            NODE,
            &[
                (80, spread),
                (81, Lead::Refused),
                (82, Lead::Dropped),
                (83, to(false, &[(5, 8080)])),
            ],
        )
        .await;
        let both = BTreeSet::from(["one".to_owned(), "two".to_owned()]);
        assert_eq!(callers(&it.node, 80), both, "programs of the node");
        assert_eq!(callers(one, 80), both, "a pod, itself among the endpoints");
        assert_eq!(call(netns(one), 83, PATIENCE).unwrap(), "one", "hairpin");
        let refused = call(netns(one), 81, PATIENCE).unwrap_err();
        assert_eq!(refused.kind(), ErrorKind::ConnectionRefused);
        let dropped = call(netns(one), 82, REFUSED).unwrap_err();
        assert_eq!(dropped.kind(), ErrorKind::TimedOut);
        assert!(call(netns(&it.task), 80, REFUSED).is_err());

        // Changes, one service at a time.
        change(&it.network, 80, Some(to(false, &[(6, 8081)]))).await;
        assert_eq!(callers(one, 80), BTreeSet::from(["two".to_owned()]));
        change(&it.network, 81, Some(to(false, &[(5, 8080)]))).await;
        assert_eq!(call(netns(two), 81, PATIENCE).unwrap(), "one");
        change(&it.network, 81, None).await;
        assert!(call(netns(two), 81, REFUSED).is_err());

        // A client stays where it is.
        change(&it.network, 80, Some(to(true, &[(5, 8080), (6, 8081)]))).await;
        assert_eq!(callers(&it.node, 80).len(), 1);

        // What leaves the node calls nothing any more.
        it.network
            .services(NODE, ServicesUpdate::Gone)
            .await
            .unwrap();
        assert!(call(netns(one), 80, REFUSED).is_err());
    });
}

#[test]
fn a_client_is_kept_while_it_comes_and_forgotten_after_its_time() {
    on_a_host(|host| async move {
        let it = place(&host).await;
        let [one, two] = &it.pods;
        let _servers = [
            Named::start(one, 8080, "one"),
            Named::start(two, 8081, "two"),
            Named::start(one, 8082, "three"),
        ];
        let time = Duration::from_secs(1);
        let all = [("one", (5, 8080)), ("two", (6, 8081)), ("three", (5, 8082))];
        let without = |gone: &str, time: Duration| {
            let left = all.iter().filter(|(name, _)| *name != gone);
            let left: Vec<(u8, u16)> = left.map(|(_, at)| *at).collect();
            to_for(Some(time), &left)
        };
        let long = time * 3600;
        let led = [(80, without("nobody", time)), (81, without("nobody", long))];
        lead(&it.network, NODE, &led).await;
        let asked = |port| call(netns(&it.node), port, PATIENCE).unwrap();
        // Longer than its time altogether. On a busy machine it may have come too late itself: then it begins again.
        let begun = Instant::now();
        let mut came = Instant::now();
        let mut first = asked(80);
        let mut since = came;
        while since.elapsed() < time * 2 {
            assert!(begun.elapsed() < PATIENCE * 10, "never in time");
            thread::sleep(time / 10);
            let comes = Instant::now();
            let now = asked(80);
            if came.elapsed() < time {
                assert_eq!(now, first);
            } else {
                (first, since) = (now, comes);
            }
            came = comes;
        }
        // What it was led to is gone: it has another, and is kept there.
        let first = asked(81);
        change(&it.network, 81, Some(without(&first, long))).await;
        let second = asked(81);
        assert_ne!(second, first);
        assert_eq!(callers(&it.node, 81), BTreeSet::from([second.clone()]));
        // Others coming move nobody.
        change(&it.network, 81, Some(without("nobody", long))).await;
        assert_eq!(callers(&it.node, 81), BTreeSet::from([second]));
        let begun = Instant::now();
        let first = asked(80);
        while asked(80) == first {
            assert!(begun.elapsed() < PATIENCE * 10, "kept for ever");
            thread::sleep(time + time / 5);
        }
    });
}

#[test]
fn clients_of_one_endpoint_stay_there_when_others_come() {
    on_a_host(|host| async move {
        let it = place(&host).await;
        let [one, two] = &it.pods;
        let _servers = [
            Named::start(one, 8080, "one"),
            Named::start(two, 8081, "two"),
        ];
        let (first, second) = ((5, 8080), (6, 8081));
        lead(&it.network, NODE, &[(80, to(true, &[first]))]).await;
        // From one to two, and from two to one and back: none of the clients moves.
        for (only, name) in [(first, "one"), (second, "two"), (first, "one")] {
            change(&it.network, 80, Some(to(true, &[only]))).await;
            for client in [&it.node, one, two] {
                assert_eq!(call(netns(client), 80, PATIENCE).unwrap(), name);
            }
            change(&it.network, 80, Some(to(true, &[first, second]))).await;
            for client in [&it.node, one, two] {
                assert_eq!(callers(client, 80), BTreeSet::from([name.to_owned()]));
            }
        }
    });
}

#[test]
fn names_are_asked_by_a_service_whatever_the_groups_say() {
    on_a_host(|host| async move {
        let it = place(&host).await;
        let scope = "vpc-a";
        let nowhere = it.network.cluster_resolver("vpc-z").await;
        assert!(matches!(nowhere, Err(NetworkError::NoSuchScope(_))));
        let sockets = it.network.cluster_resolver(scope).await.unwrap().unwrap();
        let again = it.network.cluster_resolver(scope).await.unwrap();
        assert!(again.is_none(), "handed out once");
        let closed = group_with("sg-closed", vec![], vec![]);
        let own = Resource::Interface(interface(scope, 5, &["sg-closed"]));
        say(&it.network, [closed, own]).await;
        let names = FrontEnd {
            protocol: 17,
            ..front(53)
        };
        let resolver = Lead::To {
            endpoints: vec![SocketAddrV4::new(CLUSTER_RESOLVER, 53)],
            sticky: None,
            by_node: false,
        };
        let led = BTreeMap::from([(names, resolver.clone()), (front(53), resolver)]);
        let update = ServicesUpdate::Snapshot(led);
        it.network.services(NODE, update).await.unwrap();

        sockets.udp.set_nonblocking(false).unwrap();
        sockets.udp.set_read_timeout(Some(PATIENCE)).unwrap();
        let send = |from: &Attachment| {
            inside(netns(from), || {
                let client = UdpSocket::bind((Ipv4Addr::UNSPECIFIED, 0)).unwrap();
                client.set_read_timeout(Some(PATIENCE)).unwrap();
                client.connect((SERVICE, 53)).unwrap();
                client.send(b"?").map(|_| client)
            })
        };
        let mut buffer = [0; 8];
        for (asker, last) in [(&it.pods[0], 5), (&it.pods[1], 6), (&it.node, 4)] {
            let client = send(asker).unwrap();
            let (_, peer) = sockets.udp.recv_from(&mut buffer).unwrap();
            assert_eq!(peer.ip(), eni_address(last), "who asks is seen");
            sockets.udp.send_to(b"!", peer).unwrap();
            assert_eq!(client.recv(&mut buffer).unwrap(), 1);
            let connected = inside(netns(asker), || {
                TcpStream::connect_timeout(&SocketAddr::from((SERVICE, 53)), PATIENCE).is_ok()
            });
            assert!(connected, "{last}");
        }
        let _client = send(&it.task);
        sockets.udp.set_read_timeout(Some(REFUSED)).unwrap();
        assert!(sockets.udp.recv_from(&mut buffer).is_err(), "no member");
    });
}

#[test]
fn two_nodes_in_a_vpc_may_use_the_same_addresses() {
    on_a_host(|host| async move {
        let it = place(&host).await;
        let other = it.network.attach(OTHER, eni("vpc-a", 8)).await.unwrap();
        say(
            &it.network,
            [Resource::Interface(interface("vpc-a", 8, &["sg-all"]))],
        )
        .await;
        let [one, two] = &it.pods;
        let _servers = [
            Named::start(one, 8080, "one"),
            Named::start(two, 8080, "two"),
        ];
        lead(&it.network, NODE, &[(80, to(false, &[(5, 8080)]))]).await;
        lead(&it.network, OTHER, &[(80, to(false, &[(6, 8080)]))]).await;
        assert_eq!(call(netns(&it.node), 80, PATIENCE).unwrap(), "one");
        assert_eq!(call(netns(&other), 80, PATIENCE).unwrap(), "two");
    });
}

#[test]
fn groups_judge_who_is_reached_and_not_the_service() {
    on_a_host(|host| async move {
        let it = place(&host).await;
        let [one, two] = &it.pods;
        let _server = Named::start(one, 8080, "one");
        lead(&it.network, NODE, &[(80, to(false, &[(5, 8080)]))]).await;
        assert_eq!(call(netns(two), 80, PATIENCE).unwrap(), "one");
        let only = |port| {
            vec![
                Resource::Interface(interface("vpc-a", 5, &["sg-web"])),
                group("sg-web", vec![tcp(port, "@sg-all")]),
            ]
        };
        say(&it.network, only(80)).await;
        assert!(
            call(netns(two), 80, REFUSED).is_err(),
            "not the port that was called"
        );
        say(&it.network, only(8080)).await;
        assert_eq!(call(netns(two), 80, PATIENCE).unwrap(), "one");
        let shy = group_with("sg-all", vec![all("@sg-all")], vec![tcp(80, ANYBODY)]);
        say(&it.network, [shy]).await;
        assert!(
            call(netns(two), 80, REFUSED).is_err(),
            "the sender is asked as well"
        );
    });
}

/// A port of the node for whoever is no member of it.
async fn open_port(network: &Network, protocol: u8, all: &[(u8, u16)], by_node: bool) {
    let at = FrontEnd {
        caller: Caller::Other,
        address: eni_address(4),
        protocol,
        port: 30080,
    };
    let endpoints = all
        .iter()
        .map(|(last, port)| SocketAddrV4::new(eni_address(*last), *port));
    let lead = Lead::To {
        endpoints: endpoints.collect(),
        sticky: None,
        by_node,
    };
    let update = ServicesUpdate::Snapshot(BTreeMap::from([(at, lead)]));
    network.services(NODE, update).await.unwrap();
}

/// Who called, as the callee sees it.
fn seen_by(callee: &Attachment, from: &Attachment, patience: Duration) -> io::Result<Ipv4Addr> {
    let listener = inside(netns(callee), || {
        TcpListener::bind((Ipv4Addr::UNSPECIFIED, 8080)).unwrap()
    });
    let client = inside(netns(from), || {
        TcpStream::connect_timeout(&SocketAddr::from((eni_address(4), 30080)), patience)
    })?;
    let (_stream, peer) = listener.accept()?;
    drop(client);
    match peer {
        SocketAddr::V4(it) => Ok(*it.ip()),
        SocketAddr::V6(_) => Err(ErrorKind::InvalidData.into()),
    }
}

#[test]
fn ports_of_a_node_are_reached_from_elsewhere() {
    on_a_host(|host| async move {
        let it = place(&host).await;
        let [one, _] = &it.pods;
        open_port(&it.network, 6, &[(5, 8080)], true).await;
        let seen = seen_by(one, &it.task, PATIENCE).unwrap();
        assert_eq!(seen, eni_address(4), "by way of the node");
        open_port(&it.network, 6, &[(5, 8080)], false).await;
        let seen = seen_by(one, &it.task, PATIENCE).unwrap();
        assert_eq!(seen, eni_address(7), "as who calls");
        // Programs of the node itself, in its own network, see who calls.
        open_port(&it.network, 6, &[(4, 8080)], true).await;
        assert_eq!(
            seen_by(&it.node, &it.task, PATIENCE).unwrap(),
            eni_address(7)
        );

        open_port(&it.network, 17, &[(5, 8080)], true).await;
        let server = inside(netns(one), || {
            UdpSocket::bind((Ipv4Addr::UNSPECIFIED, 8080)).unwrap()
        });
        let client = inside(netns(&it.task), || {
            UdpSocket::bind((Ipv4Addr::UNSPECIFIED, 0)).unwrap()
        });
        for socket in [&server, &client] {
            socket.set_read_timeout(Some(PATIENCE)).unwrap();
        }
        client.connect((eni_address(4), 30080)).unwrap();
        let mut buffer = [0; 8];
        let mut peer = None;
        // Further ones before an answer are judged as the first.
        for _ in 0..2 {
            client.send(b"?").unwrap();
            let (_, from) = server.recv_from(&mut buffer).unwrap();
            assert_eq!(from.ip(), eni_address(4));
            peer = Some(from);
        }
        server.send_to(b"!", peer.unwrap()).unwrap();
        assert_eq!(client.recv(&mut buffer).unwrap(), 1);
    });
}

#[test]
fn groups_judge_a_port_of_a_node_and_then_the_way_from_there() {
    on_a_host(|host| async move {
        let it = place(&host).await;
        let [one, _] = &it.pods;
        let of = |last, group: &str| Resource::Interface(interface("vpc-a", last, &[group]));
        // The caller is in no group that the pod lets in.
        say(&it.network, [of(7, "sg-out"), group("sg-out", vec![])]).await;
        open_port(&it.network, 6, &[(5, 8080)], true).await;
        assert!(seen_by(one, &it.task, REFUSED).is_err(), "not let in");
        let own = |port| group("sg-node", vec![tcp(port, "@sg-out")]);
        say(&it.network, [of(4, "sg-node"), own(8080)]).await;
        assert!(
            seen_by(one, &it.task, REFUSED).is_err(),
            "the node is called at another port"
        );
        say(&it.network, [own(30080)]).await;
        assert!(
            seen_by(one, &it.task, REFUSED).is_err(),
            "the pod does not take it from the node"
        );
        let pods = |port| group("sg-all", vec![tcp(port, "@sg-node")]);
        say(&it.network, [pods(8080)]).await;
        for by_node in [true, false] {
            open_port(&it.network, 6, &[(5, 8080)], by_node).await;
            assert!(seen_by(one, &it.task, PATIENCE).is_ok());
        }
        let direct = inside(netns(one), || {
            TcpListener::bind((Ipv4Addr::UNSPECIFIED, 8080)).unwrap()
        });
        let called = inside(netns(&it.task), || {
            TcpStream::connect_timeout(&SocketAddr::from((eni_address(5), 8080)), REFUSED)
        });
        assert!(called.is_err(), "a port of the node opens nothing else");
        drop(direct);
        let shy = group_with("sg-node", vec![tcp(30080, "@sg-out")], vec![]);
        say(&it.network, [shy]).await;
        assert!(
            seen_by(one, &it.task, REFUSED).is_err(),
            "the node is not let out"
        );
        let shy = group_with("sg-out", vec![], vec![tcp(8080, ANYBODY)]);
        say(&it.network, [own(30080), shy]).await;
        assert!(
            seen_by(one, &it.task, REFUSED).is_err(),
            "the caller is not let out to the port"
        );
    });
}

/// A connection through a port of a node that was answered once, with what both ends say to it later.
struct Held {
    client: TcpStream,
    server: TcpStream,
}

impl Held {
    fn through(port: SocketAddrV4, callee: &Attachment, from: &Attachment) -> Self {
        let listener = inside(netns(callee), || {
            TcpListener::bind((Ipv4Addr::UNSPECIFIED, 8080)).unwrap()
        });
        let client = inside(netns(from), || {
            TcpStream::connect_timeout(&SocketAddr::V4(port), PATIENCE).unwrap()
        });
        let server = listener.accept().unwrap().0;
        Self { client, server }
    }

    fn lives(&mut self, patience: Duration) -> bool {
        self.server.set_read_timeout(Some(patience)).unwrap();
        self.client.write_all(b"?").unwrap();
        self.server.read_exact(&mut [0]).is_ok()
    }
}

#[test]
fn a_connection_through_a_port_of_a_node_ends_with_the_rule_that_let_it_in() {
    on_a_host(|host| async move {
        let it = place(&host).await;
        let [one, _] = &it.pods;
        let of = |last, group: &str| Resource::Interface(interface("vpc-a", last, &[group]));
        let own = |port| group("sg-node", vec![tcp(port, "@sg-out")]);
        let pods = group("sg-all", vec![tcp(8080, "@sg-node")]);
        let calls = |port| group_with("sg-out", vec![], vec![tcp(port, ANYBODY)]);
        let port = SocketAddrV4::new(eni_address(4), 30080);
        say(&it.network, [of(7, "sg-out"), of(4, "sg-node"), pods]).await;
        for by_node in [true, false] {
            open_port(&it.network, 6, &[(5, 8080)], by_node).await;
            say(&it.network, [own(30080), calls(30080)]).await;
            let mut held = Held::through(port, one, &it.task);
            assert!(held.lives(PATIENCE));
            // What has nothing to do with it cuts nothing.
            say(&it.network, [group("sg-z", vec![]), calls(30080)]).await;
            let wide = group("sg-node", vec![tcp(30080, "@sg-out"), tcp(22, ANYBODY)]);
            say(&it.network, [wide]).await;
            assert!(held.lives(PATIENCE));
            say(&it.network, [own(8080)]).await;
            assert!(!held.lives(REFUSED), "the node lets nobody in any more");

            say(&it.network, [own(30080)]).await;
            let mut held = Held::through(port, one, &it.task);
            assert!(held.lives(PATIENCE));
            say(&it.network, [calls(8080)]).await;
            assert!(!held.lives(REFUSED), "the caller is not let out any more");
        }
    });
}

#[test]
fn services_outlive_the_agent_and_are_replaced_when_it_is_back() {
    on_a_host(|host| async move {
        let it = place(&host).await;
        let [one, two] = &it.pods;
        let _servers = [
            Named::start(one, 8080, "one"),
            Named::start(two, 8080, "two"),
        ];
        lead(&it.network, NODE, &[(80, to(false, &[(5, 8080)]))]).await;
        it.network.close().await.unwrap();
        assert_eq!(call(netns(two), 80, PATIENCE).unwrap(), "one");
        let (network, _endpoints) = host.start("ab12").await;
        assert_eq!(call(netns(two), 80, PATIENCE).unwrap(), "one");
        let late = network
            .attach_pod("pod-9", eni("vpc-a", 9), None, NODE)
            .await;
        let late = late.unwrap();
        let changes = ServicesUpdate::Changes(BTreeMap::new());
        let early = network.services(NODE, changes).await;
        assert!(early.is_err(), "changes to nothing");
        let mut said: Vec<Resource> = [4, 5, 6, 7, 9]
            .map(|last| Resource::Interface(interface("vpc-a", last, &["sg-all"])))
            .into();
        said.push(group("sg-all", vec![all("@sg-all")]));
        say(&network, said).await;
        assert_eq!(call(netns(&late), 80, PATIENCE).unwrap(), "one");
        lead(&network, NODE, &[(80, to(false, &[(6, 8080)]))]).await;
        for from in [one, two, &late] {
            assert_eq!(call(netns(from), 80, PATIENCE).unwrap(), "two");
        }
        // Nothing is left of a node that goes.
        network.detach(NODE).await.unwrap();
        let scope = host.dir.path().join("network-ab12/netns/vpc.vpc-a");
        let tables = inside(&scope, || run("nft", "list tables"));
        assert!(!tables.contains(NODE), "{tables}");
    });
}

#[test]
fn members_of_a_node_are_known_as_soon_as_the_agent_is_back() {
    on_a_host(|host| async move {
        let it = place(&host).await;
        let scope = Scope::Vpc("vpc-a".into());
        let check = |network: &Network| {
            for (last, expected) in [
                (4, Some(NODE)),
                (5, Some("pod-5")),
                (6, Some("pod-6")),
                (7, None),
                (8, None),
            ] {
                let of = |node| network.member_at(&scope, eni_address(last), node);
                assert_eq!(of(NODE).as_deref(), expected, "{last}");
                assert_eq!(of("i-0fffffffffffffff0"), None, "{last}");
            }
        };
        check(&it.network);
        it.network.close().await.unwrap();
        let (network, _endpoints) = host.start("ab12").await;
        check(&network);
        network.detach("pod-5").await.unwrap();
        let gone = network.member_at(&scope, eni_address(5), NODE);
        assert_eq!(gone, None);
    });
}

/// Calls an address of the node from within it. What comes to the pod is told with it: who calls there.
fn call_own(from: &Path, at: (Ipv4Addr, u16), source: Option<Ipv4Addr>) -> io::Result<String> {
    inside(from, || {
        let socket = nix::sys::socket::socket(
            nix::sys::socket::AddressFamily::Inet,
            nix::sys::socket::SockType::Stream,
            nix::sys::socket::SockFlag::SOCK_CLOEXEC,
            None,
        )?;
        if let Some(source) = source {
            let at = nix::sys::socket::SockaddrIn::from(SocketAddrV4::new(source, 0));
            nix::sys::socket::bind(socket.as_raw_fd(), &at)?;
        }
        let to = nix::sys::socket::SockaddrIn::from(SocketAddrV4::new(at.0, at.1));
        nix::sys::socket::connect(socket.as_raw_fd(), &to)?;
        let mut stream = TcpStream::from(socket);
        stream.set_read_timeout(Some(PATIENCE))?;
        let mut text = String::new();
        stream.read_to_string(&mut text)?;
        Ok(text)
    })
}

#[test]
fn programs_of_a_node_are_led_at_its_own_addresses() {
    on_a_host(|host| async move {
        let it = place(&host).await;
        let [one, two] = &it.pods;
        let _servers = [
            Named::start(one, 8080, "one"),
            Named::start(two, 8080, "two"),
        ];
        let (own, loopback) = (eni_address(4), Ipv4Addr::LOCALHOST);
        let front = |address, port| FrontEnd {
            caller: Caller::Own,
            address,
            protocol: 6,
            port,
        };
        let node = netns(&it.node);
        assert!(call_own(node, (loopback, 9000), None).is_err());
        // As changes, where nothing was led yet.
        let update = ServicesUpdate::Snapshot(BTreeMap::new());
        it.network.services(NODE, update).await.unwrap();
        let led = BTreeMap::from([
            (front(loopback, 9000), Some(to(false, &[(5, 8080)]))),
            (front(own, 9000), Some(to(false, &[(6, 8080)]))),
            (front(own, 9001), Some(Lead::Refused)),
        ]);
        let update = ServicesUpdate::Changes(led);
        it.network.services(NODE, update).await.unwrap();
        for (at, source, expected) in [
            (loopback, None, "one"),
            (loopback, Some(own), "one"),
            (own, None, "two"),
            (own, Some(loopback), "two"),
        ] {
            let said = call_own(node, (at, 9000), source).unwrap();
            assert_eq!(said, expected, "{at} from {source:?}");
        }
        let refused = call_own(node, (own, 9001), None).unwrap_err();
        assert_eq!(refused.kind(), ErrorKind::ConnectionRefused);

        // Nobody else comes in by a loopback address that the kernel routes now, from the next link either.
        let secret = Named::start(&it.node, 7000, "secret");
        assert_eq!(call_own(node, (loopback, 7000), None).unwrap(), "secret");
        let other = format!(
            "link add side type veth peer name side netns {}",
            netns(one).display()
        );
        inside(node, || {
            run("ip", &other);
            run("ip", "address add 192.0.2.1/30 dev side");
            run("ip", "link set side up");
        });
        inside(netns(one), || {
            run("ip", "address add 192.0.2.2/30 dev side");
            run("ip", "link set side up");
            run("ip", "address flush dev lo");
            run("ip", "route add 127.0.0.0/8 via 192.0.2.1 dev side");
            fs::write(ROUTES_LOOPBACK, "1").unwrap();
        });
        let reached = || {
            inside(netns(one), || {
                let at = SocketAddr::from((loopback, 7000));
                TcpStream::connect_timeout(&at, REFUSED).is_ok()
            })
        };
        assert!(!reached());
        // What goes is led no more, and an agent that is back begins anew.
        let change = ServicesUpdate::Changes(BTreeMap::from([(front(loopback, 9000), None)]));
        it.network.services(NODE, change).await.unwrap();
        assert!(call_own(node, (loopback, 9000), None).is_err());
        it.network.close().await.unwrap();
        assert_eq!(call_own(node, (own, 9000), None).unwrap(), "two");
        let (network, _endpoints) = host.start("ab12").await;
        let led = BTreeMap::from([(front(own, 9000), to(false, &[(5, 8080)]))]);
        network
            .services(NODE, ServicesUpdate::Snapshot(led))
            .await
            .unwrap();
        assert_eq!(call_own(node, (own, 9000), None).unwrap(), "one");
        assert_eq!(
            inside(node, || run("nft", "list tables"))
                .matches(NODE)
                .count(),
            1
        );
        network.services(NODE, ServicesUpdate::Gone).await.unwrap();
        assert!(call_own(node, (own, 9000), None).is_err());
        let tables = inside(node, || run("nft", "list tables"));
        assert!(!tables.contains(NODE), "{tables}");
        // Routed by nobody; and what kept others out was the table.
        let routed = inside(node, || fs::read_to_string(ROUTES_LOOPBACK).unwrap());
        assert_eq!(routed.trim(), "0");
        assert!(!reached());
        inside(node, || fs::write(ROUTES_LOOPBACK, "1").unwrap());
        assert!(reached());
        drop(secret);
    });
}

/// Who is root in a node can hold a table of that name there, so that nobody else writes to it.
#[test]
fn users_of_a_node_are_in_the_way_of_nothing_outside() {
    on_a_host(|host| async move {
        let it = place(&host).await;
        let one = &it.pods[0];
        let _server = Named::start(one, 8080, "one");
        let node = netns(&it.node);
        let own = FrontEnd {
            caller: Caller::Own,
            address: eni_address(4),
            protocol: 6,
            port: 9000,
        };
        let led = || {
            let of_vpc = (front(80), to(false, &[(5, 8080)]));
            ServicesUpdate::Snapshot([of_vpc, (own, to(false, &[(5, 8080)]))].into())
        };
        it.network.services(NODE, led()).await.unwrap();
        let tables = inside(node, || run("nft", "list tables"));
        let table = tables.lines().find(|line| line.contains(NODE)).unwrap();
        it.network
            .services(NODE, ServicesUpdate::Gone)
            .await
            .unwrap();
        // It is held as long as this runs.
        let mut holder = inside(node, || {
            let mut nft = Command::new("nft");
            nft.arg("-i").stdin(Stdio::piped()).stdout(Stdio::null());
            nft.spawn().unwrap()
        });
        let mut told = holder.stdin.take().unwrap();
        writeln!(told, "add {table} {{ flags owner; }}").unwrap();
        let begun = Instant::now();
        while !inside(node, || run("nft", "list tables")).contains(NODE) {
            assert!(begun.elapsed() < PATIENCE, "nobody holds it");
            thread::yield_now();
        }
        let refused = it.network.services(NODE, led()).await;
        assert!(refused.is_err(), "it is told again");
        assert_eq!(call(netns(one), 80, PATIENCE).unwrap(), "one");
        it.network
            .services(NODE, ServicesUpdate::Gone)
            .await
            .unwrap();
        assert!(call(netns(one), 80, REFUSED).is_err());
        drop(told);
        holder.wait().unwrap();
    });
}

#[test]
fn what_a_boot_took_away_is_gone_for_a_node_too() {
    on_a_host(|host| async move {
        let it = place(&host).await;
        lead(&it.network, NODE, &[(80, to(false, &[(5, 8080)]))]).await;
        it.network.close().await.unwrap();
        let namespaces = host.dir.path().join("network-ab12/netns");
        for one in fs::read_dir(namespaces).unwrap() {
            // Not each is a mount: of some, the file alone is left.
            let _ = nix::mount::umount2(&one.unwrap().path(), nix::mount::MntFlags::MNT_DETACH);
        }
        run("nft", "flush ruleset");
        let (network, _endpoints) = host.start("ab12").await;
        assert!(
            network
                .services(NODE, ServicesUpdate::Snapshot(BTreeMap::new()))
                .await
                .is_err()
        );
        network.services(NODE, ServicesUpdate::Gone).await.unwrap();
        network.policies(NODE, PoliciesUpdate::Gone).await.unwrap();
    });
}
