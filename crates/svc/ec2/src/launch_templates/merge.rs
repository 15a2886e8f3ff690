//! A request to launch instances over the template it names.

use wharf_api_ec2::types::{
    BlockDeviceMapping, IamInstanceProfileSpecification, InstanceIpv6Address,
    InstanceMetadataOptionsRequest, InstanceNetworkInterfaceSpecification, Placement,
    RunInstancesMonitoringEnabled, RunInstancesRequest, Tag, TagSpecification,
};

use super::{Interface, LaunchTemplateData, Metadata, data::Market};
use crate::{
    block_devices::{Mapping, over, read},
    records::tags_to_wire,
};

/// The request with everything that it leaves to its template.
///
/// What the request says counts. Metadata options and those of names are taken one by one, tags by resource type and key, and
/// network interfaces by device index; subnet, groups and address of the request go to the template's
/// primary interface, if it has one, as they would be refused beside it. An interface that is there already has
/// all of that of its own and takes nothing of it from the template.
pub fn merge(
    template: &LaunchTemplateData,
    mut request: RunInstancesRequest,
) -> RunInstancesRequest {
    let from = template.clone();
    network(template, &mut request);
    from.options.fill(&mut request);
    request.image_id = request.image_id.or(from.image_id);
    request.instance_type = request.instance_type.or(from.instance_type);
    request.key_name = request.key_name.or(from.key_name);
    request.user_data = request.user_data.or(from.user_data);
    request.iam_instance_profile = request.iam_instance_profile.or_else(|| {
        from.profile.map(|it| IamInstanceProfileSpecification {
            arn: it.arn,
            name: it.name,
        })
    });
    request.tag_specifications = tags(template, request.tag_specifications);
    request.metadata_options = metadata(&template.metadata, request.metadata_options);
    request.disable_api_termination = request
        .disable_api_termination
        .or(from.disable_api_termination);
    let behavior = request.instance_initiated_shutdown_behavior;
    request.instance_initiated_shutdown_behavior = behavior.or(from.shutdown_behavior);
    if let Some(zone) = from.zone {
        let placement = request.placement.get_or_insert_with(Placement::default);
        // A zone by id would contradict the template's.
        if placement.availability_zone_id.is_none() {
            placement.availability_zone.get_or_insert(zone);
        }
    }
    if !from.placed.is_empty() {
        let placement = request.placement.get_or_insert_with(Placement::default);
        // A group of the request's own is not the template's, and neither are its partitions.
        if placement.group_name.is_none() && placement.group_id.is_none() {
            placement.group_name = from.placed.name;
            placement.group_id = from.placed.id;
            placement.partition_number = placement.partition_number.or(from.placed.partition);
        }
    }
    request.instance_market_options = request
        .instance_market_options
        .or_else(|| template.market.as_ref().map(Market::to_request));
    request.block_device_mappings =
        block_devices(&template.block_devices, request.block_device_mappings);
    request.monitoring = request.monitoring.or_else(|| {
        from.monitoring.map(|on| RunInstancesMonitoringEnabled {
            enabled: Some(on),
            ..RunInstancesMonitoringEnabled::default()
        })
    });
    request
}

/// Devices of the request over those of the template. What makes no mapping stays to be refused by the launch.
fn block_devices(
    template: &[Mapping],
    own: Option<Vec<BlockDeviceMapping>>,
) -> Option<Vec<BlockDeviceMapping>> {
    if template.is_empty() {
        return own;
    }
    match read(own.as_deref()) {
        Ok(own) => Some(over(&own, template).iter().map(Mapping::to_wire).collect()),
        Err(_) => own,
    }
}

fn network(template: &LaunchTemplateData, request: &mut RunInstancesRequest) {
    let own = request.network_interfaces.take().unwrap_or_default();
    let mut merged: Vec<_> = template.interfaces.iter().map(interface).collect();
    for one in own {
        let index = one.device_index.unwrap_or_default();
        let same = |it: &&mut InstanceNetworkInterfaceSpecification| {
            it.device_index.unwrap_or_default() == index
        };
        match merged.iter_mut().find(same) {
            Some(below) => *below = interface_over(one, below.clone()),
            None => merged.push(one),
        }
    }
    if merged.is_empty() {
        let none = |list: &Option<Vec<String>>| list.as_ref().is_none_or(Vec::is_empty);
        if none(&request.security_group_ids) && none(&request.security_groups) {
            request.security_group_ids = listed(&template.security_group_ids);
            request.security_groups = listed(&template.security_groups);
        }
        return;
    }
    let primary =
        |it: &&mut InstanceNetworkInterfaceSpecification| it.device_index.unwrap_or_default() == 0;
    if let Some(primary) = merged.iter_mut().find(primary) {
        // What stands beside interfaces of the request itself stays there, to be refused.
        if !template.interfaces.is_empty() {
            let subnet = request.subnet_id.take();
            primary.subnet_id = subnet.or(primary.subnet_id.take());
            let groups = request
                .security_group_ids
                .take()
                .filter(|it| !it.is_empty());
            primary.groups = groups.or(primary.groups.take());
            let address = request.private_ip_address.take();
            primary.private_ip_address = address.or(primary.private_ip_address.take());
            if says_ipv6(&request.ipv6_addresses, request.ipv6_address_count) {
                primary.ipv6_addresses = request.ipv6_addresses.take();
                primary.ipv6_address_count = request.ipv6_address_count.take();
            }
        }
        let own = primary.groups.take().filter(|it| !it.is_empty());
        if own.is_none() && primary.network_interface_id.is_none() {
            primary.groups = listed(&template.security_group_ids);
            // Groups cannot be named in an interface. The launch refuses the names beside it; without them the
            // instance would be in the default group.
            if request.security_groups.as_ref().is_none_or(Vec::is_empty) {
                request.security_groups = listed(&template.security_groups);
            }
        } else {
            primary.groups = own;
        }
    }
    request.network_interfaces = Some(merged);
}

