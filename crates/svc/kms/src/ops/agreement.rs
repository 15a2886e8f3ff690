//! DeriveSharedSecret.

use wharf_api_kms::{DeriveSharedSecretRequest, DeriveSharedSecretResponse};
use wharf_wire::{Call, Fault};

use super::{Use, in_turn, not_dry};
use crate::{
    core::Core,
    describe, fault,
    material::asymmetric::{self, Peer},
    spec::Usage,
};

pub async fn derive_shared_secret(
    core: &Core,
    call: &Call,
    input: DeriveSharedSecretRequest,
) -> Result<DeriveSharedSecretResponse, Fault> {
    let used = Use {
        key_id: input.key_id.as_deref(),
        usage: Usage::Agree,
        operation: "DeriveSharedSecret",
        grant_tokens: input.grant_tokens.as_deref(),
    };
    let found = used.key(core, call).await?;
    let spec = found.key().spec;
    let algorithm = input.key_agreement_algorithm.unwrap_or_default();
    if !spec
        .agreement_algorithms(Usage::Agree)
        .contains(&algorithm.as_str())
    {
        return Err(fault::wrong_algorithm(&algorithm, spec.name()));
    }
    let peer = Peer::read(spec, &input.public_key.unwrap_or_default());
    let peer = peer.ok_or_else(|| {
        fault::invalid(format!(
            "The public key is not a valid {} public key in X.509 SubjectPublicKeyInfo (DER) form.",
            spec.name()
        ))
    })?;
    not_dry(input.dry_run)?;
    let (_, secret) = core.current(&found).await?;
    let work = move || asymmetric::agree(spec, &secret, peer);
    let shared = in_turn(&core.private, &call.account, work).await?;
    Ok(DeriveSharedSecretResponse {
        key_id: Some(found.arn()),
        shared_secret: Some(shared.expose().to_vec()),
        ciphertext_for_recipient: None,
        key_agreement_algorithm: Some(algorithm),
        key_origin: Some(describe::origin(found.key()).to_owned()),
    })
}
