//! GetAccountAuthorizationDetails: everybody and everything that says who may do what, in pages.

use wharf_api_iam::types::*;
use wharf_iam::managed;
use wharf_wire::Fault;

use crate::{
    names::policy_arn,
    ops::{
        boundaries, groups, instance_profiles, last_accessed,
        policies::{self, Known},
        roles, tags, url_encoded, users, versions,
    },
    records::{Grants, GroupRecord, PolicyRecord, PolicyUseRecord, RoleRecord, UserRecord, folded},
    service::Cx,
    table,
};

/// One of them, not described yet.
enum Item {
    User(UserRecord),
    Group(GroupRecord),
    Role(RoleRecord),
    Policy(Known),
}

pub(crate) async fn get(
    cx: &Cx<'_>,
    input: GetAccountAuthorizationDetailsRequest,
) -> Result<GetAccountAuthorizationDetailsResponse, Fault> {
    let filter = input.filter.unwrap_or_default();
    let list = ["GetAccountAuthorizationDetails", &filter.join(" ")];
    let page = cx.page(&list, input.marker, input.max_items)?;
    let items = all(cx, &filter).await?;
    let (found, marker) = page.cut(items, |(id, _)| id);
    let mut answer = GetAccountAuthorizationDetailsResponse {
        user_detail_list: Some(vec![]),
        group_detail_list: Some(vec![]),
        role_detail_list: Some(vec![]),
        policies: Some(vec![]),
        is_truncated: Some(marker.is_some()),
        marker,
    };
    for (_, item) in found {
        match item {
            Item::User(it) => push(&mut answer.user_detail_list, user(cx, it).await?),
            Item::Group(it) => push(&mut answer.group_detail_list, group(cx, &it)?),
            Item::Role(it) => push(&mut answer.role_detail_list, role(cx, &it).await?),
            Item::Policy(it) => push(&mut answer.policies, policy(cx, &it).await?),
        }
    }
    Ok(answer)
}

fn push<T>(list: &mut Option<Vec<T>>, one: T) {
    list.get_or_insert_default().push(one);
}

/// All that the filter lets through, by the ids that order them. Without a filter everything is
/// shown, of the platform's policies those that are in use.
async fn all(cx: &Cx<'_>, filter: &[String]) -> Result<Vec<(String, Item)>, Fault> {
    let wanted = |kind: &str| filter.is_empty() || filter.iter().any(|it| it == kind);
    let (store, account) = (cx.store(), cx.account());
    let mut items = Vec::new();
    if wanted("User") {
        let users = table::all::<UserRecord>(store, account).await?;
        let id = |it: &UserRecord| format!("user:{}", folded(&it.name));
        items.extend(users.into_iter().map(|it| (id(&it), Item::User(it))));
    }
    if wanted("Group") {
        let groups = table::all::<GroupRecord>(store, account).await?;
        let id = |it: &GroupRecord| format!("group:{}", folded(&it.name));
        items.extend(groups.into_iter().map(|it| (id(&it), Item::Group(it))));
    }
    if wanted("Role") {
        let roles = table::all::<RoleRecord>(store, account).await?;
        let id = |it: &RoleRecord| format!("role:{}", folded(&it.name));
        items.extend(roles.into_iter().map(|it| (id(&it), Item::Role(it))));
    }
    let mut known = Vec::new();
    if wanted("LocalManagedPolicy") {
        let own = table::all::<PolicyRecord>(store, account).await?;
        known.extend(own.into_iter().map(|it| Known::Own(Box::new(it))));
    }
    if wanted("AWSManagedPolicy") {
        for policy in managed::ALL {
            let uses = table::find::<PolicyUseRecord>(store, account, &policy.arn()).await?;
            if uses.is_some_and(|uses| uses.attached + uses.boundary > 0) {
                known.push(Known::Platform(policy));
            }
        }
    }
    for policy in known {
        let parts = policy_arn(account, &policy.arn(account))?;
        let id = format!("policy:{}", policies::list_id(&parts));
        items.push((id, Item::Policy(policy)));
    }
    items.sort_by(|a, b| a.0.cmp(&b.0));
    Ok(items)
}

async fn user(cx: &Cx<'_>, record: UserRecord) -> Result<UserDetail, Fault> {
    let shown = users::describe(cx, &record);
    let groups = users::groups_of(cx, &record).await?;
    Ok(UserDetail {
        path: shown.path,
        user_name: shown.user_name,
        user_id: shown.user_id,
        arn: shown.arn,
        create_date: shown.create_date,
        user_policy_list: Some(inline(&record.grants)),
        group_list: Some(groups.into_iter().map(|group| group.name).collect()),
        attached_managed_policies: Some(attached(cx, &record.grants)?),
        permissions_boundary: boundaries::describe(cx, record.boundary.as_deref()),
        tags: tags::shown(&record.tags),
    })
}

fn group(cx: &Cx<'_>, record: &GroupRecord) -> Result<GroupDetail, Fault> {
    let shown = groups::describe(cx, record);
    Ok(GroupDetail {
        path: shown.path,
        group_name: shown.group_name,
        group_id: shown.group_id,
        arn: shown.arn,
        create_date: shown.create_date,
        group_policy_list: Some(inline(&record.grants)),
        attached_managed_policies: Some(attached(cx, &record.grants)?),
    })
}

async fn role(cx: &Cx<'_>, record: &RoleRecord) -> Result<RoleDetail, Fault> {
    let shown = roles::describe(cx, record).await?;
    Ok(RoleDetail {
        path: shown.path,
        role_name: shown.role_name,
        role_id: shown.role_id,
        arn: shown.arn,
        create_date: shown.create_date,
        assume_role_policy_document: shown.assume_role_policy_document,
        instance_profile_list: Some(instance_profiles::of_role(cx, record).await?),
        role_policy_list: Some(inline(&record.grants)),
        attached_managed_policies: Some(attached(cx, &record.grants)?),
        permissions_boundary: shown.permissions_boundary,
        tags: shown.tags,
        role_last_used: Some(last_accessed::of_role(cx, record).await?),
    })
}

async fn policy(cx: &Cx<'_>, known: &Known) -> Result<ManagedPolicyDetail, Fault> {
    let arn = known.arn(cx.account());
    let uses = table::find::<PolicyUseRecord>(cx.store(), cx.account(), &arn).await?;
    let shown = policies::describe(cx, known, &uses.unwrap_or_default());
    Ok(ManagedPolicyDetail {
        policy_name: shown.policy_name,
        policy_id: shown.policy_id,
        arn: shown.arn,
        path: shown.path,
        default_version_id: shown.default_version_id,
        attachment_count: shown.attachment_count,
        permissions_boundary_usage_count: shown.permissions_boundary_usage_count,
        is_attachable: shown.is_attachable,
        description: shown.description,
        create_date: shown.create_date,
        update_date: shown.update_date,
        policy_version_list: Some(versions::documents(known)),
    })
}

fn inline(grants: &Grants) -> Vec<PolicyDetail> {
    let detail = |(name, document): (&String, &String)| PolicyDetail {
        policy_name: Some(name.clone()),
        policy_document: Some(url_encoded(document)),
    };
    grants.inline.iter().map(detail).collect()
}

fn attached(cx: &Cx<'_>, grants: &Grants) -> Result<Vec<AttachedPolicy>, Fault> {
    let shown = |arn: &String| {
        let known = policy_arn(cx.account(), arn)?;
        Ok(AttachedPolicy {
            policy_name: Some(known.name),
            policy_arn: Some(cx.seen(arn)),
        })
    };
    grants.attached.iter().map(shown).collect()
}
