//! Where a task goes: filter, constraints, strategies, pick; and the capacity ledger's arithmetic.
//!
//! Pure: no I/O, no clock; randomness comes from a generator the caller owns, so that a seed
//! replays a placement. The fleet is kept in columns (`fleet`), because a placement reads two or
//! three numbers of every host and nothing else.
//!
//! Order of a decision, as ECS documents it: resources and attributes filter, constraints bind,
//! strategies rank from left to right, the best is picked, ties fall at random.

#![forbid(unsafe_code)]

mod class;
pub mod demand;
pub mod fleet;
pub mod ledger;
pub mod offer;
mod order;
pub mod pack;
pub mod place;
pub mod query;

pub use demand::{Constraint, Demand, Pool, Strategy};
pub use fleet::{Fleet, HostIx, HostState, Serves, Trial, group_of};
pub use offer::{Asks, Feature};
pub use place::{Placed, Reason, Refusal, place, place_after, refusal_of};
