//! The service in process, over a real store, with users of certificates faked.

mod harness;
mod imports;
mod lists;
mod renewals;
mod requests;
