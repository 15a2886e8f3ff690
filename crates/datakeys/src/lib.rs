//! Data keys of KMS: what services keep under a customer's key is sealed with one, which KMS makes and opens in the
//! name of the caller. So whoever reads may use the key, and a key that is disabled shuts what is under it.
//!
//! Callers say for which service they ask (`Call::forwarded_by`) and what the key is bound to; how a refusal
//! reads is theirs too. What services may do without a caller they may by grants, which come and go with what they are for
//! ([`grants`]).

#![forbid(unsafe_code)]

mod envelope;
pub mod grants;

use std::collections::BTreeMap;

use wharf_api_kms::{DecryptRequest, GenerateDataKeyRequest, Kms};
use wharf_seal::Secret;
use wharf_wire::{Call, Fault};

pub use envelope::{Envelope, Sealer};

/// Bytes of a data key.
pub const BYTES: usize = 32;

/// What a data key is bound to, as policies and the audit log show it.
pub type Context = BTreeMap<String, String>;

/// A new data key, open and as KMS sealed it.
#[derive(Debug)]
pub struct Made {
    pub open: Open,
    pub sealed: Vec<u8>,
    /// ARN of the key that sealed it.
    pub key: String,
}

/// A data key that is open; wiped when dropped.
#[derive(Debug)]
pub struct Open(Secret);

impl Open {
    pub fn bytes(&self) -> &[u8; BYTES] {
        let bytes = self.0.expose().try_into();
        bytes.expect("its length was looked at when it was made")
    }

    /// For who derives keys from it.
    pub fn into_secret(self) -> Secret {
        self.0
    }

    /// From what KMS gave.
    ///
    /// # Errors
    /// It is no data key.
    pub fn of(bytes: Option<Vec<u8>>) -> Result<Self, Fault> {
        let bytes = Secret::from(bytes.unwrap_or_default());
        match bytes.expose().len() {
            BYTES => Ok(Self(bytes)),
            _ => Err(internal(&NoKey)),
        }
    }
}

fn internal(cause: &dyn std::error::Error) -> Fault {
    Fault::receiver(
        "InternalFailure",
        500,
        "The request could not be processed because of an internal error.",
        cause,
    )
}

#[derive(Debug, thiserror::Error)]
#[error("KMS gave something that is no data key")]
struct NoKey;

/// Makes a data key under a key of KMS, which is named in any of its forms.
///
/// # Errors
/// Those of KMS: the caller may not use the key, or it cannot be used.
pub async fn make(kms: &dyn Kms, call: &Call, key: &str, context: Context) -> Result<Made, Fault> {
    let input = GenerateDataKeyRequest {
        key_id: Some(key.to_owned()),
        key_spec: Some("AES_256".to_owned()),
        encryption_context: Some(context),
        ..GenerateDataKeyRequest::default()
    };
    let made = kms.generate_data_key(call, input).await?;
    Ok(Made {
        open: Open::of(made.plaintext)?,
        sealed: made.ciphertext_blob.unwrap_or_default(),
        key: made.key_id.unwrap_or_default(),
    })
}

/// Opens what [`make`] sealed, in the same context.
///
/// # Errors
/// Those of KMS; it is none of its data keys.
pub async fn open(
    kms: &dyn Kms,
    call: &Call,
    sealed: Vec<u8>,
    context: Context,
) -> Result<Open, Fault> {
    let input = DecryptRequest {
        ciphertext_blob: Some(sealed),
        encryption_context: Some(context),
        ..DecryptRequest::default()
    };
    let opened = kms.decrypt(call, input).await?;
    Open::of(opened.plaintext)
}
