//! AWS Secrets Manager: secrets with versions, staging labels, resource policies, and replicas in
//! other regions.
//!
//! - `records` are what is stored: a secret with what is known of its versions, and each version's
//!   value on its own, sealed.
//! - `versions` moves staging labels, `filter` chooses what a list shows, `password` makes passwords;
//!   all pure.
//! - `kms` asks KMS for the data keys of values under a customer's key.
//! - `announced` says what changes mean to the world, as events.
//! - `managed` keeps secrets of other services, which users cannot change.
//! - `ops` holds the operations; `authorize` their rows.
//! - `copying` writes the values that replicas keep themselves, and clears what did not come to its end.
//! - `reconcile` removes what was deleted once its recovery window is over.
//!
//! Invariants: a value is stored sealed, for one version of one secret alone, and is opened only to
//! answer a request for it; a staging label is attached to one version at most; a replica has
//! every value that its primary has, so it can never be behind it.

#![forbid(unsafe_code)]

mod announced;
mod authorize;
mod config;
mod content;
mod copying;
mod core;
mod counted;
mod describe;
mod fault;
mod filter;
#[doc(hidden)]
pub mod fuzz;
mod kms;
mod managed;
mod names;
mod ops;
mod password;
mod policy;
mod rates;
mod reconcile;
mod records;
mod rotating;
mod rotation;
mod sealed;
mod service;
mod tagged;
mod tags;
mod versions;

pub use announced::ANNOUNCING;
pub use config::Parts;
pub use counted::COUNTED;
pub use rates::RATES;
pub use sealed::SEALING;
pub use service::SecretsmanagerService;
pub use tagged::TAGGED;
