//! Whatever happens in whatever order, a plane that has been told all knows what its scope admits.

use std::collections::BTreeMap;

use proptest::prelude::*;
use wharf_planeproto::{
    Change, Key, Kind, Plane, Resource,
    balancer::{
        Action, BalancerInterface, BalancerKind, Certificate, HealthCheck, Listener, LoadBalancer,
        Protocol, ProtocolVersion, Rule, Target, TargetGroup, TargetRef, WeightedGroup,
    },
    endpoint::{Endpoint, EndpointWay, Front},
    flows::{FlowLog, FlowsOf},
    machine::{self, Instance, Wanted},
    network::{
        AclEntry, Host, Interface, NatGateway, NetworkAcl, Peering, PublicAddress, ReverseName,
        Route, RouteTable, SecurityGroup, Subnet, Vpc,
    },
    wire::{Frames, ToPlane, encode},
};
use wharf_store::Revision;

use crate::plane::{
    delivered::{Delivered, Subscriber},
    records::{Held, Records, View},
};

/// Of each kind there are so many names.
const NAMES: u8 = 4;

/// What is written next.
#[derive(Debug, Clone)]
enum Step {
    /// Kind and name of a resource, and what else it says; `None` deletes it.
    Write(u8, u8, Option<(u8, u8)>),
    /// A plane is told what is missing.
    Advance(usize),
    /// A plane comes back with what it knows.
    Resume(usize),
    /// The view forgets how it came about.
    Reload,
}

fn step() -> impl Strategy<Value = Step> {
    let saying = proptest::option::weighted(0.75, (0..NAMES, 0..NAMES));
    prop_oneof![
        8 => (0..20u8, 0..NAMES, saying).prop_map(|(kind, name, what)| Step::Write(kind, name, what)),
        3 => (0..PLANES.len()).prop_map(Step::Advance),
        1 => (0..PLANES.len()).prop_map(Step::Resume),
        1 => Just(Step::Reload),
    ]
}

/// Some of them are of older versions.
const PLANES: [(Plane, u32, &str); 10] = [
    (Plane::Network, 15, "host0"),
    (Plane::Network, 6, "host0"),
    (Plane::Network, 3, "host0"),
    (Plane::Network, 1, "host1"),
    (Plane::Network, 2, "host0"),
    (Plane::LoadBalancer, 2, "host0"),
    (Plane::LoadBalancer, 2, "host2"),
    (Plane::LoadBalancer, 14, "host0"),
    (Plane::Machines, 5, "host1"),
    (Plane::Machines, 4, "host1"),
];

fn subscriber((plane, version, host): (Plane, u32, &str)) -> Subscriber {
    Subscriber {
        plane,
        version,
        host: host.to_owned(),
    }
}

fn forward(group: u8) -> Vec<Action> {
    let group = WeightedGroup {
        group: format!("group{group}"),
        weight: 1,
    };
    vec![Action::Forward {
        groups: vec![group],
        stickiness_seconds: None,
    }]
}

