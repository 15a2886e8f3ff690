//! What a host's planes are entitled to know. Pure: the records decide, nothing else.
//!
//! - Network: the VPCs in which the host has an interface, with their groups, their interfaces that
//!   are attached somewhere, and the hosts those are on.
//! - Load balancers: those that have an interface on the host, with everything below them; of
//!   certificates and target groups those they refer to.

use std::collections::BTreeSet;

use wharf_planeproto::{Key, Kind, Plane, Resource, balancer::Action};

use super::records::Records;

/// The entitlement of one plane of one host.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Scope {
    Network {
        vpcs: BTreeSet<String>,
        /// Hosts to be known, this one included.
        hosts: BTreeSet<String>,
    },
    Balancers(Balancers),
}

/// ARNs.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Balancers {
    balancers: BTreeSet<String>,
    listeners: BTreeSet<String>,
    groups: BTreeSet<String>,
    certificates: BTreeSet<String>,
}

impl Scope {
    pub fn of(records: &Records, plane: Plane, host: &str) -> Self {
        match plane {
            Plane::Network => {
                let vpcs = records.vpcs_of(host);
                let peers = vpcs.iter().flat_map(|vpc| records.hosts_in(vpc).cloned());
                let hosts = peers.chain([host.to_owned()]).collect();
                Self::Network { vpcs, hosts }
            }
            Plane::LoadBalancer => Self::Balancers(Balancers::of(records, host)),
        }
    }

    pub fn admits(&self, resource: &Resource) -> bool {
        match (self, resource) {
            (Self::Network { hosts, .. }, Resource::Host(it)) => hosts.contains(&it.id),
            (Self::Network { vpcs, .. }, Resource::Vpc(it)) => vpcs.contains(&it.id),
            (Self::Network { vpcs, .. }, Resource::SecurityGroup(it)) => vpcs.contains(&it.vpc),
            (Self::Network { vpcs, .. }, Resource::Interface(it)) => {
                it.host.is_some() && vpcs.contains(&it.vpc)
            }
            (Self::Network { .. }, _) => false,
            (Self::Balancers(balancers), resource) => balancers.admits(resource),
        }
    }

    /// What may have to be told or taken back when this scope takes the place of `before`, beside
    /// what changed itself: whether that is anything at all, and the keys if they are few.
    pub fn difference(&self, before: &Self) -> Difference {
        match (self, before) {
            (now, before) if now == before => Difference::None,
            (
                Self::Network { vpcs, hosts },
                Self::Network {
                    vpcs: vpcs_before,
                    hosts: hosts_before,
                },
            ) if vpcs == vpcs_before => {
                let key = |id: &String| Key {
                    kind: Kind::Host,
                    id: id.clone(),
                };
                Difference::Keys(hosts.symmetric_difference(hosts_before).map(key).collect())
            }
            _ => Difference::Everything,
        }
    }
}

/// See [`Scope::difference`].
#[derive(Debug, PartialEq, Eq)]
pub enum Difference {
    None,
    Keys(Vec<Key>),
    Everything,
}

impl Balancers {
    fn of(records: &Records, host: &str) -> Self {
        let mut scope = Self::default();
        let all = || records.iter().map(|(_, held)| &held.resource);
        for resource in all() {
            if let Resource::LoadBalancer(it) = resource
                && it.interfaces.iter().any(|interface| interface.host == host)
            {
                scope.balancers.insert(it.arn.clone());
            }
        }
        for resource in all() {
            if let Resource::Listener(it) = resource
                && scope.balancers.contains(&it.load_balancer)
            {
                scope.listeners.insert(it.arn.clone());
                scope.certificates.extend(it.certificates.iter().cloned());
                scope.groups.extend(groups(&it.default_actions));
            }
        }
        for resource in all() {
            if let Resource::Rule(it) = resource
                && scope.listeners.contains(&it.listener)
            {
                scope.groups.extend(groups(&it.actions));
            }
        }
        scope
    }

    fn admits(&self, resource: &Resource) -> bool {
        match resource {
            Resource::LoadBalancer(it) => self.balancers.contains(&it.arn),
            Resource::Listener(it) => self.listeners.contains(&it.arn),
            Resource::Rule(it) => self.listeners.contains(&it.listener),
            Resource::TargetGroup(it) => self.groups.contains(&it.arn),
            Resource::Target(it) => self.groups.contains(&it.target.group),
            Resource::Certificate(it) => self.certificates.contains(&it.arn),
            _ => false,
        }
    }
}

fn groups(actions: &[Action]) -> impl Iterator<Item = String> {
    actions.iter().flat_map(|action| match action {
        Action::Forward { groups, .. } => groups.iter().map(|it| it.group.clone()).collect(),
        _ => Vec::new(),
    })
}
