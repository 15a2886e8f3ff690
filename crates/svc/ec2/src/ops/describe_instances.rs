//! DescribeInstances.

use std::collections::BTreeMap;

use wharf_api_ec2::types::{DescribeInstancesRequest, DescribeInstancesResult};
use wharf_wire::{Call, Context, Fault};

use super::{change_instances::check_id, interfaces::group_names};
use crate::{
    Ec2Service, fault,
    filter::{Asked, names},
    instances::{
        describe::{Neighbours, of_other_accounts, reservations},
        fields::{Beside, fields, is_of_interfaces},
    },
    page::{USUAL_SIZES, check_ids, check_size},
    records::{Instance, Interface},
    volumes,
};

pub async fn describe(
    service: &Ec2Service,
    call: &Call,
    input: DescribeInstancesRequest,
) -> Result<DescribeInstancesResult, Fault> {
    fault::dry_run(input.dry_run)?;
    check_ids(
        input.instance_ids.as_deref(),
        input.max_results,
        "instancesSet",
    )?;
    check_size(input.max_results, &USUAL_SIZES)?;
    for id in input.instance_ids.iter().flatten() {
        check_id(id)?;
    }
    let mut beside = Beside::default();
    let mut names = input.filters.iter().flatten();
    if names.any(|it| it.name.as_deref().is_some_and(is_of_interfaces)) {
        let attached = attached(service, call).await?;
        beside.group_names = group_names(service, call, &attached).await?;
        let instances: Vec<Instance> = service.all(call).await?;
        let (of_others, names) = of_other_accounts(service, call, &instances).await?;
        beside.group_names.extend(names);
        beside.interfaces = by_instance(attached.into_iter().chain(of_others));
    }
    let of_volumes = input.filters.iter().flatten().any(|filter| {
        let name = filter.name.as_deref().unwrap_or_default();
        name.starts_with("block-device-mapping.")
    });
    if of_volumes {
        beside.volumes = volumes::by_instance(service, call).await?;
    }
    let asked = Asked {
        ids: input.instance_ids,
        filters: input.filters,
        next_token: input.next_token,
        max_results: input.max_results,
    };
    let fields = |it: &Instance| fields(it, call, &beside);
    let selected = service.select(call, asked, &names::INSTANCES, fields);
    let (page, next_token) = selected.await?;
    let neighbours = Neighbours::of(service, call, &page).await?;
    Ok(DescribeInstancesResult {
        reservations: Some(reservations(call, &page, &neighbours)),
        next_token,
    })
}

/// Interfaces that are attached to something.
async fn attached(service: &Ec2Service, cx: &Context) -> Result<Vec<Interface>, Fault> {
    let mut all: Vec<Interface> = service.all(cx).await?;
    all.retain(|it| it.attachment.is_some());
    Ok(all)
}

fn by_instance(attached: impl Iterator<Item = Interface>) -> BTreeMap<String, Vec<Interface>> {
    let mut by_instance: BTreeMap<String, Vec<Interface>> = BTreeMap::new();
    for interface in attached {
        if let Some(attachment) = &interface.attachment {
            let id = attachment.instance_id.clone();
            by_instance.entry(id).or_default().push(interface);
        }
    }
    by_instance
}
