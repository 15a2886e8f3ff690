// Written by `cargo xtask generate` from models/. Do not edit.
//! Contract of Amazon EKS Auth (2023-11-26): types, schema, faults, the trait `EksAuth`, its routes and client.
#![allow(clippy::all)]
#![forbid(unsafe_code)]
pub mod faults;
pub mod operations;
#[rustfmt::skip]
pub mod schema;
pub mod service;
pub mod types;

pub use service::{Client, EksAuth, Input, Routes};
pub use types::*;
#[doc(hidden)]
pub use wharf_wire as wire;
