//! What a load balancer needs next: an interface on every host that serves, its groups on each, and
//! nothing else. Pure; one action at a time, and none when all is as it should be.

use std::{collections::BTreeMap, time::Duration};

use wharf_base::Timestamp;

use crate::records::{BalancerSubnet, Host, LoadBalancer, Status};

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Action {
    /// Makes an interface in the subnet, for the host.
    Create {
        host: String,
        subnet: BalancerSubnet,
    },
    /// Attaches the interface of that id to its host.
    Attach(String),
    /// Gives the interface of that id the load balancer's groups.
    Regroup(String),
    /// The interface of that id gets an IPv6 address, or loses it.
    Address(String),
    /// The interface of that id has no use any more.
    Delete(String),
    Become(Status),
}

#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Plan {
    pub action: Option<Action>,
    pub wake_at: Option<Timestamp>,
}

/// `hosts` are all that are known; those that are lost get nothing new and keep what they have.
pub fn plan(
    balancer: &LoadBalancer,
    hosts: &BTreeMap<String, Host>,
    patience: Duration,
    now: Timestamp,
) -> Plan {
    let action = missing(balancer, hosts)
        .or_else(|| unattached(balancer, hosts))
        .or_else(|| wrong_groups(balancer))
        .or_else(|| superfluous(balancer, hosts))
        .or_else(|| wrong_addresses(balancer));
    if action.is_some() {
        return Plan {
            action,
            wake_at: None,
        };
    }
    let served = hosts.values().any(|host| !host.lost);
    let ready = balancer.created_at + patience;
    if balancer.status == Status::Active {
        return Plan::default();
    }
    if balancer.status == Status::Provisioning && !served && now < ready {
        return Plan {
            action: None,
            wake_at: Some(ready),
        };
    }
    Plan {
        action: Some(Action::Become(Status::Active)),
        wake_at: None,
    }
}

/// The subnet in which the host's interface belongs: of its own zone, or the first.
fn subnet<'a>(balancer: &'a LoadBalancer, host: &Host) -> Option<&'a BalancerSubnet> {
    let letter = |zone: &str| zone.chars().next_back();
    // A machine is in the zone of its letter in every region.
    let own = balancer
        .subnets
        .iter()
        .find(|it| letter(&it.zone) == letter(&host.zone));
    own.or(balancer.subnets.first())
}

/// An interface stays where it is while the load balancer still has its subnet.
fn in_its_subnets(balancer: &LoadBalancer, subnet: &str) -> bool {
    balancer.subnets.iter().any(|it| it.id == subnet)
}

fn missing(balancer: &LoadBalancer, hosts: &BTreeMap<String, Host>) -> Option<Action> {
    let without = |id: &String| {
        !balancer
            .interfaces
            .iter()
            .any(|it| it.host == *id && in_its_subnets(balancer, &it.subnet))
    };
    let (id, host) = hosts.iter().find(|(id, host)| !host.lost && without(id))?;
    Some(Action::Create {
        host: id.clone(),
        subnet: subnet(balancer, host)?.clone(),
    })
}

fn unattached(balancer: &LoadBalancer, hosts: &BTreeMap<String, Host>) -> Option<Action> {
    let there = |host: &str| hosts.get(host).is_some_and(|host| !host.lost);
    balancer
        .interfaces
        .iter()
        .find(|it| !it.attached && there(&it.host))
        .map(|it| Action::Attach(it.id.clone()))
}

fn wrong_groups(balancer: &LoadBalancer) -> Option<Action> {
    balancer
        .interfaces
        .iter()
        .find(|it| it.groups != balancer.security_groups)
        .map(|it| Action::Regroup(it.id.clone()))
}

fn wrong_addresses(balancer: &LoadBalancer) -> Option<Action> {
    balancer
        .interfaces
        .iter()
        .find(|it| it.ipv6.is_some() != balancer.dual_stack)
        .map(|it| Action::Address(it.id.clone()))
}

/// Of a host that is forgotten, or of a subnet the load balancer has left.
fn superfluous(balancer: &LoadBalancer, hosts: &BTreeMap<String, Host>) -> Option<Action> {
    let mut seen = std::collections::BTreeSet::new();
    balancer
        .interfaces
        .iter()
        .find(|it| {
            !hosts.contains_key(&it.host)
                || !in_its_subnets(balancer, &it.subnet)
                || !seen.insert(&it.host)
        })
        .map(|it| Action::Delete(it.id.clone()))
}

#[cfg(test)]
mod tests {
    use std::net::{Ipv4Addr, Ipv6Addr};

    use proptest::prelude::*;
    use wharf_records::{Unknown, ecs::Tags};

    use super::*;
    use crate::records::{Attributes, Interface, Scheme};

    const PATIENCE: Duration = Duration::from_secs(3);

    fn subnets(names: &[&str]) -> Vec<BalancerSubnet> {
        let of = |name: &&str| BalancerSubnet {
            id: format!("subnet-{name}"),
            zone: format!("us-east-1{name}"),
        };
        names.iter().map(of).collect()
    }

    fn balancer() -> LoadBalancer {
        LoadBalancer {
            name: "web".to_owned(),
            dns_name: String::new(),
            scheme: Scheme::Internal,
            vpc: "vpc-1".to_owned(),
            subnets: subnets(&["a", "b"]),
            security_groups: vec!["sg-1".to_owned()],
            dual_stack: false,
            status: Status::Provisioning,
            problem: None,
            public_address: None,
            interfaces: vec![],
            attributes: Attributes::new(),
            former_logs: vec![],
            tags: Tags::new(),
            created_at: Timestamp(0),
            unknown: Unknown::new(),
        }
    }

