// Written by `cargo xtask generate` from models/. Do not edit.
//! Contract of AWS Cost Explorer Service (2017-10-25): types, schema, faults, the trait `Ce`, its routes and client.
#![allow(clippy::all)]
#![forbid(unsafe_code)]
pub mod faults;
pub mod operations;
#[rustfmt::skip]
pub mod schema;
pub mod service;
pub mod types;

pub use service::{Ce, Client, Input, Routes};
pub use types::*;
#[doc(hidden)]
pub use wharf_wire as wire;
