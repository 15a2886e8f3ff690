//! CreateSecurityGroup and DeleteSecurityGroup.

use wharf_api_ec2::types::{
    CreateSecurityGroupRequest, CreateSecurityGroupResult, DeleteSecurityGroupRequest,
    DeleteSecurityGroupResult,
};
use wharf_base::ids;
use wharf_records::{Record, Unknown, encode};
use wharf_service::transact;
use wharf_store::{Compare, Txn};
use wharf_wire::{Call, Context, Fault};

use crate::{
    Ec2Service,
    endpoints::VpcEndpoint,
    fault,
    permission::may_describe,
    quota,
    records::{Entity, Interface, Pointer, SecurityGroup, Vpc, arn, tags_to_wire},
    table::LeanOn,
    tags,
    vpc_parts::first_egress,
};

const MAX_TEXT: usize = 255;
const DEFAULT: &str = "default";

/// The new group lets nothing in and everything out.
pub async fn create(
    service: &Ec2Service,
    call: &Call,
    input: CreateSecurityGroupRequest,
) -> Result<CreateSecurityGroupResult, Fault> {
    fault::dry_run(input.dry_run)?;
    let name = input.group_name.as_deref().unwrap_or_default();
    let description = input.description.as_deref().unwrap_or_default();
    check_texts(name, description)?;
    let specifications = input.tag_specifications.as_deref();
    let tags = tags::specified(call, specifications, SecurityGroup::KIND)?;
    let vpc = match input.vpc_id.as_deref().filter(|id| !id.is_empty()) {
        Some(id) => service.get::<Vpc>(call, id).await?,
        None => default_vpc(service, call).await?,
    };
    let group = SecurityGroup {
        id: ids::ec2_id("sg"),
        vpc_id: vpc.id.clone(),
        name: name.to_owned(),
        description: description.to_owned(),
        ingress: Vec::new(),
        egress: first_egress(&vpc),
        tags,
        unknown: Unknown::new(),
    };
    let (most, code) = (quota::SECURITY_GROUPS, "SecurityGroupLimitExceeded");
    let _turn = service
        .require_quota::<SecurityGroup>(call, most, code, "security groups")
        .await?;
    let claim = Ec2Service::key::<Pointer>(call, &name_claim(&group));
    let txn = Txn::new()
        .when(Compare::absent(claim.clone()))
        .put(claim.clone(), encode(&Pointer::to(&group.id)))
        .put(
            Ec2Service::key::<SecurityGroup>(call, &group.id),
            encode(&group),
        )
        .lean_on::<Vpc>(call, &vpc.id);
    match service.commit(call, txn).await? {
        None => {}
        Some(conflict) if conflict == claim => return Err(fault::group_exists(name, &vpc.id)),
        Some(_) => return Err(Vpc::missing(&vpc.id)),
    }
    Ok(CreateSecurityGroupResult {
        security_group_arn: Some(arn(call, SecurityGroup::KIND, &group.id)),
        tags: Some(tags_to_wire(&group.tags)),
        group_id: Some(group.id),
    })
}

/// Interfaces, rules of other groups and the VPC's own need keep a group from deletion.
pub async fn delete(
    service: &Ec2Service,
    call: &Call,
    input: DeleteSecurityGroupRequest,
) -> Result<DeleteSecurityGroupResult, Fault> {
    fault::dry_run(input.dry_run)?;
    let id = locate(service, call, input.group_id, input.group_name).await?;
    Ok(transact!(service.table, &call.permit, |tx| {
        let fence = service.fence(call, &id).await?;
        let stored = service.get_stored::<SecurityGroup>(call, &id).await?;
        if stored.record.name == DEFAULT {
            return Err(fault::default_group(&id));
        }
        if in_use(service, call, &id).await? {
            return Err(fault::group_in_use(&id));
        }
        let claim = Ec2Service::key::<Pointer>(call, &name_claim(&stored.record));
        let txn = Txn::new().remove(call, &stored, fence).delete(claim);
        tx.join(txn);
        DeleteSecurityGroupResult {
            return_: Some(true),
            group_id: Some(id.clone()),
        }
    }))
}

async fn in_use(service: &Ec2Service, cx: &Context, id: &str) -> Result<bool, Fault> {
    let interfaces: Vec<Interface> = service.all(cx).await?;
    if interfaces
        .iter()
        .any(|it| it.groups.iter().any(|group| group == id))
    {
        return Ok(true);
    }
    let endpoints: Vec<VpcEndpoint> = service.all(cx).await?;
    if endpoints
        .iter()
        .any(|it| it.groups.iter().any(|group| group == id))
    {
        return Ok(true);
    }
    let groups: Vec<SecurityGroup> = service.all(cx).await?;
    let names_it = |group: &SecurityGroup| {
        group.id != id && group.all_rules().any(|(_, rule)| rule.group() == Some(id))
    };
    Ok(groups.iter().any(names_it))
}

/// A VPC's groups have different names: each claims its own.
pub fn name_claim(group: &SecurityGroup) -> String {
    format!("group-name:{}:{}", group.vpc_id, group.name)
}

/// The id of a group given by its id, or by its name in the default VPC.
pub async fn locate(
    service: &Ec2Service,
    cx: &Context,
    id: Option<String>,
    name: Option<String>,
) -> Result<String, Fault> {
    if let Some(id) = id.filter(|id| !id.is_empty()) {
        return Ok(id);
    }
    let Some(name) = name.filter(|name| !name.is_empty()) else {
        return Err(fault::missing_parameter("groupName or groupId"));
    };
    let groups: Vec<SecurityGroup> = service.all(cx).await?;
    let vpc = default_vpc_of(service, cx).await?;
    let found = groups
        .into_iter()
        .find(|group| group.name == name && vpc.as_ref().is_some_and(|vpc| vpc.id == group.vpc_id));
    found
        .map(|group| group.id)
        .ok_or_else(|| fault::group_name_not_found(&name))
}

async fn default_vpc(service: &Ec2Service, call: &Call) -> Result<Vpc, Fault> {
    service.ensure_default_vpc(&call.permit, call).await?;
    let vpc = default_vpc_of(service, call).await?;
    vpc.ok_or_else(fault::no_default_vpc)
}

pub async fn default_vpc_of(service: &Ec2Service, cx: &Context) -> Result<Option<Vpc>, Fault> {
    let vpcs: Vec<Vpc> = service.all(cx).await?;
    Ok(vpcs.into_iter().find(|vpc| vpc.is_default))
}

fn check_texts(name: &str, description: &str) -> Result<(), Fault> {
    let valid = |text: &str| text.len() <= MAX_TEXT && text.chars().all(may_describe);
    if name.is_empty() {
        return Err(fault::missing_parameter("GroupName"));
    }
    if description.is_empty() {
        return Err(fault::missing_parameter("GroupDescription"));
    }
    if name == DEFAULT {
        return Err(fault::bad_value(
            "Cannot use reserved security group name: default",
        ));
    }
    if name.starts_with("sg-") {
        return Err(fault::bad_value(format!(
            "Value ({name}) for parameter GroupName is invalid. Group names may not be in the \
             format sg-*"
        )));
    }
    for (what, text) in [("name", name), ("description", description)] {
        if !valid(text) {
            return Err(fault::bad_value(format!(
                "Invalid security group {what}. Valid {what}s are strings less than 256 \
                 characters from the following set:  a-zA-Z0-9. _-:/()#,@[]+=&;{{}}!$*"
            )));
        }
    }
    Ok(())
}
