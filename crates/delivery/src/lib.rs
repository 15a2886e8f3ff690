//! What a service owes to somebody else, kept until it is delivered: the targets of rules and schedules,
//! the subscriptions of topics, the notifications of buckets.
//!
//! - [`Operations`] is any operation of this installation, called by its name in the name of an [`Actor`]:
//!   a role that trusts the service, or the service itself before policies of resources.
//! - [`Alarms`] is what services ask of alarms that call what they have.
//! - [`log_events`] writes into log groups.
//! - [`LogDeliveries`] takes what services log of their resources.
//! - [`targets`] says which call a target is (spec platform §9).
//! - [`Outbox`] holds parcels in lanes. A parcel is written in the transaction that made it necessary, delivered
//!   at least once, tried again within its [`Policy`], and given up with the word why. [`Room`] is what an account
//!   has left for further ones.

#![forbid(unsafe_code)]

mod figures;
mod log_deliveries;
pub mod log_events;
mod operations;
mod outbox;
mod parcel;
mod rates;
mod room;
mod send;
mod shares;
pub mod targets;

pub use figures::Figures;
pub use log_deliveries::{LogDeliveries, LogRecord};
pub use operations::{
    Actor, Alarms, ApiDestinations, Body, ContentType, Invocation, Operations, Request,
};
pub use outbox::{Became, Courier, Outbox, Outcome, Span};
pub use parcel::{Failure, GivenUp, Lane, Parcel, Policy};
pub use rates::{Rates, gap};
pub use room::{MOST_WAITING, Room};
pub use send::{DeadLetter, Sending, ask, send, send_all};
