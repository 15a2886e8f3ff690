//! Joins the services to what the gateway and each other expect.

mod balancing;
mod identities;
mod machine_nodes;
mod planes;
mod registry;
mod resolver;
mod sockets;

pub use self::{
    balancing::{CarriedBalancers, Hosts, ListenerCertificates, Listeners, ServicesOfEndpoints},
    identities::{InstanceProfiles, Keys, Roles},
    machine_nodes::JoinedMachines,
    planes::{Ec2Records, EcsNodes, EfsRecords, Elbv2Records, HostedInstances, LoadBalancing},
    registry::{GalleryPulls, Registry},
    resolver::{NameServers, Resolver},
    sockets::Sockets,
};
