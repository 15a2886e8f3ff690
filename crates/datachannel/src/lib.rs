//! The data channel of ECS Exec: what client and agent of a session say to each other
//! (spec ecs-agent §7). Both ends and the server between them share it.
//!
//! | module | what |
//! | --- | --- |
//! | [`message`] | the binary layout of a message |
//! | [`handshake`] | the JSON inside some of them, and the first text frame of a connection |
//! | [`stream`] | order, acknowledgement and repetition |
//!
//! Invariants: no I/O and no clock in here; every length is checked before anything is kept.

#![forbid(unsafe_code)]

pub mod handshake;
pub mod message;
pub mod stream;

pub use message::{Kind, Malformed, Message, PayloadType};

/// Where a data channel is opened, followed by the session's id.
pub const PATH: &str = "/v1/data-channel/";

/// The query that follows it.
pub const QUERY: &str = "role=publish_subscribe";

/// The largest message anybody may send, in bytes. Honest ones carry a few KiB.
pub const MAX_MESSAGE: usize = 64 << 10;
