//! PutFileSystemPolicy, DescribeFileSystemPolicy and DeleteFileSystemPolicy.

use wharf_api_efs::{
    DeleteFileSystemPolicyRequest, DescribeFileSystemPolicyRequest, FileSystemPolicyDescription,
    PutFileSystemPolicyRequest,
};
use wharf_iam::{Document, DocumentKind};
use wharf_service::{Place, principals, transact};
use wharf_wire::{Call, Fault};

use crate::{
    core::Core,
    fault::{self, EfsFaults},
    mounts, names,
};

pub async fn put(
    core: &Core,
    call: &Call,
    input: PutFileSystemPolicyRequest,
) -> Result<FileSystemPolicyDescription, Fault> {
    let place = Place::of(call);
    let id = names::id(&place, input.file_system_id.as_deref());
    let policy = input.policy.unwrap_or_default();
    Document::parse(&policy, DocumentKind::Resource)
        .map_err(|error| fault::bad_policy(error.to_string()))?;
    core.file_system(&place, &id).await?;
    let policy = principals::bound(call, policy).await;
    let nobody = |arn: &str| fault::bad_policy(format!("There is no principal {arn}."));
    let policy = policy.map_err(|it| it.fault::<EfsFaults>(nobody))?;
    let anonymous = mounts::anonymous(core, call, &id, &policy).await;
    transact!(core.table, &call.permit, |tx| {
        let mut record = core.standing(&mut tx, &place, &id).await?;
        record.policy = Some(policy.clone());
        record.anonymous = anonymous;
        tx.put(names::file_system_key(&place, &id), &record);
    });
    let policy = principals::shown::<EfsFaults>(call, policy).await?;
    Ok(FileSystemPolicyDescription {
        file_system_id: Some(id),
        policy: Some(policy),
    })
}

pub async fn describe(
    core: &Core,
    call: &Call,
    input: DescribeFileSystemPolicyRequest,
) -> Result<FileSystemPolicyDescription, Fault> {
    let place = Place::of(call);
    let id = names::id(&place, input.file_system_id.as_deref());
    let record = core.file_system(&place, &id).await?;
    let policy = record.policy.ok_or_else(|| fault::no_policy(&id))?;
    let policy = principals::shown::<EfsFaults>(call, policy).await?;
    Ok(FileSystemPolicyDescription {
        file_system_id: Some(id),
        policy: Some(policy),
    })
}

pub async fn delete(
    core: &Core,
    call: &Call,
    input: DeleteFileSystemPolicyRequest,
) -> Result<(), Fault> {
    let place = Place::of(call);
    let id = names::id(&place, input.file_system_id.as_deref());
    transact!(core.table, &call.permit, |tx| {
        let mut record = core.standing(&mut tx, &place, &id).await?;
        record.policy = None;
        record.anonymous = [mounts::ALL; 2];
        tx.put(names::file_system_key(&place, &id), &record);
    });
    Ok(())
}
