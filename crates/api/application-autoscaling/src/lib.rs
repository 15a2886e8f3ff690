// Written by `cargo xtask generate` from models/. Do not edit.
//! Contract of Application Auto Scaling (2016-02-06): types, schema, faults, the trait `ApplicationAutoscaling`, its routes and client.
#![allow(clippy::all)]
#![forbid(unsafe_code)]
pub mod faults;
pub mod operations;
#[rustfmt::skip]
pub mod schema;
pub mod service;
pub mod types;

pub use service::{ApplicationAutoscaling, Client, Input, Routes};
pub use types::*;
#[doc(hidden)]
pub use wharf_wire as wire;
