// Written by `cargo xtask generate` from models/. Do not edit.
//! Contract of Amazon Simple Queue Service (2012-11-05): types, schema, faults, the trait `Sqs`, its routes and client.
#![allow(clippy::all)]
#![forbid(unsafe_code)]
pub mod faults;
pub mod operations;
#[rustfmt::skip]
pub mod schema;
pub mod service;
pub mod types;

pub use service::{Client, Input, Routes, Sqs};
pub use types::*;
#[doc(hidden)]
pub use wharf_wire as wire;
