//! IPv6 out of a VPC: where route tables lead, under which address, and that nobody comes in.

use std::io::{Read, Write};
use std::net::{Ipv6Addr, TcpListener, TcpStream};

use super::control::*;
use super::ipv6::*;
use super::support::*;
use wharf_network::*;
use wharf_planeproto::network::Vpc;
use wharf_planeproto::{Kind, Resource};

const HOST: &str = "2001:db8:1::1";
const OUTSIDE: &str = "2001:db8:1::2";
const FURTHER: &str = "2001:db8:1::3";
const PORT: u16 = 7000;

/// Addresses of IPv6 for the host and its neighbour, who serves at its own.
fn outside(host: &Host) -> Server {
    ip(&format!("-6 addr add {HOST}/64 dev ext0 nodad"));
    ip(&format!("-6 route add default via {OUTSIDE}"));
    inside(&host.neighbour, || {
        for address in [OUTSIDE, FURTHER] {
            ip(&format!("-6 addr add {address}/64 dev ext0 nodad"));
        }
    });
    let listen = || TcpListener::bind((Ipv6Addr::UNSPECIFIED, PORT)).unwrap();
    Server::on(inside(&host.neighbour, listen))
}

/// As whom a task is seen there, if it gets there.
fn seen(task: &Attachment, to: &str) -> Option<String> {
    ask6(netns(task), to.parse().unwrap(), PORT, REFUSED).ok()
}

/// `vpc-a` with a range and gateways; its main table is `rtb-main`.
fn vpc6(gateway: Option<&str>, egress_only: Option<&str>) -> Resource {
    let Resource::Vpc(vpc) = routed_vpc(gateway) else {
        unreachable!()
    };
    Resource::Vpc(Vpc {
        egress_only: egress_only.map(str::to_owned),
        ipv6_cidr: Some("fd12:3456:789a:bc00::/56".to_owned()),
        ..vpc
    })
}

fn open_world() -> [Resource; 3] {
    [
        said("vpc-a", 5, &["sg-open"]),
        said("vpc-a", 6, &["sg-open"]),
        group6("sg-open", vec![all(ANYBODY6)]),
    ]
}

const ALL_OUT: [(&str, &str); 1] = [(ANYBODY6, "igw-1")];

#[test]
fn routes_lead_out_by_gateways_of_both_kinds_as_the_host() {
    on_a_host(|host| async move {
        let (network, _endpoints) = host.start("ab12").await;
        let _outside = outside(&host);
        let [one, two] = both_of(&network, "vpc-a").await;
        say(&network, open_world()).await;
        assert_eq!(seen(&one, OUTSIDE), None, "nothing is said of routes");
        assert_eq!(ip_forwarding(), "0", "nothing of the host is changed yet");
        say(
            &network,
            [
                vpc6(Some("igw-1"), None),
                subnet(None),
                route_table("rtb-main", &[(ANYBODY, "igw-1")]),
            ],
        )
        .await;
        assert_eq!(seen(&one, OUTSIDE), None, "a route of IPv4 is none");
        assert_eq!(ip_forwarding(), "0");

        say(&network, [route_table("rtb-main", &ALL_OUT)]).await;
        for task in [&one, &two] {
            assert_eq!(seen(task, OUTSIDE).as_deref(), Some(HOST), "as the host");
        }
        let _own = Server::on(TcpListener::bind((Ipv6Addr::UNSPECIFIED, PORT)).unwrap());
        assert!(seen(&one, HOST).is_some(), "the host itself is outside");
        say(
            &network,
            [route_table(
                "rtb-main",
                &[(ANYBODY6, "igw-1"), ("2001:db8:1::2/128", "igw-gone")],
            )],
        )
        .await;
        assert_eq!(seen(&one, OUTSIDE), None, "all but one");
        assert!(seen(&one, FURTHER).is_some());
        say(&network, [vpc6(None, None)]).await;
        assert_eq!(seen(&one, FURTHER), None, "the gateway is detached");

        let by_egress_only = [("2001:db8:1::2/128", "eigw-1")];
        say(
            &network,
            [
                vpc6(None, Some("eigw-1")),
                subnet(Some("rtb-own")),
                route_table("rtb-own", &by_egress_only),
            ],
        )
        .await;
        assert_eq!(seen(&one, OUTSIDE).as_deref(), Some(HOST));
        assert_eq!(seen(&one, FURTHER), None, "one address");
        unsay(&network, Kind::RouteTable, "rtb-own").await;
        assert_eq!(seen(&one, OUTSIDE), None, "a table that is gone");
    });
}

