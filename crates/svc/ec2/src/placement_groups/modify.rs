//! ModifyInstancePlacement: a stopped instance goes into a group, or out of one. It stays on its host, where its disk is, so
//! that host must suit the group.

use wharf_api_ec2::types::{ModifyInstancePlacementRequest, ModifyInstancePlacementResult};
use wharf_service::transact;
use wharf_store::Txn;
use wharf_wire::{Call, Fault};

use super::{Asked, InGroup, PlacementGroup, Siblings, Strategy, check, members, of};
use crate::{
    Ec2Service, fault,
    instances::{life::State, providers::Ability},
    records::{Entity as _, Instance, is_seen},
    table::LeanOn as _,
};

pub async fn modify(
    service: &Ec2Service,
    call: &Call,
    input: ModifyInstancePlacementRequest,
) -> Result<ModifyInstancePlacementResult, Fault> {
    let id = input.instance_id.as_deref().filter(|it| !it.is_empty());
    let id = id.ok_or_else(|| fault::missing_parameter("InstanceId"))?;
    let leaves = input.group_name.as_deref() == Some("");
    let given = |text: &Option<String>| text.clone().filter(|it| !it.is_empty());
    let (name, group_id) = (given(&input.group_name), given(&input.group_id));
    if leaves && (group_id.is_some() || input.partition_number.is_some()) {
        return Err(fault::bad_combination(
            "An instance that leaves its placement group cannot be given another group or partition.",
        ));
    }
    let key = Ec2Service::key::<Instance>(call, id);
    transact!(service.table, &call.permit, |tx| {
        let found = tx.find::<Instance>(&key).await?;
        let found = found.filter(|it| is_seen(it, call));
        let mut instance = found.ok_or_else(|| Instance::missing(id))?;
        instance.lets(call, "ModifyInstancePlacement")?;
        instance.needs(Ability::PlacementGroups)?;
        if instance.life.state != State::Stopped {
            return Err(fault::wrong_state(
                id,
                instance.life.state,
                "moved between placement groups",
            ));
        }
        let group = of(service, call, name.clone(), group_id.clone()).await?;
        let group = match (&instance.placement, group, leaves) {
            (_, Some(group), _) => Some(group),
            // Another partition of the group that it is in.
            (Some(place), None, false) => Some(service.get(call, &place.group).await?),
            (None, None, false) if input.partition_number.is_some() => {
                return Err(fault::partition_without_group());
            }
            (_, None, _) => None,
        };
        instance.placement = match group {
            None => None,
            Some(group) => {
                let partition = group.partition(input.partition_number)?;
                let asked = Asked { group, partition };
                let place = place(service, call, &asked, &instance).await?;
                let txn = Txn::new().lean_on::<PlacementGroup>(call, &asked.group.id);
                tx.join(txn);
                let stored = service
                    .get_stored::<PlacementGroup>(call, &asked.group.id)
                    .await?;
                let mut counted = stored.record.clone();
                counted.placements += 1;
                tx.when(stored.unchanged());
                tx.put(&stored.key, &counted);
                Some(place)
            }
        };
        tx.put(&key, &instance);
    });
    Ok(ModifyInstancePlacementResult {
        return_: Some(true),
    })
}

/// Its place in a group on the host that it has.
async fn place(
    service: &Ec2Service,
    call: &Call,
    asked: &Asked,
    instance: &Instance,
) -> Result<InGroup, Fault> {
    let mut others = members(service, call, &asked.group.id).await?;
    others.retain(|it| it.id != instance.id);
    let host = instance.life.host.as_ref().map(|it| it.id.clone());
    let hosts = host.iter().cloned().collect();
    let unsuited = || fault::host_not_of_group(&instance.id, &asked.group.name);
    let place = match asked.group.strategy {
        // The host may have others of its partition, or none.
        Strategy::Partition(count) => InGroup {
            group: asked.group.id.clone(),
            name: asked.group.name.clone(),
            partition: asked.partition.or_else(|| {
                let on_host = others.iter().find(|it| it.life.host == instance.life.host);
                let of_host = on_host.and_then(|it| it.placement.as_ref()?.partition);
                of_host.or_else(|| {
                    let size = |number: &u32| {
                        let of = others.iter().filter_map(|it| it.placement.as_ref());
                        of.filter(|it| it.partition == Some(*number)).count()
                    };
                    (1..=count).min_by_key(size)
                })
            }),
        },
        Strategy::Cluster | Strategy::Spread => {
            let assigned = check(asked, &others, &instance.zone, &hosts, 1)?;
            if assigned.most(1) == 0 {
                return Err(unsuited());
            }
            assigned.place(&asked.group, 0)
        }
    };
    let siblings = Siblings::of(asked.group.strategy, (&instance.id, &place), &others);
    match host.is_some_and(|it| siblings.avoid.contains(&it)) {
        true => Err(unsuited()),
        false => Ok(place),
    }
}
