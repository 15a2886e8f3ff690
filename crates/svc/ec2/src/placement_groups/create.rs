//! CreatePlacementGroup.

use wharf_api_ec2::types::{CreatePlacementGroupRequest, CreatePlacementGroupResult};
use wharf_base::ids;
use wharf_records::{Record as _, Unknown};
use wharf_service::transact;
use wharf_wire::{Call, Fault};

use super::{MAX_GROUPS, MAX_NAME, MOST_IN_ZONE, PlacementGroup, Strategy, name_pointer};
use crate::{Ec2Service, fault, records::Pointer, tags};

pub async fn create(
    service: &Ec2Service,
    call: &Call,
    input: CreatePlacementGroupRequest,
) -> Result<CreatePlacementGroupResult, Fault> {
    fault::dry_run(input.dry_run)?;
    let name = checked_name(input.group_name.clone())?;
    let group = PlacementGroup {
        id: ids::ec2_id("pg"),
        strategy: strategy(&input)?,
        placements: 0,
        created_at: call.now,
        tags: tags::specified(
            call,
            input.tag_specifications.as_deref(),
            PlacementGroup::KIND,
        )?,
        unknown: Unknown::new(),
        name,
    };
    let pointer = Ec2Service::key::<Pointer>(call, &name_pointer(&group.name));
    let _turn = service
        .counting
        .take((&call.account, PlacementGroup::KIND))
        .await;
    let prefix = Ec2Service::scope(call).prefix(PlacementGroup::KIND);
    if service.table.count(&prefix).await? >= MAX_GROUPS {
        return Err(fault::too_many_placement_groups(MAX_GROUPS));
    }
    transact!(service.table, &call.permit, |tx| {
        if tx.find::<Pointer>(&pointer).await?.is_some() {
            return Err(fault::placement_group_exists(&group.name));
        }
        tx.put(&pointer, &Pointer::to(&group.id));
        tx.put(Ec2Service::key::<PlacementGroup>(call, &group.id), &group);
    });
    Ok(CreatePlacementGroupResult {
        placement_group: Some(group.to_wire(call)),
    })
}

fn checked_name(name: Option<String>) -> Result<String, Fault> {
    let name = name.unwrap_or_default();
    if name.is_empty() {
        return Err(fault::missing_parameter("groupName"));
    }
    let printable = name.bytes().all(|it| it == b' ' || it.is_ascii_graphic());
    match printable && name.len() <= MAX_NAME && name.trim() == name {
        true => Ok(name),
        false => Err(fault::bad_value_of("groupName", &name)),
    }
}

fn strategy(input: &CreatePlacementGroupRequest) -> Result<Strategy, Fault> {
    let strategy = input.strategy.as_deref().filter(|it| !it.is_empty());
    let level = input.spread_level.as_deref().filter(|it| !it.is_empty());
    let strategy = match strategy.unwrap_or("cluster") {
        "cluster" => Strategy::Cluster,
        "spread" => Strategy::Spread,
        // One that is not said is two, as the command line's own examples have it.
        "partition" => Strategy::Partition(partitions(input.partition_count.unwrap_or(2))?),
        other => return Err(fault::bad_value_of("strategy", other)),
    };
    match (strategy, level) {
        (_, None) | (Strategy::Spread, Some("rack")) => {}
        // Of outposts alone.
        (Strategy::Spread, Some("host")) => {
            return Err(fault::unsupported_parameter("SpreadLevel=host"));
        }
        (Strategy::Spread, Some(other)) => {
            return Err(fault::bad_value_of("SpreadLevel", other));
        }
        (_, Some(_)) => {
            return Err(fault::bad_combination(
                "The parameter SpreadLevel may only be used with the strategy spread",
            ));
        }
    }
    match (strategy, input.partition_count) {
        (Strategy::Cluster | Strategy::Spread, Some(_)) => Err(fault::bad_combination(
            "The parameter PartitionCount may only be used with the strategy partition",
        )),
        _ => Ok(strategy),
    }
}

fn partitions(given: i32) -> Result<u32, Fault> {
    let count = u32::try_from(given).ok();
    let count = count.filter(|it| (1..=MOST_IN_ZONE).contains(it));
    count.ok_or_else(|| fault::bad_value_of("PartitionCount", &given.to_string()))
}
