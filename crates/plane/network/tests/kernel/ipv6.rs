//! IPv6 in a VPC: single addresses that are led to links, and nothing else.

use std::io::{self, Read, Write};
use std::net::{Ipv6Addr, SocketAddr, SocketAddrV6, TcpListener, TcpStream, UdpSocket};
use std::path::Path;
use std::thread;
use std::time::Duration;

use super::control::*;
use super::overlay::{HERE, THERE, Two};
use super::support::*;
use wharf_network::*;
use wharf_planeproto::network::{self, AclEntry, Interface, NetworkAcl, Permission};
use wharf_planeproto::{Kind, Resource};

const RANGE: &str = "fd12:3456:789a:bc01::/64";
pub const ANYBODY6: &str = "::/0";

pub fn at(last: u8) -> Ipv6Addr {
    format!("fd12:3456:789a:bc01::{last:x}").parse().unwrap()
}

/// As `eni`, with an IPv6 address.
pub fn eni6(vpc: &str, last: u8) -> Mode {
    let Mode::Awsvpc(eni) = eni(vpc, last) else {
        unreachable!()
    };
    Mode::Awsvpc(Eni {
        ipv6: vec![at(last)],
        ..eni
    })
}

pub fn interface6(vpc: &str, last: u8, groups: &[&str]) -> Interface {
    Interface {
        ipv6: vec![at(last)],
        ..interface(vpc, last, groups)
    }
}

pub fn said(vpc: &str, last: u8, groups: &[&str]) -> Resource {
    Resource::Interface(interface6(vpc, last, groups))
}

/// A group that may call everybody over IPv6.
pub fn group6(id: &str, ingress: Vec<Permission>) -> Resource {
    group_with(id, ingress, vec![all(ANYBODY6)])
}

fn ping6(peer: &str) -> Permission {
    Permission {
        protocol: Some(58),
        icmp: Some((128, None)),
        ..all(peer)
    }
}

/// Answers every connection with the address it comes from.
pub fn serve(task: &Attachment, port: u16) -> Server {
    let listen = || TcpListener::bind((Ipv6Addr::UNSPECIFIED, port)).unwrap();
    Server::on(inside(netns(task), listen))
}

pub fn ask6(from: &Path, to: Ipv6Addr, port: u16, patience: Duration) -> io::Result<String> {
    inside(from, || {
        let to = SocketAddr::from((to, port));
        let mut stream = TcpStream::connect_timeout(&to, patience)?;
        stream.set_read_timeout(Some(patience))?;
        stream.write_all(b"?")?;
        let mut text = String::new();
        stream.read_to_string(&mut text)?;
        Ok(text)
    })
}

/// Whether it is answered; the wait is for what must not be.
fn reaches(from: &Attachment, to: u8, port: u16) -> bool {
    ask6(netns(from), at(to), port, REFUSED).is_ok()
}

fn is_answered(from: &Attachment, to: u8, port: u16) -> bool {
    ask6(netns(from), at(to), port, PATIENCE).is_ok()
}

/// Whether an echo request is answered; by that link, if it is one of those that are on every link.
fn pings6(from: &Attachment, to: &str) -> bool {
    use nix::sys::socket::{AddressFamily, SockFlag, SockProtocol, SockType, socket};
    let (address, link) = to.split_once('%').unwrap_or((to, ""));
    let to = (address.parse::<Ipv6Addr>().unwrap(), 0);
    let socket = inside(netns(from), || {
        let flags = SockFlag::SOCK_CLOEXEC;
        let protocol = SockProtocol::IcmpV6;
        socket(AddressFamily::Inet6, SockType::Datagram, flags, protocol).unwrap()
    });
    let socket = UdpSocket::from(socket);
    socket.set_read_timeout(Some(REFUSED)).unwrap();
    // Echo request; the kernel fills in the number and the sum.
    let request = [128, 0, 0, 0, 0, 0, 0, 1];
    let mut to = SocketAddrV6::new(to.0, to.1, 0, 0);
    if !link.is_empty() {
        let index = inside(netns(from), || {
            run("ip", &format!("-o link show {link}"))
                .split(':')
                .next()
                .and_then(|it| it.parse().ok())
        });
        to.set_scope_id(index.expect("the link has a number"));
    }
    // A refusal by the sender's own kernel is none either.
    let sent = socket.send_to(&request, to).is_ok();
    sent && socket.recv(&mut [0; 64]).is_ok()
}

