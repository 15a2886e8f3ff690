//! Network policies of nodes of Kubernetes: who reaches whom, from which packet on, and how fast that changes.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{Read, Write};
use std::net::{Ipv4Addr, SocketAddr, SocketAddrV4, TcpStream, UdpSocket};
use std::time::{Duration, Instant};

use wharf_planeproto::Resource;

use super::control::*;
use super::support::*;
use wharf_network::*;

const NODE: &str = "i-0000000000000000a";
const OTHER: &str = "i-0000000000000000b";
const SERVICE: Ipv4Addr = Ipv4Addr::new(10, 100, 0, 10);
const TCP: u8 = 6;
const UDP: u8 = 17;

/// A node, two pods of it, a task that belongs to nobody, and a pod of another node.
struct Place {
    network: Network,
    node: Attachment,
    pods: [Attachment; 2],
    task: Attachment,
    other: Attachment,
}

const POD: u8 = 5;
const SECOND: u8 = 6;
const TASK: u8 = 7;
const ELSEWHERE: u8 = 9;

async fn place(host: &Host) -> Place {
    let (network, _endpoints) = host.start("ab12").await;
    let node = network.attach(NODE, eni("vpc-a", 4)).await.unwrap();
    network.attach(OTHER, eni("vpc-a", 8)).await.unwrap();
    let pod = async |last: u8, node: &str| {
        let key = format!("pod-{last}");
        let made = network.attach_pod(&key, eni("vpc-a", last), None, node);
        made.await.unwrap()
    };
    let pods = [pod(POD, NODE).await, pod(SECOND, NODE).await];
    let other = pod(ELSEWHERE, OTHER).await;
    let task = network.attach("task-7", eni("vpc-a", TASK)).await.unwrap();
    say(&network, everybody()).await;
    Place {
        network,
        node,
        pods,
        task,
        other,
    }
}

fn everybody() -> Vec<Resource> {
    let mut said: Vec<Resource> = (4..10)
        .map(|last| Resource::Interface(interface("vpc-a", last, &["sg-all"])))
        .collect();
    said.push(group("sg-all", vec![all("@sg-all")]));
    said
}

fn permission(peer: PolicyPeer, traffic: PolicyTraffic) -> Permission {
    Permission { peer, traffic }
}

fn only(peer: PolicyPeer) -> Vec<Permission> {
    vec![permission(peer, PolicyTraffic::All)]
}

fn port(port: u16) -> PolicyTraffic {
    PolicyTraffic::Ports(TCP, port, port)
}

fn range(within: &str, except: &[&str]) -> PolicyPeer {
    PolicyPeer::Range {
        within: within.parse().unwrap(),
        except: except.iter().map(|it| it.parse().unwrap()).collect(),
    }
}

/// A pod that is isolated both ways, and what it may.
fn rules(last: u8, ingress: Vec<Permission>, egress: Vec<Permission>) -> PolicyRules {
    PolicyRules {
        policies: BTreeMap::from([
            (1, (PolicyWay::Ingress, ingress)),
            (2, (PolicyWay::Egress, egress)),
        ]),
        pods: BTreeMap::from([(eni_address(last), both())]),
        ..PolicyRules::default()
    }
}

fn both() -> Isolation {
    Isolation {
        ingress: Some(BTreeSet::from([1])),
        egress: Some(BTreeSet::from([2])),
    }
}

async fn hold(network: &Network, rules: PolicyRules) {
    let update = PoliciesUpdate::Snapshot(rules);
    network.policies(NODE, update).await.unwrap();
}

async fn change(network: &Network, changes: PolicyChanges) {
    let update = PoliciesUpdate::Changes(changes);
    network.policies(NODE, update).await.unwrap();
}

fn reaches(from: &Attachment, to: &Attachment, port: u16) -> bool {
    ask_from(Some(netns(from)), (address(to), port), REFUSED).is_ok()
}

