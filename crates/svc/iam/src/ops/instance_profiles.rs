//! Instance profiles: a role in the form an EC2 instance takes it.

use std::collections::BTreeMap;

use wharf_api_iam::types::*;
use wharf_base::ids;
use wharf_wire::Fault;

use crate::{
    entity,
    fault::{self, required},
    names::{self, check_name, checked_path},
    ops::{below, roles, tags},
    records::{InstanceProfileRecord, RoleRecord, folded},
    service::Cx,
    table::{self, Changes, change},
};

const LONGEST_NAME: usize = 128;

fn missing(name: &str) -> Fault {
    fault::not_found(format!("Instance Profile {name} cannot be found."))
}

/// The profile of this name, inside a change.
pub(crate) async fn existing(
    tx: &mut Changes<'_>,
    name: &str,
) -> Result<InstanceProfileRecord, Fault> {
    tx.find(&folded(name)).await?.ok_or_else(|| missing(name))
}

pub(crate) async fn create(
    cx: &Cx<'_>,
    input: CreateInstanceProfileRequest,
) -> Result<CreateInstanceProfileResponse, Fault> {
    let name = required(input.instance_profile_name, "instanceProfileName")?;
    check_name("instanceProfileName", &name, LONGEST_NAME)?;
    let path = checked_path(input.path)?;
    let tags = tags::checked(input.tags)?;
    let record = change!(cx, |tx| {
        if tx
            .find::<InstanceProfileRecord>(&folded(&name))
            .await?
            .is_some()
        {
            return Err(fault::exists(format!(
                "Instance Profile {name} already exists."
            )));
        }
        let record = InstanceProfileRecord {
            name: name.clone(),
            path: path.clone(),
            id: ids::iam_id("AIPA", 21),
            created: cx.now(),
            role: None,
            tags: tags.clone(),
            unknown: BTreeMap::new(),
        };
        tx.put(&folded(&name), &record);
        record
    });
    let instance_profile = Some(describe(cx, &record).await?);
    Ok(CreateInstanceProfileResponse { instance_profile })
}

pub(crate) async fn get(
    cx: &Cx<'_>,
    input: GetInstanceProfileRequest,
) -> Result<GetInstanceProfileResponse, Fault> {
    let name = required(input.instance_profile_name, "instanceProfileName")?;
    let record = existing(&mut Changes::new(cx.store(), cx.account()), &name).await?;
    let instance_profile = Some(describe(cx, &record).await?);
    Ok(GetInstanceProfileResponse { instance_profile })
}

pub(crate) async fn delete(cx: &Cx<'_>, input: DeleteInstanceProfileRequest) -> Result<(), Fault> {
    let name = required(input.instance_profile_name, "instanceProfileName")?;
    change!(cx, |tx| {
        if existing(&mut tx, &name).await?.role.is_some() {
            return Err(fault::in_the_way(
                "Cannot delete entity, must remove roles from instance profile first.",
            ));
        }
        tx.delete::<InstanceProfileRecord>(&folded(&name));
    });
    Ok(())
}

pub(crate) async fn add_role(
    cx: &Cx<'_>,
    input: AddRoleToInstanceProfileRequest,
) -> Result<(), Fault> {
    let name = required(input.instance_profile_name, "instanceProfileName")?;
    let role_name = required(input.role_name, "roleName")?;
    change!(cx, |tx| {
        let mut profile = existing(&mut tx, &name).await?;
        let mut role = tx.existing::<RoleRecord>(&role_name).await?;
        roles::modifiable(&role)?;
        if profile.role.is_some() {
            return Err(fault::quota("InstanceSessionsPerInstanceProfile", 1));
        }
        profile.role = Some(folded(&role_name));
        role.instance_profiles.insert(folded(&name));
        tx.put(&folded(&name), &profile);
        tx.put(&folded(&role_name), &role);
    });
    Ok(())
}

