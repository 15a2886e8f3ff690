//! Sign and Verify.

use wharf_api_kms::{SignRequest, SignResponse, VerifyRequest, VerifyResponse, faults};
use wharf_wire::{Call, Fault};

use super::{Use, apart, in_turn, keys::public_key, not_dry};
use crate::{
    core::{Core, Found},
    fault,
    material::asymmetric::{self, Message},
    spec::{ED25519, ED25519_PH, Usage},
};

/// What is signed, for an algorithm that the key has.
struct Signed {
    bytes: Vec<u8>,
    is_digest: bool,
}

impl Signed {
    fn message(&self) -> Message<'_> {
        match self.is_digest {
            true => Message::Digest(&self.bytes),
            false => Message::Raw(&self.bytes),
        }
    }
}

fn signed(
    found: &Found,
    algorithm: &str,
    kind: Option<&str>,
    bytes: Vec<u8>,
) -> Result<Signed, Fault> {
    let key = found.key();
    if !key.spec.signing_algorithms(key.usage).contains(&algorithm) {
        return Err(fault::wrong_algorithm(algorithm, key.spec.name()));
    }
    let is_digest = match kind.unwrap_or("RAW") {
        "RAW" => false,
        "DIGEST" => true,
        other => {
            return Err(fault::invalid(format!(
                "Message type {other} is incompatible with key spec {}.",
                key.spec.name()
            )));
        }
    };
    // Of Ed25519 each algorithm has its own kind of message.
    let has_other_kind = match algorithm {
        ED25519 => is_digest,
        ED25519_PH => !is_digest,
        _ => false,
    };
    if has_other_kind {
        return Err(fault::invalid(format!(
            "Message type {} is incompatible with signing algorithm {algorithm}.",
            kind.unwrap_or("RAW")
        )));
    }
    if is_digest && asymmetric::digest_length(key.spec, algorithm) != Some(bytes.len()) {
        return Err(fault::invalid(format!(
            "Digest is invalid length for algorithm {algorithm}."
        )));
    }
    Ok(Signed { bytes, is_digest })
}

pub async fn sign(core: &Core, call: &Call, input: SignRequest) -> Result<SignResponse, Fault> {
    let used = Use {
        key_id: input.key_id.as_deref(),
        usage: Usage::Sign,
        operation: "Sign",
        grant_tokens: input.grant_tokens.as_deref(),
    };
    let found = used.key(core, call).await?;
    let algorithm = input.signing_algorithm.unwrap_or_default();
    let message = input.message.unwrap_or_default();
    let signed = signed(&found, &algorithm, input.message_type.as_deref(), message)?;
    not_dry(input.dry_run)?;
    let (_, secret) = core.current(&found).await?;
    let (spec, name) = (found.key().spec, algorithm.clone());
    let work = move || asymmetric::sign(spec, &secret, &name, signed.message());
    Ok(SignResponse {
        signature: Some(in_turn(&core.private, &call.account, work).await?),
        key_id: Some(found.arn()),
        signing_algorithm: Some(algorithm),
    })
}

pub async fn verify(
    core: &Core,
    call: &Call,
    input: VerifyRequest,
) -> Result<VerifyResponse, Fault> {
    let used = Use {
        key_id: input.key_id.as_deref(),
        usage: Usage::Sign,
        operation: "Verify",
        grant_tokens: input.grant_tokens.as_deref(),
    };
    let found = used.key(core, call).await?;
    let algorithm = input.signing_algorithm.unwrap_or_default();
    let message = input.message.unwrap_or_default();
    let signed = signed(&found, &algorithm, input.message_type.as_deref(), message)?;
    let public = public_key(found.key())?;
    let (spec, name) = (found.key().spec, algorithm.clone());
    let made = input.signature.unwrap_or_default();
    let work = move || {
        let message = signed.message();
        Ok(asymmetric::verify(spec, &public, &name, message, &made))
    };
    if !apart(work).await? {
        return Err(faults::kms_invalid_signature_exception(""));
    }
    not_dry(input.dry_run)?;
    Ok(VerifyResponse {
        key_id: Some(found.arn()),
        signature_valid: Some(true),
        signing_algorithm: Some(algorithm),
    })
}