#[test]
fn an_isolated_pod_is_reached_and_calls_only_as_its_policies_say() {
    on_a_host(|host| async move {
        let it = place(&host).await;
        let [one, two] = &it.pods;
        let _servers = [one, two, &it.task, &it.other]
            .map(|at| [8080, 8081].map(|port| Server::start(Some(netns(at)), port)));
        let callers = [two, &it.task, &it.other];
        let inwards = |port| callers.map(|from| reaches(from, one, port));
        let out = |port| callers.map(|to| reaches(one, to, port));
        hold(&it.network, PolicyRules::default()).await;
        assert_eq!((inwards(8080), out(8080)), ([true; 3], [true; 3]));

        hold(&it.network, rules(POD, vec![], vec![])).await;
        assert_eq!((inwards(8080), out(8080)), ([false; 3], [false; 3]));
        assert!(!pings(netns(two), address(one), REFUSED));
        assert!(reaches(one, one, 8080), "itself");
        assert!(reaches(&it.node, one, 8080), "its node");
        assert!(reaches(two, &it.task, 8080), "nobody else is held");

        // By selectors, ports and names of ports.
        let mut wanted = rules(
            POD,
            vec![permission(PolicyPeer::Peers(3), port(8080))],
            vec![permission(PolicyPeer::Anybody, PolicyTraffic::Listeners(4))],
        );
        let peers = [SECOND, ELSEWHERE].map(eni_address);
        wanted.peers.insert(3, peers.into());
        let named = [
            (eni_address(SECOND), TCP, 8081),
            (eni_address(TASK), TCP, 8080),
        ];
        wanted.listeners.insert(4, named.into());
        hold(&it.network, wanted).await;
        assert_eq!(inwards(8080), [true, false, true]);
        assert_eq!(inwards(8081), [false; 3]);
        assert_eq!(
            (out(8080), out(8081)),
            ([false, true, false], [true, false, false])
        );

        // Members come and go, one change at a time.
        let now = Some([TASK].map(eni_address).into());
        let changes = PolicyChanges {
            peers: BTreeMap::from([(3, now)]),
            listeners: BTreeMap::from([(4, Some([(eni_address(ELSEWHERE), TCP, 8080)].into()))]),
            ..PolicyChanges::default()
        };
        change(&it.network, changes).await;
        assert_eq!(
            (inwards(8080), out(8080)),
            ([false, true, false], [false, false, true])
        );

        // Blocks with exceptions, and all protocols.
        let block = range("172.31.16.0/20", &["172.31.20.7/32", "172.31.20.8/30"]);
        let changes = PolicyChanges {
            policies: BTreeMap::from([
                (1, Some((PolicyWay::Ingress, only(block.clone())))),
                (2, Some((PolicyWay::Egress, only(block)))),
            ]),
            peers: BTreeMap::from([(3, None)]),
            listeners: BTreeMap::from([(4, None)]),
            ..PolicyChanges::default()
        };
        change(&it.network, changes).await;
        assert_eq!(
            (inwards(8081), out(8080)),
            ([true, false, false], [true, false, false])
        );
        assert!(pings(netns(two), address(one), PATIENCE));

        // More of them than a rule of the kernel's holds, twice, and then fewer again.
        let apart: Vec<String> = (0..300)
            .map(|it| format!("192.0.2.{}/32", it % 256))
            .chain(["172.31.20.7/32".to_owned()])
            .collect();
        let apart: Vec<&str> = apart.iter().map(String::as_str).collect();
        let many = || range("172.31.16.0/20", &apart);
        let with = |ingress: Vec<Permission>| PolicyChanges {
            policies: BTreeMap::from([
                (1, Some((PolicyWay::Ingress, ingress))),
                (2, Some((PolicyWay::Egress, only(many())))),
            ]),
            ..PolicyChanges::default()
        };
        let twice = vec![
            permission(many(), port(8080)),
            permission(many(), port(8081)),
        ];
        for ingress in [twice.clone(), only(many()), twice] {
            change(&it.network, with(ingress)).await;
            assert_eq!(
                (inwards(8080), inwards(8081), out(8080)),
                (
                    [true, false, true],
                    [true, false, true],
                    [true, false, true]
                )
            );
        }
        // What one rule excepts another may allow.
        let task = range("172.31.20.7/32", &[]);
        let beside = vec![permission(many(), port(8080)), permission(task, port(8080))];
        change(&it.network, with(beside)).await;
        assert_eq!((inwards(8080), inwards(8081)), ([true; 3], [false; 3]));
        let mut changes = with(only(range("172.31.20.8/30", &[])));
        changes.policies.remove(&2);
        change(&it.network, changes).await;
        assert_eq!(
            (inwards(8080), out(8080)),
            ([false, false, true], [true, false, true])
        );
        let block = range("172.31.16.0/20", &["172.31.20.7/32", "172.31.20.8/30"]);
        let changes = PolicyChanges {
            policies: BTreeMap::from([(2, Some((PolicyWay::Egress, only(block))))]),
            ..PolicyChanges::default()
        };
        change(&it.network, changes).await;

        // One way alone, then none.
        let outwards = Isolation {
            ingress: None,
            ..both()
        };
        let pods = |isolation| PolicyChanges {
            pods: BTreeMap::from([(eni_address(POD), isolation)]),
            ..PolicyChanges::default()
        };
        change(&it.network, pods(Some(outwards))).await;
        assert_eq!(
            (inwards(8080), out(8080)),
            ([true; 3], [true, false, false])
        );
        change(&it.network, pods(None)).await;
        assert_eq!((inwards(8080), out(8080)), ([true; 3], [true; 3]));
    });
}

