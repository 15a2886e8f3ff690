//! Amazon SNS: topics, and the queues and web servers that get what is published to them.
//!
//! - `records` are what is stored. `message`, `filter`, `endpoint`, `envelope` and `delivery_policy` are pure: what a
//!   message may be, who gets it and as what, and when it is sent again.
//! - `signing` has the key that envelopes are signed with, `token` with what an endpoint agrees.
//! - `subscribers` are a topic's subscriptions ready for messages, `judging` holds these against them.
//! - `ops` holds the operations, `authorize` their rows.
//! - `errand` is a message for a subscription, `courier` delivers it; deliveries are parcels of `wharf_delivery`.
//!
//! Invariants: what was acknowledged is owed on disk to each subscription that it fits; a subscription gets a
//! message at least once, or its dead letter says why not; a queue's policy decides; who did not agree gets nothing.

#![forbid(unsafe_code)]

mod authorize;
mod config;
mod core;
mod counted;
mod courier;
mod crypt;
mod delivery_policy;
mod endpoint;
mod envelope;
mod errand;
mod fault;
mod fifo;
mod filter;
#[doc(hidden)]
pub mod fuzz;
mod judging;
mod mail;
mod message;
mod metered;
mod names;
mod ops;
mod records;
mod sealed;
mod service;
mod signing;
mod subscribers;
mod tagged;
mod tags;
mod token;

pub use config::Parts;
pub use counted::COUNTED;
pub use envelope::LINKS;
pub use mail::{BadMail, MailConfig, Mailer};
pub use sealed::SEALING;
pub use service::SnsService;
pub use signing::{Signer, SigningError, is_certificate};
pub use tagged::TAGGED;