pub async fn both_of(network: &Network, vpc: &str) -> [Attachment; 2] {
    let mut tasks = Vec::new();
    for last in [5, 6] {
        let key = format!("{vpc}-{last}");
        tasks.push(network.attach(&key, eni6(vpc, last)).await.unwrap());
    }
    tasks.try_into().unwrap()
}

#[test]
fn tasks_of_one_host_reach_each_other_as_groups_allow() {
    on_a_host(|host| async move {
        let (network, _endpoints) = host.start("ab12").await;
        let [one, two] = both_of(&network, "vpc-a").await;
        let three = network.attach("three", eni6("vpc-a", 7)).await.unwrap();
        let _servers = [80, 81].map(|port| serve(&one, port));
        assert!(!reaches(&two, 5, 80), "nobody has spoken of it");
        let rules = vec![
            tcp(80, &format!("{}/128", at(6))),
            tcp(81, "@sg-clients"),
            ping6(ANYBODY6),
            // Of the other family: it is about nothing here.
            tcp(82, "0.0.0.0/0"),
        ];
        say(
            &network,
            [
                said("vpc-a", 5, &["sg-web"]),
                said("vpc-a", 6, &["sg-other"]),
                said("vpc-a", 7, &["sg-clients"]),
                group6("sg-web", rules),
                group6("sg-other", vec![]),
                group6("sg-clients", vec![]),
            ],
        )
        .await;
        let seen = ask6(netns(&two), at(5), 80, PATIENCE).unwrap();
        assert_eq!(seen, at(6).to_string(), "its address is named");
        assert!(!reaches(&three, 5, 80) && !reaches(&two, 5, 81));
        assert!(is_answered(&three, 5, 81), "its group is named");
        assert!(pings6(&two, &at(5).to_string()) && !pings6(&one, &at(6).to_string()));
        assert!(ask_from(two.netns.as_deref(), (eni_address(5), 80), REFUSED).is_err());

        // The sender is asked as well.
        say(
            &network,
            [group_with("sg-clients", vec![], vec![all(ANYBODY)])],
        )
        .await;
        assert!(!reaches(&three, 5, 81));
        say(&network, [group6("sg-clients", vec![])]).await;
        assert!(is_answered(&three, 5, 81));
        unsay(&network, Kind::SecurityGroup, "sg-web").await;
        assert!(!reaches(&three, 5, 81) && !reaches(&two, 5, 80));
    });
}

#[test]
fn a_rule_that_goes_ends_what_lives_by_it() {
    on_a_host(|host| async move {
        let (network, _endpoints) = host.start("ab12").await;
        let [one, two] = both_of(&network, "vpc-a").await;
        let open = || group6("sg-open", vec![all(ANYBODY6)]);
        say(
            &network,
            [
                said("vpc-a", 5, &["sg-open"]),
                said("vpc-a", 6, &["sg-open"]),
                open(),
            ],
        )
        .await;
        let listener = inside(netns(&one), || TcpListener::bind("[::]:90").unwrap());
        let mut client = inside(netns(&two), || TcpStream::connect((at(5), 90)).unwrap());
        let mut server = listener.accept().unwrap().0;
        server.set_read_timeout(Some(REFUSED)).unwrap();
        let mut carries = || {
            client.write_all(b"x").unwrap();
            server.read_exact(&mut [0; 1]).is_ok()
        };
        assert!(carries());
        say(&network, [group6("sg-open", vec![tcp(80, ANYBODY6)])]).await;
        assert!(!carries());
    });
}

