//! Users.

use std::collections::BTreeMap;

use wharf_api_iam::types::*;
use wharf_base::{arn::PARTITION, ids};
use wharf_wire::Fault;

use crate::{
    entity::{self, Entity},
    fault::{self, required},
    names::{self, check_name, checked_path},
    ops::{Subject, below, boundaries, policies, subject, tags},
    records::{
        AccessKeyRecord, Grants, GroupIdRecord, GroupRecord, LastAccessRecord, UserKeysRecord,
        UserRecord, folded,
    },
    service::Cx,
    table::{self, change},
};

const LONGEST_NAME: usize = 64;

pub(crate) async fn create(
    cx: &Cx<'_>,
    input: CreateUserRequest,
) -> Result<CreateUserResponse, Fault> {
    let name = required(input.user_name, "userName")?;
    check_name("userName", &name, LONGEST_NAME)?;
    let path = checked_path(input.path)?;
    let tags = tags::checked(input.tags)?;
    let record = change!(cx, |tx| {
        if tx.find::<UserRecord>(&folded(&name)).await?.is_some() {
            return Err(fault::exists(format!(
                "User with name {name} already exists."
            )));
        }
        let mut record = UserRecord {
            name: name.clone(),
            path: path.clone(),
            id: ids::iam_id("AIDA", 21),
            created: cx.now(),
            tags: tags.clone(),
            boundary: None,
            grants: Grants::default(),
            groups: Default::default(),
            access_keys: Vec::new(),
            mfa_devices: Default::default(),
            login: None,
            unknown: BTreeMap::new(),
        };
        boundaries::set(&mut tx, &mut record, input.permissions_boundary.clone()).await?;
        tx.put(&folded(&name), &record);
        record
    });
    Ok(CreateUserResponse {
        user: Some(with_tags(cx, &record)),
    })
}

pub(crate) async fn get(cx: &Cx<'_>, input: GetUserRequest) -> Result<GetUserResponse, Fault> {
    let user = match subject(cx, input.user_name)? {
        Subject::User(name) => with_tags(
            cx,
            &entity::existing(cx.store(), cx.account(), &name).await?,
        ),
        Subject::Root => root(cx),
    };
    Ok(GetUserResponse { user: Some(user) })
}

/// Gives a user another name or path. Its keys follow; its id, groups and policies stay.
pub(crate) async fn update(cx: &Cx<'_>, input: UpdateUserRequest) -> Result<(), Fault> {
    let name = required(input.user_name, "userName")?;
    let path = input
        .new_path
        .map(|path| checked_path(Some(path)))
        .transpose()?;
    if let Some(new) = &input.new_user_name {
        check_name("newUserName", new, LONGEST_NAME)?;
    }
    change!(cx, |tx| {
        let mut user = tx.existing::<UserRecord>(&name).await?;
        let before = folded(&user.name);
        if let Some(path) = &path {
            user.path.clone_from(path);
        }
        if let Some(new) = &input.new_user_name {
            user.name.clone_from(new);
        }
        let after = folded(&user.name);
        if after != before {
            if tx.find::<UserRecord>(&after).await?.is_some() {
                let name = &user.name;
                return Err(fault::exists(format!(
                    "User with name {name} already exists."
                )));
            }
            tx.delete::<UserRecord>(&before);
            for id in &user.access_keys {
                if let Some(mut key) = tx.find::<AccessKeyRecord>(id).await? {
                    key.user = Some(after.clone());
                    tx.put(id, &key);
                }
            }
        }
        tx.put(&after, &user);
    });
    Ok(())
}

pub(crate) async fn delete(cx: &Cx<'_>, input: DeleteUserRequest) -> Result<(), Fault> {
    let name = required(input.user_name, "userName")?;
    change!(cx, |tx| {
        let user = tx.existing::<UserRecord>(&name).await?;
        let keys = tx.find::<UserKeysRecord>(&user.id).await?;
        let keys = keys.unwrap_or_default();
        let obstacle = if !user.grants.attached.is_empty() {
            Some("must detach all policies first.")
        } else if !user.grants.inline.is_empty() {
            Some("must delete policies first.")
        } else if !user.access_keys.is_empty() {
            Some("must delete access keys first.")
        } else if user.login.is_some() {
            Some("must delete login profile first.")
        } else if !user.mfa_devices.is_empty() {
            Some("must delete MFA device first.")
        } else if !keys.ssh.is_empty() {
            Some("must delete SSH public keys first.")
        } else if !keys.certificates.is_empty() {
            Some("must delete signing certificates first.")
        } else if !user.groups.is_empty() {
            Some("must remove users from group first.")
        } else {
            None
        };
        if let Some(obstacle) = obstacle {
            return Err(fault::in_the_way(format!(
                "Cannot delete entity, {obstacle}"
            )));
        }
        if let Some(arn) = &user.boundary {
            policies::count_use(&mut tx, arn, policies::Use::Boundary, -1).await?;
        }
        tx.delete::<UserRecord>(&folded(&name));
        tx.delete::<LastAccessRecord>(&user.id);
    });
    Ok(())
}

pub(crate) async fn list(cx: &Cx<'_>, input: ListUsersRequest) -> Result<ListUsersResponse, Fault> {
    let prefix = input.path_prefix.as_deref();
    let page = cx.page(
        &["ListUsers", prefix.unwrap_or_default()],
        input.marker,
        input.max_items,
    )?;
    let fits = |user: &UserRecord| below(&user.path, prefix);
    let (found, more) = table::scan(
        cx.store(),
        cx.account(),
        page.after.as_deref(),
        page.size,
        fits,
    )
    .await?;
    let marker = page.next(more, found.last().map(|user| folded(&user.name)).as_deref());
    Ok(ListUsersResponse {
        users: Some(found.iter().map(|user| describe(cx, user)).collect()),
        is_truncated: Some(more),
        marker,
    })
}

/// The account's root, as far as it is a user.
pub(crate) fn root(cx: &Cx<'_>) -> User {
    let arn = format!("arn:{PARTITION}:iam::{}:root", cx.account());
    User {
        user_id: Some(cx.account().to_owned()),
        arn: Some(cx.seen(arn)),
        ..User::default()
    }
}

/// As lists show it: without tags and boundary.
pub(crate) fn describe(cx: &Cx<'_>, user: &UserRecord) -> User {
    User {
        path: Some(user.path.clone()),
        user_name: Some(user.name.clone()),
        user_id: Some(user.id.clone()),
        arn: Some(cx.seen(names::arn(
            cx.account(),
            UserRecord::WORD,
            &user.path,
            &user.name,
        ))),
        create_date: Some(user.created),
        ..User::default()
    }
}

fn with_tags(cx: &Cx<'_>, user: &UserRecord) -> User {
    User {
        permissions_boundary: boundaries::describe(cx, user.boundary.as_deref()),
        tags: tags::shown(&user.tags),
        ..describe(cx, user)
    }
}

/// The groups of a user that are still there.
pub(crate) async fn groups_of(cx: &Cx<'_>, user: &UserRecord) -> Result<Vec<GroupRecord>, Fault> {
    let mut groups = Vec::new();
    for id in &user.groups {
        let named = table::find::<GroupIdRecord>(cx.store(), cx.account(), id).await?;
        let Some(named) = named else { continue };
        groups.extend(table::find::<GroupRecord>(cx.store(), cx.account(), &named.name).await?);
    }
    groups.sort_by_key(|group| folded(&group.name));
    Ok(groups)
}
