//! The AWS wire protocols: one codec for each, walking generated structs by a static schema.
//!
//! - [`schema`] describes a service: operations, shapes, constraints. Generated, never built by hand.
//! - [`node`] is how a codec reads and fills a generated struct without knowing its type.
//! - [`codec`] holds one codec for each protocol, chosen by the request: awsJson, CBOR, awsQuery, EC2's,
//!   restJson and restXml, requests in and answers out; and the messages of event streams.
//! - [`dynamic`] is a value of a shape that has no generated type.
//! - [`constraints`] checks a decoded input against the model.
//! - [`understood`] refuses the members that an operation does not heed.
//! - [`sigv4`] verifies and makes signatures; pure functions.
//! - [`service`] is the dispatcher: decode, check, authorise, run, encode.
//! - [`Settled`] is what names in a request mean, from its authorisation on.
//! - [`events`] are answers that go on: event by event, as a client takes them.
//! - [`streaming`] are bodies that need not fit into memory, in and out, and what their senders promise.
//! - [`audit`] is what it says of each request afterwards.
//!
//! This crate opens no socket and touches no file.

#![forbid(unsafe_code)]

pub mod audit;
pub mod call;
pub mod codec;
pub mod constraints;
pub mod dynamic;
pub mod events;
pub mod fault;
pub mod node;
mod operations;
pub mod schema;
pub mod service;
mod settled;
pub mod sigv4;
pub mod streaming;
pub mod understood;

pub use async_trait::async_trait;
pub use call::{Call, Caller, CallerKind, Context, Origin, Signed, SignedBy, ThroughEndpoint};
pub use events::{EventStream, Events, Output};
pub use fault::Fault;
pub use serde_json::Value as Document;
pub use service::{AskedOf, Check, Denied, Dispatcher, Gate, Service, Unreadable};
pub use settled::Settled;
pub use streaming::ByteStream;
pub use wharf_base::Timestamp;
