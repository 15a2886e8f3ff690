//! DescribeSecret.

use wharf_api_secretsmanager::{DescribeSecretRequest, DescribeSecretResponse};
use wharf_service::Place;
use wharf_wire::{Call, Fault};

use crate::{core::Core, describe};

pub async fn describe_secret(
    core: &Core,
    call: &Call,
    input: DescribeSecretRequest,
) -> Result<DescribeSecretResponse, Fault> {
    let found = core
        .find(&Place::of(call), input.secret_id.as_deref())
        .await?;
    Ok(describe::described(&found))
}
