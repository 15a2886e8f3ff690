//! The service scheduler: what it is for, and what always holds.

#![forbid(unsafe_code)]

mod authorize;
mod fault;
mod service;

pub use service::SchedulerService;
