//! What the control plane tells the planes of a host (network, load balancer, machines), and what they report.
//!
//! A plane holds a set of [`Resource`]s, each under its [`Key`]; it learns the whole set once and
//! then what changed. Each resource mirrors one record of a service, so a change of a record is a
//! change of a resource.

#![forbid(unsafe_code)]

//!
//! [`wire`] is the stream over which that happens. [`forward`] is apart from all that: how a node says
//! for which task it passes a connection on; and so are [`layers`]: how nodes have layers of images from each other, and the reports
//! of [`flows`] and files of [`access_logs`].

pub mod access_logs;
pub mod balancer;
mod body;
pub mod endpoint;
pub mod file_system;
pub mod flows;
pub mod forward;
pub mod layers;
pub mod machine;
pub mod measured;
pub mod network;
pub mod oidc;
pub mod report;
pub mod snapshot;
pub mod volume;
pub mod wire;

use std::fmt;

use serde::{Deserialize, Serialize};

pub use body::{Messages, Outgoing, ReadError};

/// The planes that a host may subscribe.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Plane {
    /// Interfaces, groups, tunnel ends, names of load balancers.
    Network,
    /// Load balancers with everything below them.
    LoadBalancer,
    /// EC2 instances, EBS volumes and file systems that the host keeps.
    Machines,
}

impl Plane {
    pub const ALL: [Self; 3] = [Self::Network, Self::LoadBalancer, Self::Machines];

    /// As it stands in paths and ARNs.
    pub fn name(self) -> &'static str {
        match self {
            Self::Network => "network",
            Self::LoadBalancer => "load-balancer",
            Self::Machines => "machines",
        }
    }

    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|plane| plane.name() == name)
    }
}

impl fmt::Display for Plane {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.name())
    }
}

/// One thing that a plane knows.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Resource {
    Host(network::Host),
    Vpc(network::Vpc),
    Interface(network::Interface),
    SecurityGroup(network::SecurityGroup),
    Subnet(network::Subnet),
    RouteTable(network::RouteTable),
    Peering(network::Peering),
    NatGateway(network::NatGateway),
    NetworkAcl(network::NetworkAcl),
    Endpoint(endpoint::Endpoint),
    FlowLog(flows::FlowLog),
    LoadBalancer(balancer::LoadBalancer),
    Listener(balancer::Listener),
    Rule(balancer::Rule),
    TargetGroup(balancer::TargetGroup),
    Target(balancer::Target),
    Certificate(balancer::Certificate),
    Instance(Box<machine::Instance>),
    Volume(volume::Volume),
    Snapshot(snapshot::Snapshot),
    FileSystem(Box<file_system::FileSystem>),
    ReverseName(network::ReverseName),
}

/// Names a resource within a plane: its kind and its id.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Key {
    pub kind: Kind,
    pub id: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    Host,
    Vpc,
    Interface,
    SecurityGroup,
    Subnet,
    RouteTable,
    Peering,
    NatGateway,
    NetworkAcl,
    Endpoint,
    FlowLog,
    LoadBalancer,
    Listener,
    Rule,
    TargetGroup,
    Target,
    Certificate,
    Instance,
    Volume,
    Snapshot,
    FileSystem,
    ReverseName,
}

impl Kind {
    /// The first version of the protocol in which a plane is told of it; one that speaks an older
    /// version would not understand it.
    pub fn since(self, plane: Plane) -> u32 {
        match (self, plane) {
            (Self::Subnet | Self::RouteTable, _) => 2,
            (Self::SecurityGroup, Plane::LoadBalancer) => 2,
            // For their names.
            (Self::LoadBalancer, Plane::Network) => 3,
            (Self::Instance, _) => 5,
            (Self::Peering, _) => 6,
            (Self::NatGateway | Self::NetworkAcl, _) => 7,
            (Self::Volume, _) => volume::SINCE,
            (Self::Snapshot, _) => snapshot::SINCE,
            (Self::Endpoint, Plane::LoadBalancer) => endpoint::BALANCERS_SINCE,
            (Self::Endpoint, _) => endpoint::SINCE,
            (Self::FlowLog, _) => flows::SINCE,
            (Self::FileSystem, _) => file_system::SINCE,
            (Self::ReverseName, _) => network::REVERSE_NAMES_SINCE,
            _ => 1,
        }
    }