    fn host(zone: &str, lost: bool) -> Host {
        Host {
            zone: format!("us-east-1{zone}"),
            connected_at: Timestamp(0),
            disconnected_at: None,
            lost,
            version: None,
            unknown: Unknown::new(),
        }
    }

    /// Does what the plan says, as an executor would.
    fn perform(balancer: &mut LoadBalancer, action: Action, number: usize) {
        let groups = balancer.security_groups.clone();
        let find = |balancer: &mut LoadBalancer, id: &str| {
            balancer
                .interfaces
                .iter()
                .position(|it| it.id == id)
                .unwrap()
        };
        match action {
            Action::Create { host, subnet } => balancer.interfaces.push(Interface {
                id: format!("eni-{number}"),
                subnet: subnet.id,
                zone: subnet.zone,
                address: Ipv4Addr::new(172, 31, 0, 9),
                ipv6: None,
                host,
                groups,
                attached: false,
                attachment: None,
            }),
            Action::Attach(id) => {
                let at = find(balancer, &id);
                balancer.interfaces[at].attached = true;
            }
            Action::Regroup(id) => {
                let at = find(balancer, &id);
                balancer.interfaces[at].groups = groups;
            }
            Action::Address(id) => {
                let at = find(balancer, &id);
                let address = balancer.dual_stack.then_some(Ipv6Addr::LOCALHOST);
                balancer.interfaces[at].ipv6 = address;
            }
            Action::Delete(id) => balancer.interfaces.retain(|it| it.id != id),
            Action::Become(status) => balancer.status = status,
        }
    }

    fn settle(balancer: &mut LoadBalancer, hosts: &BTreeMap<String, Host>) -> Plan {
        for number in 0..100 {
            let plan = plan(balancer, hosts, PATIENCE, Timestamp(0));
            match plan.action {
                Some(action) => perform(balancer, action, number + balancer.interfaces.len() * 100),
                None => return plan,
            }
        }
        panic!("it never settles");
    }

    #[test]
    fn an_interface_on_each_host_in_its_zone() {
        let hosts = BTreeMap::from([
            ("i-1".to_owned(), host("b", false)),
            ("i-2".to_owned(), host("c", false)),
            ("i-3".to_owned(), host("a", true)),
        ]);
        let mut balancer = balancer();
        settle(&mut balancer, &hosts);
        let found: Vec<(&str, &str)> = balancer
            .interfaces
            .iter()
            .map(|it| (it.host.as_str(), it.subnet.as_str()))
            .collect();
        assert_eq!(found, [("i-1", "subnet-b"), ("i-2", "subnet-a")]);
        assert!(balancer.interfaces.iter().all(|it| it.attached));
        assert_eq!(balancer.status, Status::Active);
    }

    #[test]
    fn without_a_host_it_waits_a_while() {
        let none = BTreeMap::new();
        let mut waiting = balancer();
        assert_eq!(settle(&mut waiting, &none).wake_at, Some(Timestamp(3000)));
        let late = plan(&waiting, &none, PATIENCE, Timestamp(3000));
        assert_eq!(late.action, Some(Action::Become(Status::Active)));
    }

    #[test]
    fn a_new_interface_comes_before_the_old_goes() {
        let hosts = BTreeMap::from([("i-1".to_owned(), host("a", false))]);
        let mut balancer = balancer();
        settle(&mut balancer, &hosts);
        balancer.subnets = subnets(&["b", "c"]);
        let first = plan(&balancer, &hosts, PATIENCE, Timestamp(0)).action;
        assert!(matches!(first, Some(Action::Create { .. })), "{first:?}");
        settle(&mut balancer, &hosts);
        assert_eq!(balancer.interfaces.len(), 1);
        assert_eq!(balancer.interfaces[0].subnet, "subnet-b");
    }

    proptest! {
        /// From any state it settles: every serving host has one attached interface in a subnet of
        /// the load balancer with its groups, forgotten hosts have none.
        #[test]
        fn it_settles(
            hosts in prop::collection::btree_map(0..4_u8, (0..3_u8, any::<bool>()), 0..4),
            interfaces in prop::collection::vec((0..5_u8, 0..3_u8, any::<[bool; 3]>()), 0..6),
            dual_stack: bool,
        ) {
            let zone = |n: u8| ["a", "b", "c"][usize::from(n)];
            let hosts: BTreeMap<String, Host> = hosts
                .into_iter()
                .map(|(id, (at, lost))| (format!("i-{id}"), host(zone(at), lost)))
                .collect();
            let mut balancer = LoadBalancer {
                dual_stack,
                ..balancer()
            };
            for (number, (of, at, [attached, grouped, has_ipv6])) in interfaces.into_iter().enumerate() {
                balancer.interfaces.push(Interface {
                    id: format!("old-{number}"),
                    subnet: format!("subnet-{}", zone(at)),
                    zone: format!("us-east-1{}", zone(at)),
                    address: Ipv4Addr::new(172, 31, 0, 9),
                    ipv6: has_ipv6.then_some(Ipv6Addr::LOCALHOST),
                    host: format!("i-{of}"),
                    groups: if grouped { vec!["sg-1".to_owned()] } else { vec![] },
                    attached,
                    attachment: None,
                });
            }
            settle(&mut balancer, &hosts);
            for (id, host) in &hosts {
                let own: Vec<&Interface> = balancer.interfaces.iter().filter(|it| it.host == *id).collect();
                prop_assert!(own.len() <= 1);
                if !host.lost {
                    prop_assert_eq!(own.len(), 1);
                    prop_assert!(own[0].attached);
                    prop_assert!(in_its_subnets(&balancer, &own[0].subnet));
                }
            }
            prop_assert!(balancer.interfaces.iter().all(|it| hosts.contains_key(&it.host) && it.groups == ["sg-1"]));
        }
    }
}
