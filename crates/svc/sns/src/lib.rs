//! Amazon SNS: topics, and the queues that get what is published to them.
//!
//! - `records` are what is stored. `message` and `filter` are pure: what a message may be, and who gets it.
//! - `ops` holds the operations, `authorize` their rows.
//! - `courier` sends messages to queues, as the service; deliveries are parcels of `wharf_delivery`.
//!
//! Invariants: what was acknowledged is owed on disk to each subscription that it fits; a queue gets a message at
//! least once, or its dead letter says why not; the queue's policy decides.

#![forbid(unsafe_code)]

mod authorize;
mod config;
mod core;
mod courier;
mod fault;
mod filter;
mod message;
mod names;
mod ops;
mod records;
mod service;
mod tagged;
mod tags;

pub use config::Parts;
pub use service::SnsService;
pub use tagged::TAGGED;
