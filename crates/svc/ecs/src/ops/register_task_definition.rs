//! RegisterTaskDefinition: the next revision of a family.

use wharf_api_ecs::{RegisterTaskDefinitionRequest, RegisterTaskDefinitionResponse};
use wharf_records::{
    Record, Unknown,
    ecs::{Definition, DefinitionStatus, Family, definition_id},
    encode,
};
use wharf_store::{Compare, Txn};
use wharf_wire::{Call, Fault};

use crate::{
    core::{Core, MAX_TRIES},
    definition, describe, document, fault,
    names::{self, Place},
    tags,
};

pub async fn register_task_definition(
    core: &Core,
    call: &Call,
    mut input: RegisterTaskDefinitionRequest,
) -> Result<RegisterTaskDefinitionResponse, Fault> {
    for role in [&mut input.task_role_arn, &mut input.execution_role_arn] {
        *role = role
            .take()
            .map(|given| names::role_arn(&call.account, &given));
    }
    let wanted = definition::define(&input)?;
    let tags = tags::read(input.tags.as_ref())?;
    let place = Place::of(call);
    let name = wanted.family.clone().unwrap_or_default();
    let family_key = place.scope().key(Family::KIND, &name);
    let _turn = core.state.turn(&family_key).await;
    for _ in 0..MAX_TRIES {
        let found = core.state.table.read::<Family>(&family_key).await?;
        let unchanged = match &found {
            Some(stored) => stored.unchanged(),
            None => Compare::absent(&family_key),
        };
        let mut family = found.map(|stored| stored.record).unwrap_or_else(|| Family {
            name: name.clone(),
            ..Family::default()
        });
        let Some(revision) = family.last_revision.checked_add(1) else {
            return Err(fault::client("The family has no further revision to give."));
        };
        family.last_revision = revision;
        family.newest_active = Some(revision);
        let record = Definition {
            family: name.clone(),
            revision,
            arn: place.definition(&name, revision),
            status: DefinitionStatus::Active,
            registered_at: call.now,
            registered_by: call.caller.arn.clone(),
            deregistered_at: None,
            delete_requested_at: None,
            document: document::of_definition(&wanted),
            tags: tags.clone(),
            unknown: Unknown::new(),
        };
        let key = place
            .scope()
            .key(Definition::KIND, &definition_id(&name, revision));
        let txn = Txn::new()
            .when(unchanged)
            .put(&family_key, encode(&family))
            .put(key, encode(&record));
        if core.state.table.commit(&call.permit, txn).await? {
            return Ok(RegisterTaskDefinitionResponse {
                task_definition: Some(
                    describe::definition(&record).map_err(|e| fault::server(&e))?,
                ),
                tags: Some(tags::show(&record.tags)),
            });
        }
    }
    Err(fault::client(
        "Too many concurrent attempts to create a new revision of the specified family.",
    ))
}
