//! GenerateMac and VerifyMac.

use wharf_api_kms::{
    GenerateMacRequest, GenerateMacResponse, VerifyMacRequest, VerifyMacResponse, faults,
};
use wharf_wire::{Call, Fault};

use super::{Use, not_dry};
use crate::{
    core::{Core, Found},
    fault, material,
    spec::Usage,
};

fn check(found: &Found, algorithm: &str) -> Result<(), Fault> {
    let spec = found.key().spec;
    match spec.mac_algorithms().contains(&algorithm) {
        true => Ok(()),
        false => Err(fault::wrong_algorithm(algorithm, spec.name())),
    }
}

pub async fn generate_mac(
    core: &Core,
    call: &Call,
    input: GenerateMacRequest,
) -> Result<GenerateMacResponse, Fault> {
    let used = Use {
        key_id: input.key_id.as_deref(),
        usage: Usage::Mac,
        operation: "GenerateMac",
        grant_tokens: input.grant_tokens.as_deref(),
    };
    let found = used.key(core, call).await?;
    let algorithm = input.mac_algorithm.unwrap_or_default();
    check(&found, &algorithm)?;
    not_dry(input.dry_run)?;
    let (_, secret) = core.current(&found).await?;
    let message = input.message.unwrap_or_default();
    Ok(GenerateMacResponse {
        mac: Some(material::mac(found.key().spec, &secret, &message)),
        mac_algorithm: Some(algorithm),
        key_id: Some(found.arn()),
    })
}

pub async fn verify_mac(
    core: &Core,
    call: &Call,
    input: VerifyMacRequest,
) -> Result<VerifyMacResponse, Fault> {
    let used = Use {
        key_id: input.key_id.as_deref(),
        usage: Usage::Mac,
        operation: "VerifyMac",
        grant_tokens: input.grant_tokens.as_deref(),
    };
    let found = used.key(core, call).await?;
    let algorithm = input.mac_algorithm.unwrap_or_default();
    check(&found, &algorithm)?;
    let (_, secret) = core.current(&found).await?;
    let message = input.message.unwrap_or_default();
    let code = input.mac.unwrap_or_default();
    if !material::is_mac(found.key().spec, &secret, &message, &code) {
        return Err(faults::kms_invalid_mac_exception(""));
    }
    not_dry(input.dry_run)?;
    Ok(VerifyMacResponse {
        key_id: Some(found.arn()),
        mac_valid: Some(true),
        mac_algorithm: Some(algorithm),
    })
}
