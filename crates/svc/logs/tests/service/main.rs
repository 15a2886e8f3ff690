//! The service over a real store, journal and KMS.

mod keys;
mod live_tail;
mod logs;
mod support;