#[test]
fn a_task_speaks_from_its_own_address_alone_and_to_its_vpc_alone() {
    on_a_host(|host| async move {
        let (network, _endpoints) = host.start("ab12").await;
        let [one, two] = both_of(&network, "vpc-a").await;
        let [other, _] = both_of(&network, "vpc-b").await;
        let all_of = |vpc: &str| [5, 6].map(|last| said(vpc, last, &["sg-open"]));
        let everything = group_with(
            "sg-open",
            vec![all(ANYBODY6), all(ANYBODY)],
            vec![all(ANYBODY6), all(ANYBODY)],
        );
        say(
            &network,
            all_of("vpc-a")
                .into_iter()
                .chain(all_of("vpc-b"))
                .chain([everything]),
        )
        .await;
        let _servers = [serve(&one, 80), serve(&other, 81)];
        assert!(
            is_answered(&two, 5, 80) && !reaches(&two, 5, 81),
            "each has a network of its own"
        );
        // It has nothing but its address, and asks nobody for it.
        let own = inside(netns(&two), || ip("-6 -o addr show dev eth0"));
        assert_eq!(own.lines().count(), 1, "{own}");
        assert!(
            own.contains(&format!("{}/128", at(6))) && !own.contains("tentative"),
            "{own}"
        );
        // With the address of another, of the same VPC or of none.
        for strange in [at(5), at(9), "2001:db8::1".parse().unwrap()] {
            inside(netns(&two), || {
                ip(&format!(
                    "-6 addr add {strange}/128 dev eth0 nodad preferred_lft forever"
                ));
                ip(&format!(
                    "-6 route replace default via fe80::1 dev eth0 src {strange}"
                ));
            });
            let to = if strange == at(5) { at(7) } else { at(5) };
            assert!(ask6(netns(&two), to, 80, REFUSED).is_err(), "{strange}");
            inside(netns(&two), || {
                ip(&format!(
                    "-6 route replace default via fe80::1 dev eth0 src {}",
                    at(6)
                ));
                ip(&format!("-6 addr del {strange}/128 dev eth0"));
            });
        }
        assert!(is_answered(&two, 5, 80), "and as itself again");
        // Advertisements move nobody: the namespace asks for none and keeps what it was told.
        let scope = host.dir.path().join("network-ab12/netns/vpc.vpc-a");
        let neighbours = || inside(&scope, || ip("-6 neigh show"));
        let before = neighbours();
        assert!(
            before.lines().all(|line| line.contains("PERMANENT")),
            "{before}"
        );
        inside(netns(&two), || {
            ip("link set eth0 addrgenmode eui64");
            ip("link set eth0 down");
            ip("link set eth0 up");
        });
        thread::sleep(REFUSED);
        assert_eq!(neighbours(), before);
        // Neither the host nor what is around it.
        ip("-6 addr add 2001:db8:1::1/64 dev ext0 nodad");
        let _host = Server::on(TcpListener::bind("[::]:83").unwrap());
        for to in ["2001:db8:1::1", "fe80::1%eth0", "fd00:ec2::1"] {
            assert!(!pings6(&one, to), "{to}");
        }
        assert!(ask6(netns(&one), "2001:db8:1::1".parse().unwrap(), 83, REFUSED).is_err());
    });
}

#[test]
fn addresses_come_and_go_with_the_control_planes_word() {
    on_a_host(|host| async move {
        let (network, _endpoints) = host.start("ab12").await;
        let one = network.attach("one", eni("vpc-a", 5)).await.unwrap();
        let two = network.attach("two", eni6("vpc-a", 6)).await.unwrap();
        let scope = host.dir.path().join("network-ab12/netns/vpc.vpc-a");
        let open = group6("sg-open", vec![all(ANYBODY6)]);
        let before = Resource::Interface(interface("vpc-a", 5, &["sg-open"]));
        say(
            &network,
            [before.clone(), said("vpc-a", 6, &["sg-open"]), open],
        )
        .await;
        let _server = serve(&one, 80);
        assert!(!reaches(&two, 5, 80), "it has none yet");
        say(&network, [said("vpc-a", 5, &["sg-open"])]).await;
        assert!(is_answered(&two, 5, 80));
        // It passes to another interface.
        say(&network, [before]).await;
        assert!(!reaches(&two, 5, 80));
        let addresses = inside(netns(&one), || ip("-6 -o addr show dev eth0"));
        assert_eq!(addresses, "");
        let both = Interface {
            ipv6: vec![at(5), at(6)],
            ..interface("vpc-a", 6, &["sg-open"])
        };
        say(&network, [Resource::Interface(both)]).await;
        let addresses = inside(netns(&two), || ip("-6 -o addr show dev eth0"));
        assert_eq!(addresses.lines().count(), 2, "{addresses}");
        network.detach("two").await.unwrap();
        let routes = inside(&scope, || ip("-6 route show proto 213"));
        assert_eq!(routes, "", "nothing is left of it");
    });
}

#[test]
fn what_is_there_outlives_the_agent() {
    on_a_host(|host| async move {
        let (network, endpoints) = host.start("ab12").await;
        let [one, two] = both_of(&network, "vpc-a").await;
        let word = || {
            [
                said("vpc-a", 5, &["sg-web"]),
                said("vpc-a", 6, &["sg-web"]),
                group6("sg-web", vec![tcp(80, "@sg-web")]),
            ]
        };
        say(&network, word()).await;
        let _server = serve(&one, 80);
        let listener = inside(netns(&one), || TcpListener::bind("[::]:81").unwrap());
        assert!(is_answered(&two, 5, 80));
        network.close().await.unwrap();
        drop((network, endpoints));
        assert!(is_answered(&two, 5, 80), "without an agent");
        let (network, _endpoints) = host.start("ab12").await;
        assert!(
            is_answered(&two, 5, 80),
            "before the control plane has spoken"
        );
        drop(listener);
        say(&network, word()).await;
        assert!(is_answered(&two, 5, 80) && !reaches(&two, 5, 81));
        // One that comes meanwhile, and one that went.
        network.detach("vpc-a-5").await.unwrap();
        assert!(!reaches(&two, 5, 80));
    });
}

