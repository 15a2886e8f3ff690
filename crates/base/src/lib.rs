//! The smallest shared vocabulary: time, names of resources, ids, and the permit to write.
//!
//! This crate does no I/O. Randomness and the wall clock enter the system here and nowhere else,
//! so that everything above can be run in virtual time from a seed.

#![forbid(unsafe_code)]

pub mod arn;
pub mod backoff;
pub mod bucket;
pub mod chain;
pub mod challenge;
pub mod clock;
pub mod cpu;
pub mod ecr_host;
pub mod glob;
pub mod ids;
pub mod image_index;
pub mod log_resource;
pub mod net;
pub mod no_room;
pub mod opaque;
pub mod permit;
pub mod public_images;
pub mod regions;
pub mod share_full;
pub mod sysctl;

pub use arn::Arn;
pub use backoff::Backoff;
pub use chain::{Causes, Chain};
pub use challenge::Challenge;
pub use clock::{Clock, Mark, SystemClock, TestClock, Timestamp};
pub use glob::Glob;
pub use ids::InstallationId;
pub use log_resource::{LogEnd, LogResource};
pub use net::{Cidr, Cidr4, Cidr6};
pub use no_room::NoRoom;
pub use opaque::{Opaque, WeakOpaque};
pub use permit::Permit;
pub use share_full::ShareFull;
