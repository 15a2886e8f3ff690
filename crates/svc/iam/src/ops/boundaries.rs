//! Permissions boundaries of users and roles.

use wharf_api_iam::types::*;
use wharf_wire::Fault;

use crate::{
    entity::Bounded,
    fault::required,
    ops::{
        policies::{self, Use},
        roles,
    },
    records::{RoleRecord, UserRecord, folded},
    service::Cx,
    table::{Changes, change},
};

/// Sets the boundary of an entity in a change that writes it; None takes it away.
pub(crate) async fn set<T: Bounded>(
    tx: &mut Changes<'_>,
    entity: &mut T,
    arn: Option<String>,
) -> Result<(), Fault> {
    if entity.boundary() == arn.as_deref() {
        return Ok(());
    }
    if let Some(arn) = &arn {
        policies::attachable(tx, arn).await?;
        policies::count_use(tx, arn, Use::Boundary, 1).await?;
    }
    if let Some(before) = entity.boundary() {
        policies::count_use(tx, before, Use::Boundary, -1).await?;
    }
    entity.set_boundary(arn);
    Ok(())
}

pub(crate) fn describe(cx: &Cx<'_>, arn: Option<&str>) -> Option<AttachedPermissionsBoundary> {
    arn.map(|arn| AttachedPermissionsBoundary {
        // The one value this enum has on the wire.
        permissions_boundary_type: Some("Policy".to_owned()),
        permissions_boundary_arn: Some(cx.seen(arn)),
    })
}

async fn change_boundary<T: Bounded>(
    cx: &Cx<'_>,
    name: String,
    arn: Option<String>,
    modifiable: impl Fn(&T) -> Result<(), Fault>,
) -> Result<(), Fault> {
    change!(cx, |tx| {
        let mut entity = tx.existing::<T>(&name).await?;
        modifiable(&entity)?;
        set(&mut tx, &mut entity, arn.clone()).await?;
        tx.put(&folded(&name), &entity);
    });
    Ok(())
}

pub(crate) async fn put_user(
    cx: &Cx<'_>,
    input: PutUserPermissionsBoundaryRequest,
) -> Result<(), Fault> {
    let name = required(input.user_name, "userName")?;
    let arn = required(input.permissions_boundary, "permissionsBoundary")?;
    change_boundary::<UserRecord>(cx, name, Some(arn), |_| Ok(())).await
}

pub(crate) async fn delete_user(
    cx: &Cx<'_>,
    input: DeleteUserPermissionsBoundaryRequest,
) -> Result<(), Fault> {
    let name = required(input.user_name, "userName")?;
    change_boundary::<UserRecord>(cx, name, None, |_| Ok(())).await
}

pub(crate) async fn put_role(
    cx: &Cx<'_>,
    input: PutRolePermissionsBoundaryRequest,
) -> Result<(), Fault> {
    let name = required(input.role_name, "roleName")?;
    let arn = required(input.permissions_boundary, "permissionsBoundary")?;
    change_boundary::<RoleRecord>(cx, name, Some(arn), roles::modifiable).await
}

pub(crate) async fn delete_role(
    cx: &Cx<'_>,
    input: DeleteRolePermissionsBoundaryRequest,
) -> Result<(), Fault> {
    let name = required(input.role_name, "roleName")?;
    change_boundary::<RoleRecord>(cx, name, None, roles::modifiable).await
}
