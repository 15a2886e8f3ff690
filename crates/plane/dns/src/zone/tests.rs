use std::collections::BTreeMap;
use std::net::Ipv6Addr;

use wharf_planeproto::balancer::{BalancerInterface, BalancerKind, LoadBalancer};
use wharf_planeproto::network::{Interface, Peering, ResourceName, ReverseName, Vpc};
use wharf_planeproto::{Change, Key, Kind, Resource};

use super::*;

fn vpc(id: &str, cidr: &str, dns: bool) -> Resource {
    Resource::Vpc(Vpc {
        id: id.to_owned(),
        // As a control plane of before said it.
        region: String::new(),
        cidrs: vec![cidr.to_owned()],
        vni: 1,
        main_route_table: None,
        gateway: None,
        egress_only: None,
        ipv6_cidr: None,
        dns,
        network_acl: None,
    })
}

fn interface(vpc: &str, address: [u8; 4]) -> Resource {
    Resource::Interface(Interface {
        id: format!("eni-{vpc}-{address:?}"),
        vpc: vpc.to_owned(),
        subnet_cidr: String::new(),
        address: address.into(),
        mac: String::new(),
        groups: Vec::new(),
        host: Some("i-1".to_owned()),
        load_balancer: None,
        public: None,
        secondary: Vec::new(),
        ipv6: Vec::new(),
        resource_name: None,
    })
}

fn six(host: u8) -> Ipv6Addr {
    Ipv6Addr::new(0xfd00, 0, 0, 9, 0, 0, 0, host.into())
}

fn balancer(name: &str, vpc: &str, internal: bool, hosts: &[u8]) -> Resource {
    let prefix = if internal { "internal-" } else { "" };
    let interface = |host: &u8| BalancerInterface {
        id: format!("eni-{host}"),
        ipv6: name.starts_with("dual").then(|| six(*host)),
        address: [10, 0, 9, *host].into(),
        zone: String::new(),
        host: format!("i-{host}"),
    };
    Resource::LoadBalancer(LoadBalancer {
        arn: format!("arn:{name}"),
        name: name.to_owned(),
        dns_name: format!("{prefix}{name}-1.us-east-1.elb.localhost"),
        kind: BalancerKind::Application,
        internal,
        vpc: vpc.to_owned(),
        public_address: None,
        interfaces: hosts.iter().map(interface).collect(),
        security_groups: Vec::new(),
        attributes: BTreeMap::new(),
    })
}

/// Two VPCs with a task each, internal load balancers in both, and one for everybody.
fn book() -> Book {
    Book::of([
        vpc("vpc-a", "10.0.0.0/16", true),
        vpc("vpc-b", "10.1.0.0/16", true),
        vpc("vpc-off", "10.2.0.0/16", false),
        interface("vpc-a", [10, 0, 0, 5]),
        interface("vpc-b", [10, 1, 0, 5]),
        balancer("one", "vpc-a", true, &[1, 2, 3]),
        balancer("other", "vpc-b", true, &[1]),
        balancer("public", "vpc-b", false, &[2, 3]),
        balancer("away", "vpc-b", false, &[3]),
        balancer("new", "vpc-a", true, &[]),
        balancer("dual", "vpc-a", true, &[1, 2]),
        balancer("dual-public", "vpc-b", false, &[2]),
    ])
}

const ASKER: Asker<'_> = Asker {
    vpc: Some("vpc-a"),
    region: "us-east-1",
    host: "i-2",
    gateway: Some(Ipv4Addr::new(10, 213, 0, 1)),
    turn: 0,
};

fn ask(asker: Asker<'_>, name: &str, kind: RecordType) -> Answer {
    let name = Name::from_ascii(format!("{name}.")).unwrap();
    answer(&book(), asker, &Query::query(name, kind))
}

/// What a task of `vpc-a` hears, in short.
fn hears(name: &str) -> String {
    told(ask(ASKER, name, RecordType::A))
}

