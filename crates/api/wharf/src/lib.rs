// Written by `cargo xtask generate` from models/. Do not edit.
//! Contract of wharf (2026-11-21): types, schema, faults, the trait `Wharf`, its routes and client.
#![allow(clippy::all)]
#![forbid(unsafe_code)]
pub mod faults;
pub mod operations;
#[rustfmt::skip]
pub mod schema;
pub mod service;
pub mod types;

pub use service::{Client, Input, Routes, Wharf};
pub use types::*;
#[doc(hidden)]
pub use wharf_wire as wire;
