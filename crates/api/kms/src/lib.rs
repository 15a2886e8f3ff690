// Written by `cargo xtask generate` from models/. Do not edit.
//! Contract of AWS Key Management Service (2014-11-01): types, schema, faults, the trait `Kms`, its routes and client.
#![allow(clippy::all)]
#![forbid(unsafe_code)]
pub mod faults;
pub mod operations;
#[rustfmt::skip]
pub mod schema;
pub mod service;
pub mod types;

pub use service::{Client, Input, Kms, Routes};
pub use types::*;
#[doc(hidden)]
pub use wharf_wire as wire;