fn ip_forwarding() -> String {
    run("sysctl", "-n net.ipv6.conf.all.forwarding")
        .trim()
        .to_owned()
}

#[test]
fn nobody_comes_in_and_some_addresses_are_not_outside() {
    on_a_host(|host| async move {
        let (network, _endpoints) = host.start("ab12").await;
        let _outside = outside(&host);
        let [one, two] = both_of(&network, "vpc-a").await;
        let [other, _] = both_of(&network, "vpc-b").await;
        let world = [vpc6(Some("igw-1"), None), route_table("rtb-main", &ALL_OUT)];
        say(&network, open_world().into_iter().chain(world)).await;
        say(&network, [5, 6].map(|it| said("vpc-b", it, &["sg-open"]))).await;
        assert!(seen(&one, OUTSIDE).is_some() && seen(&two, OUTSIDE).is_some());
        assert_eq!(
            seen(&other, OUTSIDE),
            None,
            "of another VPC, without routes"
        );

        // The neighbour knows the way to the uplink and to the VPC; neither is of use to it.
        let _servers = [serve(&one, 80), serve(&one, PORT)];
        let scope = host.dir.path().join("network-ab12/netns/vpc.vpc-a");
        let uplink = inside(&scope, || ip("-6 -o addr show dev up"));
        let uplink = uplink.split_whitespace().nth(3).unwrap();
        let uplink: Ipv6Addr = uplink.trim_end_matches("/128").parse().unwrap();
        inside(&host.neighbour, || {
            for to in [uplink, at(5)] {
                ip(&format!("-6 route add {to}/128 via {HOST}"));
            }
        });
        ip(&format!(
            "-6 route add {}/128 via {uplink} dev wab12u0 onlink",
            at(5)
        ));
        for to in [uplink, at(5)] {
            for from in [host.neighbour.as_path(), "/proc/self/ns/net".as_ref()] {
                let answer = ask6(from, to, 80, REFUSED);
                assert!(answer.is_err(), "{} gets to {to}", from.display());
            }
        }
        // What nobody has in the VPC, and what a cloud has for its own hosts.
        inside(&host.neighbour, || {
            for address in [at(0x99), "fd00:ec2::254".parse().unwrap()] {
                ip(&format!("-6 addr add {address}/128 dev ext0 nodad"));
            }
        });
        for strange in [at(0x99).to_string(), "fd00:ec2::254".to_owned()] {
            assert_eq!(seen(&one, &strange), None, "{strange}");
        }
        assert!(seen(&one, OUTSIDE).is_some());
    });
}

#[test]
fn the_way_out_outlives_the_agent_and_goes_with_its_route() {
    on_a_host(|host| async move {
        let (network, endpoints) = host.start("ab12").await;
        ip(&format!("-6 addr add {HOST}/64 dev ext0 nodad"));
        inside(&host.neighbour, || {
            ip(&format!("-6 addr add {OUTSIDE}/64 dev ext0 nodad"))
        });
        let [one, _] = both_of(&network, "vpc-a").await;
        let word = || {
            let routes = [vpc6(Some("igw-1"), None), route_table("rtb-main", &ALL_OUT)];
            open_world().into_iter().chain(routes)
        };
        say(&network, word()).await;
        let listen = || TcpListener::bind((Ipv6Addr::UNSPECIFIED, PORT)).unwrap();
        let listener = inside(&host.neighbour, listen);
        let mut client = inside(netns(&one), || TcpStream::connect((OUTSIDE, PORT)).unwrap());
        let (mut server, _) = listener.accept().unwrap();
        server.set_read_timeout(Some(REFUSED)).unwrap();
        let mut carries = || {
            client.write_all(b"x").unwrap();
            server.read_exact(&mut [0; 1]).is_ok()
        };
        assert!(carries());
        network.close().await.unwrap();
        drop((network, endpoints));
        assert!(carries(), "without an agent");
        let (network, _endpoints) = host.start("ab12").await;
        assert!(carries(), "before the control plane has spoken");
        say(&network, word()).await;
        assert!(carries(), "when it has");
        say(&network, [route_table("rtb-main", &[])]).await;
        assert!(!carries(), "without a route");
        network.teardown_all().await.unwrap();
        assert_eq!(ip_forwarding(), "0", "the host is as it was");
        let tables = run("nft", "list tables");
        assert!(!tables.contains("wharf_ab12"), "{tables}");
    });
}
