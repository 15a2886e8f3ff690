// Written by `cargo xtask generate` from models/. Do not edit.
//! Contract of AWS CloudTrail (2013-11-01): types, schema, faults, the trait `Cloudtrail`, its routes and client.
#![allow(clippy::all)]
pub mod faults;
#[rustfmt::skip]
pub mod schema;
pub mod service;
pub mod types;

pub use service::{Client, Cloudtrail, Input, Routes};
pub use types::*;
