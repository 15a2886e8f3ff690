//! Network ACLs: every packet that crosses the edge of a subnet, and none within.

use std::net::Ipv4Addr;

use super::control::*;
use super::support::*;
use wharf_network::*;
use wharf_planeproto::network::{AclEntry, Interface, NetworkAcl, Subnet as WireSubnet};
use wharf_planeproto::{Kind, Resource};

/// In another subnet than those of `eni_address`.
const FAR: Ipv4Addr = Ipv4Addr::new(172, 31, 40, 9);
const FAR_RANGE: &str = "172.31.32.0/20";

fn far() -> Mode {
    Mode::Awsvpc(Eni {
        vpc_id: "vpc-a".to_owned(),
        eni_id: "eni-far".to_owned(),
        mac: MacAddress::new([0x0a, 0, 0, 0, 1, 9]),
        address: FAR,
        subnet: FAR_RANGE.parse().unwrap(),
        gateway: Ipv4Addr::new(172, 31, 32, 1),
        ipv6: Vec::new(),
    })
}

fn far_interface() -> Resource {
    Resource::Interface(Interface {
        id: "eni-far".to_owned(),
        subnet_cidr: FAR_RANGE.to_owned(),
        address: FAR,
        ..interface("vpc-a", 9, &["sg-open"])
    })
}

fn subnets(acl: Option<&str>) -> [Resource; 2] {
    let subnet = |id: &str, cidr: &str, acl: Option<&str>| {
        Resource::Subnet(WireSubnet {
            id: id.to_owned(),
            vpc: "vpc-a".to_owned(),
            cidr: cidr.to_owned(),
            ipv6_cidr: None,
            route_table: None,
            network_acl: acl.map(str::to_owned),
        })
    };
    [
        subnet("subnet-1", "172.31.16.0/20", acl),
        subnet("subnet-2", FAR_RANGE, None),
    ]
}

fn entry(allow: bool, protocol: Option<u8>, ports: Option<(u16, u16)>, cidr: &str) -> AclEntry {
    AclEntry {
        allow,
        protocol,
        ports,
        icmp: None,
        cidr: cidr.to_owned(),
    }
}

fn acl(ingress: Vec<AclEntry>, egress: Vec<AclEntry>) -> Resource {
    Resource::NetworkAcl(NetworkAcl {
        ingress_ipv6: Vec::new(),
        egress_ipv6: Vec::new(),
        id: "acl-1".to_owned(),
        vpc: "vpc-a".to_owned(),
        ingress,
        egress,
    })
}

