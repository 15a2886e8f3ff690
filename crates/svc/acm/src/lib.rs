//! AWS Certificate Manager: certificates that the installation's own authority issues, and imported ones.
//!
//! - [`authority`] is the authority: it makes itself at first need and signs; its key is sealed.
//! - `key` makes key pairs, `pem` and `facts` read what is imported, within bounds; all pure.
//! - `plan` decides when a certificate is issued or renewed, `reconcile` does it.
//! - `ops` holds one file an operation.
//!
//! Whoever serves certificates ([`AcmService::find`]) gets the key with them, and what to compare in the
//! transaction that takes them over. [`AcmService::changes`] says which were renewed or imported anew.
//!
//! Invariants: a private key is stored sealed, for one certificate alone, and leaves only towards who
//! serves it; nothing is parsed before its size is known to be small; a certificate that somebody
//! uses is not deleted.

#![forbid(unsafe_code)]

mod announced;
mod authority;
mod authorize;
mod check;
mod config;
mod core;
mod describe;
mod expiry;
mod facts;
mod fault;
mod feed;
#[doc(hidden)]
pub mod fuzz;
mod key;
mod names;
mod ops;
mod pem;
mod plan;
mod reconcile;
mod records;
mod sealed;
mod service;
mod tagged;

pub use announced::Announcer;
pub use authority::{AuthorityError, ShownAuthority};
pub use config::{LookupError, Parts, Usage, Users};
pub use core::ChangeError;
pub use sealed::SEALING;
pub use service::{AcmService, Found, ServedCertificate};
pub use tagged::TAGGED;