fn told(answer: Answer) -> String {
    match answer {
        Answer::Records(records) if records.is_empty() => "nothing".to_owned(),
        Answer::Records(records) => {
            let all: Vec<String> = records.iter().map(|it| it.data.to_string()).collect();
            all.join(" ")
        }
        other => format!("{other:?}"),
    }
}

#[test]
fn names_of_load_balancers() {
    for (name, expected) in [
        (
            "internal-one-1.us-east-1.elb.localhost",
            "10.0.9.2 10.0.9.1 10.0.9.3",
        ),
        (
            "Internal-ONE-1.us-east-1.ELB.localhost",
            "10.0.9.2 10.0.9.1 10.0.9.3",
        ),
        (
            "internal-one-1.us-east-1.elb.internal",
            "10.0.9.2 10.0.9.1 10.0.9.3",
        ),
        ("internal-new-1.us-east-1.elb.localhost", "nothing"),
        ("internal-two-1.us-east-1.elb.localhost", "Absent"),
        ("x.internal-one-1.us-east-1.elb.localhost", "Absent"),
        // Of another VPC.
        ("internal-other-1.us-east-1.elb.localhost", "Absent"),
        // Everybody's, at this host.
        ("public-1.us-east-1.elb.localhost", "10.213.0.1"),
        ("away-1.us-east-1.elb.localhost", "nothing"),
        ("elb.localhost", "nothing"),
        ("localhost", "Elsewhere"),
        ("elb.localhost.example.org", "Elsewhere"),
    ] {
        assert_eq!(hears(name), expected, "{name}");
    }
    let name = "internal-one-1.us-east-1.elb.localhost";
    assert_eq!(told(ask(ASKER, name, RecordType::AAAA)), "nothing");
    let bridge = Asker { vpc: None, ..ASKER };
    assert_eq!(ask(bridge, name, RecordType::A), Answer::Absent);
    let public = "public-1.us-east-1.elb.localhost";
    assert_eq!(told(ask(bridge, public, RecordType::A)), "10.213.0.1");
    let inside = Asker {
        vpc: Some("vpc-b"),
        ..ASKER
    };
    assert_eq!(
        told(ask(inside, public, RecordType::A)),
        "10.0.9.2 10.0.9.3"
    );
    let without = Asker {
        gateway: None,
        ..bridge
    };
    assert_eq!(told(ask(without, public, RecordType::A)), "nothing");
}

#[test]
fn names_of_dual_stack_load_balancers() {
    let hears = |name: &str, kind| told(ask(ASKER, name, kind));
    let own = "internal-dual-1.us-east-1.elb.internal";
    assert_eq!(hears(own, RecordType::A), "10.0.9.2 10.0.9.1");
    assert_eq!(hears(own, RecordType::AAAA), "fd00:0:0:9::2 fd00:0:0:9::1");
    assert_eq!(
        hears(own, RecordType::ANY),
        "10.0.9.2 fd00:0:0:9::2 10.0.9.1 fd00:0:0:9::1"
    );
    // Outside of its VPC it has the host's addresses, which are of IPv4.
    let public = "dual-public-1.us-east-1.elb.localhost";
    assert_eq!(hears(public, RecordType::AAAA), "nothing");
    let other = "internal-other-1.us-east-1.elb.internal";
    assert_eq!(hears(other, RecordType::AAAA), "Absent");
}

#[test]
fn internal_load_balancers_of_peers() {
    let mut book = book();
    let name = "internal-other-1.us-east-1.elb.internal.";
    let query = Query::query(Name::from_ascii(name).unwrap(), RecordType::A);
    book.change(Change::Put(Resource::Peering(Peering {
        id: "pcx-1".to_owned(),
        vpcs: ["vpc-b".to_owned(), "vpc-a".to_owned()],
    })));
    assert_eq!(told(answer(&book, ASKER, &query)), "10.0.9.1");
    let stranger = Asker {
        vpc: Some("vpc-c"),
        ..ASKER
    };
    assert_ne!(told(answer(&book, stranger, &query)), "10.0.9.1");
    book.change(Change::Delete(Key {
        kind: Kind::Peering,
        id: "pcx-1".to_owned(),
    }));
    assert_eq!(answer(&book, ASKER, &query), Answer::Absent);
}