fn resource(kind: u8, name: u8, (a, b): (u8, u8)) -> Resource {
    match kind {
        0 => Resource::Host(Host {
            id: format!("host{name}"),
            underlay: Some([10, 0, 0, a].into()),
        }),
        1 => Resource::Vpc(Vpc {
            id: format!("vpc{name}"),
            region: "us-east-1".to_owned(),
            cidrs: vec!["10.0.0.0/16".to_owned()],
            vni: u32::from(a),
            main_route_table: None,
            gateway: None,
            egress_only: None,
            ipv6_cidr: None,
            dns: b != 0,
            network_acl: None,
        }),
        2 => Resource::SecurityGroup(SecurityGroup {
            id: format!("sg{name}"),
            vpc: format!("vpc{a}"),
            ingress: Vec::new(),
            egress: Vec::new(),
        }),
        3 => Resource::Interface(Interface {
            id: format!("eni{name}"),
            vpc: format!("vpc{a}"),
            subnet_cidr: "10.0.0.0/20".to_owned(),
            address: [10, 0, 0, name].into(),
            mac: String::new(),
            groups: Vec::new(),
            host: (b != 3).then(|| format!("host{b}")),
            load_balancer: None,
            public: None,
            secondary: Vec::new(),
            ipv6: Vec::new(),
            resource_name: None,
        }),
        4..=6 => balancer(kind, name, a, b),
        7 => Resource::TargetGroup(TargetGroup {
            arn: format!("group{name}"),
            name: String::new(),
            vpc: String::new(),
            protocol: Protocol::Http,
            protocol_version: ProtocolVersion::Http1,
            health_check: HealthCheck {
                enabled: a == 0,
                protocol: Protocol::Http,
                port: None,
                path: "/".to_owned(),
                matcher: "200".to_owned(),
                interval_seconds: 30,
                timeout_seconds: 5,
                healthy_threshold: 5,
                unhealthy_threshold: 2,
            },
            attributes: BTreeMap::new(),
        }),
        8 => Resource::Target(Target {
            target: TargetRef {
                group: format!("group{name}"),
                id: "10.0.0.1".to_owned(),
                port: 80,
            },
            address: [10, 0, 0, 1].into(),
            in_vpc: a == 0,
            vpc_ranges: Vec::new(),
            instance_vpc_ranges: Vec::new(),
            draining_since_ms: (a == 0).then_some(1),
        }),
        10 => Resource::Subnet(Subnet {
            id: format!("subnet{name}"),
            vpc: format!("vpc{a}"),
            cidr: "10.0.0.0/20".to_owned(),
            ipv6_cidr: None,
            route_table: Some(format!("rtb{b}")),
            network_acl: None,
        }),
        11 => Resource::RouteTable(RouteTable {
            id: format!("rtb{name}"),
            vpc: format!("vpc{a}"),
            routes: vec![Route {
                destination: "0.0.0.0/0".to_owned(),
                gateway: format!("igw{b}"),
            }],
        }),
        12 => Resource::Instance(Box::new(instance(name, a, b))),
        13 => Resource::Peering(Peering {
            id: format!("pcx{name}"),
            vpcs: [format!("vpc{a}"), format!("vpc{b}")],
        }),
        14 => Resource::NatGateway(NatGateway {
            id: format!("nat{name}"),
            vpc: format!("vpc{a}"),
            subnet_cidr: "10.0.0.0/20".to_owned(),
            public: PublicAddress {
                address: [198, 19, 0, b].into(),
                routed: false,
            },
        }),
        15 => Resource::NetworkAcl(NetworkAcl {
            ingress_ipv6: Vec::new(),
            egress_ipv6: Vec::new(),
            id: format!("acl{name}"),
            vpc: format!("vpc{a}"),
            ingress: Vec::new(),
            egress: vec![AclEntry {
                allow: b == 0,
                protocol: None,
                ports: None,
                icmp: None,
                cidr: "0.0.0.0/0".to_owned(),
            }],
        }),
        16 => Resource::Endpoint(Endpoint {
            id: format!("vpce{name}"),
            arn: String::new(),
            vpc: format!("vpc{a}"),
            way: EndpointWay::Interface {
                interfaces: Vec::new(),
                groups: vec![format!("sg{b}")],
            },
            names: Vec::new(),
            fronts: vec![Front {
                interface: String::new(),
                address: [10, 0, 0, 2].into(),
                host: format!("host{}", b % 2),
                load_balancer: format!("lb{a}"),
            }],
        }),
        17 => Resource::FlowLog(FlowLog {
            id: format!("fl{name}"),
            vpc: format!("vpc{a}"),
            account: String::new(),
            region: String::new(),
            of: FlowsOf::Vpc,
            accepted: b == 0,
            rejected: true,
            tcp_flags: false,
        }),
        18 => Resource::ReverseName(ReverseName {
            id: format!("eipalloc{name}"),
            address: [198, 19, a, b].into(),
            name: "mail.example.com".to_owned(),
        }),
        _ => Resource::Certificate(Certificate {
            arn: format!("cert{name}"),
            names: Vec::new(),
            chain: format!("{a}"),
            private_key: String::new(),
        }),
    }
}

fn instance(name: u8, a: u8, b: u8) -> Instance {
    Instance {
        id: format!("i-{name}"),
        account: String::new(),
        region: String::new(),
        zone: String::new(),
        host: format!("host{a}"),
        wanted: Wanted::Running,
        boot: u64::from(b),
        image: machine::Image::Own,
        instance_type: String::new(),
        cpu: 1024,
        cpu_guaranteed: None,
        memory_mib: 512,
        disk_bytes: 1 << 30,
        restore: false,
        virtual_machine: false,
        sealed: false,
        devices: Vec::new(),
        one_pod: None,
        pod_volumes: None,
        interface: machine::Interface {
            id: String::new(),
            vpc: String::new(),
            subnet: String::new(),
            subnet_cidr: String::new(),
            address: [10, 0, 0, 1].into(),
            mac: String::new(),
            secondary: Vec::new(),
            ipv6: Vec::new(),
            groups: Vec::new(),
            search: Vec::new(),
            name_servers: Vec::new(),
        },
        metadata: machine::Metadata::default(),
        user_data: None,
        launched_at_ms: 0,
    }
}

