//! CreateLogGroup and DeleteLogGroup.

use wharf_api_logs::types::{CreateLogGroupRequest, DeleteLogGroupRequest};
use wharf_base::ids;
use wharf_records::{Record, Unknown, encode};
use wharf_store::{Compare, Txn};
use wharf_wire::{Call, Fault};

use super::tags::RULES;
use crate::{LogsService, fault, records::Group, sweep};

pub async fn create(
    service: &LogsService,
    call: &Call,
    input: CreateLogGroupRequest,
) -> Result<(), Fault> {
    if input.kms_key_id.is_some() {
        return Err(fault::invalid(
            "kmsKeyId is not supported by this version of wharf.",
        ));
    }
    let name = input.log_group_name.unwrap_or_default();
    let group = Group {
        id: ids::hex32(),
        name: name.clone(),
        created_at: call.now,
        retention_days: None,
        class: input
            .log_group_class
            .unwrap_or_else(|| "STANDARD".to_owned()),
        deletion_protected: input.deletion_protection_enabled.unwrap_or(false),
        tags: RULES.given(input.tags.unwrap_or_default())?,
        unknown: Unknown::new(),
    };
    let key = LogsService::scope(call).key(Group::KIND, &name);
    let txn = Txn::new()
        .when(Compare::absent(key.clone()))
        .put(key, encode(&group));
    let reply = service
        .table
        .store()
        .txn(&call.permit, txn)
        .await
        .map_err(fault::store)?;
    if reply.succeeded {
        Ok(())
    } else {
        Err(fault::group_exists())
    }
}

/// The group is gone when this answers; its streams and events follow.
pub async fn delete(
    service: &LogsService,
    call: &Call,
    input: DeleteLogGroupRequest,
) -> Result<(), Fault> {
    let group = service
        .group(call, input.log_group_name.as_deref().unwrap_or_default())
        .await?;
    if group.deletion_protected {
        return Err(fault::invalid(
            "The log group cannot be deleted because it has deletion protection enabled.",
        ));
    }
    let key = LogsService::scope(call).key(Group::KIND, &group.name);
    let txn = Txn::new().when(Compare::present(key.clone())).delete(key);
    let reply = service
        .table
        .store()
        .txn(&call.permit, txn)
        .await
        .map_err(fault::store)?;
    if !reply.succeeded {
        return Err(fault::no_group());
    }
    sweep::streams_of(service, &LogsService::scope(call), &group.id).await
}
