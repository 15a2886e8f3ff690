//! VPC endpoints on this host: the network is given their interfaces, as if each were on this host, and what tasks
//! send there is carried to the control plane, with word of the endpoint that it came through.
//!
//! Every host of a VPC is its endpoints' interfaces to its own tasks, so nothing of an endpoint is lost with a host,
//! and the source of each connection is a task of this host that has the address. The groups of an interface hold
//! as those of any other. What a gateway endpoint is reached at is an interface too, beyond the VPC's range, whose
//! group admits the subnets with a route to it.

mod book;
mod serve;

pub use book::Book;
pub use serve::Listeners;