#[test]
fn answers_pass_and_what_lost_its_leave_ends() {
    on_a_host(|host| async move {
        let it = place(&host).await;
        let [one, two] = &it.pods;
        let _servers = [one, two].map(|at| Server::start(Some(netns(at)), 8080));
        // It may call, and may not be called: its answers come back all the same.
        hold(&it.network, rules(POD, vec![], only(PolicyPeer::Anybody))).await;
        assert!(reaches(one, two, 8080));
        assert!(!reaches(two, one, 8080));
        let answering = udp_server(netns(two), 9000);
        let to = (address(two), 9000);
        inside(netns(one), || ask_udp(to, PATIENCE)).unwrap();
        shout(Some(netns(one)), to, "");
        answering.join().unwrap();

        let mut stream = inside(netns(one), || {
            TcpStream::connect_timeout(&SocketAddr::from((address(two), 8080)), PATIENCE).unwrap()
        });
        hold(&it.network, rules(POD, vec![], vec![])).await;
        stream.set_read_timeout(Some(REFUSED)).unwrap();
        stream.write_all(b"?").unwrap();
        assert!(
            stream.read(&mut [0; 8]).is_err(),
            "cut with the next packet"
        );
        // What is allowed again goes on.
        hold(&it.network, rules(POD, vec![], only(PolicyPeer::Anybody))).await;
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        assert!(stream.read(&mut [0; 8]).unwrap() > 0);
    });
}

#[test]
fn a_service_is_judged_by_its_endpoints() {
    on_a_host(|host| async move {
        let it = place(&host).await;
        let [one, two] = &it.pods;
        let _servers = [one, two].map(|at| Server::start(Some(netns(at)), 8080));
        let front = FrontEnd {
            caller: Caller::Member,
            address: SERVICE,
            protocol: TCP,
            port: 80,
        };
        let lead = Lead::To {
            endpoints: vec![SocketAddrV4::new(address(one), 8080)],
            sticky: None,
            by_node: false,
        };
        let led = BTreeMap::from([(front, lead)]);
        let update = ServicesUpdate::Snapshot(led);
        it.network.services(NODE, update).await.unwrap();
        let calls = |from: &Attachment| ask_from(Some(netns(from)), (SERVICE, 80), REFUSED).is_ok();
        assert!(calls(two) && calls(one));

        hold(&it.network, rules(POD, vec![], vec![])).await;
        assert!(!calls(two));
        assert!(calls(one), "a pod reaches itself by its service");
        let own = only(range("172.31.20.6/32", &[]));
        hold(&it.network, rules(POD, own, vec![])).await;
        assert!(calls(two), "who calls is seen as itself");
        // The other end: a caller is judged by whom it reaches, at the port it reaches.
        let to = |cidr: &str, number| vec![permission(range(cidr, &[]), port(number))];
        for (allowed, passes) in [
            (to("10.100.0.0/16", 80), false),
            (to("172.31.20.5/32", 80), false),
            (to("172.31.20.5/32", 8080), true),
        ] {
            hold(&it.network, rules(SECOND, vec![], allowed.clone())).await;
            assert_eq!(calls(two), passes, "{allowed:?}");
        }
    });
}