#[test]
fn addresses_take_turns_behind_the_nearest() {
    let first_two = |turn| {
        let asker = Asker { turn, ..ASKER };
        told(ask(
            asker,
            "internal-one-1.us-east-1.elb.localhost",
            RecordType::A,
        ))
    };
    assert_eq!(first_two(1), "10.0.9.2 10.0.9.3 10.0.9.1");
    assert_eq!(first_two(2), first_two(0));
    let away = Asker {
        host: "i-9",
        turn: 1,
        ..ASKER
    };
    let all = told(ask(
        away,
        "internal-one-1.us-east-1.elb.localhost",
        RecordType::A,
    ));
    assert_eq!(all, "10.0.9.2 10.0.9.3 10.0.9.1");
}

#[test]
fn names_of_wharf_itself() {
    for (name, expected) in [
        ("api.wharf.internal", "169.254.170.2"),
        ("API.wharf.localhost", "169.254.170.2"),
        ("registry.wharf.internal", "169.254.170.2"),
        ("stream-api.wharf.internal", "169.254.170.2"),
        ("stream-169.254.170.2", "169.254.170.2"),
        ("wharf.internal", "nothing"),
        ("web.wharf.internal", "Absent"),
        ("x.api.wharf.internal", "Absent"),
        ("x.stream-api.wharf.internal", "Absent"),
        ("notwharf.internal", "Elsewhere"),
        ("wharf.internal.example.org", "Elsewhere"),
        ("x.stream-169.254.170.2", "Elsewhere"),
        ("stream-169.254.170.20", "Elsewhere"),
        ("169.254.170.2", "Elsewhere"),
    ] {
        assert_eq!(hears(name), expected, "{name}");
    }
    assert_eq!(
        told(ask(ASKER, "api.wharf.internal", RecordType::AAAA)),
        "nothing"
    );
    let bridge = Asker { vpc: None, ..ASKER };
    assert_eq!(
        told(ask(bridge, "api.wharf.internal", RecordType::A)),
        "169.254.170.2"
    );
    let off = Asker {
        vpc: Some("vpc-off"),
        ..ASKER
    };
    assert_eq!(
        ask(off, "api.wharf.internal", RecordType::A),
        Answer::Refused
    );
    // Whatever is known of networks.
    let name = Name::from_ascii("api.wharf.internal.").unwrap();
    let own = answer(&Book::default(), ASKER, &Query::query(name, RecordType::A));
    assert_eq!(told(own), "169.254.170.2");
}

#[test]
fn names_of_interfaces() {
    for (name, expected) in [
        ("ip-10-0-0-5.ec2.internal", "10.0.0.5"),
        ("IP-10-0-0-5.EC2.internal", "10.0.0.5"),
        ("ip-10-0-0-6.ec2.internal", "Absent"),
        // Another VPC's.
        ("ip-10-1-0-5.ec2.internal", "Absent"),
        // As nobody writes it.
        ("ip-010-0-0-5.ec2.internal", "Absent"),
        ("ip-10-0-0-5.us-east-1.compute.internal", "Absent"),
        ("ip-10-0-0-5.x.ec2.internal", "Absent"),
        ("web.ec2.internal", "Absent"),
        ("ec2.internal", "nothing"),
        ("eu-west-1.compute.internal", "nothing"),
        ("xec2.internal", "Elsewhere"),
        ("db.internal", "Elsewhere"),
    ] {
        assert_eq!(hears(name), expected, "{name}");
    }
    let elsewhere = Asker {
        region: "eu-west-1",
        ..ASKER
    };
    let name = "ip-10-0-0-5.eu-west-1.compute.internal";
    assert_eq!(told(ask(elsewhere, name, RecordType::A)), "10.0.0.5");
}

