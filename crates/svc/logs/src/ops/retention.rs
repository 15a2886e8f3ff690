//! PutRetentionPolicy and DeleteRetentionPolicy.

use wharf_api_logs::types::{DeleteRetentionPolicyRequest, PutRetentionPolicyRequest};
use wharf_wire::{Call, Fault};

use super::tags::change;
use crate::{LogsService, fault, retention::DAYS};

pub async fn put(
    service: &LogsService,
    call: &Call,
    input: PutRetentionPolicyRequest,
) -> Result<(), Fault> {
    let days = input.retention_in_days.unwrap_or_default();
    if !DAYS.contains(&days) {
        let values: Vec<String> = DAYS.iter().map(i32::to_string).collect();
        return Err(fault::invalid(format!(
            "1 validation error detected: Value '{days}' at 'retentionInDays' failed to satisfy constraint: \
             Member must satisfy enum value set: [{}]",
            values.join(", ")
        )));
    }
    let name = input.log_group_name.unwrap_or_default();
    change(service, call, &name, |group| {
        group.retention_days = Some(days);
        Ok(())
    })
    .await
}

pub async fn delete(
    service: &LogsService,
    call: &Call,
    input: DeleteRetentionPolicyRequest,
) -> Result<(), Fault> {
    let name = input.log_group_name.unwrap_or_default();
    change(service, call, &name, |group| {
        group.retention_days = None;
        Ok(())
    })
    .await
}
