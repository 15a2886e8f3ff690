// Written by `cargo xtask generate` from models/. Do not edit.
//! Contract of Amazon Elastic Compute Cloud (2016-11-15): types, schema, faults, the trait `Ec2`, its routes and client.
#![allow(clippy::all)]
#![forbid(unsafe_code)]
pub mod faults;
pub mod operations;
#[rustfmt::skip]
pub mod schema;
pub mod service;
pub mod types;

pub use service::{Client, Ec2, Input, Routes};
pub use types::*;
#[doc(hidden)]
pub use wharf_wire as wire;
