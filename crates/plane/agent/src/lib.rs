//! The node agent: what `wharf node` runs on a machine.
//!
//! It registers the machine as a container instance, is handed tasks over the ECS agent protocol,
//! runs them and tells what became of them. It speaks nothing that any other agent could not
//! speak, and knows nothing of the control plane's inside.
//!
//! ```text
//! session ──commands──▶ node::run (owns node::core) ──actions──▶ machine (images, networks, shims)
//!    ▲                       │        ▲                             │
//!    └── acks once durable ──┤        └──── outcomes, observations ─┘
//!                            └─▶ disk, reports
//! ```
//!
//! - [`engine`] decides about one task and [`node::core`] about all; neither performs I/O.
//! - [`protocol`] holds the shapes of the two websockets.
//! - [`client`] makes signed calls and sockets; [`logs`] delivers what containers print;
//!   [`endpoint`] answers tasks at 169.254.170.2.
//! - [`allow`] is what the node lends its tasks of the host.
//! - `network_plane` hears from the control plane who speaks to whom, and tells the network.
//! - `renewal` keeps the node's credentials good.
//! - [`exec`] serves sessions of ECS Exec.
//! - [`instances`] keeps EC2 instances on this machine.
//! - [`volumes`] keeps EBS volumes.
//! - [`file_systems`] keeps file systems of EFS, and mounts them for tasks.
//! - `layers` announces which layers of images other nodes may have from this one.
//! - [`Figures`] is what the node counts.
//! - [`nodes`] are those of EC2 instances on this machine, beside its own.
//! - `kubernetes` makes those of them nodes of Kubernetes that ask for it.
//! - [`machine`] is the real machine behind [`node::machine::Machine`].
//!
//! Invariants: a kill at any moment loses nothing that was acknowledged; containers outlive the
//! agent; no decision is taken outside `engine` and `core`.

pub mod allow;
mod assigned;
pub mod client;
pub mod config;
pub mod endpoint;
pub mod engine;
pub mod exec;
mod figures;
pub mod file_systems;
mod flows;
pub mod instances;
mod kubernetes;
mod layers;
pub mod logs;
pub mod machine;
pub mod measure;
mod network_plane;
pub mod node;
pub mod nodes;
pub mod protocol;
mod renewal;
mod start;
pub mod volumes;
mod vpc_endpoints;

pub use allow::Permission;
pub use config::{Identity, KEPT_CORES, NodeConfig, TASK_DISK, TASK_PIDS};
pub use figures::Figures;
pub use machine::LEAST_TASK_DISK;
pub use network_plane::ThisHost;
pub use node::NodeError;
pub use renewal::IdentityFile;
pub use start::{Base, run, teardown};
pub use wharf_container::runtime::probe_user_namespaces;
pub use wharf_guest::{Choice as Acceleration, Emulator, probe_kvm};
pub use wharf_layers::Counted;
