//! Log drivers: what becomes of a container's output.
//!
//! The shim spools every line to disk. For `awslogs` a [`deliver`] task reads the spool, forms
//! events ([`assemble`]) and puts them to CloudWatch Logs; its place in the spool moves only when
//! a put was acknowledged. [`splunk`] does the same with a collector. `json-file` leaves the spool where it is until the task is cleaned up,
//! `none` never makes one.

pub mod assemble;
pub mod deliver;
pub mod gather;
pub mod options;
pub mod sink;
pub mod splunk;

pub use options::{Awslogs, Driver, Room};
