//! Whatever happens in whatever order: each step is one that the kernel accepts, and all steps
//! together lead where starting anew would.

use proptest::prelude::*;
use wharf_planeproto::network::{Interface, Peer, Permission, SecurityGroup};
use wharf_planeproto::{Change, Key, Kind, Resource};

use super::*;
use crate::network::NetworkUpdate;

const VPC: &str = "vpc-1";

/// What nf_tables would hold, and what it would refuse.
#[derive(Debug, Default, PartialEq, Eq)]
struct Kernel {
    sets: BTreeMap<String, BTreeSet<Ipv4Addr>>,
    groups: BTreeMap<String, Arc<Group>>,
    policies: BTreeSet<Policy>,
    ports: BTreeMap<Ipv4Addr, Policy>,
}

impl Kernel {
    fn perform(&mut self, steps: Vec<Step>) {
        for step in steps {
            let told = format!("{step:?} in {self:#?}");
            assert!(self.accepts(step), "{told}");
        }
        self.is_closed();
    }

    fn accepts(&mut self, step: Step) -> bool {
        match step {
            Step::AddSet(id) => self.sets.insert(id, BTreeSet::new()).is_none(),
            Step::AddMembers(id, members) => {
                let Some(set) = self.sets.get_mut(&id) else {
                    return false;
                };
                !members.is_empty() && members.into_iter().all(|m| set.insert(m))
            }
            Step::RemoveMembers(id, members) => {
                let Some(set) = self.sets.get_mut(&id) else {
                    return false;
                };
                !members.is_empty() && members.into_iter().all(|m| set.remove(&m))
            }
            Step::RemoveSet(id) => {
                let named = |g: &Arc<Group>| g.references().any(|set| *set == id);
                !self.groups.values().any(named) && self.sets.remove(&id).is_some()
            }
            Step::AddGroup(id, group) => {
                self.knows(&group) && self.groups.insert(id, group).is_none()
            }
            Step::RewriteGroup(id, group) => {
                self.knows(&group) && self.groups.insert(id, group).is_some()
            }
            Step::RemoveGroup(id) => {
                let named = |p: &Policy| p.groups().contains(&id);
                !self.policies.iter().any(named) && self.groups.remove(&id).is_some()
            }
            Step::AddPolicy(policy) => {
                let known = policy.groups().iter().all(|g| self.groups.contains_key(g));
                known && self.policies.insert(policy)
            }
            Step::RemovePolicy(policy) => {
                !self.ports.values().any(|p| *p == policy) && self.policies.remove(&policy)
            }
            Step::AddPort(address, policy) => {
                self.policies.contains(&policy) && self.ports.insert(address, policy).is_none()
            }
            Step::RemovePort(address) => self.ports.remove(&address).is_some(),
        }
    }

    fn knows(&self, group: &Group) -> bool {
        group.references().all(|set| self.sets.contains_key(set))
    }

    /// Nothing is here that nobody needs.
    fn is_closed(&self) {
        let policies: BTreeSet<_> = self.ports.values().cloned().collect();
        assert_eq!(policies, self.policies);
        let groups: BTreeSet<_> = policies.iter().flat_map(Policy::groups).collect();
        assert_eq!(groups, self.groups.keys().collect());
        let sets: BTreeSet<_> = self.groups.values().flat_map(|g| g.references()).collect();
        assert_eq!(sets, self.sets.keys().collect());
    }
}

#[derive(Debug, Clone)]
enum Event {
    Update(Vec<Change>),
    Snapshot(Vec<Resource>),
    Wire(u8, u8),
    Unwire(u8),
}

fn address(n: u8) -> Ipv4Addr {
    Ipv4Addr::new(10, 0, 0, n)
}

fn group_id() -> impl Strategy<Value = String> {
    (0..4_u8).prop_map(|n| format!("sg-{n}"))
}

fn interface() -> impl Strategy<Value = Resource> {
    let groups = prop::collection::vec(group_id(), 0..3);
    (0..6_u8, 0..6_u8, groups, prop::bool::weighted(0.9)).prop_map(|(n, at, groups, here)| {
        Resource::Interface(Interface {
            id: format!("eni-{n}"),
            vpc: if here { VPC } else { "vpc-2" }.to_owned(),
            subnet_cidr: "10.0.0.0/24".to_owned(),
            address: address(at),
            mac: String::new(),
            groups,
            host: None,
            load_balancer: None,
            public: None,
            secondary: Vec::new(),
            ipv6: Vec::new(),
            resource_name: None,
        })
    })
}

fn group() -> impl Strategy<Value = Resource> {
    let peer = prop_oneof![
        group_id().prop_map(Peer::Group),
        Just(Peer::Cidr("10.0.0.0/8".to_owned())),
        Just(Peer::Cidr("nonsense".to_owned())),
    ];
    let permission = (peer, 80..83_u16).prop_map(|(peer, port)| Permission {
        protocol: Some(6),
        ports: Some((port, port)),
        icmp: None,
        peer,
    });
    let rules = || prop::collection::vec(permission.clone(), 0..4);
    (group_id(), rules(), rules()).prop_map(|(id, ingress, egress)| {
        Resource::SecurityGroup(SecurityGroup {
            id,
            vpc: VPC.to_owned(),
            ingress,
            egress,
        })
    })
}

