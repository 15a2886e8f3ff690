//! Managed policies attached to users, roles and groups.

use wharf_api_iam::types::*;
use wharf_wire::Fault;

use crate::{
    entity::{self, Entity},
    fault::{self, required},
    names::policy_arn,
    ops::{
        below,
        policies::{self, Use},
        roles,
    },
    records::{GroupRecord, RoleRecord, UserRecord, folded},
    service::Cx,
    table::change,
};

const MAX_ATTACHED: usize = 10;

async fn attach<T: Entity>(
    cx: &Cx<'_>,
    entity: Option<String>,
    arn: Option<String>,
    modifiable: impl Fn(&T) -> Result<(), Fault>,
) -> Result<(), Fault> {
    let name = required(entity, "name")?;
    let arn = required(arn, "policyArn")?;
    change!(cx, |tx| {
        let mut entity = tx.existing::<T>(&name).await?;
        modifiable(&entity)?;
        policies::attachable(&mut tx, &arn).await?;
        if entity.grants_mut().attached.insert(arn.clone()) {
            if entity.grants().attached.len() > MAX_ATTACHED {
                return Err(fault::quota(T::ATTACHED_QUOTA, MAX_ATTACHED));
            }
            policies::count_use(&mut tx, &arn, Use::Attached, 1).await?;
            tx.put(&folded(&name), &entity);
        }
    });
    Ok(())
}

async fn detach<T: Entity>(
    cx: &Cx<'_>,
    entity: Option<String>,
    arn: Option<String>,
    modifiable: impl Fn(&T) -> Result<(), Fault>,
) -> Result<(), Fault> {
    let name = required(entity, "name")?;
    let arn = required(arn, "policyArn")?;
    change!(cx, |tx| {
        let mut entity = tx.existing::<T>(&name).await?;
        modifiable(&entity)?;
        if !entity.grants_mut().attached.remove(&arn) {
            return Err(fault::no_policy(&arn));
        }
        policies::count_use(&mut tx, &arn, Use::Attached, -1).await?;
        tx.put(&folded(&name), &entity);
    });
    Ok(())
}

async fn list<T: Entity>(
    cx: &Cx<'_>,
    entity: Option<String>,
    prefix: Option<String>,
    marker: Option<String>,
    max_items: Option<i32>,
) -> Result<(Vec<AttachedPolicy>, Option<String>), Fault> {
    let name = required(entity, "name")?;
    let entity: T = entity::existing(cx.store(), cx.account(), &name).await?;
    let prefix = prefix.as_deref();
    let list = [
        "ListAttached",
        T::WORD,
        &folded(&name),
        prefix.unwrap_or_default(),
    ];
    let page = cx.page(&list, marker, max_items)?;
    let mut attached = Vec::new();
    for arn in &entity.grants().attached {
        let known = policy_arn(cx.account(), arn)?;
        if below(&known.path, prefix) {
            attached.push((policies::list_id(&known), known.name, arn.clone()));
        }
    }
    attached.sort();
    let (found, marker) = page.cut(attached, |(id, ..)| id);
    let shown = found.into_iter().map(|(_, name, arn)| AttachedPolicy {
        policy_name: Some(name),
        policy_arn: Some(cx.seen(arn)),
    });
    Ok((shown.collect(), marker))
}

macro_rules! attachments {
    ($record:ty, $name:ident, $modifiable:expr;
     $attach:ident $Attach:ty, $detach:ident $Detach:ty, $list:ident $List:ty => $ListOut:ident) => {
        pub(crate) async fn $attach(cx: &Cx<'_>, it: $Attach) -> Result<(), Fault> {
            attach::<$record>(cx, it.$name, it.policy_arn, $modifiable).await
        }

        pub(crate) async fn $detach(cx: &Cx<'_>, it: $Detach) -> Result<(), Fault> {
            detach::<$record>(cx, it.$name, it.policy_arn, $modifiable).await
        }

        pub(crate) async fn $list(cx: &Cx<'_>, it: $List) -> Result<$ListOut, Fault> {
            let (policies, marker) =
                list::<$record>(cx, it.$name, it.path_prefix, it.marker, it.max_items).await?;
            Ok($ListOut {
                attached_policies: Some(policies),
                is_truncated: Some(marker.is_some()),
                marker,
            })
        }
    };
}

attachments! {
    UserRecord, user_name, |_: &UserRecord| Ok(());
    attach_user AttachUserPolicyRequest, detach_user DetachUserPolicyRequest,
    list_user ListAttachedUserPoliciesRequest => ListAttachedUserPoliciesResponse
}
attachments! {
    RoleRecord, role_name, roles::modifiable;
    attach_role AttachRolePolicyRequest, detach_role DetachRolePolicyRequest,
    list_role ListAttachedRolePoliciesRequest => ListAttachedRolePoliciesResponse
}
attachments! {
    GroupRecord, group_name, |_: &GroupRecord| Ok(());
    attach_group AttachGroupPolicyRequest, detach_group DetachGroupPolicyRequest,
    list_group ListAttachedGroupPoliciesRequest => ListAttachedGroupPoliciesResponse
}
