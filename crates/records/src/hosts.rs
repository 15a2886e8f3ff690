//! The records of machines. They belong to no account and region ([`crate::machine`]).
//!
//! | kind | id | read as |
//! | --- | --- | --- |
//! | host | host id | view |
//! | ledger | host id | view |
//! | plane-host | the machine's instance id | view |
//!
//! A host exists apart from what registered it (a container instance of ECS): the capacity ledger
//! belongs to the host, and all users of the machine claim on it, Fargate tasks of any cluster among
//! them.

mod host;
pub mod ledger;
mod plane_host;

pub use host::Host;
pub use ledger::{Capacity, Claim, Claims, Ledger, Phase, Port, Protocol};
pub use plane_host::PlaneHost;
