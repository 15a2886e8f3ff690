//! Peered VPCs over IPv6: as over IPv4, by routes of their own.

use std::time::Duration;

use super::control::*;
use super::ipv6::{ANYBODY6, ask6, serve};
use super::overlay::{HERE, THERE, Two};
use super::peering::{ONE, THREE, TWO, Which, attachment, on, peering, table, world};
use super::support::*;
use wharf_network::*;
use wharf_planeproto::network::{AclEntry, NetworkAcl, Permission, SecurityGroup};
use wharf_planeproto::{Kind, Resource};

fn range6((_, net): Which) -> String {
    format!("fd00:{net:x}::/56")
}

fn at6((_, net): Which, last: u8) -> std::net::Ipv6Addr {
    format!("fd00:{net:x}::{last:x}").parse().unwrap()
}

fn attachment6(vpc: Which, last: u8) -> Mode {
    let Mode::Awsvpc(eni) = attachment(vpc, last) else {
        unreachable!()
    };
    Mode::Awsvpc(Eni {
        ipv6: vec![at6(vpc, last)],
        ..eni
    })
}

/// The VPC as for IPv4, with a range, and a group that lets everything of IPv6 in and out.
fn world6(vpc: Which) -> Vec<Resource> {
    let mut all = world(vpc);
    for it in &mut all {
        match it {
            Resource::Vpc(it) => it.ipv6_cidr = Some(range6(vpc)),
            Resource::Subnet(it) => it.ipv6_cidr = Some(format!("fd00:{:x}::/64", vpc.1)),
            _ => {}
        }
    }
    all.push(open6(vpc, vec![all_of(ANYBODY6)]));
    all
}

fn all_of(peer: &str) -> Permission {
    all(peer)
}

fn open6((id, _): Which, ingress: Vec<Permission>) -> Resource {
    Resource::SecurityGroup(SecurityGroup {
        id: format!("sg-{id}"),
        vpc: id.to_owned(),
        ingress,
        egress: vec![all(ANYBODY6)],
    })
}

fn on6(vpc: Which, last: u8, host: &str) -> Resource {
    match on(vpc, last, host) {
        Resource::Interface(mut it) => {
            it.ipv6 = vec![at6(vpc, last)];
            Resource::Interface(it)
        }
        other => other,
    }
}

/// Both tables lead to the other VPC, over IPv6 alone.
fn joined6() -> Vec<Resource> {
    vec![
        peering("pcx-1", ONE, TWO),
        table(ONE, &[(range6(TWO), "pcx-1")]),
        table(TWO, &[(range6(ONE), "pcx-1")]),
    ]
}

fn asks(from: &Attachment, to: Which, last: u8, patience: Duration) -> Option<String> {
    ask6(netns(from), at6(to, last), 80, patience).ok()
}

/// Whether it is answered as who it is.
fn reaches(from: &Attachment, (own, own_last): (Which, u8), to: Which, last: u8) -> bool {
    asks(from, to, last, REFUSED).is_some_and(|seen| seen == at6(own, own_last).to_string())
}