fn balancer(kind: u8, name: u8, a: u8, b: u8) -> Resource {
    match kind {
        4 => Resource::LoadBalancer(LoadBalancer {
            arn: format!("lb{name}"),
            name: String::new(),
            dns_name: String::new(),
            kind: BalancerKind::Application,
            internal: b != 0,
            vpc: format!("vpc{a}"),
            public_address: None,
            interfaces: vec![BalancerInterface {
                id: String::new(),
                ipv6: None,
                address: [10, 0, 0, 1].into(),
                zone: String::new(),
                host: format!("host{a}"),
            }],
            security_groups: vec![format!("sg{b}")],
            attributes: BTreeMap::new(),
        }),
        5 => Resource::Listener(Listener {
            arn: format!("listener{name}"),
            load_balancer: format!("lb{a}"),
            port: 80,
            protocol: Protocol::Http,
            certificates: vec![format!("cert{b}")],
            ssl_policy: None,
            alpn_policy: None,
            default_actions: forward(b),
            attributes: BTreeMap::new(),
            session_keys: Vec::new(),
        }),
        _ => Resource::Rule(Rule {
            arn: format!("rule{name}"),
            listener: format!("listener{a}"),
            priority: 1,
            conditions: Vec::new(),
            actions: forward(b),
        }),
    }
}

/// A plane at the other end, and the control plane's side of it.
struct Pair {
    subscriber: Subscriber,
    knows: BTreeMap<Key, Resource>,
    at: Revision,
    delivered: Delivered,
}

impl Pair {
    fn advance(&mut self, view: &View) {
        let entitled = self.entitled(view);
        let Some(due) = self.delivered.advance(view) else {
            return self.begin(view);
        };
        let plane = self.subscriber.plane;
        let changes = due.into_iter().map(|due| due.change(plane)).collect();
        for change in over_the_wire(changes) {
            match change {
                Change::Put(resource) => {
                    let key = resource.key();
                    assert_eq!(entitled.get(&key), Some(&resource));
                    self.knows.insert(key, resource);
                }
                Change::Delete(key) => {
                    assert!(self.knows.remove(&key).is_some(), "never told of {key}");
                }
            }
        }
        self.at = self.delivered.at();
    }

    fn resume(&mut self, view: &View) {
        match Delivered::resumed(view, &self.subscriber, self.at) {
            Some(delivered) => self.delivered = delivered,
            None => self.begin(view),
        }
    }

    fn begin(&mut self, view: &View) {
        let (delivered, all) = Delivered::anew(view, &self.subscriber);
        self.delivered = delivered;
        let rows = all
            .iter()
            .map(|it| (it.resource.key(), it.told_to(self.subscriber.plane)));
        self.knows = rows.collect();
        assert_eq!(self.knows.len(), all.len(), "something is told twice");
        self.at = self.delivered.at();
    }

    fn entitled(&self, view: &View) -> BTreeMap<Key, Resource> {
        let all: Vec<&Resource> = everything(view.now()).map(|held| &held.resource).collect();
        let host = &self.subscriber.host;
        let admitted: Vec<&Resource> = match self.subscriber.plane {
            Plane::Network => network_of(&all, host),
            Plane::LoadBalancer => balancers_of(&all, host),
            Plane::Machines => instances_of(&all, host),
        };
        let told = |it: &Resource| match (it, self.subscriber.plane) {
            // To whom it leads is no host's of its VPC.
            (Resource::Endpoint(it), Plane::Network) => Resource::Endpoint(Endpoint {
                fronts: Vec::new(),
                ..it.clone()
            }),
            _ => it.clone(),
        };
        let rows = admitted.into_iter().map(|it| (it.key(), told(it)));
        rows.filter(|(key, _)| key.kind.since(self.subscriber.plane) <= self.subscriber.version)
            .collect()
    }
}

