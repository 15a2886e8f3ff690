// Written by `cargo xtask generate` from models/. Do not edit.
//! Contract of Inspector2 (2020-06-08): types, schema, faults, the trait `Inspector2`, its routes and client.
#![allow(clippy::all)]
#![forbid(unsafe_code)]
pub mod faults;
pub mod operations;
#[rustfmt::skip]
pub mod schema;
pub mod service;
pub mod types;

pub use service::{Client, Input, Inspector2, Routes};
pub use types::*;
#[doc(hidden)]
pub use wharf_wire as wire;
