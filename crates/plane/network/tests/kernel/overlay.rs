//! Two hosts: the test's own and its neighbour, each with a network of its own.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream, UdpSocket};
use std::path::Path;
use std::thread;
use std::time::Instant;

use super::control::*;
use super::support::*;
use tokio::sync::mpsc::Receiver;
use wharf_network::*;
use wharf_planeproto::network::Interface;
use wharf_planeproto::{Kind, Resource};

const PORT: u16 = 14789;
pub const HERE: &str = "i-here";
pub const THERE: &str = "i-there";

pub struct Two {
    pub here: Network,
    pub there: Network,
    endpoints: [Option<Receiver<EndpointListener>>; 2],
}

impl Two {
    pub async fn start(host: &Host) -> Self {
        let mut two = Self::strangers(host).await;
        two.introduce().await;
        two
    }

    /// Not yet told who they are.
    async fn strangers(host: &Host) -> Self {
        let (here, mine) = host.start("aaaa").await;
        let (there, theirs) = start_there(host);
        Self {
            here,
            there,
            endpoints: [Some(mine), Some(theirs)],
        }
    }

    async fn introduce(&mut self) {
        for (network, id, underlay) in [
            (&self.here, HERE, EXTERNAL),
            (&self.there, THERE, NEIGHBOUR),
        ] {
            let own = HostIdentity {
                instance_id: id.to_owned(),
                underlay: Some(underlay.into()),
            };
            network.set_host(own).await.unwrap();
        }
        let hosts = [
            host(HERE, Some(EXTERNAL.into())),
            host(THERE, Some(NEIGHBOUR.into())),
        ];
        let vpcs = [vpc("vpc-a", 0x00a1_b2c3), vpc("vpc-b", 200)];
        self.say(hosts.into_iter().chain(vpcs)).await;
    }

    pub async fn say(&self, resources: impl IntoIterator<Item = Resource>) {
        let resources: Vec<Resource> = resources.into_iter().collect();
        say(&self.here, resources.clone()).await;
        say(&self.there, resources).await;
    }
}

fn start_there(host: &Host) -> (Network, Receiver<EndpointListener>) {
    let config = config(host.dir.path(), "bbbb");
    inside(&host.neighbour, || {
        runtime().block_on(Network::start(config)).unwrap()
    })
}

fn open(vpc: &str, last: u8, host: &str) -> Resource {
    on_host(host, interface(vpc, last, &["sg-open"]))
}

/// 5 here and 6 there, both open, in each of the VPCs.
async fn wire(two: &Two, vpcs: &[&str]) -> Vec<[Attachment; 2]> {
    let mut wired = Vec::new();
    let mut said = vec![group("sg-open", vec![all("@sg-open")])];
    for vpc in vpcs {
        let keys = [5, 6].map(|last| format!("{vpc}-{last}"));
        let one = two.here.attach(&keys[0], eni(vpc, 5)).await;
        let other = two.there.attach(&keys[1], eni(vpc, 6)).await;
        wired.push([one.unwrap(), other.unwrap()]);
        said.extend([open(vpc, 5, HERE), open(vpc, 6, THERE)]);
    }
    two.say(said).await;
    wired
}

