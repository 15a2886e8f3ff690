//! Whatever happens in whatever order, a plane that has been told all knows what its scope admits.

use std::collections::BTreeMap;

use proptest::prelude::*;
use wharf_planeproto::{
    Change, Key, Kind, Plane, Resource,
    balancer::{
        Action, BalancerInterface, BalancerKind, Certificate, HealthCheck, Listener, LoadBalancer,
        Protocol, ProtocolVersion, Rule, Target, TargetGroup, TargetRef, WeightedGroup,
    },
    network::{Host, Interface, SecurityGroup, Vpc},
    wire::{Frames, ToPlane, encode},
};
use wharf_store::Revision;

use crate::plane::{records::View, scope::Scope, told::Told};

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
        8 => (0..10u8, 0..NAMES, saying).prop_map(|(kind, name, what)| Step::Write(kind, name, what)),
        3 => (0..PLANES.len()).prop_map(Step::Advance),
        1 => (0..PLANES.len()).prop_map(Step::Resume),
        1 => Just(Step::Reload),
    ]
}

const PLANES: [(Plane, &str); 4] = [
    (Plane::Network, "host0"),
    (Plane::Network, "host1"),
    (Plane::LoadBalancer, "host0"),
    (Plane::LoadBalancer, "host2"),
];

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
            cidrs: vec!["10.0.0.0/16".to_owned()],
            vni: u32::from(a),
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
            draining_since_ms: (a == 0).then_some(1),
        }),
        _ => Resource::Certificate(Certificate {
            arn: format!("cert{name}"),
            names: Vec::new(),
            chain: format!("{a}"),
            private_key: String::new(),
        }),
    }
}

fn balancer(kind: u8, name: u8, a: u8, b: u8) -> Resource {
    match kind {
        4 => Resource::LoadBalancer(LoadBalancer {
            arn: format!("lb{name}"),
            name: String::new(),
            dns_name: String::new(),
            kind: BalancerKind::Application,
            internal: false,
            vpc: String::new(),
            public_address: None,
            interfaces: vec![BalancerInterface {
                id: String::new(),
                address: [10, 0, 0, 1].into(),
                zone: String::new(),
                host: format!("host{a}"),
            }],
            attributes: BTreeMap::new(),
        }),
        5 => Resource::Listener(Listener {
            arn: format!("listener{name}"),
            load_balancer: format!("lb{a}"),
            port: 80,
            protocol: Protocol::Http,
            certificates: vec![format!("cert{b}")],
            ssl_policy: None,
            default_actions: forward(b),
            attributes: BTreeMap::new(),
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
    plane: Plane,
    host: &'static str,
    knows: BTreeMap<Key, Resource>,
    at: Revision,
    told: Told,
}

impl Pair {
    fn advance(&mut self, view: &View) {
        let scope = Scope::of(view.now(), self.plane, self.host);
        for change in over_the_wire(self.told.advance(view)) {
            match change {
                Change::Put(resource) => {
                    assert!(scope.admits(&resource), "{resource:?}");
                    self.knows.insert(resource.key(), resource);
                }
                Change::Delete(key) => {
                    assert!(self.knows.remove(&key).is_some(), "never told of {key}");
                }
            }
        }
        self.at = self.told.at();
    }

    fn resume(&mut self, view: &View) {
        match Told::resumed(view, self.plane, self.host, self.at) {
            Some(told) => self.told = told,
            None => {
                let (told, resources) = Told::anew(view, self.plane, self.host);
                self.told = told;
                let rows = resources.into_iter().map(|it| (it.key(), it));
                self.knows = rows.collect();
                self.at = self.told.at();
            }
        }
    }

    fn entitled(&self, view: &View) -> BTreeMap<Key, Resource> {
        let scope = Scope::of(view.now(), self.plane, self.host);
        let all = view.now().iter().map(|(key, held)| (key, &held.resource));
        all.filter(|(_, resource)| scope.admits(resource))
            .map(|(key, resource)| (key.clone(), resource.clone()))
            .collect()
    }
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
        .map(|(plane, host)| Pair {
            plane,
            host,
            knows: BTreeMap::new(),
            at: 1,
            told: Told::anew(&view, plane, host).0,
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
        assert_eq!(
            pair.knows,
            pair.entitled(&view),
            "{} {}",
            pair.plane,
            pair.host
        );
        assert!(pair.told.advance(&view).is_empty());
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]

    #[test]
    fn a_plane_knows_what_it_may(steps in proptest::collection::vec(step(), 1..120)) {
        play(steps);
    }

    #[test]
    fn the_past_can_be_made_again(steps in proptest::collection::vec(step(), 1..60)) {
        let mut view = View::default();
        view.replace(Default::default(), 1);
        let mut states = vec![(1, view.now().clone())];
        for (step, revision) in steps.into_iter().zip(2..) {
            if let Step::Write(kind, name, what) = step {
                let key = resource(kind, name, (0, 0)).key();
                view.change(revision, key, what.map(|what| resource(kind, name, what)));
                view.reach(revision);
                states.push((revision, view.now().clone()));
            }
        }
        for (revision, state) in states {
            prop_assert_eq!(view.at(revision), Some(state));
        }
        prop_assert_eq!(view.at(1_000), None);
        prop_assert_eq!(view.at(0), None);
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
    let (mut told, all) = Told::anew(&view, Plane::Network, "host0");
    assert_eq!(all, []);
    // Another's interface in a VPC that is none of its own: nothing.
    write(&mut view, 6, resource(3, 1, (0, 1)));
    assert_eq!(told.advance(&view), []);
    // Its first one there.
    write(&mut view, 7, resource(3, 2, (0, 0)));
    let kinds: Vec<Kind> = told.advance(&view).iter().map(|it| it.key().kind).collect();
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
    let changes = told.advance(&view);
    assert_eq!(changes.len(), 6);
    assert!(changes.iter().all(|it| matches!(it, Change::Delete(_))));
    assert_eq!(changes[0].key().kind, Kind::Interface);
}
