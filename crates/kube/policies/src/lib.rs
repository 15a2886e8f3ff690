//! What network policies of a cluster come to for the pods of one node. Pure.
//!
//! - [`Policy`], [`Pod`] and namespaces are the facts that count here, read from JSON whose sender is not trusted: what makes no sense
//!   allows nothing.
//! - [`Book`] joins them. It keeps by a number each what rules speak of (which addresses a selector chooses, who listens under the name
//!   of a port, what a policy allows one way), so that a change of a pod touches the sets that it is in, and a change of a policy the
//!   pods that it is about.
//! - [`Rules`] is all of it, [`Changes`] what became of it since somebody last asked.
//!
//! As upstream has it: a pod is isolated one way by any policy that selects it and has that way; what one of these allows is allowed; a
//! connection needs the leave of both ends. Pods in their node's network have no address of their own: no policy is about them, and no
//! selector chooses them. Networks here are of IPv4, so a block of IPv6 chooses nobody.

#![forbid(unsafe_code)]

mod allowed;
mod book;
mod pod;
mod policy;

pub use allowed::{Front, Permission, Source, Traffic, Way};
pub use book::{Book, Changes, Isolation, Listener, MOST_PERMISSIONS, Policed, Rules};
pub use pod::Pod;
pub use policy::{Peer, Policy, Port, Ports, Rule};

/// A namespace and a name within it.
pub type Key = (std::sync::Arc<str>, std::sync::Arc<str>);