#[test]
fn tasks_of_two_hosts_reach_each_other() {
    on_a_host(|host| async move {
        let two = Two::start(&host).await;
        let [[five, six]] = wire(&two, &["vpc-a"]).await.try_into().unwrap();
        let _servers = [&five, &six].map(|task| Server::start(task.netns.as_deref(), 80));
        let seen = ask_from(five.netns.as_deref(), (eni_address(6), 80), PATIENCE);
        assert_eq!(seen.unwrap(), eni_address(5), "from here to there");
        let seen = ask_from(six.netns.as_deref(), (eni_address(5), 80), PATIENCE);
        assert_eq!(seen.unwrap(), eni_address(6), "and back");
        assert!(pings(netns(&five), eni_address(6), PATIENCE));

        // Groups are looked at on both sides.
        let mut client = inside(netns(&five), || {
            let _ = ask((eni_address(6), 80), PATIENCE);
            let listener = inside(netns(&six), || TcpListener::bind("0.0.0.0:81").unwrap());
            let stream = TcpStream::connect((eni_address(6), 81)).unwrap();
            (stream, listener.accept().unwrap().0)
        });
        client.1.set_read_timeout(Some(REFUSED)).unwrap();
        let mut carries = || {
            client.0.write_all(b"x").unwrap();
            client.1.read_exact(&mut [0; 1]).is_ok()
        };
        assert!(carries());
        let closed = on_host(HERE, interface("vpc-a", 5, &["sg-none"]));
        say(&two.there, [closed.clone()]).await;
        assert!(
            !carries(),
            "the receiver's host knows that it left the group"
        );
        let to = (eni_address(6), 80);
        assert!(ask_from(five.netns.as_deref(), to, REFUSED).is_err());
        two.say([open("vpc-a", 5, HERE)]).await;
        assert!(ask_from(five.netns.as_deref(), to, PATIENCE).is_ok());
        let mute = group_with("sg-open", vec![all(ANYBODY)], vec![]);
        say(&two.here, [mute]).await;
        assert!(
            ask_from(five.netns.as_deref(), to, REFUSED).is_err(),
            "the sender's"
        );
        assert!(ask_from(six.netns.as_deref(), (eni_address(5), 80), PATIENCE).is_ok());
    });
}

#[test]
fn a_newcomer_is_reached_at_once() {
    on_a_host(|host| async move {
        let two = Two::start(&host).await;
        let [[five, _six]] = wire(&two, &["vpc-a"]).await.try_into().unwrap();
        // The record comes before the task or after it.
        two.say([open("vpc-a", 7, THERE)]).await;
        let seven = two.there.attach("7", eni("vpc-a", 7)).await.unwrap();
        let eight = two.there.attach("8", eni("vpc-a", 8)).await.unwrap();
        let _servers = [&seven, &eight].map(|task| Server::start(task.netns.as_deref(), 80));
        let begin = Instant::now();
        two.say([open("vpc-a", 8, THERE)]).await;
        for last in [8, 7] {
            let seen = ask_from(five.netns.as_deref(), (eni_address(last), 80), PATIENCE);
            assert_eq!(seen.unwrap(), eni_address(5));
        }
        assert!(begin.elapsed().as_millis() < 250, "{:?}", begin.elapsed());
        // A host that had nothing in the VPC so far knows all of it with its first interface.
        two.say([open("vpc-b", 5, HERE), open("vpc-b", 6, THERE)])
            .await;
        let five = two.here.attach("vpc-b-5", eni("vpc-b", 5)).await.unwrap();
        let six = two.there.attach("vpc-b-6", eni("vpc-b", 6)).await.unwrap();
        let _server = Server::start(six.netns.as_deref(), 80);
        assert!(ask_from(five.netns.as_deref(), (eni_address(6), 80), PATIENCE).is_ok());
        let netns = host.dir.path().join("network-bbbb/netns");
        assert!(netns.join("vpc.vpc-b").exists());
        two.there.detach("vpc-b-6").await.unwrap();
        two.say([open("vpc-c", 5, HERE), vpc("vpc-c", 300)]).await;
        two.here.attach("vpc-c-5", eni("vpc-c", 5)).await.unwrap();
        assert!(
            !netns.join("vpc.vpc-c").exists(),
            "nothing of its own in there"
        );
    });
}

#[test]
fn two_vpcs_with_the_same_range_on_the_same_two_hosts() {
    on_a_host(|host| async move {
        let two = Two::start(&host).await;
        let wired = wire(&two, &["vpc-a", "vpc-b"]).await;
        let _servers: Vec<Server> = (80..)
            .zip(&wired)
            .map(|(port, [_, six])| Server::start(six.netns.as_deref(), port))
            .collect();
        for (number, [five, _]) in wired.iter().enumerate() {
            for port in [80, 81] {
                let own = usize::from(port) == 80 + number;
                let patience = if own { PATIENCE } else { REFUSED };
                let seen = ask_from(five.netns.as_deref(), (eni_address(6), port), patience);
                assert_eq!(seen.is_ok(), own, "VPC {number}, port {port}");
            }
        }
    });
}

