//! The way from a plane to the control plane.
//!
//! - [`Endpoint`], [`Dialer`]: connections. Plain `http` goes to loopback only; beyond it there is
//!   only TLS, and only to a server whose certificate the pinned authority signed.
//! - [`Subscription`]: what the plane is entitled to know, kept up to date for as long as the
//!   process lives, from the last copy on disk while nobody answers.
//!
//! Invariants: the plane hears one update after the other, each answered before the position
//! advances; what is on disk is all that the plane was told (of load balancers, all that was applied),
//! and tells a position only where all of it was applied.

#![forbid(unsafe_code)]

mod connect;
mod disk;
mod keys;
mod known;
mod measured;
mod stream;
mod subscription;
mod trust;

pub use connect::{BadEndpoint, ConnectError, Dialer, Endpoint, Stream};
/// What the state file of a plane is sealed for.
pub use disk::purpose as state_purpose;
pub use keys::CurrentKeys;
pub use known::Update;
pub use subscription::{Delivery, LinkConfig, LinkState, NotApplied, Subscription};
