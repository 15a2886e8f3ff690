//! Roles.

use std::collections::BTreeMap;

use wharf_api_iam::{faults, types::*};
use wharf_base::ids;
use wharf_wire::Fault;

use crate::{
    entity::{self, Entity},
    fault::{self, required},
    names::{self, check_name, checked_path},
    ops::{below, boundaries, last_accessed, policies, tags, url_encoded},
    records::{Grants, LastAccessRecord, RoleRecord, folded},
    service::Cx,
    table::{self, change},
    trust,
};

const LONGEST_NAME: usize = 64;
/// Seconds.
const DEFAULT_SESSION: i32 = 3_600;
/// Below this path only services make roles.
pub(crate) const SERVICE_PATH: &str = "/aws-service-role/";

pub(crate) async fn create(
    cx: &Cx<'_>,
    input: CreateRoleRequest,
) -> Result<CreateRoleResponse, Fault> {
    let name = required(input.role_name, "roleName")?;
    check_name("roleName", &name, LONGEST_NAME)?;
    let path = checked_path(input.path)?;
    if path.starts_with(SERVICE_PATH) {
        return Err(fault::validation(format!(
            "The specified value for path is invalid. Paths below {SERVICE_PATH} belong to services."
        )));
    }
    let document = required(
        input.assume_role_policy_document,
        "assumeRolePolicyDocument",
    )?;
    let tags = tags::checked(input.tags)?;
    let record = change!(cx, |tx| {
        if tx.find::<RoleRecord>(&folded(&name)).await?.is_some() {
            return Err(fault::exists(format!(
                "Role with name {name} already exists."
            )));
        }
        let mut record = RoleRecord {
            name: name.clone(),
            path: path.clone(),
            id: ids::iam_id("AROA", 21),
            created: cx.now(),
            description: input.description.clone(),
            max_session_seconds: input.max_session_duration.unwrap_or(DEFAULT_SESSION),
            trusted: trust::resolve(&mut tx, &document).await?,
            trust: document.clone(),
            tags: tags.clone(),
            boundary: None,
            grants: Grants::default(),
            instance_profiles: Default::default(),
            unknown: BTreeMap::new(),
        };
        boundaries::set(&mut tx, &mut record, input.permissions_boundary.clone()).await?;
        tx.put(&folded(&name), &record);
        record
    });
    Ok(CreateRoleResponse {
        role: Some(describe(cx, &record).await?),
    })
}

pub(crate) async fn get(cx: &Cx<'_>, input: GetRoleRequest) -> Result<GetRoleResponse, Fault> {
    let name = required(input.role_name, "roleName")?;
    let role: RoleRecord = entity::existing(cx.store(), cx.account(), &name).await?;
    Ok(GetRoleResponse {
        role: Some(Role {
            role_last_used: Some(last_accessed::of_role(cx, &role).await?),
            ..describe(cx, &role).await?
        }),
    })
}

/// Roles of services are the services' own.
pub(crate) fn modifiable(role: &RoleRecord) -> Result<(), Fault> {
    if !role.path.starts_with(SERVICE_PATH) {
        return Ok(());
    }
    Err(faults::unmodifiable_entity_exception(format!(
        "Cannot perform the operation on the protected role '{}' - this role is only modifiable by \
         AWS",
        role.name
    )))
}

pub(crate) async fn update(
    cx: &Cx<'_>,
    input: UpdateRoleRequest,
) -> Result<UpdateRoleResponse, Fault> {
    let name = required(input.role_name, "roleName")?;
    change!(cx, |tx| {
        let mut role = tx.existing::<RoleRecord>(&name).await?;
        if input.max_session_duration.is_some() {
            modifiable(&role)?;
        }
        // What is not given stays, whatever the API's own text says: clients set the one without
        // the other.
        if input.description.is_some() {
            role.description.clone_from(&input.description);
        }
        if let Some(seconds) = input.max_session_duration {
            role.max_session_seconds = seconds;
        }
        tx.put(&folded(&name), &role);
    });
    Ok(UpdateRoleResponse::default())
}

