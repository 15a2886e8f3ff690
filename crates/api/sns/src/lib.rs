// Written by `cargo xtask generate` from models/. Do not edit.
//! Contract of Amazon Simple Notification Service (2010-03-31): types, schema, faults, the trait `Sns`, its routes and client.
#![allow(clippy::all)]
#![forbid(unsafe_code)]
pub mod faults;
pub mod operations;
#[rustfmt::skip]
pub mod schema;
pub mod service;
pub mod types;

pub use service::{Client, Input, Routes, Sns};
pub use types::*;
#[doc(hidden)]
pub use wharf_wire as wire;
