//! Spot: capacity that nobody else needs now, on terms ([`terms`]).
//!
//! A request ([`records`]) is written by RequestSpotInstances, or with each Spot instance that RunInstances or a fleet launches. What
//! becomes of it is pure ([`life`]); the reconciler launches its instance when price and room allow ([`reconcile`]).
//! When somebody else needs the room ([`interrupt`]) the instance gets its notice, and ends or stops two minutes later; a request that
//! is persistent asks again.
//!
//! Invariants: a request has one instance at most; its instance is written in the transaction that says so; only Spot
//! capacity is taken back, and only after its notice.

mod cancel;
mod describe;
mod fault;
pub mod interrupt;
mod life;
mod prices;
mod reconcile;
mod records;
mod request;
mod terms;

pub use cancel::cancel;
pub use describe::{describe, price_history};
pub use fault::{cannot_stop, no_capacity, price_too_low};
pub use prices::{Price, on_demand, spot};
pub use reconcile::reconcile;
pub use records::{Held, Interruption, Notice, SpotRequest, Why, user_data_purpose};
pub use request::{request, room, specification};
pub use terms::{Terms, check_interruption};

/// In whose name requests and fleets launch what they were asked for.
pub const PRINCIPAL: &str = "spot.amazonaws.com";
