// Written by `cargo xtask generate` from models/. Do not edit.
//! Contract of Amazon Simple Storage Service (2006-03-01): types, schema, faults, the trait `S3`, its routes and client.
#![allow(clippy::all)]
#![forbid(unsafe_code)]
pub mod faults;
pub mod operations;
#[rustfmt::skip]
pub mod schema;
pub mod service;
pub mod types;

pub use service::{Client, Input, Routes, S3};
pub use types::*;
#[doc(hidden)]
pub use wharf_wire as wire;