/// Sends a mebibyte and waits until it is there.
fn transfer(from: &Path, to: &Attachment, port: u16) {
    const SIZE: usize = 1 << 20;
    let listener = inside(netns(to), || TcpListener::bind(("0.0.0.0", port)).unwrap());
    let reader = thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        let mut all = vec![0; SIZE];
        stream.read_exact(&mut all).unwrap();
    });
    let to = (address(to), port);
    let mut stream = inside(from, || TcpStream::connect(to).unwrap());
    stream.write_all(&vec![7; SIZE]).unwrap();
    reader.join().unwrap();
}

#[test]
fn large_packets_find_their_size() {
    on_a_host(|host| async move {
        let two = Two::start(&host).await;
        let [[five, six]] = wire(&two, &["vpc-a"]).await.try_into().unwrap();
        let scope = host.dir.path().join("network-aaaa/netns/vpc.vpc-a");
        assert!(inside(&scope, || ip("link show vx")).contains("mtu 1450"));
        assert!(inside(netns(&five), || ip("link show eth0")).contains("mtu 1450"));
        transfer(netns(&five), &six, 9000);
        // One that was wired when there was no other host.
        inside(netns(&five), || ip("link set eth0 mtu 1500"));
        inside(&scope, || {
            let links = ip("-o link show");
            let name = links
                .split([' ', '@'])
                .find(|word| word.starts_with("waaaae"));
            ip(&format!("link set {} mtu 1500", name.unwrap()));
        });
        transfer(netns(&five), &six, 9001);
        let socket = inside(netns(&five), || UdpSocket::bind("0.0.0.0:0").unwrap());
        // The first is refused on the way, with the size that would do; the next comes in parts.
        let ears = receiver(six.netns.as_deref(), eni_address(6), 7000);
        ears.set_read_timeout(Some(REFUSED)).unwrap();
        let begin = Instant::now();
        let mut buffer = [0; 2000];
        let heard = loop {
            let _ = socket.send_to(&[1; 1460], (eni_address(6), 7000));
            if let Ok((len, _)) = ears.recv_from(&mut buffer) {
                break len;
            }
            assert!(
                begin.elapsed() < PATIENCE,
                "nobody said which size would do"
            );
        };
        assert_eq!(heard, 1460);
    });
}

/// A tunnel packet for `eni_address(5)`'s port 7000, from 6.
fn forged(vni: u32, text: &str) -> Vec<u8> {
    forged_from(eni_address(6), vni, text)
}

fn forged_from(source: Ipv4Addr, vni: u32, text: &str) -> Vec<u8> {
    let mut packet = vec![8, 0, 0, 0];
    packet.extend_from_slice(&(vni << 8).to_be_bytes());
    packet.extend([0x02, b'x', 192, 0, 2, 1, 0x02, b'x', 192, 0, 2, 2, 8, 0]);
    let len = u16::try_from(text.len()).unwrap();
    let mut ip = vec![0x45, 0];
    ip.extend((28 + len).to_be_bytes());
    ip.extend([0, 1, 0, 0, 64, 17, 0, 0]);
    ip.extend(source.octets());
    ip.extend(eni_address(5).octets());
    let sum: u32 = ip
        .chunks(2)
        .map(|c| u32::from(c[0]) << 8 | u32::from(c[1]))
        .sum();
    let sum = !((sum & 0xffff) + (sum >> 16)) as u16;
    ip[10..12].copy_from_slice(&sum.to_be_bytes());
    packet.extend(ip);
    for field in [4000, 7000, 8 + len, 0] {
        packet.extend(field.to_be_bytes());
    }
    packet.extend(text.as_bytes());
    packet
}

fn send_from(path: &Path, source: Ipv4Addr, packet: &[u8]) {
    let socket = inside(path, || UdpSocket::bind((source, 0)).unwrap());
    let _ = socket.send_to(packet, (EXTERNAL, PORT));
}