pub(crate) async fn update_description(
    cx: &Cx<'_>,
    input: UpdateRoleDescriptionRequest,
) -> Result<UpdateRoleDescriptionResponse, Fault> {
    let name = required(input.role_name, "roleName")?;
    let role = change!(cx, |tx| {
        let mut role = tx.existing::<RoleRecord>(&name).await?;
        role.description.clone_from(&input.description);
        tx.put(&folded(&name), &role);
        role
    });
    Ok(UpdateRoleDescriptionResponse {
        role: Some(describe(cx, &role).await?),
    })
}

pub(crate) async fn update_trust(
    cx: &Cx<'_>,
    input: UpdateAssumeRolePolicyRequest,
) -> Result<(), Fault> {
    let name = required(input.role_name, "roleName")?;
    let document = required(input.policy_document, "policyDocument")?;
    change!(cx, |tx| {
        let mut role = tx.existing::<RoleRecord>(&name).await?;
        modifiable(&role)?;
        role.trusted = trust::resolve(&mut tx, &document).await?;
        role.trust.clone_from(&document);
        tx.put(&folded(&name), &role);
    });
    Ok(())
}

pub(crate) async fn delete(cx: &Cx<'_>, input: DeleteRoleRequest) -> Result<(), Fault> {
    let name = required(input.role_name, "roleName")?;
    change!(cx, |tx| {
        let role = tx.existing::<RoleRecord>(&name).await?;
        modifiable(&role)?;
        let obstacle = if !role.instance_profiles.is_empty() {
            Some("must remove roles from instance profile first.")
        } else if !role.grants.attached.is_empty() {
            Some("must detach all policies first.")
        } else if !role.grants.inline.is_empty() {
            Some("must delete policies first.")
        } else {
            None
        };
        if let Some(obstacle) = obstacle {
            return Err(fault::in_the_way(format!(
                "Cannot delete entity, {obstacle}"
            )));
        }
        if let Some(arn) = &role.boundary {
            policies::count_use(&mut tx, arn, policies::Use::Boundary, -1).await?;
        }
        tx.delete::<RoleRecord>(&folded(&name));
        tx.delete::<LastAccessRecord>(&role.id);
    });
    Ok(())
}

pub(crate) async fn list(cx: &Cx<'_>, input: ListRolesRequest) -> Result<ListRolesResponse, Fault> {
    let prefix = input.path_prefix.as_deref();
    let page = cx.page(
        &["ListRoles", prefix.unwrap_or_default()],
        input.marker,
        input.max_items,
    )?;
    let fits = |role: &RoleRecord| below(&role.path, prefix);
    let (found, more) = table::scan(
        cx.store(),
        cx.account(),
        page.after.as_deref(),
        page.size,
        fits,
    )
    .await?;
    let marker = page.next(more, found.last().map(|role| folded(&role.name)).as_deref());
    let mut roles = Vec::new();
    for role in &found {
        // Lists leave out tags, boundary and last use.
        let full = describe(cx, role).await?;
        roles.push(Role {
            tags: None,
            permissions_boundary: None,
            role_last_used: None,
            ..full
        });
    }
    Ok(ListRolesResponse {
        roles: Some(roles),
        is_truncated: Some(more),
        marker,
    })
}

pub(crate) async fn describe(cx: &Cx<'_>, role: &RoleRecord) -> Result<Role, Fault> {
    let trust = trust::shown(cx.store(), cx.account(), role).await?;
    Ok(Role {
        path: Some(role.path.clone()),
        role_name: Some(role.name.clone()),
        role_id: Some(role.id.clone()),
        arn: Some(cx.seen(names::arn(
            cx.account(),
            RoleRecord::WORD,
            &role.path,
            &role.name,
        ))),
        create_date: Some(role.created),
        assume_role_policy_document: Some(url_encoded(&trust)),
        description: role.description.clone(),
        max_session_duration: Some(role.max_session_seconds),
        permissions_boundary: boundaries::describe(cx, role.boundary.as_deref()),
        tags: tags::shown(&role.tags),
        role_last_used: None,
        source_role_template: None,
    })
}
