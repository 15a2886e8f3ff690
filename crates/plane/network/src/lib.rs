//! The network of the tasks on one host.
//!
//! A VPC is a network namespace on every host that takes part in it, and so is the private network
//! of bridge tasks: a *scope*. Inside a scope everything is routed, nothing bridged (`scope`
//! shows the picture). Host, scopes and tasks are worked on through netlink by one thread
//! (`worker`); everything it makes survives it, and the next start adopts it (`restore`).
//!
//! Invariants:
//! - a task speaks only from the addresses that are routed to it, so an address names its task;
//! - nothing of the host's own namespace is touched before the first task needs a scope, and
//!   `teardown` puts back what was;
//! - no range of a VPC changes where the host, or a task of another network, sends a packet (`reach`),
//!   and nothing is forwarded from one scope to another but what a published port leads to;
//! - every link carries the installation's id, and the nftables tables are named by it;
//! - no program is ever run, and no thread of the caller changes its namespace.

mod addresses;
mod claims;
mod config;
mod directory;
mod error;
mod files;
mod flows;
mod follow;
#[doc(hidden)]
pub mod fuzz;
mod groups;
mod guest;
mod host;
mod ipv6;
mod kept;
mod model;
mod names;
mod netlink;
mod netns;
mod network;
mod overlay;
mod peering;
mod policies;
mod ports;
mod reach;
mod reaper;
mod resolver;
mod restore;
mod ruleset;
mod scope;
mod secondary;
mod services;
mod socket_option;
mod state;
mod sysctl;
mod teardown;
pub mod trial;
mod view;
mod worker;

pub use config::NetworkConfig;
pub use error::NetworkError;
pub use files::{
    host_resolv_conf, host_resolv_options, hosts_file, private_dns_name, private_domain,
    resolv_conf, upstream_name_servers,
};
pub use guest::{TUN, led_to_guest, open_tap};
pub use model::{
    Attachment, BadValue, Binding, Counters, Eni, Health, HostPort, MacAddress, Mode, PortMapping,
    PortRange, Protocol, Recovered, Scope, Subnet,
};
pub use names::GUEST_LINK;
pub use network::{EndpointListener, HostIdentity, Network, NetworkUpdate};
pub use policies::{
    Isolation, Listener, Permission, PoliciesUpdate, PolicyChanges, PolicyPeer, PolicyRules,
    PolicyTraffic, PolicyWay,
};
pub use resolver::{CLUSTER_RESOLVER, RESOLVER, ResolverSockets};
pub use scope::{ENDPOINT, INSTANCE_METADATA};
pub use services::{Caller, FrontEnd, Lead, ServicesUpdate};
