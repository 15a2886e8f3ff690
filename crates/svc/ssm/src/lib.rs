//! AWS Systems Manager: Parameter Store, and the sessions of ECS Exec.
//!
//! - `records` are what is stored: a parameter with its labels and tags, and each version on its own,
//!   the value of a SecureString sealed.
//! - `names` reads names, ARNs and selectors; `versions` moves versions and labels; `tiers`, `policies`,
//!   `pattern` and `filter` decide what a parameter may be and what a list shows; all pure.
//! - `public` are the parameters under `/aws/service`, which are the same for every account;
//!   `reference` reads those under `/aws/reference/secretsmanager` from Secrets Manager, as the caller.
//! - `ops` holds the operations; `authorize` their rows.
//! - `announced` says what changes of parameters mean to the world; pure.
//! - `counted` says which parameters CloudWatch tells the number of.
//! - `reconcile` deletes parameters whose expiration policy is due.
//!
//! Invariants: the value of a SecureString is stored sealed, for one version of one parameter alone,
//! and is opened only to answer a request for it; the versions of a parameter are consecutive; a label
//! leads to one version at most.

#![forbid(unsafe_code)]

mod announced;
mod authorize;
mod config;
mod core;
mod counted;
mod describe;
mod fault;
mod filter;
#[doc(hidden)]
pub mod fuzz;
mod names;
mod ops;
mod pattern;
mod policies;
mod public;
mod reconcile;
mod records;
mod reference;
mod sealed;
mod service;
mod settings;
mod tagged;
mod tags;
mod tiers;
mod under_key;
mod versions;

pub use announced::ANNOUNCING;
pub use config::{Facts, Kubernetes, Parts};
pub use counted::COUNTED;
pub use sealed::SEALING;
pub use service::SsmService;
pub use tagged::TAGGED;
