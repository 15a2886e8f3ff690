//! The Kubernetes face of a node: registers it, keeps its lease and conditions, and runs the pods bound to it, as a client of the
//! Kubernetes API.
//!
//! ```text
//! API ──pods──▶ kubelet ──▶ worker (one a pod) ──▶ plan ──actions──▶ perform ──▶ machine (shims, networks, images)
//!  ▲                            │    ▲                                   │
//!  └────────── told ◀── status ─┘    └────────────── events ◀────────────┴── follow, probes
//! ```
//!
//! - [`plan`] decides what to do for a pod and [`status`] what to say of it; both are pure, over [`pod`] and [`state`], as is `takeover`:
//!   what is known of a pod at the begin of this process.
//! - [`machine`] is what is asked of the machine, [`linux`] the real one.
//! - [`node`] is the node's own part: registration, lease, conditions.
//! - [`server`] is the node's port: logs, sessions, figures.
//! - `usage` measures now and then what containers and the node use.
//! - [`pressure`] decides what the node does when it runs short: its conditions, and which pod it ends.
//! - [`refused`] names what this node does not have.
//!
//! The server of a cluster reaches the node's port where the agent says that it listens, over the agent's own connection: what the node
//! itself says anybody may say who has its role, and its addresses are those of its VPC, where the control plane is not.
//!
//! Invariants: containers outlive this process; what the API does not know any more ends; no decision is taken outside of [`plan`].

#![forbid(unsafe_code)]

mod app_armor;
pub mod disk_use;
mod disks;
pub mod empty_dir;
mod env;
mod files;
#[doc(hidden)]
pub mod fuzz;
mod host_paths;
pub mod host_ports;
pub mod kubelet;
pub mod linux;
pub mod machine;
mod names;
pub mod node;
mod not_mounted;
mod objects;
mod on_demand;
mod patch;
mod perform;
pub mod plan;
pub mod pod;
pub mod pressure;
mod probe;
mod pull_secrets;
pub mod qos;
pub mod quantity;
pub mod refused;
mod reporter;
pub mod resizing;
mod seccomp;
pub mod server;
mod spec;
pub mod state;
pub mod status;
mod takeover;
mod token;
mod tokens;
mod usage;
mod volume_files;
mod worker;

pub use self::{
    kubelet::{Kubelet, Parts, run},
    names::Resolvers,
    perform::POD_ENI,
    token::{EksTokens, RoleKeys},
};
