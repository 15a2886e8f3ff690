//! SecureStrings under keys of KMS, as AWS does it: what fits into one message of KMS is encrypted by it,
//! what does not under a data key of its own. Both are bound to the parameter's ARN, and both are done in
//! the name of the caller.

use base64::{Engine as _, engine::general_purpose::STANDARD as BASE64};
use serde::{Deserialize, Serialize};
use wharf_api_kms::{DecryptRequest, EncryptRequest, Kms};
use wharf_api_ssm::faults;
use wharf_datakeys::Context;
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

fn context(arn: &str) -> Context {
    Context::from([("PARAMETER_ARN".to_owned(), arn.to_owned())])
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
    let made = wharf_datakeys::make(kms, &call, key, context(arn)).await;
    let made = made.map_err(refused)?;
    let body = wharf_seal::seal_once(made.open.bytes(), value.as_bytes(), arn);
    Ok(Locked {
        blob: BASE64.encode(&made.sealed),
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
    let call = call.forwarded_by(PRINCIPAL);
    let blob = bytes(&locked.blob)?;
    let refused = |it| refused(it, key);
    let Some(body) = &locked.body else {
        let input = DecryptRequest {
            ciphertext_blob: Some(blob),
            encryption_context: Some(context(arn)),
            ..DecryptRequest::default()
        };
        let opened = kms.decrypt(&call, input).await.map_err(refused)?;
        return Ok(Secret::from(opened.plaintext.unwrap_or_default()));
    };
    let opened = wharf_datakeys::open(kms, &call, blob, context(arn)).await;
    let opened = opened.map_err(refused)?;
    let inner = wharf_seal::open_once(opened.bytes(), &bytes(body)?, arn);
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
