//! GetRandomPassword.

use wharf_api_secretsmanager::{GetRandomPasswordRequest, GetRandomPasswordResponse};
use wharf_wire::{Call, Fault};

use crate::{core::Core, password};

pub async fn get_random_password(
    _: &Core,
    _: &Call,
    input: GetRandomPasswordRequest,
) -> Result<GetRandomPasswordResponse, Fault> {
    Ok(GetRandomPasswordResponse {
        random_password: Some(password::make(&mut rand::rng(), &input)?),
    })
}
