//! NAT gateways: what routes lead to them leaves the VPC under one address.
//!
//! A gateway is an interface with an elastic address, and a record that says so. Hosts translate
//! themselves ([`crate::plane`]), so there is no machine that a gateway could be lost with. One that was
//! deleted is shown for an hour, as in AWS; routes to it lead nowhere.

mod create;
mod delete;
mod describe;
mod records;

use std::time::Duration;

pub use create::create;
pub use delete::delete;
pub use describe::describe;
pub use records::NatGateway;

use wharf_base::Timestamp;

/// For so long is a gateway shown that was deleted.
const SHOWN_AFTER: Duration = Duration::from_secs(3600);
/// Gateways of a zone.
const MAX_IN_ZONE: usize = 5;

impl NatGateway {
    /// Whether nobody is told of it any more.
    fn is_forgotten(&self, now: Timestamp) -> bool {
        self.deleted_at.is_some_and(|at| now >= at + SHOWN_AFTER)
    }
}