fn resource() -> impl Strategy<Value = Resource> {
    prop_oneof![interface(), group()]
}

fn change() -> impl Strategy<Value = Change> {
    let delete = |kind, id| Change::Delete(Key { kind, id });
    prop_oneof![
        4 => resource().prop_map(Change::Put),
        1 => group_id().prop_map(move |id| delete(Kind::SecurityGroup, id)),
        1 => (0..6_u8).prop_map(move |n| delete(Kind::Interface, format!("eni-{n}"))),
    ]
}

fn event() -> impl Strategy<Value = Event> {
    prop_oneof![
        6 => prop::collection::vec(change(), 0..4).prop_map(Event::Update),
        1 => prop::collection::vec(resource(), 0..8).prop_map(Event::Snapshot),
        3 => (0..6_u8, 0..6_u8).prop_map(|(at, n)| Event::Wire(at, n)),
        2 => (0..6_u8).prop_map(Event::Unwire),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn step_by_step_is_as_good_as_anew(events in prop::collection::vec(event(), 1..30)) {
        let (mut view, mut plan, mut kernel) = (View::default(), Plan::default(), Kernel::default());
        for event in events {
            let (addresses, touched) = match event {
                Event::Update(changes) => {
                    let touched = view.update(NetworkUpdate::Changes(changes));
                    (wired(&plan, &touched), touched)
                }
                Event::Snapshot(resources) => {
                    let touched = view.update(NetworkUpdate::Snapshot(resources));
                    (wired(&plan, &touched), touched)
                }
                Event::Wire(at, n) => {
                    plan.wire(address(at), Some(&format!("eni-{n}")));
                    (BTreeSet::from([address(at)]), Touched::default())
                }
                Event::Unwire(at) => {
                    plan.wire(address(at), None);
                    (BTreeSet::from([address(at)]), Touched::default())
                }
            };
            kernel.perform(plan.follow(VPC, &view, &addresses, &touched));
            let mut anew = Plan {
                interfaces: plan.interfaces.clone(),
                ..Plan::default()
            };
            let mut wanted = Kernel::default();
            wanted.perform(anew.rebuild(VPC, &view));
            prop_assert_eq!(&kernel, &wanted);
        }
        let mut again = Kernel::default();
        again.perform(plan.rebuild(VPC, &view));
        prop_assert_eq!(kernel, again);
    }

    #[test]
    fn a_snapshot_that_says_nothing_new_touches_nothing(
        resources in prop::collection::vec(resource(), 0..12),
    ) {
        let mut view = View::default();
        view.update(NetworkUpdate::Snapshot(resources));
        let same: BTreeMap<Key, Resource> = view.resources().map(|r| (r.key(), r.clone())).collect();
        let touched = view.update(NetworkUpdate::Snapshot(same.into_values().collect()));
        prop_assert_eq!(touched, Touched::default());
    }
}

/// The interfaces wired here that an update was about.
fn wired(plan: &Plan, touched: &Touched) -> BTreeSet<Ipv4Addr> {
    let ids = touched.interfaces.get(VPC);
    let hit = |id: &String| ids.is_some_and(|ids| ids.contains(id));
    let wired = plan.interfaces.iter().filter(|(_, id)| hit(id));
    wired.map(|(address, _)| *address).collect()
}

#[test]
fn one_change_is_one_step() {
    let (mut view, mut plan) = (View::default(), Plan::default());
    let put = |last: u8, groups: &[&str]| {
        Change::Put(Resource::Interface(Interface {
            id: format!("eni-{last}"),
            vpc: VPC.to_owned(),
            subnet_cidr: "10.0.0.0/24".to_owned(),
            address: address(last),
            mac: String::new(),
            groups: groups.iter().map(|g| (*g).to_owned()).collect(),
            host: None,
            load_balancer: None,
            public: None,
            secondary: Vec::new(),
            ipv6: Vec::new(),
            resource_name: None,
        }))
    };
    let itself = SecurityGroup {
        id: "sg-1".to_owned(),
        vpc: VPC.to_owned(),
        ingress: vec![Permission {
            protocol: None,
            ports: None,
            icmp: None,
            peer: Peer::Group("sg-1".to_owned()),
        }],
        egress: vec![],
    };
    let group = Change::Put(Resource::SecurityGroup(itself));
    let touched = view.update(NetworkUpdate::Changes(vec![group, put(1, &["sg-1"])]));
    plan.wire(address(1), Some("eni-1"));
    let first = plan.follow(VPC, &view, &BTreeSet::from([address(1)]), &touched);
    assert_eq!(first.len(), 5, "{first:?}");

    let touched = view.update(NetworkUpdate::Changes(vec![put(2, &["sg-1"])]));
    let steps = plan.follow(VPC, &view, &wired(&plan, &touched), &touched);
    assert_eq!(
        steps,
        [Step::AddMembers("sg-1".to_owned(), vec![address(2)])]
    );
    assert!(!steps.iter().any(Step::revokes));

    let touched = view.update(NetworkUpdate::Changes(vec![put(2, &["sg-2"])]));
    let steps = plan.follow(VPC, &view, &wired(&plan, &touched), &touched);
    assert_eq!(
        steps,
        [Step::RemoveMembers("sg-1".to_owned(), vec![address(2)])]
    );
    assert!(steps.iter().any(Step::revokes));
}
