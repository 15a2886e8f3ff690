// Written by `cargo xtask generate` from models/. Do not edit.
//! Contract of Amazon Elastic File System (2015-02-01): types, schema, faults, the trait `Efs`, its routes and client.
#![allow(clippy::all)]
#![forbid(unsafe_code)]
pub mod faults;
pub mod operations;
#[rustfmt::skip]
pub mod schema;
pub mod service;
pub mod types;

pub use service::{Client, Efs, Input, Routes};
pub use types::*;
#[doc(hidden)]
pub use wharf_wire as wire;
