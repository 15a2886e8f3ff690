//! PutDataProtectionPolicy, GetDataProtectionPolicy and DeleteDataProtectionPolicy.

use wharf_api_logs::{
    faults,
    types::{
        DeleteDataProtectionPolicyRequest, GetDataProtectionPolicyRequest,
        GetDataProtectionPolicyResponse, PutDataProtectionPolicyRequest,
        PutDataProtectionPolicyResponse,
    },
};
use wharf_wire::{Call, Fault};

use crate::{
    LogsService, fault, names,
    protection::{Protection, findings_of},
    rules::Sort,
};

pub async fn put(
    service: &LogsService,
    call: &Call,
    input: PutDataProtectionPolicyRequest,
) -> Result<PutDataProtectionPolicyResponse, Fault> {
    let given = input.log_group_identifier.as_deref().unwrap_or_default();
    let name = names::from_identifier(call, given)?;
    let group = service.group(call, &name).await?;
    if group.class == "DELIVERY" {
        return Err(fault::invalid(
            "Data protection policies are not for log groups of the class DELIVERY.",
        ));
    }
    let document = input.policy_document.unwrap_or_default();
    checked(service, call, document.clone()).await?;
    service
        .check_findings(call, &findings_of(&document))
        .await?;
    let put = service.set_rule(call, &name, Sort::Protection, Some(document.clone()));
    put.await?;
    Ok(PutDataProtectionPolicyResponse {
        log_group_identifier: input.log_group_identifier,
        policy_document: Some(document),
        last_updated_time: Some(call.now.millis()),
    })
}

/// Reads a policy in a turn of the account: regular expressions take a while.
pub(super) async fn checked(
    service: &LogsService,
    call: &Call,
    document: String,
) -> Result<(), Fault> {
    let read = service.desk.work(&call.account, move || {
        Protection::parse(&document).map(|_| ())
    });
    let read = read.await.map_err(|cause| fault::unreadable(&cause))?;
    read.map_err(|cause| fault::invalid(cause.to_string()))
}

pub async fn get(
    service: &LogsService,
    call: &Call,
    input: GetDataProtectionPolicyRequest,
) -> Result<GetDataProtectionPolicyResponse, Fault> {
    let given = input.log_group_identifier.as_deref().unwrap_or_default();
    let name = names::from_identifier(call, given)?;
    let group = service.group(call, &name).await?;
    let scope = LogsService::scope(call);
    let rule = service.rule(&scope, &group, Sort::Protection).await?;
    Ok(GetDataProtectionPolicyResponse {
        log_group_identifier: input.log_group_identifier,
        last_updated_time: rule.as_ref().map(|it| it.since.millis()),
        policy_document: rule.map(|it| it.document),
    })
}

/// What came in under the policy stays masked.
pub async fn delete(
    service: &LogsService,
    call: &Call,
    input: DeleteDataProtectionPolicyRequest,
) -> Result<(), Fault> {
    let given = input.log_group_identifier.as_deref().unwrap_or_default();
    let name = names::from_identifier(call, given)?;
    match service
        .set_rule(call, &name, Sort::Protection, None)
        .await?
    {
        true => Ok(()),
        false => Err(faults::resource_not_found_exception(
            "The specified log group has no data protection policy.",
        )),
    }
}
