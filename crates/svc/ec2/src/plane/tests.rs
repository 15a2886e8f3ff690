use wharf_base::{Cidr4, Timestamp};
use wharf_records::{Unknown, ecs::Tags, encode};

use super::*;
use crate::{
    records::{Attachment, Machine, Pointer, Route},
    vpc_parts::{Parts, allow_all},
};

fn told(entry: &Entry) -> Option<Resource> {
    resource(entry, &Keyring::in_memory())
}

const SCOPE: [&str; 3] = [SERVICE, "000000000000", "us-east-1"];

fn entry<T: Record>(id: &str, record: &T) -> Entry {
    let [service, account, region] = SCOPE;
    Entry {
        key: Scope::new(service, account, region).key(T::KIND, id),
        value: encode(record),
        create_revision: 1,
        mod_revision: 1,
        version: 1,
        lease: None,
    }
}

fn eni(requester: Option<&str>, description: &str) -> Interface {
    Interface {
        id: "eni-1".to_owned(),
        subnet_id: "subnet-1".to_owned(),
        subnet_cidr: Some("172.31.0.0/20".parse().unwrap()),
        vpc_id: "vpc-1".to_owned(),
        zone: "us-east-1a".to_owned(),
        address: "172.31.0.9".parse().unwrap(),
        mac: "0a:00:00:00:00:09".to_owned(),
        groups: vec!["sg-1".to_owned()],
        description: description.to_owned(),
        source_dest_check: true,
        requester: requester.map(str::to_owned),
        load_balancer: None,
        operator: None,
        attachment: None,
        public: None,
        secondary: Vec::new(),
        ipv6: Vec::new(),
        resource_name: None,
        permissions: Vec::new(),
        token_id: None,
        created_at: Timestamp(0),
        tags: Tags::new(),
        unknown: Unknown::new(),
    }
}

fn rule(protocol: &str, from: Option<i32>, to: Option<i32>) -> Rule {
    Rule {
        protocol: protocol.to_owned(),
        from_port: from,
        to_port: to,
        ..allow_all(RulePeer::Cidr(Cidr4::ALL))
    }
}

#[test]
fn a_vpc_and_its_default_group() {
    let parts = Parts::mint("10.0.0.0/16".parse().unwrap(), false, "dopt-1", Tags::new());
    let vpc = entry(&parts.vpc.id, &parts.vpc);
    assert_eq!(
        told(&vpc),
        Some(Resource::Vpc(plane::Vpc {
            id: parts.vpc.id.clone(),
            region: "us-east-1".to_owned(),
            cidrs: vec!["10.0.0.0/16".to_owned()],
            vni: parts.vpc.vni,
            main_route_table: Some(parts.table.id.clone()),
            gateway: None,
            egress_only: None,
            ipv6_cidr: None,
            dns: true,
            network_acl: Some(parts.acl.id.clone()),
        }))
    );
    let mut table = parts.table.clone();
    table.routes = vec![Route {
        destination: Cidr4::ALL,
        target: crate::records::RouteTarget::InternetGateway("igw-1".to_owned()),
    }];
    assert_eq!(
        told(&entry(&table.id, &table)),
        Some(Resource::RouteTable(plane::RouteTable {
            id: table.id.clone(),
            vpc: parts.vpc.id.clone(),
            routes: vec![plane::Route {
                destination: "0.0.0.0/0".to_owned(),
                gateway: "igw-1".to_owned(),
            }],
        }))
    );
    let group = entry(&parts.group.id, &parts.group);
    let all = |peer| plane::Permission {
        protocol: None,
        ports: None,
        icmp: None,
        peer,
    };
    assert_eq!(
        told(&group),
        Some(Resource::SecurityGroup(plane::SecurityGroup {
            id: parts.group.id.clone(),
            vpc: parts.vpc.id.clone(),
            ingress: vec![all(plane::Peer::Group(parts.group.id.clone()))],
            egress: vec![all(plane::Peer::Cidr("0.0.0.0/0".to_owned()))],
        }))
    );
    for stored in [&vpc, &group] {
        assert_eq!(key(&stored.key), told(stored).map(|it| it.key()));
    }
    let unmended = Vpc {
        vni: 0,
        ..parts.vpc
    };
    assert_eq!(told(&entry("vpc-1", &unmended)), None);
}