/// The handle of the table in a VPC's namespace, which is another one when the table is made anew.
fn table_handle(scope: &Path) -> Option<String> {
    let listed = inside(scope, || run("nft", "-a list table ip6 wharf_ab12"));
    let first = listed.lines().next()?;
    Some(first.split_once("# handle ")?.1.to_owned())
}

#[test]
fn a_change_leaves_the_rest_of_the_table_alone() {
    on_a_host(|host| async move {
        let (network, _endpoints) = host.start("ab12").await;
        let [one, two] = both_of(&network, "vpc-a").await;
        let scope = host.dir.path().join("network-ab12/netns/vpc.vpc-a");
        say(
            &network,
            [
                vpc("vpc-a", 11),
                said("vpc-a", 5, &["sg-web"]),
                said("vpc-a", 6, &["sg-clients"]),
                group6("sg-web", vec![tcp(80, "@sg-clients")]),
                group6("sg-clients", vec![]),
            ],
        )
        .await;
        let handle = table_handle(&scope);
        assert!(handle.is_some());
        let _server = serve(&one, 80);
        assert!(is_answered(&two, 5, 80));
        // An interface that comes, rules and members that come and go, a network ACL, and one that leaves.
        let three = network.attach("three", eni6("vpc-a", 7)).await.unwrap();
        assert!(!reaches(&three, 5, 80));
        say(&network, [said("vpc-a", 7, &["sg-clients", "sg-web"])]).await;
        assert!(is_answered(&three, 5, 80));
        say(
            &network,
            [said("vpc-a", 6, &["sg-other"]), group6("sg-other", vec![])],
        )
        .await;
        assert!(!reaches(&two, 5, 80) && is_answered(&three, 5, 80));
        say(&network, [group6("sg-web", vec![tcp(80, "@sg-other")])]).await;
        assert!(is_answered(&two, 5, 80) && !reaches(&three, 5, 80));
        let subnet = |acl: Option<&str>| {
            Resource::Subnet(network::Subnet {
                id: "subnet-1".to_owned(),
                vpc: "vpc-a".to_owned(),
                cidr: "172.31.16.0/20".to_owned(),
                ipv6_cidr: Some("fd12:3456:789a:bc02::/64".to_owned()),
                route_table: None,
                network_acl: acl.map(str::to_owned),
            })
        };
        say(&network, [subnet(Some("acl-1")), acl(vec![])]).await;
        assert!(!reaches(&two, 5, 80));
        say(&network, [subnet(None)]).await;
        assert!(is_answered(&two, 5, 80));
        network.detach("three").await.unwrap();
        let listed = inside(&scope, || run("nft", "list table ip6 wharf_ab12"));
        for gone in [
            at(7).to_string(),
            "sg-clients".to_owned(),
            "acl-out".to_owned(),
        ] {
            assert!(!listed.contains(&gone), "{gone}: {listed}");
        }
        assert_eq!(table_handle(&scope), handle, "it is the same table");
        // Somebody else's work is mended by the next word.
        inside(&scope, || run("nft", "delete table ip6 wharf_ab12"));
        say(&network, [group6("sg-web", vec![])]).await;
        assert!(!reaches(&two, 5, 80));
        say(&network, [group6("sg-web", vec![tcp(80, "@sg-other")])]).await;
        assert!(is_answered(&two, 5, 80));
        assert!(table_handle(&scope).is_some());
    });
}

#[test]
fn a_vpc_without_such_addresses_has_nothing_of_it() {
    on_a_host(|host| async move {
        let (network, _endpoints) = host.start("ab12").await;
        network.attach("one", eni("vpc-a", 5)).await.unwrap();
        open_up(&network, "vpc-a", &[5]).await;
        let scope = host.dir.path().join("network-ab12/netns/vpc.vpc-a");
        let (tables, addresses, forwarding) = inside(&scope, || {
            let forwarding = "/proc/sys/net/ipv6/conf/all/forwarding";
            (
                run("nft", "list tables"),
                ip("-6 -o addr show"),
                std::fs::read_to_string(forwarding).unwrap(),
            )
        });
        assert!(!tables.contains("ip6"), "{tables}");
        assert_eq!((addresses.as_str(), forwarding.trim()), ("", "0"));
    });
}