#[test]
fn peers_on_one_host() {
    on_a_host(|host| async move {
        let (network, _endpoints) = host.start("ab12").await;
        let one = network.attach("one", attachment6(ONE, 5)).await.unwrap();
        let two = network.attach("two", attachment6(TWO, 5)).await.unwrap();
        let _servers = [&one, &two].map(|task| serve(task, 80));
        let both =
            || reaches(&one, (ONE, 5), TWO, 5) as u8 * 2 + reaches(&two, (TWO, 5), ONE, 5) as u8;
        say(&network, [world6(ONE), world6(TWO)].concat()).await;
        say(&network, [on6(ONE, 5, HERE), on6(TWO, 5, HERE)]).await;
        assert_eq!(both(), 0, "two VPCs");
        say(&network, [peering("pcx-1", ONE, TWO)]).await;
        assert_eq!(both(), 0, "no table leads there");
        say(&network, [table(ONE, &[(range6(TWO), "pcx-1")])]).await;
        assert_eq!(both(), 0, "no table leads back");
        say(&network, joined6()).await;
        assert_eq!(both(), 3);
        let ipv4 = ask_from(one.netns.as_deref(), (two.address.unwrap(), 80), REFUSED);
        assert!(ipv4.is_err(), "the routes are of IPv6");

        // A narrower route that leads elsewhere, and a wider one.
        let but_one = [
            (range6(TWO), "pcx-1"),
            (format!("{}/128", at6(TWO, 5)), "pcx-gone"),
        ];
        say(&network, [table(ONE, &but_one)]).await;
        assert_eq!(both(), 0);
        say(&network, [table(ONE, &[(ANYBODY6.to_owned(), "pcx-1")])]).await;
        assert_eq!(both(), 3);

        // Groups are asked on both sides, and a rule may name the group of a peer.
        say(&network, [open6(TWO, vec![tcp(81, ANYBODY6)])]).await;
        assert_eq!(both(), 1);
        say(&network, [open6(TWO, vec![tcp(80, "@sg-vpc-1")])]).await;
        assert_eq!(both(), 3);
        let acl = |id: &str, allow| {
            let entry = AclEntry {
                allow,
                protocol: None,
                ports: None,
                icmp: None,
                cidr: ANYBODY6.to_owned(),
            };
            Resource::NetworkAcl(NetworkAcl {
                id: id.to_owned(),
                vpc: "vpc-2".to_owned(),
                ingress: Vec::new(),
                egress: Vec::new(),
                ingress_ipv6: vec![entry.clone()],
                egress_ipv6: vec![AclEntry {
                    allow: true,
                    ..entry
                }],
            })
        };
        let guarded = world6(TWO).into_iter().filter_map(|it| match it {
            Resource::Subnet(mut it) => {
                it.network_acl = Some("acl-1".to_owned());
                Some(Resource::Subnet(it))
            }
            _ => None,
        });
        say(&network, guarded.chain([acl("acl-1", false)])).await;
        assert_eq!(both(), 0);
        say(&network, [acl("acl-1", true)]).await;
        assert_eq!(both(), 3);

        // An address of the peer's that the peer does not have there.
        inside(netns(&one), || {
            ip("-6 addr add fd00:2::9/128 dev eth0 nodad");
            ip("-6 route replace default via fe80::1 dev eth0 src fd00:2::9");
        });
        assert!(asks(&one, TWO, 5, REFUSED).is_none());
        inside(netns(&one), || {
            ip("-6 route replace default via fe80::1 dev eth0 src fd00:1::5");
        });
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
                assert!(!ip("-6 route show").contains("/56"));
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
            let task = network.attach(vpc.0, attachment6(vpc, 5)).await.unwrap();
            say(&network, world6(vpc)).await;
            say(&network, [on6(vpc, 5, HERE)]).await;
            tasks.push(task);
        }
        let _servers: Vec<Server> = tasks.iter().map(|task| serve(task, 80)).collect();
        let everywhere = || (ANYBODY6.to_owned(), "pcx-1");
        say(
            &network,
            [
                peering("pcx-1", ONE, TWO),
                peering("pcx-2", TWO, THREE),
                table(ONE, &[everywhere()]),
                table(THREE, &[(ANYBODY6.to_owned(), "pcx-2")]),
                table(TWO, &[(range6(ONE), "pcx-1"), (range6(THREE), "pcx-2")]),
            ],
        )
        .await;
        let [one, two, three] = [&tasks[0], &tasks[1], &tasks[2]];
        assert!(reaches(one, (ONE, 5), TWO, 5) && reaches(three, (THREE, 5), TWO, 5));
        assert!(reaches(two, (TWO, 5), ONE, 5) && reaches(two, (TWO, 5), THREE, 5));
        assert!(asks(one, THREE, 5, REFUSED).is_none() && asks(three, ONE, 5, REFUSED).is_none());
    });
}

