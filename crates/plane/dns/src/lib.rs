//! The name service of this host's networks: what tasks ask at 169.254.169.253, and at the address
//! behind the first two of their VPC.
//!
//! ```text
//! sockets in each scope ──▶ serve ──▶ query (bytes) ──▶ zone: is it a name of ours?
//!                             │                           │ book: what the plane stream told
//!                           limits                        └▶ upstream: the host's name servers
//! ```
//! - [`Names`] is the handle: it is told what the network plane is told, and serves sockets.
//! - `book` and `zone` are pure: who is asked for, by whom, and what the answer is.
//! - `cluster` has the names of Kubernetes' clusters, for the pods of this host's nodes.
//! - What another VPC has is answered as if it were not there, but for the names of
//!   internet-facing load balancers, which are everybody's.
//! - The control plane is not asked: answers come from what the agent was told, or had on disk
//!   when it started.
//! - Every bound is in `limits`; what is beyond is dropped or answered with SERVFAIL, so that one
//!   task's questions take neither another's place nor the agent's memory.

#![forbid(unsafe_code)]

mod book;
mod cluster;
pub mod fuzz;
mod limits;
mod names;
mod query;
mod serve;
mod upstream;
mod zone;

pub use names::Names;
