//! Two thousand hosts in one VPC: telling one of them costs what changed, not what there is.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use wharf_planeproto::{
    Plane, Resource,
    network::{Host, Interface, SecurityGroup, Vpc},
};
use wharf_store::Revision;

use crate::plane::{
    delivered::{Delivered, Subscriber},
    records::{Held, Records, View},
};

const HOSTS: u32 = 2_000;
/// Task starts, each of which every host is told of.
const STARTS: u32 = 10;
/// Many times what it takes; with a cost that grows with the fleet it is several minutes.
const PATIENCE: Duration = Duration::from_secs(120);

pub fn interface(n: u32, host: u32) -> Resource {
    Resource::Interface(Interface {
        id: format!("eni-{n:017x}"),
        vpc: "vpc-1".to_owned(),
        subnet_cidr: "10.0.0.0/8".to_owned(),
        address: (0x0a00_0000 + n).into(),
        mac: "0a:00:00:00:00:01".to_owned(),
        groups: vec!["sg-1".to_owned()],
        host: Some(format!("i-{host:017x}")),
        load_balancer: None,
        public: None,
        secondary: Vec::new(),
        ipv6: Vec::new(),
        resource_name: None,
    })
}

fn subscriber(host: u32) -> Subscriber {
    Subscriber {
        plane: Plane::Network,
        version: 2,
        host: format!("i-{host:017x}"),
    }
}

pub fn fleet_resources() -> Vec<Resource> {
    let mut all = Vec::new();
    let mut put = |resource: Resource| all.push(resource);
    put(Resource::Vpc(Vpc {
        id: "vpc-1".to_owned(),
        region: "us-east-1".to_owned(),
        cidrs: vec!["10.0.0.0/8".to_owned()],
        vni: 1,
        main_route_table: None,
        gateway: None,
        egress_only: None,
        ipv6_cidr: None,
        dns: true,
        network_acl: None,
    }));
    put(Resource::SecurityGroup(SecurityGroup {
        id: "sg-1".to_owned(),
        vpc: "vpc-1".to_owned(),
        ingress: Vec::new(),
        egress: Vec::new(),
    }));
    for n in 0..HOSTS {
        put(Resource::Host(Host {
            id: format!("i-{n:017x}"),
            underlay: Some(std::net::Ipv4Addr::from(0xc0a8_0000 + n).into()),
        }));
        put(interface(n, n));
    }
    all
}

fn fleet() -> Records {
    let mut records = Records::default();
    for resource in fleet_resources() {
        let held = Held {
            resource,
            revision: 1,
        };
        records.set(&held.resource.key(), Some(Arc::new(held)));
    }
    records
}

#[test]
fn telling_a_host_costs_what_changed() {
    let began = Instant::now();
    let mut view = View::default();
    view.replace(fleet(), 1);
    let (_, all) = Delivered::anew(&view, &subscriber(7));
    assert_eq!(all.len(), 2 + 2 * usize::try_from(HOSTS).unwrap());

    // Each knows all of this revision, and says so.
    let resume = |view: &View, at| -> Vec<Delivered> {
        let each = (0..HOSTS).map(|host| Delivered::resumed(view, &subscriber(host), at));
        each.collect::<Option<_>>().unwrap()
    };
    let mut fleet = resume(&view, 1);
    let start = Instant::now();
    for n in 0..STARTS {
        let new = interface(HOSTS + n, n);
        let revision = Revision::from(n + 2);
        view.change(revision, new.key(), Some(new));
        view.reach(revision);
        for delivered in &mut fleet {
            assert_eq!(delivered.advance(&view).unwrap().len(), 1);
        }
    }
    println!(
        "{STARTS} starts told to {HOSTS} hosts: {:?}",
        start.elapsed()
    );

    let start = Instant::now();
    for mut delivered in resume(&view, 2) {
        let due = delivered.advance(&view).unwrap();
        assert_eq!(due.len(), usize::try_from(STARTS - 1).unwrap());
    }
    println!(
        "{HOSTS} hosts resume {} revisions back: {:?}",
        STARTS - 1,
        start.elapsed()
    );
    assert!(began.elapsed() < PATIENCE, "{:?}", began.elapsed());
    // What is kept of each host does not grow with the others.
    assert!(size_of::<Delivered>() < 512);
}
