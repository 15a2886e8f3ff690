//! RegisterTaskDefinition: the next revision of a family ([`registrations`]).

use wharf_api_ecs::{RegisterTaskDefinitionRequest, RegisterTaskDefinitionResponse};
use wharf_base::Opaque;
use wharf_records::{
    Unknown,
    ecs::{Definition, DefinitionStatus},
};
use wharf_wire::{Call, Fault};

use crate::{
    core::Core,
    definition, describe, document,
    names::{self, Place},
    registrations, tags,
};

pub async fn register_task_definition(
    core: &Opaque<Core>,
    call: &Call,
    mut input: RegisterTaskDefinitionRequest,
) -> Result<RegisterTaskDefinitionResponse, Fault> {
    for role in [&mut input.task_role_arn, &mut input.execution_role_arn] {
        *role = role
            .take()
            .map(|given| names::role_arn(&call.account, &given));
    }
    let wanted = definition::define(&input)?;
    let record = Definition {
        family: wanted.family.clone().unwrap_or_default(),
        revision: 0,
        arn: String::new(),
        status: DefinitionStatus::Active,
        registered_at: call.now,
        registered_by: call.caller.arn.clone(),
        deregistered_at: None,
        delete_requested_at: None,
        document: document::of_definition(&wanted),
        tags: tags::read(input.tags.as_ref())?,
        unknown: Unknown::new(),
    };
    let record = registrations::register(core, &call.permit, Place::of(call), record).await?;
    Ok(RegisterTaskDefinitionResponse {
        tags: Some(tags::show(&record.tags)),
        task_definition: Some(describe::registered(&record, wanted)),
    })
}