#[test]
fn an_interface_knows_its_host() {
    let mut record = eni(None, "");
    record.attachment = Some(Attachment {
        id: "eni-attach-1".to_owned(),
        instance_id: "i-1".to_owned(),
        instance_owner: None,
        device_index: 1,
        attached_at: Timestamp(0),
        delete_on_termination: false,
        machine: Default::default(),
    });
    let Some(Resource::Interface(shown)) = told(&entry("eni-1", &record)) else {
        panic!("an interface is a resource");
    };
    assert_eq!(shown.host.as_deref(), Some("i-1"));
    for (machine, host) in [
        (Machine::None, None),
        (Machine::On("i-host".to_owned()), Some("i-host")),
    ] {
        let mut of_instance = record.clone();
        of_instance.attachment.as_mut().unwrap().machine = machine;
        let shown = told(&entry("eni-1", &of_instance));
        let Some(Resource::Interface(shown)) = shown else {
            panic!("no interface: {shown:?}");
        };
        assert_eq!(shown.host.as_deref(), host);
    }
    assert_eq!(shown.subnet_cidr, "172.31.0.0/20");
    assert_eq!(shown.load_balancer, None);
}

#[test]
fn interfaces_of_load_balancers_are_marked() {
    let arn = "arn:aws:elasticloadbalancing:us-east-1:000000000000:loadbalancer/app/web/1";
    let serving = Interface {
        load_balancer: Some(arn.to_owned()),
        ..eni(None, "described as anything")
    };
    let Some(Resource::Interface(shown)) = told(&entry("eni-1", &serving)) else {
        panic!("an interface is a resource");
    };
    assert_eq!(shown.load_balancer.as_deref(), Some(arn));
}

#[test]
fn rules_become_numbers() {
    let check = |rule: Rule, protocol, ports, icmp| {
        let got = permission(&rule).map(|it| (it.protocol, it.ports, it.icmp));
        assert_eq!(got, Some((protocol, ports, icmp)), "{rule:?}");
    };
    check(
        rule("tcp", Some(80), Some(81)),
        Some(6),
        Some((80, 81)),
        None,
    );
    check(rule("udp", Some(0), Some(65535)), Some(17), None, None);
    check(rule("icmp", Some(-1), Some(-1)), Some(1), None, None);
    check(
        rule("icmp", Some(8), Some(-1)),
        Some(1),
        None,
        Some((8, None)),
    );
    check(
        rule("icmp", Some(3), Some(4)),
        Some(1),
        None,
        Some((3, Some(4))),
    );
    check(rule("50", None, None), Some(50), None, None);
    check(rule("-1", None, None), None, None, None);
    for bad in [rule("tcp", Some(1), Some(70000)), rule("400", None, None)] {
        assert_eq!(permission(&bad), None, "{bad:?}");
    }
}

#[test]
fn what_is_nothing_to_hosts_maps_to_nothing() {
    let pointer = entry("default-vpc", &Pointer::to("vpc-1"));
    assert_eq!((told(&pointer), key(&pointer.key)), (None, None));
    let unreadable = Entry {
        value: "{".into(),
        ..entry("eni-1", &eni(None, ""))
    };
    assert_eq!(told(&unreadable), None);
    for other in [
        "",
        "/w1/c0/ecs/1/r/vpc/vpc-1",
        "/w1/c0/ec2/1/r/address/subnet-1:10.0.0.4",
    ] {
        assert_eq!(key(other), None, "{other}");
    }
}
