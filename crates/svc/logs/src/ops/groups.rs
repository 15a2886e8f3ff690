//! CreateLogGroup and DeleteLogGroup.

use wharf_api_logs::types::{CreateLogGroupRequest, DeleteLogGroupRequest};
use wharf_base::ids;
use wharf_records::{Record, Unknown, encode};
use wharf_store::{Compare, Txn};
use wharf_wire::{Call, Fault};

use super::{kms_key, tags::RULES};
use crate::{LogsService, fault, keys::record_key, records::Group, sweep};

pub async fn create(
    service: &LogsService,
    call: &Call,
    input: CreateLogGroupRequest,
) -> Result<(), Fault> {
    let name = input.log_group_name.unwrap_or_default();
    let key = LogsService::scope(call).key(Group::KIND, &name);
    if service.find_group(call, &name).await?.is_some() {
        return Err(fault::group_exists());
    }
    let id = ids::hex32();
    let data_key = match &input.kms_key_id {
        Some(given) => Some(kms_key::made(service, call, &id, &name, given).await?),
        None => None,
    };
    let group = Group {
        id: id.clone(),
        name: name.clone(),
        created_at: call.now,
        retention_days: None,
        class: input
            .log_group_class
            .unwrap_or_else(|| "STANDARD".to_owned()),
        deletion_protected: input.deletion_protection_enabled.unwrap_or(false),
        key: data_key.as_ref().map(kms_key::of_group),
        metric_filters: Vec::new(),
        subscription_filters: Vec::new(),
        rules: Default::default(),
        tags: RULES.given(input.tags.unwrap_or_default())?,
        unknown: Unknown::new(),
    };
    let mut txn = Txn::new()
        .when(Compare::absent(key.clone()))
        .put(key, encode(&group));
    if let Some(made) = data_key {
        let at = record_key(&LogsService::scope(call), &id, made.id);
        txn = txn.put(at, encode(&made));
    }
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
    sweep::all_of(service, &LogsService::scope(call), &group.id).await
}
