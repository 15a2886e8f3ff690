//! Values under keys of KMS. Each has a data key of its own, which KMS makes and opens in the name of the
//! caller: whoever reads a secret may use its key, and a key that is disabled shuts its secrets.

use std::collections::BTreeMap;

use wharf_api_kms::{DecryptRequest, GenerateDataKeyRequest, Kms};
use wharf_seal::Secret;
use wharf_wire::{Call, Fault};

use crate::{fault, names::PRINCIPAL};

/// The key that a request asks for; `None` for the service's own.
pub fn chosen(given: Option<String>) -> Option<String> {
    let ours = ["", "aws/secretsmanager", "alias/aws/secretsmanager"];
    given.filter(|it| !ours.contains(&it.as_str()) && !it.ends_with(":alias/aws/secretsmanager"))
}

/// Bytes of a data key.
const KEY: usize = 32;

/// A data key, open and as KMS sealed it.
pub struct DataKey {
    pub open: [u8; KEY],
    pub sealed: Vec<u8>,
    /// ARN of the key that sealed it.
    pub key: String,
}

/// What a data key is bound to.
fn context(arn: &str, version: &str) -> BTreeMap<String, String> {
    BTreeMap::from([
        ("SecretARN".to_owned(), arn.to_owned()),
        ("SecretVersionId".to_owned(), version.to_owned()),
    ])
}

/// A new data key for a version of a secret.
///
/// # Errors
/// The caller may not use the key, or it cannot be used.
pub async fn data_key(
    kms: &dyn Kms,
    call: &Call,
    key: &str,
    arn: &str,
    version: &str,
) -> Result<DataKey, Fault> {
    let input = GenerateDataKeyRequest {
        key_id: Some(key.to_owned()),
        key_spec: Some("AES_256".to_owned()),
        encryption_context: Some(context(arn, version)),
        ..GenerateDataKeyRequest::default()
    };
    let call = call.forwarded_by(PRINCIPAL);
    let made = kms.generate_data_key(&call, input).await;
    let made = made.map_err(|it| refused(it, fault::not_encrypted))?;
    let plain = Secret::from(made.plaintext.unwrap_or_default());
    let open = plain.expose().try_into();
    Ok(DataKey {
        open: open.map_err(|_| fault::not_encrypted())?,
        sealed: made.ciphertext_blob.unwrap_or_default(),
        key: made.key_id.unwrap_or_default(),
    })
}

/// Opens the data key of a version of a secret.
///
/// # Errors
/// As [`data_key`].
pub async fn open(
    kms: &dyn Kms,
    call: &Call,
    sealed: Vec<u8>,
    arn: &str,
    version: &str,
) -> Result<Secret, Fault> {
    let input = DecryptRequest {
        ciphertext_blob: Some(sealed),
        encryption_context: Some(context(arn, version)),
        ..DecryptRequest::default()
    };
    let opened = kms.decrypt(&call.forwarded_by(PRINCIPAL), input).await;
    let opened = opened.map_err(|it| refused(it, fault::not_decrypted))?;
    Ok(opened.plaintext.unwrap_or_default().into())
}

/// What callers of this service learn of a refusal by KMS.
fn refused(fault: Fault, otherwise: fn() -> Fault) -> Fault {
    match &*fault.code {
        "AccessDeniedException" => fault::no_access_to_key(),
        _ if fault.sender => otherwise(),
        _ => fault,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_services_own_key_has_many_names() {
        let arn = "arn:aws:kms:us-east-1:000000000000:alias/aws/secretsmanager";
        for own in ["", "aws/secretsmanager", "alias/aws/secretsmanager", arn] {
            assert_eq!(chosen(Some(own.to_owned())), None);
        }
        assert_eq!(chosen(None), None);
        let other = Some("alias/app".to_owned());
        assert_eq!(chosen(other.clone()), other);
    }
}