fn acl(ingress: Vec<AclEntry>) -> Resource {
    Resource::NetworkAcl(NetworkAcl {
        id: "acl-1".to_owned(),
        vpc: "vpc-a".to_owned(),
        ingress: Vec::new(),
        egress: Vec::new(),
        ingress_ipv6: ingress,
        egress_ipv6: vec![entry(true, None)],
    })
}

fn entry(allow: bool, ports: Option<(u16, u16)>) -> AclEntry {
    AclEntry {
        allow,
        protocol: ports.map(|_| 6),
        ports,
        icmp: None,
        cidr: ANYBODY6.to_owned(),
    }
}

#[test]
fn network_acls_hold_at_the_edges_of_subnets() {
    on_a_host(|host| async move {
        let (network, _endpoints) = host.start("ab12").await;
        let [one, two] = both_of(&network, "vpc-a").await;
        let subnet = |ipv6_cidr: Option<&str>| {
            Resource::Subnet(network::Subnet {
                id: "subnet-1".to_owned(),
                vpc: "vpc-a".to_owned(),
                cidr: "172.31.16.0/20".to_owned(),
                ipv6_cidr: ipv6_cidr.map(str::to_owned),
                route_table: None,
                network_acl: Some("acl-1".to_owned()),
            })
        };
        let open = group6("sg-open", vec![all(ANYBODY6)]);
        say(
            &network,
            [
                vpc("vpc-a", 11),
                said("vpc-a", 5, &["sg-open"]),
                said("vpc-a", 6, &["sg-open"]),
                open,
                subnet(Some(RANGE)),
                acl(vec![]),
            ],
        )
        .await;
        let _servers = [80, 81].map(|port| serve(&one, port));
        assert!(is_answered(&two, 5, 80), "within a subnet nothing is asked");
        // Of a subnet whose range is another one, all packets cross the edge.
        say(&network, [subnet(Some("fd12:3456:789a:bc02::/64"))]).await;
        assert!(!reaches(&two, 5, 80));
        let answers = entry(true, Some((1024, 65535)));
        say(
            &network,
            [acl(vec![entry(true, Some((80, 80))), answers.clone()])],
        )
        .await;
        assert!(is_answered(&two, 5, 80) && !reaches(&two, 5, 81));
        say(
            &network,
            [acl(vec![entry(false, Some((80, 80))), entry(true, None)])],
        )
        .await;
        assert!(!reaches(&two, 5, 80) && is_answered(&two, 5, 81));
        say(&network, [acl(vec![entry(true, None)])]).await;
        assert!(is_answered(&two, 5, 80));
    });
}

#[test]
fn tasks_of_two_hosts_reach_each_other() {
    on_a_host(|host| async move {
        let two = Two::start(&host).await;
        let five = two.here.attach("five", eni6("vpc-a", 5)).await.unwrap();
        let six = two.there.attach("six", eni6("vpc-a", 6)).await.unwrap();
        let placed = |last, host: &str| on_host(host, interface6("vpc-a", last, &["sg-open"]));
        let open = || group6("sg-open", vec![all("@sg-open")]);
        two.say([placed(5, HERE), placed(6, THERE), open()]).await;
        let _servers = [&five, &six].map(|task| serve(task, 80));
        let seen = ask6(netns(&five), at(6), 80, PATIENCE).unwrap();
        assert_eq!(seen, at(5).to_string(), "from here to there");
        let seen = ask6(netns(&six), at(5), 80, PATIENCE).unwrap();
        assert_eq!(seen, at(6).to_string(), "and back");
        assert!(pings6(&five, &at(6).to_string()));
        // The receiver's host asks its groups.
        say(&two.there, [group6("sg-open", vec![tcp(81, "@sg-open")])]).await;
        assert!(!reaches(&five, 6, 80));
        assert!(is_answered(&six, 5, 80));
        two.say([open()]).await;
        assert!(is_answered(&five, 6, 80));
        // A sender that is on this host does not come out of the tunnel.
        let stranger = two
            .there
            .attach("stranger", eni6("vpc-a", 7))
            .await
            .unwrap();
        two.say([placed(7, HERE)]).await;
        assert!(
            !reaches(&stranger, 5, 80),
            "the control plane has it elsewhere"
        );
        two.say([placed(7, THERE)]).await;
        assert!(is_answered(&stranger, 5, 80));
        two.there.detach("six").await.unwrap();
        assert!(!reaches(&five, 6, 80));
    });
}
