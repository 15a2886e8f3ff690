//! ImportKeyPair keeps a public key that users made themselves.

use wharf_api_ec2::types::{ImportKeyPairRequest, ImportKeyPairResult};
use wharf_records::Record as _;
use wharf_wire::{Call, Fault};

use super::{KeyPair, check_free, check_name, create::pair, public::read, save};
use crate::{Ec2Service, fault, records::tags_to_wire, tags};

pub async fn import(
    service: &Ec2Service,
    call: &Call,
    input: ImportKeyPairRequest,
) -> Result<ImportKeyPairResult, Fault> {
    fault::dry_run(input.dry_run)?;
    let name = check_name(input.key_name)?;
    let material = input.public_key_material.unwrap_or_default();
    if material.is_empty() {
        return Err(fault::missing_parameter("PublicKeyMaterial"));
    }
    let public = read(&material).ok_or_else(fault::malformed_public_key)?;
    let tags = tags::specified(call, input.tag_specifications.as_deref(), KeyPair::KIND)?;
    check_free(service, call, &name).await?;
    let pair = pair(call, name, public, tags);
    save(service, call, &pair).await?;
    Ok(ImportKeyPairResult {
        key_fingerprint: Some(pair.fingerprint),
        key_name: Some(pair.name),
        key_pair_id: Some(pair.id),
        tags: Some(tags_to_wire(&pair.tags)),
    })
}
