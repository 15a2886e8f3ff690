//! Secrets at rest: envelope encryption under a keyring that lives outside the data.
//!
//! A secret inside a record is a [`Sealed`]: a fresh data key encrypts the secret, a master key of
//! the [`Keyring`] encrypts the data key, and both are bound to a *context*, a text that says what
//! the secret is and whose (`iam/access-key/AKIA…`). An envelope copied into another record, or
//! offered as another kind of token, does not open.
//!
//! A keyring comes from a file, which a passphrase may protect, or from a descriptor
//! ([`KeyringSource`]).
//!
//! Invariants: key material and opened secrets are wiped when dropped and print as nothing; no
//! error text quotes the keyring's content; opening never panics, whatever the bytes.

#![forbid(unsafe_code)]

mod envelope;
mod file;
#[doc(hidden)]
pub mod fuzz;
mod keyring;
mod many;
mod once;
mod passphrase;
mod secret;
mod source;

pub use envelope::{Malformed, Sealed};
pub use file::KeyringError;
pub use keyring::{
    KeyId, Keyring, OpenError, SEALED_FILE_HEAD, is_sealed_file, sealed_file_key, sealed_file_size,
};
pub use many::SharedKey;
pub use once::{open_once, seal_once};
pub use passphrase::MAX_PASSPHRASE;
pub use secret::Secret;
pub use source::{KeyringPlace, KeyringSource, MAX_KEYRING, new_document, set_passphrase};