#[test]
fn packets_are_judged_one_by_one_at_the_edge_of_a_subnet() {
    on_a_host(|host| async move {
        let (network, endpoints) = host.start("ab12").await;
        let one = network.attach("one", eni("vpc-a", 5)).await.unwrap();
        let near = network.attach("near", eni("vpc-a", 6)).await.unwrap();
        let other = network.attach("far", far()).await.unwrap();
        let _servers = [80, 81].map(|port| Server::start(one.netns.as_deref(), port));
        let _outside = Server::start(Some(&host.neighbour), 7000);
        let to_one = |from: &Attachment, port| {
            let to = (eni_address(5), port);
            ask_from(from.netns.as_deref(), to, REFUSED).is_ok()
        };
        let scope = host.dir.path().join("network-ab12/netns/vpc.vpc-a");
        let rules = || inside(&scope, || run("nft", "list ruleset"));
        let out = || ask_from(one.netns.as_deref(), (NEIGHBOUR, 7000), REFUSED).is_ok();
        open_up(&network, "vpc-a", &[5, 6]).await;
        say(&network, [routed_vpc(Some("igw-1")), far_interface()]).await;
        say(&network, [route_table("rtb-main", &[(ANYBODY, "igw-1")])]).await;
        let every = || entry(true, None, None, ANYBODY);
        say(&network, subnets(Some("acl-1"))).await;
        assert!(!to_one(&other, 80), "an ACL of which nothing is known");
        say(&network, [acl(vec![every()], vec![every()])]).await;
        assert!(to_one(&other, 80) && to_one(&near, 80) && out());
        assert!(!rules().contains("acl-in/"), "packets cost nothing");

        // The first entry that fits decides, and what fits none is dropped.
        let ports = vec![
            entry(false, Some(6), Some((80, 80)), "172.31.32.0/20"),
            entry(true, Some(6), Some((80, 81)), ANYBODY),
        ];
        say(&network, [acl(ports.clone(), vec![every()])]).await;
        assert!(!to_one(&other, 80) && to_one(&other, 81));
        assert!(rules().contains("acl-in/subnet-1"));
        assert!(to_one(&near, 80), "within the subnet nothing is asked");
        assert!(ask((eni_address(5), 80), PATIENCE).is_ok(), "the host");
        let ping = pings(netns(&other), eni_address(5), REFUSED);
        assert!(!ping, "no entry is about it");
        assert!(!out(), "answers come in at ports of which nothing is said");

        // Nothing is remembered of a connection: answers take entries of their own.
        let ephemeral = || entry(true, Some(6), Some((1024, 65535)), ANYBODY);
        let with_answers = [ports.clone(), vec![ephemeral()]].concat();
        say(&network, [acl(with_answers.clone(), vec![every()])]).await;
        assert!(out());
        let no_answers = entry(false, Some(6), Some((1024, 65535)), FAR_RANGE);
        let egress = vec![no_answers, every()];
        say(&network, [acl(with_answers.clone(), egress.clone())]).await;
        assert!(!to_one(&other, 81) && to_one(&near, 81) && out());

        // The rules outlive the process, and follow its successor's word.
        network.close().await.unwrap();
        drop(endpoints);
        let (network, _endpoints) = host.start("ab12").await;
        assert!(!to_one(&other, 81) && out());
        let known = [
            routed_vpc(Some("igw-1")),
            route_table("rtb-main", &[(ANYBODY, "igw-1")]),
            far_interface(),
            acl(ports, vec![every()]),
        ];
        let known = known.into_iter().chain(open_resources("vpc-a", &[5, 6]));
        let known = known.chain(subnets(Some("acl-1"))).collect();
        network.apply(NetworkUpdate::Snapshot(known)).await.unwrap();
        assert!(to_one(&other, 81) && !to_one(&other, 80));
        say(&network, subnets(None)).await;
        assert!(
            to_one(&other, 80),
            "another ACL, that lets everything through"
        );
        say(&network, subnets(Some("acl-1"))).await;
        unsay(&network, Kind::NetworkAcl, "acl-1").await;
        assert!(!to_one(&other, 81) && to_one(&near, 80));
    });
}

#[test]
fn messages_are_told_apart_by_type_and_code() {
    on_a_host(|host| async move {
        let (network, _endpoints) = host.start("ab12").await;
        network.attach("one", eni("vpc-a", 5)).await.unwrap();
        let other = network.attach("far", far()).await.unwrap();
        open_up(&network, "vpc-a", &[5]).await;
        say(&network, [routed_vpc(None), far_interface()]).await;
        let message = |allow, kind, code| AclEntry {
            icmp: Some((kind, code)),
            ..entry(allow, Some(1), None, ANYBODY)
        };
        let pinged = || pings(netns(&other), eni_address(5), REFUSED);
        let both = |first, second| acl(vec![first], vec![second]);
        let (request, reply) = (message(true, 8, None), message(true, 0, Some(0)));
        say(&network, subnets(Some("acl-1"))).await;
        say(&network, [both(request.clone(), reply.clone())]).await;
        assert!(pinged());
        say(&network, [both(reply.clone(), reply)]).await;
        assert!(!pinged(), "requests are not let in");
        let other_code = message(true, 0, Some(1));
        say(&network, [both(request, other_code)]).await;
        assert!(!pinged(), "answers of that code are not let out");
    });
}