#[test]
fn interfaces_are_named_after_the_region_of_their_vpc() {
    let Resource::Vpc(frankfurt) = vpc("vpc-f", "10.2.0.0/16", true) else {
        unreachable!("it is one");
    };
    let frankfurt = Vpc {
        region: "eu-central-1".to_owned(),
        ..frankfurt
    };
    let book = Book::of([Resource::Vpc(frankfurt), interface("vpc-f", [10, 2, 0, 5])]);
    let asker = Asker {
        vpc: Some("vpc-f"),
        ..ASKER
    };
    let hears = |name: &str, kind| {
        let name = Name::from_ascii(format!("{name}.")).unwrap();
        told(answer(&book, asker, &Query::query(name, kind)))
    };
    let name = "ip-10-2-0-5.eu-central-1.compute.internal";
    assert_eq!(hears(name, RecordType::A), "10.2.0.5");
    assert_eq!(hears("ip-10-2-0-5.ec2.internal", RecordType::A), "Absent");
    let back = hears("5.0.2.10.in-addr.arpa", RecordType::PTR);
    assert_eq!(back, format!("{name}."));
}

#[test]
fn instances_have_names_that_lead_to_addresses_of_both_families() {
    let named = |last: u8, ipv4, ipv6| {
        let Resource::Interface(it) = interface("vpc-a", [10, 0, 0, last]) else {
            unreachable!("it is one");
        };
        Resource::Interface(Interface {
            ipv6: vec![format!("fd12:3456:789a:bc01::{last}").parse().unwrap()],
            resource_name: Some(ResourceName {
                instance: format!("i-0{last}"),
                ipv4,
                ipv6,
            }),
            ..it
        })
    };
    let Resource::Vpc(of) = vpc("vpc-a", "10.0.0.0/16", true) else {
        unreachable!("it is one");
    };
    let of = Vpc {
        ipv6_cidr: Some("fd12:3456:789a:bc00::/56".to_owned()),
        ..of
    };
    let all = [
        named(5, true, true),
        named(6, false, true),
        named(7, true, false),
    ];
    let book = Book::of(all.into_iter().chain([Resource::Vpc(of)]));
    let asker = Asker {
        vpc: Some("vpc-a"),
        ..ASKER
    };
    let hears = |name: &str, kind| {
        let name = Name::from_ascii(format!("{name}.")).unwrap();
        told(answer(&book, asker, &Query::query(name, kind)))
    };
    for (name, ipv4, ipv6) in [
        ("i-05.ec2.internal", "10.0.0.5", "fd12:3456:789a:bc01::5"),
        ("i-06.ec2.internal", "nothing", "fd12:3456:789a:bc01::6"),
        ("i-07.ec2.internal", "10.0.0.7", "nothing"),
        ("i-08.ec2.internal", "Absent", "Absent"),
        // Those that are made of addresses of IPv4 lead to nothing else.
        ("ip-10-0-0-5.ec2.internal", "10.0.0.5", "nothing"),
    ] {
        assert_eq!(hears(name, RecordType::A), ipv4, "{name}");
        assert_eq!(hears(name, RecordType::AAAA), ipv6, "{name}");
    }
    let back = |address: &str| {
        let digits = address.parse::<Ipv6Addr>().unwrap().to_bits();
        let digits: Vec<String> = (0..32)
            .map(|at| format!("{:x}", digits >> (4 * at) & 15))
            .collect();
        hears(&format!("{}.ip6.arpa", digits.join(".")), RecordType::PTR)
    };
    assert_eq!(back("fd12:3456:789a:bc01::5"), "i-05.ec2.internal.");
    assert_eq!(
        back("fd12:3456:789a:bc01::7"),
        "Absent",
        "it leads to no name"
    );
    assert_eq!(back("2001:db8::1"), "Elsewhere");
    assert_eq!(hears("1.ip6.arpa", RecordType::PTR), "Elsewhere");
}

