//! Inline policies of users, roles and groups. The size limit holds for all of an entity together.

use wharf_api_iam::{faults, types::*};
use wharf_iam::{Document, DocumentError, document::counted_length};
use wharf_wire::Fault;

use crate::{
    entity::{self, Entity},
    fault::{self, required},
    names::check_name,
    ops::{roles, url_encoded},
    records::{GroupRecord, RoleRecord, UserRecord, folded},
    service::Cx,
    table::change,
};

const LONGEST_NAME: usize = 128;

async fn put<T: Entity>(
    cx: &Cx<'_>,
    entity: Option<String>,
    policy: Option<String>,
    document: Option<String>,
    modifiable: impl Fn(&T) -> Result<(), Fault>,
) -> Result<(), Fault> {
    let name = required(entity, "name")?;
    let policy = required(policy, "policyName")?;
    let document = required(document, "policyDocument")?;
    check_name("policyName", &policy, LONGEST_NAME)?;
    match Document::parse(&document, T::INLINE) {
        Err(DocumentError::TooLong { .. }) => return Err(too_long::<T>(&name)),
        Err(error) => return Err(fault::document(&error)),
        Ok(_) => {}
    }
    change!(cx, |tx| {
        let mut entity = tx.existing::<T>(&name).await?;
        modifiable(&entity)?;
        let inline = &mut entity.grants_mut().inline;
        inline.insert(policy.clone(), document.clone());
        let length: usize = inline.values().map(|text| counted_length(text)).sum();
        if length > T::INLINE.limit() {
            return Err(too_long::<T>(entity.name()));
        }
        tx.put(&folded(&name), &entity);
    });
    Ok(())
}

fn too_long<T: Entity>(name: &str) -> Fault {
    let limit = T::INLINE.limit();
    faults::limit_exceeded_exception(format!(
        "Maximum policy size of {limit} bytes exceeded for {} {name}",
        T::WORD
    ))
}

fn missing<T: Entity>(policy: &str) -> Fault {
    fault::not_found(format!(
        "The {} policy with name {policy} cannot be found.",
        T::WORD
    ))
}

/// Entity, policy and document as they are shown.
async fn get<T: Entity>(
    cx: &Cx<'_>,
    entity: Option<String>,
    policy: Option<String>,
) -> Result<(String, String, String), Fault> {
    let name = required(entity, "name")?;
    let policy = required(policy, "policyName")?;
    let entity: T = entity::existing(cx.store(), cx.account(), &name).await?;
    let document = entity
        .grants()
        .inline
        .get(&policy)
        .ok_or_else(|| missing::<T>(&policy))?;
    Ok((entity.name().to_owned(), policy, url_encoded(document)))
}

async fn delete<T: Entity>(
    cx: &Cx<'_>,
    entity: Option<String>,
    policy: Option<String>,
    modifiable: impl Fn(&T) -> Result<(), Fault>,
) -> Result<(), Fault> {
    let name = required(entity, "name")?;
    let policy = required(policy, "policyName")?;
    change!(cx, |tx| {
        let mut entity = tx.existing::<T>(&name).await?;
        modifiable(&entity)?;
        if entity.grants_mut().inline.remove(&policy).is_none() {
            return Err(missing::<T>(&policy));
        }
        tx.put(&folded(&name), &entity);
    });
    Ok(())
}

async fn list<T: Entity>(
    cx: &Cx<'_>,
    entity: Option<String>,
    marker: Option<String>,
    max_items: Option<i32>,
) -> Result<(Vec<String>, Option<String>), Fault> {
    let name = required(entity, "name")?;
    let entity: T = entity::existing(cx.store(), cx.account(), &name).await?;
    let page = cx.page(&["ListInline", T::WORD, &folded(&name)], marker, max_items)?;
    Ok(page.cut(entity.grants().inline.keys().cloned(), |name| name))
}

macro_rules! inline {
    ($record:ty, $name:ident, $modifiable:expr;
     $put:ident $Put:ty, $get:ident $Get:ty => $GetOut:ident, $delete:ident $Delete:ty,
     $list:ident $List:ty => $ListOut:ident) => {
        pub(crate) async fn $put(cx: &Cx<'_>, it: $Put) -> Result<(), Fault> {
            put::<$record>(
                cx,
                it.$name,
                it.policy_name,
                it.policy_document,
                $modifiable,
            )
            .await
        }

        pub(crate) async fn $get(cx: &Cx<'_>, it: $Get) -> Result<$GetOut, Fault> {
            let (name, policy, document) = get::<$record>(cx, it.$name, it.policy_name).await?;
            Ok($GetOut {
                $name: Some(name),
                policy_name: Some(policy),
                policy_document: Some(document),
            })
        }

        pub(crate) async fn $delete(cx: &Cx<'_>, it: $Delete) -> Result<(), Fault> {
            delete::<$record>(cx, it.$name, it.policy_name, $modifiable).await
        }

        pub(crate) async fn $list(cx: &Cx<'_>, it: $List) -> Result<$ListOut, Fault> {
            let (names, marker) = list::<$record>(cx, it.$name, it.marker, it.max_items).await?;
            Ok($ListOut {
                policy_names: Some(names),
                is_truncated: Some(marker.is_some()),
                marker,
            })
        }
    };
}

inline! {
    UserRecord, user_name, |_: &UserRecord| Ok(());
    put_user PutUserPolicyRequest,
    get_user GetUserPolicyRequest => GetUserPolicyResponse,
    delete_user DeleteUserPolicyRequest,
    list_user ListUserPoliciesRequest => ListUserPoliciesResponse
}
inline! {
    RoleRecord, role_name, roles::modifiable;
    put_role PutRolePolicyRequest,
    get_role GetRolePolicyRequest => GetRolePolicyResponse,
    delete_role DeleteRolePolicyRequest,
    list_role ListRolePoliciesRequest => ListRolePoliciesResponse
}
inline! {
    GroupRecord, group_name, |_: &GroupRecord| Ok(());
    put_group PutGroupPolicyRequest,
    get_group GetGroupPolicyRequest => GetGroupPolicyResponse,
    delete_group DeleteGroupPolicyRequest,
    list_group ListGroupPoliciesRequest => ListGroupPoliciesResponse
}
