// Written by `cargo xtask generate` from models/. Do not edit.
//! Contract of AWS Identity and Access Management (2010-05-08): types, schema, faults, the trait `Iam`, its routes and client.
#![allow(clippy::all)]
#![forbid(unsafe_code)]
pub mod faults;
pub mod operations;
#[rustfmt::skip]
pub mod schema;
pub mod service;
pub mod types;

pub use service::{Client, Iam, Input, Routes};
pub use types::*;
#[doc(hidden)]
pub use wharf_wire as wire;
