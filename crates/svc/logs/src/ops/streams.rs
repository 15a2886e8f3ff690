//! CreateLogStream and DeleteLogStream.

use std::sync::atomic::Ordering;

use wharf_api_logs::types::{CreateLogStreamRequest, DeleteLogStreamRequest};
use wharf_base::ids;
use wharf_records::{Record, Unknown, encode};
use wharf_service::transact;
use wharf_store::{Compare, Txn};
use wharf_wire::{Call, Fault};

use crate::{
    LogsService, fault,
    records::{Group, Stream},
    service::stream_key,
};

pub async fn create(
    service: &LogsService,
    call: &Call,
    input: CreateLogStreamRequest,
) -> Result<(), Fault> {
    let group = service
        .group(call, input.log_group_name.as_deref().unwrap_or_default())
        .await?;
    let name = input.log_stream_name.unwrap_or_default();
    let scope = LogsService::scope(call);
    let key = scope.key(Stream::KIND, &stream_key(&group.id, &name));
    let stream = Stream {
        id: ids::hex32(),
        group_id: group.id,
        name,
        created_at: call.now,
        forwarded: false,
        unknown: Unknown::new(),
    };
    let txn = Txn::new()
        .when(Compare::present(scope.key(Group::KIND, &group.name)))
        .when(Compare::absent(key.clone()))
        .put(key, encode(&stream));
    let reply = service
        .table
        .store()
        .txn(&call.permit, txn)
        .await
        .map_err(fault::store)?;
    if reply.succeeded {
        service.streams.fetch_add(1, Ordering::Relaxed);
        Ok(())
    } else {
        Err(fault::stream_exists())
    }
}

pub async fn delete(
    service: &LogsService,
    call: &Call,
    input: DeleteLogStreamRequest,
) -> Result<(), Fault> {
    let group = service
        .group(call, input.log_group_name.as_deref().unwrap_or_default())
        .await?;
    let stream = service
        .stream(
            call,
            &group,
            input.log_stream_name.as_deref().unwrap_or_default(),
        )
        .await?;
    let scope = LogsService::scope(call);
    let key = scope.key(Stream::KIND, &stream_key(&group.id, &stream.name));
    let group_key = scope.key(Group::KIND, &group.name);
    transact!(service.table, &call.permit, |tx| {
        let found = tx.find::<Group>(&group_key).await?;
        let found = found.filter(|it| it.id == group.id);
        if found.ok_or_else(fault::no_group)?.deletion_protected {
            return Err(fault::protected("log stream of a log group"));
        }
        tx.delete(&key);
    });
    service
        .events
        .delete(&stream.journal_name())
        .await
        .map_err(fault::journal)
}