#[test]
fn names_of_addresses() {
    for (name, expected) in [
        ("5.0.0.10.in-addr.arpa", "ip-10-0-0-5.ec2.internal."),
        ("6.0.0.10.in-addr.arpa", "Absent"),
        // Another VPC's is whatever the world says of it.
        ("5.0.1.10.in-addr.arpa", "Elsewhere"),
        ("1.2.0.192.in-addr.arpa", "Elsewhere"),
        ("169.254.169.254.in-addr.arpa", "Elsewhere"),
        ("254.169.254.169.in-addr.arpa", "Absent"),
        ("1.0.0.127.in-addr.arpa", "Absent"),
        ("0.10.in-addr.arpa", "Elsewhere"),
    ] {
        assert_eq!(told(ask(ASKER, name, RecordType::PTR)), expected, "{name}");
    }
}

#[test]
fn public_addresses_lead_back_to_the_names_they_were_given_whoever_asks() {
    let named = |address: [u8; 4], name: &str| {
        Resource::ReverseName(ReverseName {
            id: format!("eipalloc-{name}"),
            address: address.into(),
            name: name.to_owned(),
        })
    };
    let mut book = book();
    book.change(Change::Put(named([198, 19, 0, 7], "mail.example.com")));
    // What a VPC has in its own range it does not take for a public address.
    book.change(Change::Put(named([10, 0, 0, 9], "no.example.com")));
    let hears = |book: &Book, vpc, name: &str, kind| {
        let name = Name::from_ascii(format!("{name}.")).unwrap();
        let asker = Asker { vpc, ..ASKER };
        told(answer(book, asker, &Query::query(name, kind)))
    };
    let public = "7.0.19.198.in-addr.arpa";
    for vpc in [Some("vpc-a"), Some("vpc-b"), None] {
        assert_eq!(
            hears(&book, vpc, public, RecordType::PTR),
            "mail.example.com."
        );
        assert_eq!(hears(&book, vpc, public, RecordType::A), "nothing");
    }
    let other = "8.0.19.198.in-addr.arpa";
    assert_eq!(hears(&book, None, other, RecordType::PTR), "Elsewhere");
    let own = "9.0.0.10.in-addr.arpa";
    assert_eq!(hears(&book, Some("vpc-a"), own, RecordType::PTR), "Absent");
    book.change(Change::Delete(named([0; 4], "mail.example.com").key()));
    assert_eq!(hears(&book, None, public, RecordType::PTR), "Elsewhere");
}

#[test]
fn a_vpc_without_a_name_service() {
    let asker = Asker {
        vpc: Some("vpc-off"),
        ..ASKER
    };
    for name in ["example.org", "internal-one-1.us-east-1.elb.localhost"] {
        assert_eq!(ask(asker, name, RecordType::A), Answer::Refused);
    }
}

#[test]
fn what_was_not_told_of_may_be_there() {
    let name = Name::from_ascii("internal-x-1.us-east-1.elb.localhost.").unwrap();
    let query = Query::query(name, RecordType::A);
    let unheard = Asker {
        vpc: Some("vpc-x"),
        ..ASKER
    };
    let mut book = book();
    assert_eq!(answer(&book, ASKER, &query), Answer::Absent);
    assert_eq!(answer(&book, unheard, &query), Answer::NotYet);
    book.change(Change::Put(vpc("vpc-x", "10.9.0.0/16", true)));
    assert_eq!(answer(&book, unheard, &query), Answer::Absent);
    let bridge = Asker { vpc: None, ..ASKER };
    assert_eq!(answer(&book, bridge, &query), Answer::Absent);
    assert_eq!(answer(&Book::default(), bridge, &query), Answer::NotYet);
}
