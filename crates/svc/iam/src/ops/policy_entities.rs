//! Who uses a managed policy.

use wharf_api_iam::types::*;
use wharf_wire::Fault;

use crate::{
    entity::{Bounded, Entity},
    fault::{self, required},
    ops::{below, policies::lookup},
    records::{GroupRecord, RoleRecord, UserRecord, folded},
    service::Cx,
    table::{self, Changes},
};

/// Groups, then users, then roles, in one row of pages.
pub(crate) async fn list(
    cx: &Cx<'_>,
    input: ListEntitiesForPolicyRequest,
) -> Result<ListEntitiesForPolicyResponse, Fault> {
    let arn = required(input.policy_arn, "policyArn")?;
    let mut tx = Changes::new(cx.store(), cx.account());
    lookup(&mut tx, &arn)
        .await?
        .ok_or_else(|| fault::no_policy(&arn))?;
    let wanted = Wanted {
        arn: &arn,
        prefix: input.path_prefix.as_deref(),
        usage: input.policy_usage_filter.as_deref(),
    };
    let filter = input.entity_filter.as_deref();
    let filters = format!("{filter:?} {:?}", wanted.usage);
    let list = [
        "ListEntities",
        &arn,
        &filters,
        wanted.prefix.unwrap_or_default(),
    ];
    let page = cx.page(&list, input.marker, input.max_items)?;
    let includes = |kind: &str| filter.is_none_or(|filter| filter == kind);

    let mut found: Vec<(String, String, String)> = Vec::new();
    let mut add = |kind: &str, name: &str, id: &str| {
        found.push((
            format!("{kind}:{}", folded(name)),
            name.to_owned(),
            id.to_owned(),
        ));
    };
    if includes("Group") {
        for group in table::all::<GroupRecord>(cx.store(), cx.account()).await? {
            if wanted.fits(&group, None) {
                add("1", &group.name, &group.id);
            }
        }
    }
    if includes("User") {
        for user in table::all::<UserRecord>(cx.store(), cx.account()).await? {
            if wanted.fits(&user, user.boundary()) {
                add("2", &user.name, &user.id);
            }
        }
    }
    if includes("Role") {
        for role in table::all::<RoleRecord>(cx.store(), cx.account()).await? {
            if wanted.fits(&role, role.boundary()) {
                add("3", &role.name, &role.id);
            }
        }
    }
    found.sort();
    let (found, marker) = page.cut(found, |(key, ..)| key);
    let mut answer = ListEntitiesForPolicyResponse {
        policy_groups: Some(Vec::new()),
        policy_users: Some(Vec::new()),
        policy_roles: Some(Vec::new()),
        is_truncated: Some(marker.is_some()),
        marker,
    };
    for (key, name, id) in found {
        let (name, id) = (Some(name), Some(id));
        match key.as_bytes()[0] {
            b'1' => answer
                .policy_groups
                .get_or_insert_default()
                .push(PolicyGroup {
                    group_name: name,
                    group_id: id,
                }),
            b'2' => answer
                .policy_users
                .get_or_insert_default()
                .push(PolicyUser {
                    user_name: name,
                    user_id: id,
                }),
            _ => answer
                .policy_roles
                .get_or_insert_default()
                .push(PolicyRole {
                    role_name: name,
                    role_id: id,
                }),
        }
    }
    Ok(answer)
}

struct Wanted<'a> {
    arn: &'a str,
    prefix: Option<&'a str>,
    usage: Option<&'a str>,
}

impl Wanted<'_> {
    fn fits<T: Entity>(&self, entity: &T, boundary: Option<&str>) -> bool {
        let attached = entity.grants().attached.contains(self.arn);
        let bounded = boundary == Some(self.arn);
        let used = match self.usage {
            Some("PermissionsBoundary") => bounded,
            Some(_) => attached,
            None => attached || bounded,
        };
        used && below(entity.path(), self.prefix)
    }
}
