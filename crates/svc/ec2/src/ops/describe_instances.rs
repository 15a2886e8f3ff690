//! DescribeInstances.

use std::collections::BTreeMap;

use wharf_api_ec2::types::{DescribeInstancesRequest, DescribeInstancesResult};
use wharf_wire::{Call, Context, Fault};

use super::change_instances::check_id;
use crate::{
    Ec2Service, fault,
    filter::{Asked, names},
    instances::{
        describe::{Neighbours, reservations},
        fields::fields,
    },
    records::{Instance, Interface},
    volumes,
};

pub async fn describe(
    service: &Ec2Service,
    call: &Call,
    input: DescribeInstancesRequest,
) -> Result<DescribeInstancesResult, Fault> {
    fault::dry_run(input.dry_run)?;
    for id in input.instance_ids.iter().flatten() {
        check_id(id)?;
    }
    let of_interfaces = input.filters.iter().flatten().any(|filter| {
        let name = filter.name.as_deref().unwrap_or_default();
        name.starts_with("network-interface.") || name == "source-dest-check"
    });
    let interfaces = match of_interfaces {
        true => attached(service, call).await?,
        false => BTreeMap::new(),
    };
    let of_volumes = input.filters.iter().flatten().any(|filter| {
        let name = filter.name.as_deref().unwrap_or_default();
        name.starts_with("block-device-mapping.")
    });
    let volumes = match of_volumes {
        true => volumes::by_instance(service, call).await?,
        false => BTreeMap::new(),
    };
    let asked = Asked {
        ids: input.instance_ids,
        filters: input.filters,
        next_token: input.next_token,
        max_results: input.max_results,
    };
    let fields = |it: &Instance| fields(it, call, &interfaces, &volumes);
    let selected = service.select(call, asked, &names::INSTANCES, fields);
    let (page, next_token) = selected.await?;
    let neighbours = Neighbours::of(service, call, &page).await?;
    Ok(DescribeInstancesResult {
        reservations: Some(reservations(call, &page, &neighbours)),
        next_token,
    })
}

/// Interfaces by the instance they are attached to.
async fn attached(
    service: &Ec2Service,
    cx: &Context,
) -> Result<BTreeMap<String, Vec<Interface>>, Fault> {
    let all: Vec<Interface> = service.all(cx).await?;
    let mut attached: BTreeMap<String, Vec<Interface>> = BTreeMap::new();
    for interface in all {
        if let Some(attachment) = &interface.attachment {
            let id = attachment.instance_id.clone();
            attached.entry(id).or_default().push(interface);
        }
    }
    Ok(attached)
}
