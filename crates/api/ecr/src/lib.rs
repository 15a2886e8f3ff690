// Written by `cargo xtask generate` from models/. Do not edit.
//! Contract of Amazon Elastic Container Registry (2015-09-21): types, schema, faults, the trait `Ecr`, its routes and client.
#![allow(clippy::all)]
#![forbid(unsafe_code)]
pub mod faults;
pub mod operations;
#[rustfmt::skip]
pub mod schema;
pub mod service;
pub mod types;

pub use service::{Client, Ecr, Input, Routes};
pub use types::*;
#[doc(hidden)]
pub use wharf_wire as wire;
