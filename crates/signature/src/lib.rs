//! Whether a signature of an image is that of a key, and signatures to be made with one that is elsewhere.
//!
//! | module | what |
//! | --- | --- |
//! | [`Key`] | a public key as people write it down |
//! | [`simple_signing`] | what `cosign sign --key` makes: a document about a digest, and a signature of it |
//! | [`notation`] | what `notation sign` makes: a JSON web signature with the signer's certificate |
//! | [`signing`] | the same made here, by a key that KMS has |
//!
//! Only the key is trusted. Certificates say which key signed and nothing else; names, transparency logs and
//! timestamps of others are not asked. Pure: who reads signatures out of a registry bounds them.

#![forbid(unsafe_code)]

mod key;
pub mod notation;
pub mod signing;
pub mod simple_signing;

pub use key::{Key, KeyError};

/// Why a signature does not count.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Unverified {
    #[error("it is not readable")]
    Unreadable,
    #[error("it is about another image")]
    OtherImage,
    #[error("it is by another key, or what was signed was changed")]
    OtherKey,
    #[error("its algorithm is not known")]
    Algorithm,
    #[error("it expired")]
    Expired,
    #[error("it asks for what is not known here")]
    Critical,
}
