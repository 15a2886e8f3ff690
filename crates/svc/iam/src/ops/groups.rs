//! Groups and who is in them.

use std::collections::BTreeMap;

use wharf_api_iam::types::*;
use wharf_base::ids;
use wharf_wire::Fault;

use crate::{
    entity::{self, Entity},
    fault::{self, required},
    names::{self, check_name, checked_path},
    ops::{below, users},
    records::{Grants, GroupIdRecord, GroupRecord, UserRecord, folded},
    service::Cx,
    table::{self, change},
};

const LONGEST_NAME: usize = 128;
const MAX_GROUPS: usize = 10;

pub(crate) async fn create(
    cx: &Cx<'_>,
    input: CreateGroupRequest,
) -> Result<CreateGroupResponse, Fault> {
    let name = required(input.group_name, "groupName")?;
    check_name("groupName", &name, LONGEST_NAME)?;
    let path = checked_path(input.path)?;
    let record = change!(cx, |tx| {
        if tx.find::<GroupRecord>(&folded(&name)).await?.is_some() {
            return Err(fault::exists(format!(
                "Group with name {name} already exists."
            )));
        }
        let record = GroupRecord {
            name: name.clone(),
            path: path.clone(),
            id: ids::iam_id("AGPA", 21),
            created: cx.now(),
            grants: Grants::default(),
            members: 0,
            unknown: BTreeMap::new(),
        };
        tx.put(&folded(&name), &record);
        tx.put(&record.id, &id_record(&record));
        record
    });
    Ok(CreateGroupResponse {
        group: Some(describe(cx, &record)),
    })
}

fn id_record(group: &GroupRecord) -> GroupIdRecord {
    GroupIdRecord {
        name: folded(&group.name),
        unknown: BTreeMap::new(),
    }
}

pub(crate) async fn get(cx: &Cx<'_>, input: GetGroupRequest) -> Result<GetGroupResponse, Fault> {
    let name = required(input.group_name, "groupName")?;
    let group: GroupRecord = entity::existing(cx.store(), cx.account(), &name).await?;
    let page = cx.page(&["GetGroup", &group.id], input.marker, input.max_items)?;
    let member = |user: &UserRecord| user.groups.contains(&group.id);
    let (found, more) = table::scan(
        cx.store(),
        cx.account(),
        page.after.as_deref(),
        page.size,
        member,
    )
    .await?;
    let marker = page.next(more, found.last().map(|user| folded(&user.name)).as_deref());
    Ok(GetGroupResponse {
        group: Some(describe(cx, &group)),
        users: Some(found.iter().map(|user| users::describe(cx, user)).collect()),
        is_truncated: Some(more),
        marker,
    })
}

/// Gives a group another name or path; its members stay, for they name it by its id.
pub(crate) async fn update(cx: &Cx<'_>, input: UpdateGroupRequest) -> Result<(), Fault> {
    let name = required(input.group_name, "groupName")?;
    let path = input
        .new_path
        .map(|path| checked_path(Some(path)))
        .transpose()?;
    if let Some(new) = &input.new_group_name {
        check_name("newGroupName", new, LONGEST_NAME)?;
    }
    change!(cx, |tx| {
        let mut group = tx.existing::<GroupRecord>(&name).await?;
        let before = folded(&group.name);
        if let Some(path) = &path {
            group.path.clone_from(path);
        }
        if let Some(new) = &input.new_group_name {
            group.name.clone_from(new);
        }
        let after = folded(&group.name);
        if after != before {
            if tx.find::<GroupRecord>(&after).await?.is_some() {
                let name = &group.name;
                return Err(fault::exists(format!(
                    "Group with name {name} already exists."
                )));
            }
            tx.delete::<GroupRecord>(&before);
            tx.put(&group.id, &id_record(&group));
        }
        tx.put(&after, &group);
    });
    Ok(())
}

