// Written by `cargo xtask generate` from models/. Do not edit.
//! Contract of AWS Certificate Manager (2015-12-08): types, schema, faults, the trait `Acm`, its routes and client.
#![allow(clippy::all)]
#![forbid(unsafe_code)]
pub mod faults;
pub mod operations;
#[rustfmt::skip]
pub mod schema;
pub mod service;
pub mod types;

pub use service::{Acm, Client, Input, Routes};
pub use types::*;
#[doc(hidden)]
pub use wharf_wire as wire;
