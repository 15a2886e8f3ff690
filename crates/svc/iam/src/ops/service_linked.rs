//! Roles of services: what a service may do in the account, to be read like any other role. A
//! service is bound by the same policy whether or not its role has been made.

use std::collections::BTreeMap;

use serde_json::json;
use wharf_api_iam::{faults, types::*};
use wharf_base::ids;
use wharf_iam::managed::{self, ServiceRole};
use wharf_wire::Fault;

use crate::{
    fault::{self, required},
    ops::{
        policies::{self, Use},
        roles::{self, SERVICE_PATH},
    },
    records::{Grants, LastAccessRecord, RoleRecord, folded},
    service::Cx,
    table::change,
};

/// A deletion is done when it is asked for; its task says so.
const TASK: &str = "task";

pub(crate) async fn create(
    cx: &Cx<'_>,
    input: CreateServiceLinkedRoleRequest,
) -> Result<CreateServiceLinkedRoleResponse, Fault> {
    let service = required(input.aws_service_name, "AWSServiceName")?;
    let known = managed::service_role(&service);
    let ServiceRole {
        service,
        role: name,
        policy,
    } = known.ok_or_else(|| {
        faults::invalid_input_exception(format!("Service role name for {service} is not known."))
    })?;
    if input.custom_suffix.is_some() {
        return Err(faults::invalid_input_exception(format!(
            "Custom suffix is not allowed for {service}"
        )));
    }
    let record = change!(cx, |tx| {
        if tx.find::<RoleRecord>(&folded(name)).await?.is_some() {
            return Err(faults::invalid_input_exception(format!(
                "Service role name {name} has been taken in this account, please try a different \
                 suffix."
            )));
        }
        let trust = json!({
            "Version": "2012-10-17",
            "Statement": [{
                "Effect": "Allow",
                "Principal": {"Service": service},
                "Action": "sts:AssumeRole",
            }],
        });
        let record = RoleRecord {
            name: (*name).to_owned(),
            path: format!("{SERVICE_PATH}{service}/"),
            id: ids::iam_id("AROA", 21),
            created: cx.now(),
            description: input.description.clone(),
            max_session_seconds: 3_600,
            trust: trust.to_string(),
            trusted: BTreeMap::new(),
            tags: BTreeMap::new(),
            boundary: None,
            grants: Grants {
                attached: policy.iter().map(|arn| (*arn).to_owned()).collect(),
                ..Grants::default()
            },
            instance_profiles: Default::default(),
            unknown: BTreeMap::new(),
        };
        if let Some(arn) = policy {
            policies::count_use(&mut tx, arn, Use::Attached, 1).await?;
        }
        tx.put(&folded(name), &record);
        record
    });
    Ok(CreateServiceLinkedRoleResponse {
        role: Some(roles::describe(cx, &record).await?),
    })
}

pub(crate) async fn delete(
    cx: &Cx<'_>,
    input: DeleteServiceLinkedRoleRequest,
) -> Result<DeleteServiceLinkedRoleResponse, Fault> {
    let name = required(input.role_name, "roleName")?;
    let path = change!(cx, |tx| {
        let role = tx.existing::<RoleRecord>(&name).await?;
        if !role.path.starts_with(SERVICE_PATH) {
            return Err(faults::invalid_input_exception(format!(
                "Role {name} is not a service-linked role."
            )));
        }
        for arn in &role.grants.attached {
            policies::count_use(&mut tx, arn, Use::Attached, -1).await?;
        }
        tx.delete::<RoleRecord>(&folded(&name));
        tx.delete::<LastAccessRecord>(&role.id);
        role.path
    });
    let id = ids::uuid();
    let deletion_task_id = Some(format!("{TASK}{path}{name}/{id}"));
    Ok(DeleteServiceLinkedRoleResponse { deletion_task_id })
}

pub(crate) async fn deletion_status(
    cx: &Cx<'_>,
    input: GetServiceLinkedRoleDeletionStatusRequest,
) -> Result<GetServiceLinkedRoleDeletionStatusResponse, Fault> {
    let task = required(input.deletion_task_id, "deletionTaskId")?;
    let unknown = || fault::not_found(format!("Deletion task {task} cannot be found."));
    let rest = task
        .strip_prefix(TASK)
        .and_then(|rest| rest.strip_prefix(SERVICE_PATH));
    let mut parts = rest.ok_or_else(unknown)?.split('/');
    let (Some(_), Some(name), Some(_)) = (parts.next(), parts.next(), parts.next()) else {
        return Err(unknown());
    };
    let role = crate::table::find::<RoleRecord>(cx.store(), cx.account(), &folded(name)).await?;
    // Made anew meanwhile, or deleted: either way the old one is gone.
    let status = if role.is_none_or(|role| role.path.starts_with(SERVICE_PATH)) {
        "SUCCEEDED"
    } else {
        return Err(unknown());
    };
    Ok(GetServiceLinkedRoleDeletionStatusResponse {
        status: Some(status.to_owned()),
        reason: None,
    })
}