fn everything(records: &Records) -> impl Iterator<Item = &std::sync::Arc<Held>> {
    let kinds = [
        Kind::Host,
        Kind::Vpc,
        Kind::Interface,
        Kind::SecurityGroup,
        Kind::Subnet,
        Kind::RouteTable,
        Kind::NatGateway,
        Kind::NetworkAcl,
        Kind::Endpoint,
        Kind::FlowLog,
        Kind::LoadBalancer,
        Kind::Listener,
        Kind::Rule,
        Kind::TargetGroup,
        Kind::Target,
        Kind::Certificate,
        Kind::Instance,
        Kind::Peering,
        Kind::Volume,
        Kind::ReverseName,
    ];
    let all = kinds.into_iter().flat_map(|kind| records.of_kind(kind));
    all.map(|(_, held)| held)
}

fn instances_of<'a>(all: &[&'a Resource], host: &str) -> Vec<&'a Resource> {
    let keeps =
        |resource: &&Resource| matches!(resource, Resource::Instance(it) if it.host == host);
    all.iter().copied().filter(keeps).collect()
}

/// The VPCs in which the host has interfaces, with their peerings and peers, all that belongs to them,
/// the hosts there, and what is everybody's.
fn network_of<'a>(all: &[&'a Resource], host: &str) -> Vec<&'a Resource> {
    let interface = |resource: &&'a Resource| match resource {
        Resource::Interface(it) => Some((it.vpc.as_str(), it.host.as_deref()?)),
        _ => None,
    };
    let places: Vec<(&str, &str)> = all.iter().filter_map(interface).collect();
    let own = |vpc: &str| places.contains(&(vpc, host));
    let joins = |it: &Peering, vpc: &str| it.vpcs.iter().any(|end| end == vpc);
    let mine = |vpc: &str| {
        own(vpc)
            || all.iter().any(|resource| {
                matches!(resource, Resource::Peering(it)
                    if joins(it, vpc) && it.vpcs.iter().any(|end| own(end)))
            })
    };
    let near = |other: &str| places.iter().any(|(vpc, at)| *at == other && mine(vpc));
    let admits = |resource: &&Resource| match resource {
        Resource::Host(it) => it.id == host || near(&it.id),
        Resource::Vpc(it) => mine(&it.id),
        Resource::SecurityGroup(it) => own(&it.vpc),
        Resource::Subnet(it) => own(&it.vpc),
        Resource::RouteTable(it) => own(&it.vpc),
        Resource::NatGateway(it) => own(&it.vpc),
        Resource::NetworkAcl(it) => own(&it.vpc),
        Resource::Endpoint(it) => own(&it.vpc),
        Resource::FlowLog(it) => own(&it.vpc),
        Resource::Interface(it) => it.host.is_some() && mine(&it.vpc),
        Resource::LoadBalancer(it) => !it.internal || mine(&it.vpc),
        Resource::Peering(it) => it.vpcs.iter().any(|vpc| own(vpc)),
        Resource::ReverseName(_) => true,
        _ => false,
    };
    all.iter().copied().filter(admits).collect()
}

/// The load balancers with an interface on the host, what they lead to, and the endpoints that lead to them there.
fn balancers_of<'a>(all: &[&'a Resource], host: &str) -> Vec<&'a Resource> {
    let mine = |arn: &str| {
        all.iter().any(|it| {
            matches!(it, Resource::LoadBalancer(it)
                if it.arn == arn && it.interfaces.iter().any(|at| at.host == host))
        })
    };
    let listens = |arn: &str| {
        all.iter().any(
            |it| matches!(it, Resource::Listener(it) if it.arn == arn && mine(&it.load_balancer)),
        )
    };
    let forwards = |actions: &[Action], wanted: &str| {
        actions.iter().any(|action| {
            matches!(action, Action::Forward { groups, .. }
                if groups.iter().any(|it| it.group == wanted))
        })
    };
    let group = |arn: &str| {
        all.iter().any(|it| match it {
            Resource::Listener(it) => listens(&it.arn) && forwards(&it.default_actions, arn),
            Resource::Rule(it) => listens(&it.listener) && forwards(&it.actions, arn),
            _ => false,
        })
    };
    let secures = |id: &String| {
        all.iter().any(|it| {
            matches!(it, Resource::LoadBalancer(it) if mine(&it.arn) && it.security_groups.contains(id))
        })
    };
    let certificate = |arn: &String| {
        all.iter().any(|it| {
            matches!(it, Resource::Listener(it)
                if listens(&it.arn) && it.certificates.contains(arn))
        })
    };
    let admits = |resource: &&Resource| match resource {
        Resource::LoadBalancer(it) => mine(&it.arn),
        Resource::Listener(it) => listens(&it.arn),
        Resource::Rule(it) => listens(&it.listener),
        Resource::TargetGroup(it) => group(&it.arn),
        Resource::Target(it) => group(&it.target.group),
        Resource::Certificate(it) => certificate(&it.arn),
        Resource::SecurityGroup(it) => secures(&it.id),
        Resource::Endpoint(it) => it
            .fronts
            .iter()
            .any(|front| front.host == host && mine(&front.load_balancer)),
        _ => false,
    };
    all.iter().copied().filter(admits).collect()
}

