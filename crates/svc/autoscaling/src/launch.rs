//! The request by which EC2 launches an instance of a group, and the question whether its user could do that.

use wharf_api_ec2::{
    BlockDeviceMapping, EbsBlockDevice, IamInstanceProfileSpecification,
    InstanceMarketOptionsRequest, InstanceMetadataOptionsRequest,
    InstanceNetworkInterfaceSpecification, LaunchTemplateSpecification, Placement,
    RunInstancesMonitoringEnabled, RunInstancesRequest, SpotMarketOptions, Tag, TagSpecification,
};
use wharf_service::Place;
use wharf_wire::{Call, Fault};

use crate::{
    core::Core,
    fault,
    names::{self, GROUP_TAG, PRINCIPAL},
    records::{Configuration, Device, Group, Member, Source},
};

/// The code of what EC2 would have done.
const WOULD_HAVE: &str = "DryRunOperation";

/// What a source says of a launch.
///
/// # Errors
/// The store's; the launch configuration is gone.
pub async fn of_source(
    core: &Core,
    place: &Place,
    source: &Source,
    subnet: Option<&str>,
) -> Result<RunInstancesRequest, Fault> {
    match source {
        Source::Template { id, version, .. } => Ok(RunInstancesRequest {
            launch_template: Some(LaunchTemplateSpecification {
                launch_template_id: Some(id.clone()),
                version: Some(version.clone()),
                ..LaunchTemplateSpecification::default()
            }),
            subnet_id: subnet.map(str::to_owned),
            ..one()
        }),
        Source::Configuration { name, .. } => {
            let key = names::configuration_key(place, name);
            let found = core.table.read::<Configuration>(&key).await?;
            let found = found.ok_or_else(|| fault::no_configuration(name))?;
            of_configuration(core, place, &found.record, subnet)
        }
    }
}

fn one() -> RunInstancesRequest {
    RunInstancesRequest {
        min_count: Some(1),
        max_count: Some(1),
        ..RunInstancesRequest::default()
    }
}

/// # Errors
/// Its user data cannot be opened.
pub fn of_configuration(
    core: &Core,
    place: &Place,
    of: &Configuration,
    subnet: Option<&str>,
) -> Result<RunInstancesRequest, Fault> {
    let user_data = match &of.userdata {
        None => None,
        Some(sealed) => {
            let opened = core
                .parts
                .keyring
                .open(sealed, &names::user_data(place, &of.name));
            let opened = opened.map_err(|error| crate::fault::unreadable(&error))?;
            opened.expose_str().map(str::to_owned)
        }
    };
    let profile = of.instance_profile.clone().map(|it| {
        let is_arn = it.starts_with("arn:");
        IamInstanceProfileSpecification {
            arn: Some(it.clone()).filter(|_| is_arn),
            name: Some(it).filter(|_| !is_arn),
        }
    });
    let given = of.http_tokens.is_some() || of.http_endpoint.is_some() || of.http_hops.is_some();
    let mut request = RunInstancesRequest {
        image_id: Some(of.image.clone()),
        instance_type: Some(of.instance_type.clone()),
        key_name: of.key_name.clone(),
        user_data,
        iam_instance_profile: profile,
        ebs_optimized: of.ebs_optimized,
        monitoring: of.monitoring.map(|it| RunInstancesMonitoringEnabled {
            enabled: Some(it),
            ..RunInstancesMonitoringEnabled::default()
        }),
        metadata_options: given.then(|| InstanceMetadataOptionsRequest {
            http_tokens: of.http_tokens.clone(),
            http_endpoint: of.http_endpoint.clone(),
            http_put_response_hop_limit: of.http_hops,
            ..InstanceMetadataOptionsRequest::default()
        }),
        ..one()
    };
    if !of.devices.is_empty() {
        request.block_device_mappings = Some(of.devices.iter().map(mapping).collect());
    }
    if of.spot_price.is_some() {
        request.instance_market_options = Some(spot(of.spot_price.clone()));
    }
    let groups = Some(of.security_groups.clone()).filter(|it| !it.is_empty());
    match of.public_address {
        // It is asked for of an interface, which then names subnet and groups.
        Some(public) => {
            request.network_interfaces = Some(vec![InstanceNetworkInterfaceSpecification {
                device_index: Some(0),
                associate_public_ip_address: Some(public),
                delete_on_termination: Some(true),
                subnet_id: subnet.map(str::to_owned),
                groups,
                ..InstanceNetworkInterfaceSpecification::default()
            }]);
        }
        None => {
            request.subnet_id = subnet.map(str::to_owned);
            request.security_group_ids = groups;
        }
    }
    Ok(request)
}

