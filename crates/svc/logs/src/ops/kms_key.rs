//! AssociateKmsKey and DisassociateKmsKey: what new events of a group are sealed under. Those that are there stay as
//! they are.

use wharf_api_logs::types::{AssociateKmsKeyRequest, DisassociateKmsKeyRequest};
use wharf_base::Arn;
use wharf_records::Record as _;
use wharf_service::transact;
use wharf_wire::{Call, Context, Fault};

use super::tags::change;
use crate::{
    LogsService, cipher, fault,
    keys::record_key,
    names,
    records::{DataKey, Group, GroupKey},
};

pub async fn associate(
    service: &LogsService,
    call: &Call,
    input: AssociateKmsKeyRequest,
) -> Result<(), Fault> {
    let (name, identifier) = (&input.log_group_name, &input.resource_identifier);
    let name = group_of(call, name.as_deref(), identifier.as_deref())?;
    let id = service.group(call, &name).await?.id;
    let given = input.kms_key_id.unwrap_or_default();
    let data_key = made(service, call, &id, &name, &given).await?;
    let scope = LogsService::scope(call);
    let (at, of_key) = (
        scope.key(Group::KIND, &name),
        record_key(&scope, &id, data_key.id),
    );
    transact!(service.table, &call.permit, |tx| {
        let group = tx.find::<Group>(&at).await?;
        // One that was made again meanwhile is another.
        let group = group.filter(|it| it.id == id);
        let mut group = group.ok_or_else(fault::no_group)?;
        group.key = Some(of_group(&data_key));
        tx.put(&at, &group);
        tx.put(&of_key, &data_key);
    });
    Ok(())
}

pub async fn disassociate(
    service: &LogsService,
    call: &Call,
    input: DisassociateKmsKeyRequest,
) -> Result<(), Fault> {
    let (name, identifier) = (input.log_group_name, input.resource_identifier);
    let name = group_of(call, name.as_deref(), identifier.as_deref())?;
    change(service, call, &name, |group| {
        group.key = None;
        Ok(())
    })
    .await
}

/// A data key for a group that is or will be there, under a key that its ARN names.
pub async fn made(
    service: &LogsService,
    call: &Call,
    id: &str,
    name: &str,
    given: &str,
) -> Result<DataKey, Fault> {
    let group = names::group_arn(call, name);
    let made = made_for(service, call, id, &group, given).await?;
    Ok(made.0)
}

/// The same for what has that ARN, with what it seals with.
pub async fn made_for(
    service: &LogsService,
    call: &Call,
    id: &str,
    arn: &str,
    given: &str,
) -> Result<(DataKey, cipher::DataKey), Fault> {
    let key = given.parse::<Arn>().ok();
    let is_key = |arn: &Arn| arn.service == "kms" && arn.resource.starts_with("key/");
    if !key.as_ref().is_some_and(is_key) {
        return Err(fault::invalid(
            "The specified KMS Key Id could not be found.",
        ));
    }
    service.keys.make(call, id, arn, given).await
}

pub fn of_group(key: &DataKey) -> GroupKey {
    GroupKey {
        kms_key: key.kms_key.clone(),
        data_key: key.id,
    }
}

/// The group that a request is about. Results of queries, which could be meant too, are not there.
pub fn group_of(
    cx: &Context,
    name: Option<&str>,
    identifier: Option<&str>,
) -> Result<String, Fault> {
    match (name, identifier) {
        (Some(name), None) => Ok(name.to_owned()),
        (None, Some(arn)) if arn.contains(":query-result:") => Err(fault::unsupported_parameter(
            "resourceIdentifier with query results",
        )),
        (None, Some(arn)) => names::from_identifier(cx, arn),
        _ => Err(fault::invalid(
            "Exactly one of logGroupName or resourceIdentifier is required.",
        )),
    }
}