fn says_ipv6(these: &Option<Vec<InstanceIpv6Address>>, count: Option<i32>) -> bool {
    count.is_some() || these.as_ref().is_some_and(|it| !it.is_empty())
}

fn listed(list: &[String]) -> Option<Vec<String>> {
    (!list.is_empty()).then(|| list.to_vec())
}

fn interface(it: &Interface) -> InstanceNetworkInterfaceSpecification {
    InstanceNetworkInterfaceSpecification {
        device_index: it.device_index,
        network_interface_id: it.network_interface_id.clone(),
        subnet_id: it.subnet_id.clone(),
        groups: listed(&it.groups),
        private_ip_address: it.private_ip_address.clone(),
        private_ip_addresses: it.specified(),
        secondary_private_ip_address_count: it.secondary_count,
        ipv6_addresses: it.specified_ipv6(),
        ipv6_address_count: it.ipv6_count,
        description: it.description.clone(),
        delete_on_termination: it.delete_on_termination,
        associate_public_ip_address: it.associate_public_ip_address,
        ..InstanceNetworkInterfaceSpecification::default()
    }
}

fn interface_over(
    one: InstanceNetworkInterfaceSpecification,
    below: InstanceNetworkInterfaceSpecification,
) -> InstanceNetworkInterfaceSpecification {
    if one.network_interface_id.is_some() {
        return InstanceNetworkInterfaceSpecification {
            delete_on_termination: one.delete_on_termination.or(below.delete_on_termination),
            ..one
        };
    }
    // Addresses and their number come from one of both: they exclude each other.
    let ipv6 = match says_ipv6(&one.ipv6_addresses, one.ipv6_address_count) {
        true => (one.ipv6_addresses, one.ipv6_address_count),
        false => (below.ipv6_addresses, below.ipv6_address_count),
    };
    InstanceNetworkInterfaceSpecification {
        ipv6_addresses: ipv6.0,
        ipv6_address_count: ipv6.1,
        network_interface_id: one.network_interface_id.or(below.network_interface_id),
        subnet_id: one.subnet_id.or(below.subnet_id),
        groups: one.groups.filter(|it| !it.is_empty()).or(below.groups),
        private_ip_address: one.private_ip_address.or(below.private_ip_address),
        private_ip_addresses: one.private_ip_addresses.or(below.private_ip_addresses),
        secondary_private_ip_address_count: one
            .secondary_private_ip_address_count
            .or(below.secondary_private_ip_address_count),
        description: one.description.or(below.description),
        delete_on_termination: one.delete_on_termination.or(below.delete_on_termination),
        associate_public_ip_address: one
            .associate_public_ip_address
            .or(below.associate_public_ip_address),
        ..one
    }
}

fn metadata(
    template: &Metadata,
    own: Option<InstanceMetadataOptionsRequest>,
) -> Option<InstanceMetadataOptionsRequest> {
    if *template == Metadata::default() {
        return own;
    }
    let own = own.unwrap_or_default();
    let (from, hops) = (template.clone(), own.http_put_response_hop_limit);
    Some(InstanceMetadataOptionsRequest {
        http_tokens: own.http_tokens.or(from.http_tokens),
        http_put_response_hop_limit: hops.or(from.http_put_response_hop_limit),
        http_endpoint: own.http_endpoint.or(from.http_endpoint),
        instance_metadata_tags: own.instance_metadata_tags.or(from.instance_metadata_tags),
        ..own
    })
}

fn tags(
    template: &LaunchTemplateData,
    own: Option<Vec<TagSpecification>>,
) -> Option<Vec<TagSpecification>> {
    let mut merged = own.unwrap_or_default();
    for (kind, tags) in &template.tags {
        let of_kind = |it: &TagSpecification| it.resource_type.as_deref() == Some(kind);
        let given = merged.iter().filter(|it| of_kind(it));
        let keys = given.flat_map(|it| it.tags.iter().flatten());
        let keys: Vec<String> = keys.filter_map(|tag| tag.key.clone()).collect();
        let rest: Vec<Tag> = tags_to_wire(tags)
            .into_iter()
            .filter(|tag| tag.key.as_ref().is_none_or(|key| !keys.contains(key)))
            .collect();
        match merged.iter_mut().find(|it| of_kind(it)) {
            Some(given) => given.tags.get_or_insert_default().extend(rest),
            None => merged.push(TagSpecification {
                resource_type: Some(kind.clone()),
                tags: Some(rest),
            }),
        }
    }
    (!merged.is_empty()).then_some(merged)
}

#[cfg(test)]
mod tests;
