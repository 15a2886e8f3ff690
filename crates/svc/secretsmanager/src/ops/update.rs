//! UpdateSecret.

use wharf_api_secretsmanager::{UpdateSecretRequest, UpdateSecretResponse};
use wharf_base::ids;
use wharf_service::Place;
use wharf_wire::{Call, Fault};

use super::value;
use crate::{
    core::{Content, Core},
    records::Secret,
    versions::CURRENT,
};

pub async fn update_secret(
    core: &Core,
    call: &Call,
    input: UpdateSecretRequest,
) -> Result<UpdateSecretResponse, Fault> {
    value::key_is_ours(input.kms_key_id.as_deref())?;
    let content = Content::given(input.secret_string, input.secret_binary)?;
    let found = core
        .find(&Place::of(call), input.secret_id.as_deref())
        .await?;
    let found = found.primary()?.usable()?;
    let description = input.description;
    let describe = |secret: &mut Secret| {
        if description.is_some() && secret.description != description {
            secret.description.clone_from(&description);
            secret.changed_at = call.now;
        }
    };
    let mut version_id = None;
    match content {
        Some(content) => {
            let version = input.client_request_token.unwrap_or_else(ids::uuid);
            let stages = [CURRENT.to_owned()];
            value::put(core, call, &found, &version, &content, &stages, describe).await?;
            version_id = Some(version);
        }
        None => {
            let describe = |secret: &mut Secret| {
                describe(secret);
                Ok(())
            };
            core.change(call, &found, describe).await?;
        }
    }
    Ok(UpdateSecretResponse {
        arn: Some(found.arn()),
        name: Some(found.name),
        version_id,
    })
}
