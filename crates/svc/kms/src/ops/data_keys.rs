//! GenerateDataKey, GenerateDataKeyPair, and both without what is secret of them.

use wharf_api_kms::{
    GenerateDataKeyPairRequest, GenerateDataKeyPairResponse,
    GenerateDataKeyPairWithoutPlaintextRequest, GenerateDataKeyPairWithoutPlaintextResponse,
    GenerateDataKeyRequest, GenerateDataKeyResponse, GenerateDataKeyWithoutPlaintextRequest,
    GenerateDataKeyWithoutPlaintextResponse, faults,
};
use wharf_seal::Secret;
use wharf_wire::{Call, Fault};

use super::{Use, create, encrypt, not_dry};
use crate::{
    ciphertext::Context,
    core::{Core, Found},
    fault, material,
    spec::{SYMMETRIC, Spec, Usage},
};

/// The symmetric key that seals what is made.
async fn symmetric(core: &Core, call: &Call, used: Use<'_>) -> Result<Found, Fault> {
    let found = used.key(core, call).await?;
    let spec = found.key().spec;
    match spec {
        Spec::Symmetric => Ok(found),
        _ => Err(faults::invalid_key_usage_exception(format!(
            "{} key spec is {} which is not valid for {}.",
            found.arn(),
            spec.name(),
            used.operation
        ))),
    }
}

/// Bytes of a data key.
fn length(spec: Option<&str>, bytes: Option<i32>) -> Result<usize, Fault> {
    let bytes = bytes.map(usize::try_from).and_then(Result::ok);
    match (spec, bytes) {
        (Some("AES_128"), None) => Ok(16),
        (Some("AES_256"), None) => Ok(32),
        (None, Some(bytes)) => Ok(bytes),
        _ => Err(fault::invalid(
            "Please specify either number of bytes or key spec.",
        )),
    }
}

/// A data key, open and sealed.
async fn data_key(
    core: &Core,
    found: &Found,
    length: usize,
    context: Option<&Context>,
) -> Result<(Secret, encrypt::Sealed), Fault> {
    let made = material::random(length).map_err(|error| fault::internal(&error))?;
    let sealed = encrypt::seal(core, found, SYMMETRIC, context, made.expose()).await?;
    Ok((made, sealed))
}

pub async fn generate_data_key(
    core: &Core,
    call: &Call,
    input: GenerateDataKeyRequest,
) -> Result<GenerateDataKeyResponse, Fault> {
    let length = length(input.key_spec.as_deref(), input.number_of_bytes)?;
    let used = Use {
        key_id: input.key_id.as_deref(),
        usage: Usage::Encrypt,
        operation: "GenerateDataKey",
        grant_tokens: input.grant_tokens.as_deref(),
    };
    let found = symmetric(core, call, used).await?;
    let context = input.encryption_context.as_ref();
    let (made, sealed) = data_key(core, &found, length, context).await?;
    not_dry(input.dry_run)?;
    Ok(GenerateDataKeyResponse {
        ciphertext_blob: Some(sealed.bytes),
        plaintext: Some(made.expose().to_vec()),
        key_id: Some(found.arn()),
        key_material_id: sealed.material,
        ..GenerateDataKeyResponse::default()
    })
}

pub async fn generate_data_key_without_plaintext(
    core: &Core,
    call: &Call,
    input: GenerateDataKeyWithoutPlaintextRequest,
) -> Result<GenerateDataKeyWithoutPlaintextResponse, Fault> {
    let length = length(input.key_spec.as_deref(), input.number_of_bytes)?;
    let used = Use {
        key_id: input.key_id.as_deref(),
        usage: Usage::Encrypt,
        operation: "GenerateDataKeyWithoutPlaintext",
        grant_tokens: input.grant_tokens.as_deref(),
    };
    let found = symmetric(core, call, used).await?;
    let context = input.encryption_context.as_ref();
    let (_, sealed) = data_key(core, &found, length, context).await?;
    not_dry(input.dry_run)?;
    Ok(GenerateDataKeyWithoutPlaintextResponse {
        ciphertext_blob: Some(sealed.bytes),
        key_id: Some(found.arn()),
        key_material_id: sealed.material,
    })
}

/// A key pair with its private half sealed.
struct Pair {
    private: Secret,
    public: Vec<u8>,
    sealed: encrypt::Sealed,
}

async fn pair(
    core: &Core,
    call: &Call,
    found: &Found,
    spec: &str,
    context: Option<&Context>,
) -> Result<Pair, Fault> {
    let known = Spec::named(spec).filter(|it| it.is_asymmetric());
    let known = known.ok_or_else(|| fault::unsupported(&format!("KeyPairSpec {spec}")))?;
    let made = create::generate(core, &call.account, known).await?;
    let sealed = encrypt::seal(core, found, SYMMETRIC, context, made.secret.expose()).await?;
    Ok(Pair {
        private: made.secret,
        public: made.public.unwrap_or_default(),
        sealed,
    })
}

pub async fn generate_data_key_pair(
    core: &Core,
    call: &Call,
    input: GenerateDataKeyPairRequest,
) -> Result<GenerateDataKeyPairResponse, Fault> {
    let spec = input.key_pair_spec.unwrap_or_default();
    let used = Use {
        key_id: input.key_id.as_deref(),
        usage: Usage::Encrypt,
        operation: "GenerateDataKeyPair",
        grant_tokens: input.grant_tokens.as_deref(),
    };
    let found = symmetric(core, call, used).await?;
    not_dry(input.dry_run)?;
    let made = pair(core, call, &found, &spec, input.encryption_context.as_ref()).await?;
    Ok(GenerateDataKeyPairResponse {
        private_key_ciphertext_blob: Some(made.sealed.bytes),
        private_key_plaintext: Some(made.private.expose().to_vec()),
        public_key: Some(made.public),
        key_id: Some(found.arn()),
        key_pair_spec: Some(spec),
        key_material_id: made.sealed.material,
        ..GenerateDataKeyPairResponse::default()
    })
}

pub async fn generate_data_key_pair_without_plaintext(
    core: &Core,
    call: &Call,
    input: GenerateDataKeyPairWithoutPlaintextRequest,
) -> Result<GenerateDataKeyPairWithoutPlaintextResponse, Fault> {
    let spec = input.key_pair_spec.unwrap_or_default();
    let used = Use {
        key_id: input.key_id.as_deref(),
        usage: Usage::Encrypt,
        operation: "GenerateDataKeyPairWithoutPlaintext",
        grant_tokens: input.grant_tokens.as_deref(),
    };
    let found = symmetric(core, call, used).await?;
    not_dry(input.dry_run)?;
    let made = pair(core, call, &found, &spec, input.encryption_context.as_ref()).await?;
    Ok(GenerateDataKeyPairWithoutPlaintextResponse {
        private_key_ciphertext_blob: Some(made.sealed.bytes),
        public_key: Some(made.public),
        key_id: Some(found.arn()),
        key_pair_spec: Some(spec),
        key_material_id: made.sealed.material,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_of_two_says_how_long() {
        for (spec, bytes, expected) in [
            (Some("AES_128"), None, Some(16)),
            (Some("AES_256"), None, Some(32)),
            (None, Some(64), Some(64)),
            (None, None, None),
            (Some("AES_256"), Some(32), None),
        ] {
            assert_eq!(length(spec, bytes).ok(), expected, "{spec:?} {bytes:?}");
        }
    }
}