fn mapping(device: &Device) -> BlockDeviceMapping {
    BlockDeviceMapping {
        device_name: Some(device.name.clone()),
        ebs: device.disk.as_ref().map(|it| EbsBlockDevice {
            snapshot_id: it.snapshot.clone(),
            volume_size: it.gib,
            volume_type: it.kind.clone(),
            delete_on_termination: it.ends_with_instance,
            iops: it.iops,
            encrypted: it.encrypted,
            throughput: it.throughput,
            ..EbsBlockDevice::default()
        }),
        // An empty word leaves it out.
        no_device: device.absent.then(String::new),
        ..BlockDeviceMapping::default()
    }
}

/// Where instances of a placement group are launched.
pub fn in_group(name: &str) -> Placement {
    Placement {
        group_name: Some(name.to_owned()),
        ..Placement::default()
    }
}

/// Spot instances that cost no more than that.
pub fn spot(max_price: Option<String>) -> InstanceMarketOptionsRequest {
    InstanceMarketOptionsRequest {
        market_type: Some("spot".to_owned()),
        spot_options: Some(SpotMarketOptions {
            max_price,
            ..SpotMarketOptions::default()
        }),
    }
}

/// The whole request for a member.
///
/// # Errors
/// As [`of_source`].
pub async fn of_member(
    core: &Core,
    place: &Place,
    group: &Group,
    member: &Member,
) -> Result<RunInstancesRequest, Fault> {
    let source = member.source.as_ref().unwrap_or(&group.launch);
    let mut request = of_source(core, place, source, Some(&member.subnet)).await?;
    request.client_token = Some(member.token.clone());
    if member.wanted_type.is_some() {
        request.instance_type.clone_from(&member.wanted_type);
    }
    if member.spot {
        let mixed = group.mixed.as_ref();
        request.instance_market_options = Some(spot(mixed.and_then(|it| it.spot_price.clone())));
    }
    request.placement = group.placement_group.as_deref().map(in_group);
    let tag = |key: &str, value: &str| Tag {
        key: Some(key.to_owned()),
        value: Some(value.to_owned()),
    };
    let propagated = group
        .tags
        .iter()
        .filter(|it| group.propagated.contains(it.0));
    let tags = propagated.map(|(key, value)| tag(key, value));
    request.tag_specifications = Some(vec![TagSpecification {
        resource_type: Some("instance".to_owned()),
        tags: Some(tags.chain([tag(GROUP_TAG, &group.name)]).collect()),
    }]);
    Ok(request)
}

/// EC2 is asked in the caller's name whether it would launch this: who may not launch an instance, or not pass the
/// role of its profile, gets none through a group.
///
/// # Errors
/// It would not.
pub async fn could(
    core: &Core,
    call: &Call,
    mut request: RunInstancesRequest,
) -> Result<(), Fault> {
    request.dry_run = Some(true);
    let asked = call.forwarded_by(PRINCIPAL);
    match core.parts.ec2.run_instances(&asked, request).await {
        Err(fault) if fault.code == WOULD_HAVE => Ok(()),
        Err(fault) => Err(fault::of_launch(fault)),
        // EC2 has no other answer to a question.
        Ok(_) => Ok(()),
    }
}
