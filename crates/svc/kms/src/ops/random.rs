//! GenerateRandom.

use wharf_api_kms::{GenerateRandomRequest, GenerateRandomResponse};
use wharf_wire::{Call, Fault};

use crate::{core::Core, fault, material};

pub async fn generate_random(
    _: &Core,
    _: &Call,
    input: GenerateRandomRequest,
) -> Result<GenerateRandomResponse, Fault> {
    let length = input
        .number_of_bytes
        .and_then(|it| usize::try_from(it).ok());
    let length = length.ok_or_else(|| {
        fault::invalid(
            "1 validation error detected: Value null at 'numberOfBytes' failed to satisfy \
             constraint: Member must not be null",
        )
    })?;
    let bytes = material::random(length).map_err(|error| fault::internal(&error))?;
    Ok(GenerateRandomResponse {
        plaintext: Some(bytes.expose().to_vec()),
        ciphertext_for_recipient: None,
    })
}
