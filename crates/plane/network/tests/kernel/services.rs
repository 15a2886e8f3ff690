//! Services of nodes of Kubernetes: who is led where, and how fast that changes.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, ErrorKind, Read, Write};
use std::net::{Ipv4Addr, SocketAddr, SocketAddrV4, TcpListener, TcpStream, UdpSocket};
use std::os::fd::AsRawFd;
use std::path::Path;
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use nix::sys::socket::{Shutdown, shutdown};
use wharf_planeproto::Resource;

mod changes;
mod own;
mod ports;
mod restarts;
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

impl Place {
    /// Its pods answer with their names at these ports.
    fn answers(&self, ports: [u16; 2]) -> [Named; 2] {
        let [one, two] = &self.pods;
        [
            Named::start(one, ports[0], "one"),
            Named::start(two, ports[1], "two"),
        ]
    }
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
        let _servers = it.answers([8080, 8081]);
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
        let _servers = it.answers([8080, 8081]);
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
        let _servers = it.answers([8080, 8080]);
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
