//! The service s3: what it is for, and what always holds.

#![forbid(unsafe_code)]

mod authorize;
mod fault;
mod service;

pub use service::S3Service;
