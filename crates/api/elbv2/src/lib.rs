// Written by `cargo xtask generate` from models/. Do not edit.
//! Contract of Elastic Load Balancing (2015-12-01): types, schema, faults, the trait `Elbv2`, its routes and client.
#![allow(clippy::all)]
#![forbid(unsafe_code)]
pub mod faults;
pub mod operations;
#[rustfmt::skip]
pub mod schema;
pub mod service;
pub mod types;

pub use service::{Client, Elbv2, Input, Routes};
pub use types::*;
#[doc(hidden)]
pub use wharf_wire as wire;
