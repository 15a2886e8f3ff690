//! Target groups: made, described, changed, deleted.

use wharf_api_elbv2::{
    CreateTargetGroupInput, CreateTargetGroupOutput, DeleteTargetGroupInput,
    DeleteTargetGroupOutput, DescribeTargetGroupsInput, DescribeTargetGroupsOutput,
    ModifyTargetGroupInput, ModifyTargetGroupOutput, faults,
};
use wharf_base::ids;
use wharf_records::{Record, Unknown, encode};
use wharf_service::transact;
use wharf_store::{Compare, Range, Txn};
use wharf_wire::{Call, Fault};

use crate::{
    check::{self, group::Wanted},
    core::{ChangeError, Core},
    describe, fault,
    names::{Kind, Names as _, Place},
    network, page,
    records::{Attributes, GroupName, TargetGroup},
};

/// In one account and region, as in AWS.
const MAX_GROUPS: u64 = 3000;

pub async fn create(
    core: &Core,
    call: &Call,
    input: CreateTargetGroupInput,
) -> Result<CreateTargetGroupOutput, Fault> {
    let name = input.name.clone().unwrap_or_default();
    check::name::group(&name)?;
    let wanted = check::group::wanted(&input)?;
    let tags = check::tags::given(input.tags)?;
    vpc_exists(core, call, &wanted.vpc).await?;
    let place = Place::of(call);
    let scope = place.scope();
    let name_key = scope.key(GroupName::KIND, &name);
    Ok(transact!(core.table, &call.permit, |tx| {
        if let Some((id, there)) = named(core, &place, &name).await? {
            if of(&there) != wanted {
                return Err(fault::duplicate_group(&name));
            }
            return Ok(answer(&place, &id, &there));
        }
        let count = Range::prefix(scope.prefix(TargetGroup::KIND)).count_only();
        let count = core
            .parts
            .store
            .range(count)
            .await
            .map_err(ChangeError::from)?
            .count;
        if count as u64 >= MAX_GROUPS {
            return Err(faults::too_many_target_groups_exception(
                "The maximum number of target groups has been reached",
            ));
        }
        let id = format!("{name}/{}", ids::hex16());
        let group = TargetGroup {
            name: name.clone(),
            target_type: wanted.target_type,
            protocol: wanted.protocol,
            version: wanted.version,
            port: wanted.port,
            vpc: wanted.vpc.clone(),
            ipv6: wanted.ipv6,
            health_check: wanted.health_check.clone(),
            attributes: Attributes::new(),
            used_by: Default::default(),
            tags: tags.clone(),
            unknown: Unknown::new(),
        };
        let pointer = GroupName {
            id: id.clone(),
            unknown: Unknown::new(),
        };
        let txn = Txn::new()
            .when(Compare::absent(&name_key))
            .put(&name_key, encode(&pointer))
            .put(scope.key(TargetGroup::KIND, &id), encode(&group));
        tx.join(txn);
        answer(&place, &id, &group)
    }))
}

fn answer(place: &Place, id: &str, group: &TargetGroup) -> CreateTargetGroupOutput {
    CreateTargetGroupOutput {
        target_groups: Some(vec![describe::group(place, id, group)]),
    }
}

/// The settings that a repeated request would ask for.
fn of(group: &TargetGroup) -> Wanted {
    Wanted {
        target_type: group.target_type,
        protocol: group.protocol,
        version: group.version,
        port: group.port,
        vpc: group.vpc.clone(),
        ipv6: group.ipv6,
        health_check: group.health_check.clone(),
    }
}

async fn vpc_exists(core: &Core, call: &Call, vpc: &str) -> Result<(), Fault> {
    match network::describe_vpc(core, call, vpc).await {
        Ok(_) => Ok(()),
        Err(fault) if fault.code.starts_with("InvalidVpc") => {
            Err(fault::invalid(format!("The VPC ID '{vpc}' is not found")))
        }
        Err(fault) => Err(fault::of_ec2(&fault)),
    }
}

async fn named(
    core: &Core,
    place: &Place,
    name: &str,
) -> Result<Option<(String, TargetGroup)>, Fault> {
    let scope = place.scope();
    let Some(pointer) = core
        .table
        .read::<GroupName>(&scope.key(GroupName::KIND, name))
        .await?
    else {
        return Ok(None);
    };
    let id = pointer.record.id;
    let found = core
        .table
        .read::<TargetGroup>(&scope.key(TargetGroup::KIND, &id))
        .await?;
    Ok(found.map(|found| (id, found.record)))
}