#[test]
fn what_the_network_answers_itself_is_judged_too() {
    on_a_host(|host| async move {
        let it = place(&host).await;
        let [one, two] = &it.pods;
        let sockets = it.network.cluster_resolver("vpc-a").await.unwrap().unwrap();
        sockets.udp.set_nonblocking(false).unwrap();
        sockets.udp.set_read_timeout(Some(REFUSED)).unwrap();
        let heard = |from: &Attachment| {
            inside(netns(from), || {
                let client = UdpSocket::bind((Ipv4Addr::UNSPECIFIED, 0)).unwrap();
                client.send_to(b"?", (CLUSTER_RESOLVER, 53)).unwrap();
            });
            sockets.udp.recv_from(&mut [0; 8]).is_ok()
        };
        assert!(heard(one));
        hold(&it.network, rules(POD, only(PolicyPeer::Anybody), vec![])).await;
        assert!(!heard(one) && heard(two));
        let names = PolicyPeer::Range {
            within: Subnet::host(CLUSTER_RESOLVER),
            except: vec![],
        };
        let names = vec![permission(names, PolicyTraffic::Ports(UDP, 53, 53))];
        hold(&it.network, rules(POD, vec![], names)).await;
        assert!(heard(one));
    });
}

#[test]
fn policies_outlive_the_agent_and_hold_a_pod_that_is_wired_later() {
    on_a_host(|host| async move {
        let it = place(&host).await;
        let [one, two] = &it.pods;
        let _server = Server::start(Some(netns(one)), 8080);
        let mut closed = rules(POD, vec![], vec![]);
        closed.pods.insert(eni_address(11), both());
        hold(&it.network, closed).await;
        assert!(!reaches(two, one, 8080));
        it.network.close().await.unwrap();
        assert!(!reaches(two, one, 8080));
        let (network, _endpoints) = host.start("ab12").await;
        say(&network, everybody()).await;
        assert!(!reaches(two, one, 8080));
        let early = PoliciesUpdate::Changes(PolicyChanges::default());
        assert!(network.policies(NODE, early).await.is_err(), "to nothing");

        // Known before it is there; detached and wired again it stays closed.
        for _ in 0..2 {
            let late = network.attach_pod("pod-11", eni("vpc-a", 11), None, NODE);
            let late = late.await.unwrap();
            let own = Resource::Interface(interface("vpc-a", 11, &["sg-all"]));
            say(&network, [own].into_iter().chain(everybody())).await;
            let _server = Server::start(Some(netns(&late)), 8080);
            assert!(!reaches(two, &late, 8080));
            assert!(reaches(&it.node, &late, 8080));
            network.detach("pod-11").await.unwrap();
        }
        hold(&network, PolicyRules::default()).await;
        assert!(reaches(two, one, 8080));
        let scope = host.dir.path().join("network-ab12/netns/vpc.vpc-a");
        let tables = || inside(&scope, || run("nft", "list tables"));
        assert!(tables().contains(&format!("{NODE}_policies")));
        network.detach(NODE).await.unwrap();
        assert!(!tables().contains(NODE), "{}", tables());
    });
}

/// A change among a thousand policies with as many sets, each of a hundred addresses. What it takes is printed; the bound is ten times
/// as wide as wanted, for a machine that does other things at the same time and a build without optimisation.
#[test]
fn a_change_among_a_thousand_policies_is_small() {
    on_a_host(|host| async move {
        let it = place(&host).await;
        let member = |number: u64| Ipv4Addr::from(0x0a01_0000 + number as u32);
        let mut all = PolicyRules::default();
        for number in 0..1000 {
            let (set, policy) = (number * 2 + 1, number * 2 + 2);
            all.peers
                .insert(set, (0..100).map(|it| member(number + it)).collect());
            let allowed = vec![permission(PolicyPeer::Peers(set), port(80))];
            all.policies.insert(policy, (PolicyWay::Ingress, allowed));
            let held = Isolation {
                ingress: Some(BTreeSet::from([policy])),
                egress: None,
            };
            all.pods.insert(member(number), held);
        }
        let began = Instant::now();
        hold(&it.network, all.clone()).await;
        println!("a thousand policies at once: {:?}", began.elapsed());
        let mut took: Vec<Duration> = Vec::new();
        for number in 0..50 {
            let mut members = all.peers[&(number * 2 + 1)].clone();
            members.insert(member(60_000 + number));
            let changes = PolicyChanges {
                peers: BTreeMap::from([(number * 2 + 1, Some(members))]),
                ..PolicyChanges::default()
            };
            let began = Instant::now();
            change(&it.network, changes).await;
            took.push(began.elapsed());
        }
        took.sort();
        println!("one changes: median {:?}, worst {:?}", took[25], took[49]);
        assert!(took[25] < Duration::from_millis(100), "{:?}", took[25]);
    });
}