#[test]
fn tunnels_are_for_peers_alone() {
    on_a_host(|host| async move {
        let mut two = Two::strangers(&host).await;
        two.introduce().await;
        let [[five, six]] = wire(&two, &["vpc-a"]).await.try_into().unwrap();
        let _seven = two.here.attach("7", eni("vpc-a", 7)).await.unwrap();
        two.say([open("vpc-a", 7, HERE)]).await;
        let ears = receiver(five.netns.as_deref(), eni_address(5), 7000);
        let stranger = Ipv4Addr::new(192, 0, 2, 99);
        inside(&host.neighbour, || ip("addr add 192.0.2.99/24 dev ext0"));
        let vni = 0x00a1_b2c3;
        let check = |round: &str| {
            send_from(&host.neighbour, stranger, &forged(vni, "stranger"));
            send_from(&host.neighbour, NEIGHBOUR, &forged(vni, "peer"));
            assert_eq!(heard(&ears), "peer", "{round}");
            // A peer has no business with senders of this host, the world, or nobody.
            for source in [eni_address(7), eni_address(99), NEIGHBOUR] {
                let forged = forged_from(source, vni, "not its own");
                send_from(&host.neighbour, NEIGHBOUR, &forged);
            }
            // What a task sends there leaves with its host's address, if it leaves.
            send_from(netns(&six), Ipv4Addr::UNSPECIFIED, &forged(vni, "task"));
            shout(six.netns.as_deref(), (eni_address(5), 7000), "honest");
            assert_eq!(heard(&ears), "honest", "{round}");
            send_from(
                netns(&five),
                Ipv4Addr::UNSPECIFIED,
                &forged(vni, "own task"),
            );
            shout(six.netns.as_deref(), (eni_address(5), 7000), "still honest");
            assert_eq!(heard(&ears), "still honest", "{round}");
        };
        check("as told");
        // From its first moment on, a successor knows whom to trust.
        two.here.close().await.unwrap();
        two.endpoints[0] = None;
        run("nft", "flush ruleset");
        let (here, _endpoints) = host.start("aaaa").await;
        two.here = here;
        check("by a successor that nobody has spoken to");
        two.introduce().await;
        two.say([open("vpc-a", 5, HERE), open("vpc-a", 6, THERE)])
            .await;
        two.say([open("vpc-a", 7, HERE), group("sg-open", vec![all(ANYBODY)])])
            .await;
        check("and told again");
        // A host that trusts ours, though ours has not heard of it.
        unsay(&two.there, Kind::Host, HERE).await;
        send_from(netns(&six), Ipv4Addr::UNSPECIFIED, &forged(vni, "task"));
        say(
            &two.there,
            [super::control::host(HERE, Some(EXTERNAL.into()))],
        )
        .await;
        shout(six.netns.as_deref(), (eni_address(5), 7000), "honest still");
        assert_eq!(heard(&ears), "honest still");
        unsay(&two.here, Kind::Host, THERE).await;
        send_from(&host.neighbour, NEIGHBOUR, &forged(vni, "former peer"));
        two.say([host_resource()]).await;
        shout(six.netns.as_deref(), (eni_address(5), 7000), "peer again");
        assert_eq!(heard(&ears), "peer again");
    });
}

fn host_resource() -> Resource {
    host(THERE, Some(NEIGHBOUR.into()))
}

#[test]
fn an_address_answers_on_one_host() {
    on_a_host(|host| async move {
        let two = Two::start(&host).await;
        let [[five, six]] = wire(&two, &["vpc-a"]).await.try_into().unwrap();
        let seven = two.there.attach("7", eni("vpc-a", 7)).await.unwrap();
        two.say([open("vpc-a", 7, THERE)]).await;
        let stray = Server::start(six.netns.as_deref(), 80);
        let reach = |from: &Attachment, port| {
            ask_from(from.netns.as_deref(), (eni_address(6), port), REFUSED).is_ok()
        };
        assert!(reach(&five, 80) && reach(&seven, 80));
        // 6 moves here; its former task goes on there.
        let moved = two.here.attach("moved", eni("vpc-a", 6)).await.unwrap();
        assert!(
            reach(&five, 80),
            "until it is said, it is where it was said to be"
        );
        two.say([open("vpc-a", 6, HERE)]).await;
        let _server = Server::start(moved.netns.as_deref(), 81);
        for from in [&five, &seven] {
            assert!(!reach(from, 80) && reach(from, 81));
        }
        let _own = Server::start(five.netns.as_deref(), 80);
        let stray_speaks = ask_from(six.netns.as_deref(), (eni_address(5), 80), REFUSED);
        assert!(stray_speaks.is_err(), "{stray_speaks:?}");
        // And back.
        two.say([open("vpc-a", 6, THERE)]).await;
        for from in [&five, &seven] {
            assert!(reach(from, 80) && !reach(from, 81));
        }
        drop(stray);
        // A host that is lost, and an interface that is no more: told at once.
        for gone in [
            (Kind::Interface, eni_id("vpc-a", 6)),
            (Kind::Host, THERE.to_owned()),
        ] {
            two.here.detach("moved").await.unwrap();
            unsay(&two.here, gone.0, &gone.1).await;
            let nobody = ask_from(five.netns.as_deref(), (eni_address(6), 80), PATIENCE);
            assert_eq!(nobody.unwrap_err().raw_os_error(), Some(113), "{gone:?}");
            say(&two.here, [open("vpc-a", 6, THERE)]).await;
        }
        let scope = host.dir.path().join("network-aaaa/netns/vpc.vpc-a");
        let left = inside(&scope, || {
            ip("neigh show dev vx") + &run("bridge", "fdb show dev vx")
        });
        assert!(!left.contains("192.0.2.2"), "{left}");
    });
}

