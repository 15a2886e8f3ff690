//! Amazon EFS (spec platform §10): file systems that many machines mount at once.
//!
//! - `ops` holds the operations, by what they are about; records and their forms on the wire are in `records` and `describe`.
//! - A file system's files lie on one host (`hosts`), which learns of it by [`plane`] and says how it is by [`reports`].
//! - A mount target is an interface of the caller's subnet on that host (`network`); `reconcile` brings it there.
//! - [`mounts`] decides what those may who mount, when they do; the host's server holds them to it (`wharf_file_server`).
//! - An encrypted one is sealed under a key of KMS ([`encryption`]).
//!
//! Invariants: a file system has one host for as long as it lives; a disk that was there once is never made anew; what is
//! acknowledged to a client of NFS is on the host's disk.

#![forbid(unsafe_code)]

mod authorize;
mod config;
mod core;
mod describe;
pub mod encryption;
mod fault;
mod hosts;
mod keys;
mod metered;
pub mod mounts;
mod names;
mod network;
mod ops;
pub mod plane;
mod reconcile;
mod records;
mod reports;
mod sealed;
mod service;
mod tagged;

pub use config::Parts;
pub use hosts::ATTRIBUTE;
pub use names::PRINCIPAL;
pub use reports::ToldFileSystem;
pub use sealed::SEALING;
pub use service::EfsService;
pub use tagged::TAGGED;