pub(crate) async fn delete(cx: &Cx<'_>, input: DeleteGroupRequest) -> Result<(), Fault> {
    let name = required(input.group_name, "groupName")?;
    change!(cx, |tx| {
        let group = tx.existing::<GroupRecord>(&name).await?;
        let obstacle = if group.members > 0 {
            Some("must remove users from group first.")
        } else if !group.grants.attached.is_empty() {
            Some("must detach all policies first.")
        } else if !group.grants.inline.is_empty() {
            Some("must delete policies first.")
        } else {
            None
        };
        if let Some(obstacle) = obstacle {
            return Err(fault::in_the_way(format!(
                "Cannot delete entity, {obstacle}"
            )));
        }
        tx.delete::<GroupRecord>(&folded(&name));
        tx.delete::<GroupIdRecord>(&group.id);
    });
    Ok(())
}

pub(crate) async fn list(
    cx: &Cx<'_>,
    input: ListGroupsRequest,
) -> Result<ListGroupsResponse, Fault> {
    let prefix = input.path_prefix.as_deref();
    let page = cx.page(
        &["ListGroups", prefix.unwrap_or_default()],
        input.marker,
        input.max_items,
    )?;
    let fits = |group: &GroupRecord| below(&group.path, prefix);
    let (found, more) = table::scan(
        cx.store(),
        cx.account(),
        page.after.as_deref(),
        page.size,
        fits,
    )
    .await?;
    let marker = page.next(
        more,
        found.last().map(|group| folded(&group.name)).as_deref(),
    );
    Ok(ListGroupsResponse {
        groups: Some(found.iter().map(|group| describe(cx, group)).collect()),
        is_truncated: Some(more),
        marker,
    })
}

pub(crate) async fn add_user(cx: &Cx<'_>, input: AddUserToGroupRequest) -> Result<(), Fault> {
    let group_name = required(input.group_name, "groupName")?;
    let user_name = required(input.user_name, "userName")?;
    change!(cx, |tx| {
        let mut group = tx.existing::<GroupRecord>(&group_name).await?;
        let mut user = tx.existing::<UserRecord>(&user_name).await?;
        if user.groups.insert(group.id.clone()) {
            if user.groups.len() > MAX_GROUPS {
                return Err(fault::quota("GroupsPerUser", MAX_GROUPS));
            }
            group.members += 1;
            tx.put(&folded(&group_name), &group);
            tx.put(&folded(&user_name), &user);
        }
    });
    Ok(())
}

pub(crate) async fn remove_user(
    cx: &Cx<'_>,
    input: RemoveUserFromGroupRequest,
) -> Result<(), Fault> {
    let group_name = required(input.group_name, "groupName")?;
    let user_name = required(input.user_name, "userName")?;
    change!(cx, |tx| {
        let mut group = tx.existing::<GroupRecord>(&group_name).await?;
        let mut user = tx.existing::<UserRecord>(&user_name).await?;
        if user.groups.remove(&group.id) {
            group.members = group.members.saturating_sub(1);
            tx.put(&folded(&group_name), &group);
            tx.put(&folded(&user_name), &user);
        }
    });
    Ok(())
}

pub(crate) async fn list_for_user(
    cx: &Cx<'_>,
    input: ListGroupsForUserRequest,
) -> Result<ListGroupsForUserResponse, Fault> {
    let name = required(input.user_name, "userName")?;
    let user: UserRecord = entity::existing(cx.store(), cx.account(), &name).await?;
    let groups = users::groups_of(cx, &user).await?;
    let page = cx.page(
        &["ListGroupsForUser", &user.id],
        input.marker,
        input.max_items,
    )?;
    let named = groups.into_iter().map(|group| (folded(&group.name), group));
    let (found, marker) = page.cut(named, |(name, _)| name);
    Ok(ListGroupsForUserResponse {
        groups: Some(found.iter().map(|(_, group)| describe(cx, group)).collect()),
        is_truncated: Some(marker.is_some()),
        marker,
    })
}

pub(crate) fn describe(cx: &Cx<'_>, group: &GroupRecord) -> Group {
    Group {
        path: Some(group.path.clone()),
        group_name: Some(group.name.clone()),
        group_id: Some(group.id.clone()),
        arn: Some(cx.seen(names::arn(
            cx.account(),
            GroupRecord::WORD,
            &group.path,
            &group.name,
        ))),
        create_date: Some(group.created),
    }
}
