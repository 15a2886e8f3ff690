use proptest::prelude::*;
use wharf_planeproto::network::{Host, SecondaryAddress, SecurityGroup};

use super::*;

fn interface() -> impl Strategy<Value = Resource> {
    let groups = prop::collection::vec(0..3_u8, 0..3);
    let host = prop::option::of(0..3_u8);
    let further = prop::collection::vec(4..7_u8, 0..2);
    let named = (0..5_u8, 0..2_u8, 0..4_u8, further);
    (named, groups, host, any::<bool>()).prop_map(
        |((id, vpc, at, further), groups, host, balancer)| {
            Resource::Interface(Interface {
                id: format!("eni-{id}"),
                vpc: format!("vpc-{vpc}"),
                subnet_cidr: String::new(),
                address: Ipv4Addr::new(10, 0, 0, at),
                mac: String::new(),
                groups: groups.iter().map(|g| format!("sg-{g}")).collect(),
                host: host.map(|h| format!("i-{h}")),
                load_balancer: balancer.then(|| "arn".to_owned()),
                public: None,
                secondary: further
                    .into_iter()
                    .map(|at| SecondaryAddress {
                        address: Ipv4Addr::new(10, 0, 0, at),
                        public: None,
                    })
                    .collect(),
                ipv6: vec![Ipv6Addr::from([0, 0, 0, 0, 0, 0, 0, at.into()])],
                resource_name: None,
            })
        },
    )
}

fn host(id: u8, last: Option<u8>) -> Resource {
    Resource::Host(Host {
        id: format!("i-{id}"),
        underlay: last.map(|last| Ipv4Addr::new(192, 0, 2, last).into()),
    })
}

fn resource() -> impl Strategy<Value = Resource> {
    let group = (0..3_u8).prop_map(|n| {
        Resource::SecurityGroup(SecurityGroup {
            id: format!("sg-{n}"),
            vpc: String::new(),
            ingress: Vec::new(),
            egress: Vec::new(),
        })
    });
    let host = (0..3_u8, prop::option::of(1..4_u8)).prop_map(|(id, at)| host(id, at));
    prop_oneof![4 => interface(), 1 => group, 1 => host]
}

fn update() -> impl Strategy<Value = NetworkUpdate> {
    let change = (resource(), prop::bool::weighted(0.7)).prop_map(|(resource, put)| {
        if put {
            Change::Put(resource)
        } else {
            Change::Delete(resource.key())
        }
    });
    prop_oneof![
        4 => prop::collection::vec(change, 0..5).prop_map(NetworkUpdate::Changes),
        1 => prop::collection::vec(resource(), 0..8).prop_map(NetworkUpdate::Snapshot),
    ]
}

/// The indexes, but for the order in which interfaces came to share an address.
fn indexes(view: &mut View) -> String {
    let claims = view.addresses.values_mut().flat_map(|a| a.values_mut());
    claims.for_each(|ids| ids.sort());
    let claims = view.ipv6.values_mut().flat_map(|a| a.values_mut());
    claims.for_each(|ids| ids.sort());
    let sorted = |map: &HashMap<String, BTreeMap<Ipv4Addr, usize>>| {
        format!("{:?}", { map.iter().collect::<BTreeMap<_, _>>() })
    };
    let addresses: BTreeMap<_, _> = view.addresses.iter().collect();
    let ipv6: BTreeMap<_, _> = view.ipv6.iter().collect();
    let on_host: BTreeMap<_, _> = view.on_host.iter().collect();
    let groups: BTreeSet<_> = view.groups.keys().collect();
    let members = sorted(&view.members);
    format!(
        "{members} {addresses:?} {ipv6:?} {on_host:?} {groups:?} {:?}",
        view.balancers
    )
}

proptest! {
    #[test]
    fn indexes_follow(updates in prop::collection::vec(update(), 1..12)) {
        let mut view = View::default();
        for update in updates {
            view.update(update);
        }
        let mut anew = View::default();
        anew.update(NetworkUpdate::Snapshot(view.resources().cloned().collect()));
        prop_assert_eq!(indexes(&mut view), indexes(&mut anew));
    }
}

#[test]
fn hosts_move_what_is_on_them() {
    let mut view = View::default();
    let on = |id: u8| {
        Resource::Interface(Interface {
            id: "eni-1".to_owned(),
            vpc: "vpc-1".to_owned(),
            subnet_cidr: String::new(),
            address: Ipv4Addr::new(10, 0, 0, 1),
            mac: String::new(),
            groups: Vec::new(),
            host: Some(format!("i-{id}")),
            load_balancer: None,
            public: None,
            secondary: Vec::new(),
            ipv6: Vec::new(),
            resource_name: None,
        })
    };
    let address = Ipv4Addr::new(10, 0, 0, 1);
    view.update(NetworkUpdate::Snapshot(vec![on(1), host(0, Some(9))]));
    let touched = view.update(NetworkUpdate::Changes(vec![Change::Put(host(1, Some(1)))]));
    assert!(touched.addresses["vpc-1"].contains(&address));
    assert!(touched.interfaces.is_empty(), "its groups are the same");
    assert_eq!(view.underlay("i-1"), Some(Ipv4Addr::new(192, 0, 2, 1)));
    assert_eq!(
        view.peers("i-0"),
        BTreeSet::from([Ipv4Addr::new(192, 0, 2, 1)])
    );
    let other = host(2, Some(2));
    let touched = view.update(NetworkUpdate::Changes(vec![Change::Put(other)]));
    assert_eq!(touched, Touched::default(), "nothing is there");
    assert_eq!(view.holder("vpc-1", address).map(|i| &*i.id), Some("eni-1"));
    assert_eq!(view.holder("vpc-2", address), None);
}
