//! What the use of Fargate, of EC2 instances, of storage and of the network comes to: metered tasks, instances, volumes,
//! snapshots, file systems, load balancers, addresses and endpoints, split over time, priced.
//!
//! - [`Use`] is what a task is charged for, [`Span`] from when to when. [`Use::items`] says which usage
//!   types it counts towards, and how much of each a millisecond of it is.
//! - [`Traffic`] is what a load balancer did in an hour, which comes to capacity units.
//! - [`Stretch`] is a time in which something that is stored stays as it is. Records of other services have it.
//! - [`Span::split`] divides a task's billed time over any slots, so that the parts add up to the whole.
//! - [`Prices`] are the price lists of an installation, each from its effective date on.
//!
//! Everything is exact. Quantities are integers ([`Quantity`]) that are divided only when they are shown,
//! costs are decimals.
//!
//! Invariants: no I/O and no clock; the minimum and the ceiling of a task's time count once, in the last
//! slot it was in.

#![forbid(unsafe_code)]

mod amount;
mod capacity;
mod instance;
mod month;
mod prices;
mod span;
mod stored;
#[cfg(test)]
mod tests;
mod usage;

pub use amount::{Cost, Quantity, shown};
pub use capacity::Traffic;
pub use instance::InstanceType;
pub use prices::{ListError, MAX_LIST_BYTES, Prices};
pub use span::{Rounding, Span};
pub use stored::{AddressUse, Stored, Stretch, VolumeType};
pub use usage::{Item, Kind, Platform, Unit, Use, region_code};
