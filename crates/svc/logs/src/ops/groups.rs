//! CreateLogGroup, DeleteLogGroup and PutLogGroupDeletionProtection.

use wharf_api_logs::types::{
    CreateLogGroupRequest, DeleteLogGroupRequest, PutLogGroupDeletionProtectionRequest,
};
use wharf_records::{Record, Unknown, encode};
use wharf_service::transact;
use wharf_store::{Compare, Txn};
use wharf_wire::{Call, Fault};

use super::{
    kms_key,
    tags::{RULES, change},
};
use crate::{LogsService, fault, keys::record_key, names, records::Group, sweep};

pub async fn create(
    service: &LogsService,
    call: &Call,
    input: CreateLogGroupRequest,
) -> Result<(), Fault> {
    let name = input.log_group_name.unwrap_or_default();
    // Groups of services are in `/aws/`.
    if name.starts_with("aws/") {
        return Err(fault::invalid("Log group names cannot start with aws/."));
    }
    let key = LogsService::scope(call).key(Group::KIND, &name);
    if service.find_group(call, &name).await?.is_some() {
        return Err(fault::group_exists());
    }
    let id = Group::new_id(&call.account);
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
    let name = input.log_group_name.unwrap_or_default();
    let scope = LogsService::scope(call);
    let key = scope.key(Group::KIND, &name);
    let id = transact!(service.table, &call.permit, |tx| {
        let found = tx.find::<Group>(&key).await?;
        let group = found.ok_or_else(fault::no_group)?;
        if group.deletion_protected {
            return Err(fault::protected("log group"));
        }
        tx.delete(&key);
        group.id
    });
    sweep::all_of(service, &scope, &id).await
}

/// Whether the group can be deleted.
pub async fn protect(
    service: &LogsService,
    call: &Call,
    input: PutLogGroupDeletionProtectionRequest,
) -> Result<(), Fault> {
    let given = input.log_group_identifier.as_deref().unwrap_or_default();
    let name = names::from_identifier(call, given)?;
    let protected = input.deletion_protection_enabled.unwrap_or_default();
    change(service, call, &name, |group| {
        group.deletion_protected = protected;
        Ok(())
    })
    .await
}