#[test]
fn peers_on_two_hosts() {
    on_a_host(|host| async move {
        let two = Two::start(&host).await;
        let mut resources = [world6(ONE), world6(TWO)].concat();
        resources.extend(joined6());
        two.say(resources).await;
        // Neither host has anything of the other VPC.
        let a = two.here.attach("a", attachment6(ONE, 5)).await.unwrap();
        let b = two.there.attach("b", attachment6(TWO, 6)).await.unwrap();
        let _servers = [&a, &b].map(|task| serve(task, 80));
        two.say([on6(ONE, 5, HERE), on6(TWO, 6, THERE)]).await;
        assert!(reaches(&a, (ONE, 5), TWO, 6) && reaches(&b, (TWO, 6), ONE, 5));
        // Then each has something of both.
        let c = two.here.attach("c", attachment6(TWO, 5)).await.unwrap();
        let d = two.there.attach("d", attachment6(ONE, 6)).await.unwrap();
        let _more = [&c, &d].map(|task| serve(task, 80));
        two.say([on6(TWO, 5, HERE), on6(ONE, 6, THERE)]).await;
        for (task, own, others) in [
            (&a, (ONE, 5), [(TWO, 5), (TWO, 6), (ONE, 6)]),
            (&b, (TWO, 6), [(ONE, 5), (ONE, 6), (TWO, 5)]),
            (&c, (TWO, 5), [(ONE, 5), (ONE, 6), (TWO, 6)]),
            (&d, (ONE, 6), [(TWO, 5), (TWO, 6), (ONE, 5)]),
        ] {
            for (vpc, last) in others {
                assert!(reaches(task, own, vpc, last), "{own:?} to {vpc:?} {last}");
            }
        }
        // Tables and groups are asked on the host of each side.
        two.say([table(TWO, &[])]).await;
        assert!(asks(&a, TWO, 6, REFUSED).is_none() && asks(&b, ONE, 5, REFUSED).is_none());
        two.say(joined6()).await;
        two.say([open6(TWO, vec![tcp(80, "@sg-vpc-1")])]).await;
        assert!(reaches(&a, (ONE, 5), TWO, 6) && asks(&c, TWO, 6, REFUSED).is_none());
        for network in [&two.here, &two.there] {
            unsay(network, Kind::Peering, "pcx-1").await;
        }
        assert!(asks(&a, TWO, 6, REFUSED).is_none() && asks(&b, ONE, 5, REFUSED).is_none());
        assert!(reaches(&a, (ONE, 5), ONE, 6), "within the VPC");
    });
}

#[test]
fn what_peers_have_outlives_the_agent() {
    on_a_host(|host| async move {
        let (network, endpoints) = host.start("ab12").await;
        let one = network.attach("one", attachment6(ONE, 5)).await.unwrap();
        let two = network.attach("two", attachment6(TWO, 5)).await.unwrap();
        let mut known = [world6(ONE), world6(TWO)].concat();
        known.extend([on6(ONE, 5, HERE), on6(TWO, 5, HERE)]);
        known.extend(joined6());
        say(&network, known.clone()).await;
        let _server = serve(&two, 80);
        assert!(reaches(&one, (ONE, 5), TWO, 5));
        network.close().await.unwrap();
        drop((network, endpoints));
        let (network, _endpoints) = host.start("ab12").await;
        assert!(
            reaches(&one, (ONE, 5), TWO, 5),
            "before the control plane has spoken"
        );
        known.retain(|it| !matches!(it, Resource::Peering(_)));
        network.apply(NetworkUpdate::Snapshot(known)).await.unwrap();
        assert!(asks(&one, TWO, 5, REFUSED).is_none(), "it went meanwhile");
        let netns = host.dir.path().join("network-ab12/netns/vpc.vpc-1");
        inside(&netns, || {
            assert!(!run("nft", "list tables").contains("_peers"));
        });
    });
}