pub(crate) async fn remove_role(
    cx: &Cx<'_>,
    input: RemoveRoleFromInstanceProfileRequest,
) -> Result<(), Fault> {
    let name = required(input.instance_profile_name, "instanceProfileName")?;
    let role_name = required(input.role_name, "roleName")?;
    change!(cx, |tx| {
        let mut profile = existing(&mut tx, &name).await?;
        let mut role = tx.existing::<RoleRecord>(&role_name).await?;
        if profile.role.as_deref() != Some(folded(&role_name).as_str()) {
            return Err(fault::not_found(format!(
                "Role {role_name} in Instance Profile {name} cannot be found."
            )));
        }
        profile.role = None;
        role.instance_profiles.remove(&folded(&name));
        tx.put(&folded(&name), &profile);
        tx.put(&folded(&role_name), &role);
    });
    Ok(())
}

pub(crate) async fn list(
    cx: &Cx<'_>,
    input: ListInstanceProfilesRequest,
) -> Result<ListInstanceProfilesResponse, Fault> {
    let prefix = input.path_prefix.as_deref();
    let list = ["ListInstanceProfiles", prefix.unwrap_or_default()];
    let page = cx.page(&list, input.marker, input.max_items)?;
    let fits = |profile: &InstanceProfileRecord| below(&profile.path, prefix);
    let (found, more) = table::scan(
        cx.store(),
        cx.account(),
        page.after.as_deref(),
        page.size,
        fits,
    )
    .await?;
    let marker = page.next(more, found.last().map(|it| folded(&it.name)).as_deref());
    let mut instance_profiles = Vec::new();
    for profile in &found {
        instance_profiles.push(describe(cx, profile).await?);
    }
    Ok(ListInstanceProfilesResponse {
        instance_profiles: Some(instance_profiles),
        is_truncated: Some(more),
        marker,
    })
}

pub(crate) async fn list_for_role(
    cx: &Cx<'_>,
    input: ListInstanceProfilesForRoleRequest,
) -> Result<ListInstanceProfilesForRoleResponse, Fault> {
    let name = required(input.role_name, "roleName")?;
    let role: RoleRecord = entity::existing(cx.store(), cx.account(), &name).await?;
    let page = cx.page(&["ListForRole", &role.id], input.marker, input.max_items)?;
    let profiles = of_role(cx, &role).await?;
    let named = profiles.into_iter().map(|profile| {
        let name = profile.instance_profile_name.as_deref().unwrap_or_default();
        (folded(name), profile)
    });
    let (found, marker) = page.cut(named, |(name, _)| name);
    let instance_profiles = found.into_iter().map(|(_, profile)| profile).collect();
    Ok(ListInstanceProfilesForRoleResponse {
        instance_profiles: Some(instance_profiles),
        is_truncated: Some(marker.is_some()),
        marker,
    })
}

/// The profiles that hold the role, by their folded names.
pub(crate) async fn of_role(cx: &Cx<'_>, role: &RoleRecord) -> Result<Vec<InstanceProfile>, Fault> {
    let mut profiles = Vec::new();
    for name in &role.instance_profiles {
        let found = table::find::<InstanceProfileRecord>(cx.store(), cx.account(), name).await?;
        if let Some(profile) = found {
            profiles.push(describe(cx, &profile).await?);
        }
    }
    Ok(profiles)
}

async fn describe(cx: &Cx<'_>, profile: &InstanceProfileRecord) -> Result<InstanceProfile, Fault> {
    let mut roles = Vec::new();
    if let Some(name) = &profile.role {
        let role = table::find::<RoleRecord>(cx.store(), cx.account(), name).await?;
        if let Some(role) = role {
            roles.push(roles::describe(cx, &role).await?);
        }
    }
    let arn = names::arn(
        cx.account(),
        "instance-profile",
        &profile.path,
        &profile.name,
    );
    Ok(InstanceProfile {
        path: Some(profile.path.clone()),
        instance_profile_name: Some(profile.name.clone()),
        instance_profile_id: Some(profile.id.clone()),
        arn: Some(cx.seen(arn)),
        create_date: Some(profile.created),
        roles: Some(roles),
        tags: tags::shown(&profile.tags),
    })
}