#[test]
fn traffic_between_hosts_outlives_the_agent() {
    on_a_host(|host| async move {
        let mut two = Two::start(&host).await;
        let [[five, six]] = wire(&two, &["vpc-a"]).await.try_into().unwrap();
        let _server = Server::start(six.netns.as_deref(), 80);
        let scope = host.dir.path().join("network-aaaa/netns/vpc.vpc-a");
        let before = (
            lists(),
            inside(&scope, || ip("-d link show vx") + &ip("route")),
        );
        let reach = || ask_from(five.netns.as_deref(), (eni_address(6), 80), PATIENCE);
        two.here.close().await.unwrap();
        two.endpoints[0] = None;
        assert!(reach().is_ok());
        let (here, _endpoints) = host.start("aaaa").await;
        two.here = here;
        assert!(reach().is_ok(), "before anybody said anything");
        two.introduce().await;
        two.say([open("vpc-a", 5, HERE), open("vpc-a", 6, THERE)])
            .await;
        two.say([group("sg-open", vec![all("@sg-open")])]).await;
        assert!(reach().is_ok());
        let after = (
            lists(),
            inside(&scope, || ip("-d link show vx") + &ip("route")),
        );
        assert_same_lists(&before.0, &after.0);
        assert_eq!(before.1, after.1);
        // Told of another underlay, it begins anew.
        ip("addr add 192.0.2.7/24 dev ext0");
        let own = HostIdentity {
            instance_id: HERE.to_owned(),
            underlay: Some(Ipv4Addr::new(192, 0, 2, 7).into()),
        };
        two.here.set_host(own.clone()).await.unwrap();
        say(&two.there, [super::control::host(HERE, own.underlay)]).await;
        assert!(reach().is_ok());
        // An underlay that is not there yet.
        let elsewhere = HostIdentity {
            underlay: Some(Ipv4Addr::new(192, 0, 2, 8).into()),
            ..own
        };
        two.here.set_host(elsewhere.clone()).await.unwrap();
        let here = super::control::host(HERE, elsewhere.underlay);
        say(&two.there, [here]).await;
        assert!(ask_from(five.netns.as_deref(), (eni_address(6), 80), REFUSED).is_err());
        let nothing = || two.here.apply(NetworkUpdate::Changes(Vec::new()));
        let missing = nothing().await;
        assert!(
            matches!(missing, Err(NetworkError::BadConfig(_))),
            "{missing:?}"
        );
        ip("addr add 192.0.2.8/24 dev ext0");
        nothing().await.unwrap();
        assert!(reach().is_ok());
    });
}

#[test]
fn tunnels_leave_nothing_behind() {
    on_a_host(|host| async move {
        let there = || inside(&host.neighbour, lists);
        let before = (lists(), there());
        for running in [true, false] {
            let two = Two::start(&host).await;
            let wired = wire(&two, &["vpc-a", "vpc-b"]).await;
            let sockets = run("ss", "-uln");
            assert!(sockets.contains(&format!(":{PORT}")), "{sockets}");
            drop(wired);
            if running {
                two.here.teardown_all().await.unwrap();
                two.there.teardown_all().await.unwrap();
            } else {
                two.here.close().await.unwrap();
                two.there.close().await.unwrap();
                drop(two);
                Network::teardown(&host.config("aaaa")).await.unwrap();
                let config = config(host.dir.path(), "bbbb");
                inside(&host.neighbour, || {
                    runtime().block_on(Network::teardown(&config)).unwrap();
                });
            }
            assert_same_lists(&before.0, &lists());
            assert_same_lists(&before.1, &there());
            assert!(!run("ss", "-uln").contains(&format!(":{PORT}")));
        }
    });
}

