//! SecureStrings under keys of KMS, as AWS does it: what fits into one message of KMS is encrypted by it,
//! what does not under a data key of its own. Both are bound to the parameter's ARN, and both are done in
//! the name of the caller.

use std::collections::BTreeMap;

use base64::{Engine as _, engine::general_purpose::STANDARD as BASE64};
use serde::{Deserialize, Serialize};
use wharf_api_kms::{DecryptRequest, EncryptRequest, GenerateDataKeyRequest, Kms};
use wharf_api_ssm::faults;
use wharf_seal::Secret;
use wharf_wire::{Call, Fault};

use crate::fault;

/// How policies of keys name this service.
const PRINCIPAL: &str = "ssm.amazonaws.com";
/// What KMS encrypts in one message.
const MAX_DIRECT: usize = 4096;

/// A value as it is stored; both texts are in base 64.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Locked {
    /// What KMS opens: the value, or the data key of `body`.
    pub blob: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub body: Option<String>,
}

fn context(arn: &str) -> BTreeMap<String, String> {
    BTreeMap::from([("PARAMETER_ARN".to_owned(), arn.to_owned())])
}

/// A value under a key, for the parameter of an ARN.
///
/// # Errors
/// The caller may not use the key, or it cannot be used.
pub async fn lock(
    kms: &dyn Kms,
    call: &Call,
    key: &str,
    arn: &str,
    value: &str,
) -> Result<Locked, Fault> {
    let call = call.forwarded_by(PRINCIPAL);
    let refused = |fault| refused(fault, key);
    if value.len() <= MAX_DIRECT {
        let input = EncryptRequest {
            key_id: Some(key.to_owned()),
            plaintext: Some(value.as_bytes().to_vec()),
            encryption_context: Some(context(arn)),
            ..EncryptRequest::default()
        };
        let made = kms.encrypt(&call, input).await.map_err(refused)?;
        return Ok(Locked {
            blob: BASE64.encode(made.ciphertext_blob.unwrap_or_default()),
            body: None,
        });
    }
    let input = GenerateDataKeyRequest {
        key_id: Some(key.to_owned()),
        key_spec: Some("AES_256".to_owned()),
        encryption_context: Some(context(arn)),
        ..GenerateDataKeyRequest::default()
    };
    let made = kms.generate_data_key(&call, input).await.map_err(refused)?;
    let plain = Secret::from(made.plaintext.unwrap_or_default());
    let open = plain.expose().try_into();
    let open = open.map_err(|_| faults::invalid_key_id(format!("Invalid keyId {key}")))?;
    let body = wharf_seal::seal_once(open, value.as_bytes(), arn);
    Ok(Locked {
        blob: BASE64.encode(made.ciphertext_blob.unwrap_or_default()),
        body: Some(BASE64.encode(body)),
    })
}

/// Opens what [`lock`] made.
///
/// # Errors
/// As [`lock`]; it is not of this parameter.
pub async fn unlock(
    kms: &dyn Kms,
    call: &Call,
    key: &str,
    arn: &str,
    locked: &Locked,
) -> Result<Secret, Fault> {
    let bytes = |text: &str| {
        BASE64
            .decode(text)
            .map_err(|error| fault::unreadable(&error))
    };
    let input = DecryptRequest {
        ciphertext_blob: Some(bytes(&locked.blob)?),
        encryption_context: Some(context(arn)),
        ..DecryptRequest::default()
    };
    let opened = kms.decrypt(&call.forwarded_by(PRINCIPAL), input).await;
    let opened = opened.map_err(|it| refused(it, key))?;
    let opened = Secret::from(opened.plaintext.unwrap_or_default());
    let Some(body) = &locked.body else {
        return Ok(opened);
    };
    let key = opened.expose().try_into();
    let key = key.map_err(|error| fault::unreadable(&error))?;
    let inner = wharf_seal::open_once(key, &bytes(body)?, arn);
    inner.map_err(|error| fault::unreadable(&error))
}

/// What callers of Parameter Store learn of a refusal by KMS.
fn refused(fault: Fault, key: &str) -> Fault {
    match &*fault.code {
        "AccessDeniedException" => fault,
        "NotFoundException" => faults::invalid_key_id(format!("Invalid keyId {key}")),
        _ if fault.sender => faults::invalid_key_id(fault.message),
        _ => fault,
    }
}