pub async fn describe(
    core: &Core,
    call: &Call,
    mut input: DescribeTargetGroupsInput,
) -> Result<DescribeTargetGroupsOutput, Fault> {
    let wanted = (input.marker.take(), input.page_size.take());
    let wanted = page::asked(core, call, "elbv2/DescribeTargetGroups", &input, wanted)?;
    let place = Place::of(call);
    let arns = input.target_group_arns.unwrap_or_default();
    let names = input.names.unwrap_or_default();
    let asked = [
        !arns.is_empty(),
        !names.is_empty(),
        input.load_balancer_arn.is_some(),
    ];
    if asked.into_iter().filter(|it| *it).count() > 1 {
        return Err(fault::invalid(
            "Target group names, target group ARNs and a load balancer ARN cannot be specified at the same time",
        ));
    }
    let mut found: Vec<(String, TargetGroup)> = Vec::new();
    for arn in &arns {
        let (id, it) = core.group(&place, Some(arn)).await?;
        found.push((id, it.record));
    }
    for name in &names {
        let it = named(core, &place, name).await?;
        found.push(it.ok_or_else(fault::group_not_found)?);
    }
    if arns.is_empty() && names.is_empty() {
        let all = core.table.all::<TargetGroup>(&place.scope(), "").await?;
        let all = all.into_iter().map(|(id, it)| (id, it.record));
        match input.load_balancer_arn.as_deref() {
            None => found.extend(all),
            Some(arn) => {
                let (balancer, _) = core.balancer(&place, Some(arn)).await?;
                let own = place.arn(Kind::Balancer, &balancer);
                let uses = |group: &TargetGroup| {
                    let mut users = group.used_by.iter();
                    users.any(|user| crate::names::balancer_of(user).as_ref() == Some(&own))
                };
                found.extend(all.filter(|(_, group)| uses(group)));
            }
        }
    }
    let (page, next_marker) = page::by_id(&wanted, found);
    let shown = page.iter().map(|(id, it)| describe::group(&place, id, it));
    Ok(DescribeTargetGroupsOutput {
        target_groups: Some(shown.collect()),
        next_marker,
    })
}

pub async fn modify(
    core: &Core,
    call: &Call,
    input: ModifyTargetGroupInput,
) -> Result<ModifyTargetGroupOutput, Fault> {
    let place = Place::of(call);
    let (id, stored) = core
        .group(&place, input.target_group_arn.as_deref())
        .await?;
    let change = |group: &mut TargetGroup| {
        group.health_check =
            check::group::modified(&group.health_check, (group.protocol, group.version), &input)?;
        Ok::<_, Fault>(())
    };
    let changed = core.table.change(&call.permit, &stored.key, change).await?;
    let (changed, ()) = changed.ok_or_else(fault::group_not_found)?;
    Ok(ModifyTargetGroupOutput {
        target_groups: Some(vec![describe::group(&place, &id, &changed)]),
    })
}

/// Its targets are removed by the reconciler.
pub async fn delete(
    core: &Core,
    call: &Call,
    input: DeleteTargetGroupInput,
) -> Result<DeleteTargetGroupOutput, Fault> {
    let place = Place::of(call);
    let arn = input.target_group_arn.unwrap_or_default();
    let Some(id) = place.id(Kind::Group, Some(&arn))? else {
        return Err(fault::group_not_found());
    };
    let scope = place.scope();
    let key = scope.key(TargetGroup::KIND, &id);
    Ok(transact!(core.table, &call.permit, |tx| {
        // What is not there any more counts as deleted.
        let Some(stored) = core.table.read::<TargetGroup>(&key).await? else {
            return Ok(DeleteTargetGroupOutput {});
        };
        if !stored.record.used_by.is_empty() {
            return Err(fault::group_in_use(&arn));
        }
        let txn = Txn::new()
            .when(stored.unchanged())
            .delete(&key)
            .delete(scope.key(GroupName::KIND, &stored.record.name));
        tx.join(txn);
        DeleteTargetGroupOutput {}
    }))
}
