//! Peered VPCs: what passes between them on one host and over two, and what does not.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream, UdpSocket};

use super::control::*;
use super::overlay::{HERE, THERE, Two};
use super::support::*;
use wharf_network::*;
use wharf_planeproto::network::{
    Interface, Peering, Permission, Route, RouteTable, SecurityGroup, Subnet as WireSubnet, Vpc,
};
use wharf_planeproto::{Kind, Resource};

/// The VPCs of these tests, by the second byte of their ranges; the first sorts first, so it carries.
pub const ONE: (&str, u8) = ("vpc-1", 1);
pub const TWO: (&str, u8) = ("vpc-2", 2);
pub const THREE: (&str, u8) = ("vpc-3", 3);

pub type Which = (&'static str, u8);

fn at((_, net): Which, last: u8) -> Ipv4Addr {
    Ipv4Addr::new(10, net, 0, last)
}

fn range((_, net): Which) -> String {
    format!("10.{net}.0.0/16")
}

fn subnet_range((_, net): Which) -> String {
    format!("10.{net}.0.0/24")
}

pub fn attachment(vpc: Which, last: u8) -> Mode {
    Mode::Awsvpc(Eni {
        vpc_id: vpc.0.to_owned(),
        eni_id: eni_id(vpc.0, last),
        mac: MacAddress::new([0x0a, 0, 0, vpc.1, 0, last]),
        address: at(vpc, last),
        subnet: subnet_range(vpc).parse().unwrap(),
        gateway: at(vpc, 1),
        ipv6: Vec::new(),
    })
}

/// The VPC with its subnet, and a group `sg-<vpc>` that lets everything in and out.
pub fn world(vpc: Which) -> Vec<Resource> {
    let (id, net) = vpc;
    vec![
        Resource::Vpc(Vpc {
            id: id.to_owned(),
            region: "us-east-1".to_owned(),
            cidrs: vec![range(vpc)],
            vni: 900 + u32::from(net),
            main_route_table: Some(format!("rtb-{id}")),
            gateway: None,
            egress_only: None,
            ipv6_cidr: None,
            dns: true,
            network_acl: None,
        }),
        Resource::Subnet(WireSubnet {
            id: format!("subnet-{id}"),
            vpc: id.to_owned(),
            cidr: subnet_range(vpc),
            ipv6_cidr: None,
            route_table: None,
            network_acl: None,
        }),
        table(vpc, &[]),
        open_group(vpc, vec![all(ANYBODY)]),
    ]
}

fn open_group((id, _): Which, ingress: Vec<Permission>) -> Resource {
    Resource::SecurityGroup(SecurityGroup {
        id: format!("sg-{id}"),
        vpc: id.to_owned(),
        ingress,
        egress: vec![all(ANYBODY)],
    })
}

/// Its main table: ranges and where they lead.
pub fn table((id, _): Which, routes: &[(String, &str)]) -> Resource {
    let route = |(destination, gateway): &(String, &str)| Route {
        destination: destination.clone(),
        gateway: (*gateway).to_owned(),
    };
    Resource::RouteTable(RouteTable {
        id: format!("rtb-{id}"),
        vpc: id.to_owned(),
        routes: routes.iter().map(route).collect(),
    })
}

pub fn peering(id: &str, one: Which, other: Which) -> Resource {
    Resource::Peering(Peering {
        id: id.to_owned(),
        vpcs: [one.0.to_owned(), other.0.to_owned()],
    })
}

pub fn on(vpc: Which, last: u8, host: &str) -> Resource {
    Resource::Interface(Interface {
        id: eni_id(vpc.0, last),
        vpc: vpc.0.to_owned(),
        subnet_cidr: subnet_range(vpc),
        address: at(vpc, last),
        mac: MacAddress::new([0x0a, 0, 0, vpc.1, 0, last]).to_string(),
        groups: vec![format!("sg-{}", vpc.0)],
        host: Some(host.to_owned()),
        load_balancer: None,
        public: None,
        secondary: Vec::new(),
        ipv6: Vec::new(),
        resource_name: None,
    })
}

/// Both tables lead to the other VPC by `pcx-1`.
fn joined() -> Vec<Resource> {
    vec![
        peering("pcx-1", ONE, TWO),
        table(ONE, &[(range(TWO), "pcx-1")]),
        table(TWO, &[(range(ONE), "pcx-1")]),
    ]
}

fn reaches(task: &Attachment, to: Ipv4Addr) -> bool {
    let answer = ask_from(task.netns.as_deref(), (to, 80), REFUSED);
    answer.is_ok_and(|seen| Some(seen) == task.address)
}

#[test]
fn peers_on_one_host() {
    on_a_host(|host| async move {
        let (network, _endpoints) = host.start("ab12").await;
        let one = network.attach("one", attachment(ONE, 5)).await.unwrap();
        let two = network.attach("two", attachment(TWO, 5)).await.unwrap();
        let _servers = [&one, &two].map(|task| Server::start(task.netns.as_deref(), 80));
        let both = || reaches(&one, at(TWO, 5)) as u8 * 2 + reaches(&two, at(ONE, 5)) as u8;
        let known = [world(ONE), world(TWO)].concat();
        say(&network, known).await;
        say(&network, [on(ONE, 5, HERE), on(TWO, 5, HERE)]).await;
        assert_eq!(both(), 0, "two VPCs");
        say(&network, [peering("pcx-1", ONE, TWO)]).await;
        assert_eq!(both(), 0, "no table leads there");
        say(&network, [table(ONE, &[(range(TWO), "pcx-1")])]).await;
        assert_eq!(both(), 0, "no table leads back");
        say(&network, joined()).await;
        assert_eq!(both(), 3);
        assert!(pings(netns(&one), at(TWO, 5), PATIENCE));

        // A part of the range, and a narrower route that leads elsewhere.
        let part = (format!("{}/32", at(TWO, 6)), "pcx-1");
        say(&network, [table(ONE, std::slice::from_ref(&part))]).await;
        assert_eq!(both(), 0);
        let but_one = [
            (range(TWO), "pcx-1"),
            (format!("{}/32", at(TWO, 5)), "pcx-gone"),
        ];
        say(&network, [table(ONE, &but_one)]).await;
        assert_eq!(both(), 0);
        let wide = [("10.0.0.0/8".to_owned(), "pcx-1")];
        say(&network, [table(ONE, &wide)]).await;
        assert_eq!(both(), 3);

        // Groups are asked on both sides, and a rule may name the group of a peer.
        say(&network, [open_group(TWO, vec![tcp(81, ANYBODY)])]).await;
        assert_eq!(both(), 1);
        say(&network, [open_group(TWO, vec![tcp(80, "@sg-vpc-1")])]).await;
        assert_eq!(both(), 3);
        let shut = Resource::SecurityGroup(SecurityGroup {
            id: "sg-vpc-1".to_owned(),
            vpc: "vpc-1".to_owned(),
            ingress: vec![],
            egress: vec![],
        });
        say(&network, [shut]).await;
        assert_eq!(both(), 0);
        say(&network, [open_group(ONE, vec![all(ANYBODY)])]).await;
        assert_eq!(both(), 3);

        unsay(&network, Kind::Peering, "pcx-1").await;
        assert_eq!(both(), 0, "the connection is gone");
        for vpc in [ONE, TWO] {
            let netns = host
                .dir
                .path()
                .join(format!("network-ab12/netns/vpc.{}", vpc.0));
            inside(&netns, || {
                assert!(!ip("-o link show").contains(" pc"), "no link is left");
                assert!(!run("nft", "list tables").contains("_peers"));
            });
        }
    });
}

#[test]
fn a_peer_is_no_way_to_anybody_else() {
    on_a_host(|host| async move {
        let (network, _endpoints) = host.start("ab12").await;
        let mut tasks = Vec::new();
        for vpc in [ONE, TWO, THREE] {
            let task = network.attach(vpc.0, attachment(vpc, 5)).await.unwrap();
            say(&network, world(vpc)).await;
            say(&network, [on(vpc, 5, HERE)]).await;
            tasks.push(task);
        }
        let _servers: Vec<Server> = tasks
            .iter()
            .map(|task| Server::start(task.netns.as_deref(), 80))
            .collect();
        let _outside = Server::start(Some(&host.neighbour), 80);
        let everywhere = "10.0.0.0/8".to_owned();
        // Everybody routes everything to the one in the middle, and it to both.
        say(
            &network,
            [
                peering("pcx-1", ONE, TWO),
                peering("pcx-2", TWO, THREE),
                table(
                    ONE,
                    &[(everywhere.clone(), "pcx-1"), (ANYBODY.to_owned(), "pcx-1")],
                ),
                table(THREE, &[(everywhere, "pcx-2")]),
                table(TWO, &[(range(ONE), "pcx-1"), (range(THREE), "pcx-2")]),
            ],
        )
        .await;
        let [one, two, three] = [&tasks[0], &tasks[1], &tasks[2]];
        assert!(reaches(one, at(TWO, 5)) && reaches(three, at(TWO, 5)));
        assert!(reaches(two, at(ONE, 5)) && reaches(two, at(THREE, 5)));
        assert!(!reaches(one, at(THREE, 5)) && !reaches(three, at(ONE, 5)));
        assert!(!reaches(one, NEIGHBOUR), "nor to the world");
        // A route of a task's own making changes nothing about where its VPC leads.
        inside(netns(one), || {
            ip("route add 10.3.0.0/16 via 10.1.0.1 onlink dev eth0")
        });
        assert!(!reaches(one, at(THREE, 5)));
        // The name service of the peer is in the peer.
        let asked = inside(netns(one), || {
            let socket = UdpSocket::bind((Ipv4Addr::UNSPECIFIED, 0)).unwrap();
            socket.set_read_timeout(Some(REFUSED)).unwrap();
            socket.send_to(&[0; 12], (at(TWO, 2), 53)).unwrap();
            socket.recv(&mut [0; 64])
        });
        assert!(asked.is_err());
    });
}

#[test]
fn peers_on_two_hosts() {
    on_a_host(|host| async move {
        let two = Two::start(&host).await;
        let mut resources = [world(ONE), world(TWO)].concat();
        resources.extend(joined());
        two.say(resources).await;
        // Neither host has anything of the other VPC.
        let a = two.here.attach("a", attachment(ONE, 5)).await.unwrap();
        let b = two.there.attach("b", attachment(TWO, 6)).await.unwrap();
        let _servers = [&a, &b].map(|task| Server::start(task.netns.as_deref(), 80));
        two.say([on(ONE, 5, HERE), on(TWO, 6, THERE)]).await;
        assert!(reaches(&a, at(TWO, 6)) && reaches(&b, at(ONE, 5)));
        // Then each has something of both.
        let c = two.here.attach("c", attachment(TWO, 5)).await.unwrap();
        let d = two.there.attach("d", attachment(ONE, 6)).await.unwrap();
        let _more = [&c, &d].map(|task| Server::start(task.netns.as_deref(), 80));
        two.say([on(TWO, 5, HERE), on(ONE, 6, THERE)]).await;
        for (task, others) in [
            (&a, [at(TWO, 5), at(TWO, 6), at(ONE, 6)]),
            (&b, [at(ONE, 5), at(ONE, 6), at(TWO, 5)]),
            (&c, [at(ONE, 5), at(ONE, 6), at(TWO, 6)]),
            (&d, [at(TWO, 5), at(TWO, 6), at(ONE, 5)]),
        ] {
            for other in others {
                assert!(reaches(task, other), "{:?} to {other}", task.address);
            }
        }
        // Tables and groups are asked on the host of each side.
        two.say([table(TWO, &[])]).await;
        assert!(!reaches(&a, at(TWO, 6)) && !reaches(&b, at(ONE, 5)));
        two.say(joined()).await;
        two.say([open_group(TWO, vec![tcp(80, "@sg-vpc-1")])]).await;
        assert!(reaches(&a, at(TWO, 6)) && !reaches(&c, at(TWO, 6)));
        for network in [&two.here, &two.there] {
            unsay(network, Kind::Peering, "pcx-1").await;
        }
        assert!(!reaches(&a, at(TWO, 6)) && !reaches(&b, at(ONE, 5)));
        assert!(reaches(&a, at(ONE, 6)), "within the VPC");
    });
}

#[test]
fn a_connection_between_peers_outlives_the_agent_and_not_its_route() {
    on_a_host(|host| async move {
        let (network, endpoints) = host.start("ab12").await;
        let one = network.attach("one", attachment(ONE, 5)).await.unwrap();
        let two = network.attach("two", attachment(TWO, 5)).await.unwrap();
        let mut known = [world(ONE), world(TWO)].concat();
        known.extend([on(ONE, 5, HERE), on(TWO, 5, HERE)]);
        say(&network, known.clone()).await;
        say(&network, joined()).await;
        let listener = inside(netns(&two), || TcpListener::bind("0.0.0.0:81").unwrap());
        let mut client = inside(netns(&one), || {
            TcpStream::connect((at(TWO, 5), 81)).unwrap()
        });
        let (mut server, _) = listener.accept().unwrap();
        let mut carries = |patience| {
            server.set_read_timeout(Some(patience)).unwrap();
            client.write_all(b"x").unwrap();
            server.read_exact(&mut [0]).is_ok()
        };
        assert!(carries(PATIENCE));
        network.close().await.unwrap();
        drop(endpoints);
        let (network, endpoints) = host.start("ab12").await;
        assert!(carries(PATIENCE), "a successor that nobody has spoken to");
        known.extend(joined());
        known.retain(|it| !matches!(it, Resource::RouteTable(it) if it.routes.is_empty()));
        let told = NetworkUpdate::Snapshot(known.clone());
        network.apply(told).await.unwrap();
        assert!(carries(PATIENCE), "a successor that was told the same");
        say(&network, [table(TWO, &[])]).await;
        assert!(!carries(REFUSED), "its route went");

        // A connection that went while nobody listened is gone with the next word.
        network.close().await.unwrap();
        drop(endpoints);
        let (network, _endpoints) = host.start("ab12").await;
        known.retain(|it| !matches!(it, Resource::Peering(_)));
        network.apply(NetworkUpdate::Snapshot(known)).await.unwrap();
        let _server = Server::start(two.netns.as_deref(), 80);
        assert!(!reaches(&one, at(TWO, 5)));
        let netns = host.dir.path().join("network-ab12/netns/vpc.vpc-1");
        inside(&netns, || {
            assert!(!ip("-o link show").contains(" pc"));
            assert!(!run("nft", "list tables").contains("_peers"));
        });
    });
}
