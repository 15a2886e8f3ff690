//! AWS Key Management Service: keys that never leave it, and what callers do with them.
//!
//! - `spec` says which kinds of keys there are and what each is for; `material` makes and uses their
//!   material through aws-lc-rs; `ciphertext` is the form of what a symmetric key encrypted. All pure.
//! - `records` are what is stored: a key with its policy and public half, each material on its own,
//!   sealed, aliases, and grants.
//! - `family` is what keys of several regions share.
//! - `grants` and `policy` decide what a grant allows and whether a policy locks its owner out; pure.
//! - `wrapping` is how imported material comes; `imported` says which of it a key has, and which is there.
//! - `managed` are the keys of services (`alias/aws/secretsmanager`), made when first used.
//! - `ops` holds the operations; `authorize` their rows.
//! - `announced` says what changes of keys mean to the world; pure.
//! - `reconcile` rotates keys when it is time and destroys those whose waiting period is over.
//!
//! Invariants: material is stored sealed, for one key and one rotation alone, and is open only while
//! an operation works with it; a key is used only if its policy or a grant says so, whatever IAM's
//! policies say; using a key writes nothing.

#![forbid(unsafe_code)]

mod announced;
mod authorize;
mod ciphertext;
mod config;
mod core;
mod counted;
mod describe;
mod family;
mod fault;
#[doc(hidden)]
pub mod fuzz;
mod grants;
mod imported;
mod managed;
mod material;
mod names;
mod ops;
mod policy;
mod rates;
mod reconcile;
mod records;
mod rotation;
mod sealed;
mod service;
mod spec;
mod tagged;
mod tags;
mod wrapping;

pub use announced::ANNOUNCING;
pub use config::Parts;
pub use counted::COUNTED;
pub use rates::RATES;
pub use sealed::SEALING;
pub use service::KmsService;
pub use tagged::TAGGED;
