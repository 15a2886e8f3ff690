// Written by `cargo xtask generate` from models/. Do not edit.
//! Contract of AWS Secrets Manager (2017-10-17): types, schema, faults, the trait `Secretsmanager`, its routes and client.
#![allow(clippy::all)]
#![forbid(unsafe_code)]
pub mod faults;
pub mod operations;
#[rustfmt::skip]
pub mod schema;
pub mod service;
pub mod types;

pub use service::{Client, Input, Routes, Secretsmanager};
pub use types::*;
#[doc(hidden)]
pub use wharf_wire as wire;