/// As the plane reads them.
fn over_the_wire(changes: Vec<Change>) -> Vec<Change> {
    let sent = ToPlane::Changes {
        changes,
        commit: None,
    };
    let mut frames = Frames::default();
    frames.push(&encode(&sent).unwrap());
    match frames.pop::<ToPlane>() {
        Ok(Some(ToPlane::Changes { changes, .. })) => changes,
        other => panic!("{other:?}"),
    }
}

fn play(steps: Vec<Step>) {
    let mut view = View::default();
    let mut revision = 1;
    view.replace(Default::default(), revision);
    let mut pairs: Vec<Pair> = PLANES
        .into_iter()
        .map(subscriber)
        .map(|subscriber| Pair {
            knows: BTreeMap::new(),
            at: 1,
            delivered: Delivered::anew(&view, &subscriber).0,
            subscriber,
        })
        .collect();
    for step in steps {
        match step {
            Step::Write(kind, name, what) => {
                revision += 1;
                let key = resource(kind, name, (0, 0)).key();
                let new = what.map(|what| resource(kind, name, what));
                view.change(revision, key, new);
                view.reach(revision);
            }
            Step::Advance(at) => pairs[at].advance(&view),
            Step::Resume(at) => pairs[at].resume(&view),
            Step::Reload => view.replace(view.now().clone(), revision),
        }
    }
    for pair in &mut pairs {
        pair.advance(&view);
        assert_eq!(pair.knows, pair.entitled(&view), "{:?}", pair.subscriber);
        assert!(pair.delivered.advance(&view).unwrap().is_empty());
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]

    #[test]
    fn a_plane_knows_what_it_may(steps in proptest::collection::vec(step(), 1..120)) {
        play(steps);
    }
}

#[test]
fn a_vpc_newly_entered_is_told_whole() {
    let mut view = View::default();
    view.replace(Default::default(), 1);
    let write = |view: &mut View, revision, resource: Resource| {
        view.change(revision, resource.key(), Some(resource));
        view.reach(revision);
    };
    write(&mut view, 2, resource(1, 0, (7, 0)));
    write(&mut view, 3, resource(2, 0, (0, 0)));
    write(&mut view, 4, resource(0, 1, (5, 0)));
    write(&mut view, 5, resource(3, 0, (0, 1)));
    let (mut delivered, all) = Delivered::anew(&view, &subscriber(PLANES[0]));
    let mut advance = move |view: &View| -> Vec<Change> {
        let due = delivered.advance(view).unwrap();
        let due = due.into_iter();
        due.map(|it| it.change(Plane::Network)).collect()
    };
    assert!(all.is_empty());
    // Another's interface in a VPC that is none of its own: nothing.
    write(&mut view, 6, resource(3, 1, (0, 1)));
    assert_eq!(advance(&view), []);
    // Its first one there.
    write(&mut view, 7, resource(3, 2, (0, 0)));
    let kinds: Vec<Kind> = advance(&view).iter().map(|it| it.key().kind).collect();
    let interface = Kind::Interface;
    assert_eq!(
        kinds,
        [
            Kind::Host,
            Kind::Vpc,
            Kind::SecurityGroup,
            interface,
            interface,
            interface
        ]
    );
    // Its last one leaves.
    view.change(8, resource(3, 2, (0, 0)).key(), None);
    view.reach(8);
    let changes = advance(&view);
    assert_eq!(changes.len(), 6);
    assert!(changes.iter().all(|it| matches!(it, Change::Delete(_))));
    assert_eq!(changes[0].key().kind, Kind::Interface);
}