    /// Whether a plane may be told of things of this kind.
    pub fn concerns(self, plane: Plane) -> bool {
        match self {
            Self::Host
            | Self::Vpc
            | Self::Interface
            | Self::Subnet
            | Self::RouteTable
            | Self::Peering
            | Self::NatGateway
            | Self::NetworkAcl
            | Self::FlowLog
            | Self::ReverseName => plane == Plane::Network,
            // Those that lead to load balancers are served by these.
            Self::Endpoint => plane != Plane::Machines,
            // Load balancers also listen outside of their VPC, where its rules are not in force.
            Self::SecurityGroup => plane != Plane::Machines,
            // Tasks ask the network for their names.
            Self::LoadBalancer => plane != Plane::Machines,
            Self::Listener | Self::Rule | Self::TargetGroup | Self::Target | Self::Certificate => {
                plane == Plane::LoadBalancer
            }
            Self::Instance | Self::Volume | Self::Snapshot | Self::FileSystem => {
                plane == Plane::Machines
            }
        }
    }
}

impl fmt::Display for Key {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{:?} {}", self.kind, self.id)
    }
}

/// A resource is there, as given, or is there no longer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[expect(clippy::large_enum_variant, reason = "nearly all of them are puts")]
pub enum Change {
    Put(Resource),
    Delete(Key),
}

impl Change {
    pub fn key(&self) -> Key {
        match self {
            Self::Put(resource) => resource.key(),
            Self::Delete(key) => key.clone(),
        }
    }
}

impl Resource {
    pub fn key(&self) -> Key {
        let (kind, id) = match self {
            Self::Host(it) => (Kind::Host, it.id.clone()),
            Self::Vpc(it) => (Kind::Vpc, it.id.clone()),
            Self::Interface(it) => (Kind::Interface, it.id.clone()),
            Self::SecurityGroup(it) => (Kind::SecurityGroup, it.id.clone()),
            Self::Subnet(it) => (Kind::Subnet, it.id.clone()),
            Self::RouteTable(it) => (Kind::RouteTable, it.id.clone()),
            Self::Peering(it) => (Kind::Peering, it.id.clone()),
            Self::NatGateway(it) => (Kind::NatGateway, it.id.clone()),
            Self::NetworkAcl(it) => (Kind::NetworkAcl, it.id.clone()),
            Self::Endpoint(it) => (Kind::Endpoint, it.id.clone()),
            Self::FlowLog(it) => (Kind::FlowLog, it.id.clone()),
            Self::LoadBalancer(it) => (Kind::LoadBalancer, it.arn.clone()),
            Self::Listener(it) => (Kind::Listener, it.arn.clone()),
            Self::Rule(it) => (Kind::Rule, it.arn.clone()),
            Self::TargetGroup(it) => (Kind::TargetGroup, it.arn.clone()),
            Self::Target(it) => (Kind::Target, it.target.to_string()),
            Self::Certificate(it) => (Kind::Certificate, it.arn.clone()),
            Self::Instance(it) => (Kind::Instance, it.id.clone()),
            Self::Volume(it) => (Kind::Volume, it.id.clone()),
            Self::Snapshot(it) => (Kind::Snapshot, it.id.clone()),
            Self::FileSystem(it) => (Kind::FileSystem, it.id.clone()),
            Self::ReverseName(it) => (Kind::ReverseName, it.id.clone()),
        };
        Key { kind, id }
    }

    /// Whether a plane may be told of it.
    pub fn concerns(&self, plane: Plane) -> bool {
        self.key().kind.concerns(plane)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_resource_survives_the_wire_and_names_itself() {
        let target = balancer::TargetRef {
            group: "arn:tg".to_owned(),
            id: "172.31.0.9".to_owned(),
            port: 80,
        };
        let resource = Resource::Target(balancer::Target {
            target: target.clone(),
            address: "172.31.0.9".parse().unwrap(),
            in_vpc: false,
            vpc_ranges: vec!["172.31.0.0/16".to_owned()],
            instance_vpc_ranges: Vec::new(),
            draining_since_ms: None,
        });
        let json = serde_json::to_string(&resource).unwrap();
        let back: Resource = serde_json::from_str(&json).unwrap();
        assert_eq!(back, resource);
        assert_eq!(back.key().id, "arn:tg 172.31.0.9:80");
        assert!(back.concerns(Plane::LoadBalancer) && !back.concerns(Plane::Network));
    }

    #[test]
    fn a_load_balancer_survives_the_wire() {
        let resource = Resource::LoadBalancer(balancer::LoadBalancer {
            arn: "arn:lb".to_owned(),
            name: "web".to_owned(),
            dns_name: "web-1.us-east-1.elb.localhost".to_owned(),
            kind: balancer::BalancerKind::Application,
            internal: false,
            vpc: "vpc-1".to_owned(),
            public_address: None,
            interfaces: vec![],
            security_groups: vec!["sg-1".to_owned()],
            attributes: Default::default(),
        });
        let json = serde_json::to_string(&resource).unwrap();
        let back: Resource = serde_json::from_str(&json).unwrap();
        assert_eq!(back, resource);
    }
}