#[test]
fn two_installations_share_a_host_and_the_port() {
    on_a_host(|host| async move {
        let two = Two::start(&host).await;
        let [[five, six]] = wire(&two, &["vpc-a"]).await.try_into().unwrap();
        // Another pair on the same two machines, with the same port, other networks, other peers.
        let (here, _mine) = host.start("cccc").await;
        let config = config(host.dir.path(), "dddd");
        let (there, _theirs) = inside(&host.neighbour, || {
            runtime().block_on(Network::start(config)).unwrap()
        });
        let other = Two {
            here,
            there,
            endpoints: [None, None],
        };
        for (network, id, address) in [
            (&other.here, HERE, Ipv4Addr::new(192, 0, 2, 11)),
            (&other.there, THERE, Ipv4Addr::new(192, 0, 2, 12)),
        ] {
            let add = || ip(&format!("addr add {address}/24 dev ext0"));
            if id == HERE {
                add();
            } else {
                inside(&host.neighbour, add);
            }
            let own = HostIdentity {
                instance_id: id.to_owned(),
                underlay: Some(address.into()),
            };
            network.set_host(own).await.unwrap();
            other
                .say([super::control::host(id, Some(address.into()))])
                .await;
        }
        other.say([vpc("vpc-a", 77)]).await;
        let [[their_five, their_six]] = wire(&other, &["vpc-a"]).await.try_into().unwrap();
        for (from, to) in [(&five, &six), (&their_five, &their_six)] {
            let _server = Server::start(to.netns.as_deref(), 80);
            let seen = ask_from(from.netns.as_deref(), (eni_address(6), 80), PATIENCE);
            assert_eq!(seen.unwrap(), eni_address(5));
        }
        let _server = Server::start(six.netns.as_deref(), 81);
        let strangers = ask_from(their_five.netns.as_deref(), (eni_address(6), 81), REFUSED);
        assert!(strangers.is_err());
        other.here.teardown_all().await.unwrap();
        other.there.teardown_all().await.unwrap();
        assert!(ask_from(five.netns.as_deref(), (eni_address(6), 81), PATIENCE).is_ok());
    });
}

/// An interface of the VPC's, on the other host, whose record says what it says.
#[test]
fn words_without_sense_harm_nobody() {
    on_a_host(|host| async move {
        let two = Two::start(&host).await;
        let [[five, six]] = wire(&two, &["vpc-a"]).await.try_into().unwrap();
        let _server = Server::start(six.netns.as_deref(), 80);
        let odd = |id: &str, address: [u8; 4], host: &str| {
            let of = Interface {
                id: id.to_owned(),
                address: address.into(),
                mac: "x".to_owned(),
                subnet_cidr: "nonsense".to_owned(),
                groups: vec!["a b".to_owned(), String::new(), "x".repeat(300)],
                ..interface("vpc-a", 9, &[])
            };
            on_host(host, of)
        };
        let said = [
            odd("eni-zero", [0, 0, 0, 0], THERE),
            odd("eni-loop", [127, 0, 0, 1], THERE),
            odd("eni-multi", [224, 0, 0, 1], THERE),
            odd("eni-unknown-host", [172, 31, 20, 44], "i-nobody"),
            odd(&"e".repeat(500), [172, 31, 20, 45], THERE),
        ];
        for resource in said {
            let changes = vec![wharf_planeproto::Change::Put(resource)];
            let _ = two.here.apply(NetworkUpdate::Changes(changes)).await;
        }
        let seen = ask_from(five.netns.as_deref(), (eni_address(6), 80), PATIENCE);
        assert_eq!(seen.unwrap(), eni_address(5));
        let seven = two.here.attach("7", eni("vpc-a", 7)).await.unwrap();
        two.say([open("vpc-a", 7, HERE)]).await;
        assert!(ask_from(seven.netns.as_deref(), (eni_address(6), 80), PATIENCE).is_ok());
    });
}
