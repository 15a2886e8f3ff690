//! CreateLaunchConfiguration, DescribeLaunchConfigurations and DeleteLaunchConfiguration.

use std::collections::BTreeSet;

use wharf_api_autoscaling::{
    BlockDeviceMapping, CreateLaunchConfigurationType, Ebs, InstanceMetadataOptions,
    InstanceMonitoring, LaunchConfiguration, LaunchConfigurationNameType,
    LaunchConfigurationNamesType, LaunchConfigurationsType, faults,
};
use wharf_api_ec2::{
    DescribeImagesRequest, DescribeInstanceTypesRequest, DescribeKeyPairsRequest,
    DescribeSecurityGroupsRequest,
};
use wharf_base::ids;
use wharf_records::Record as _;
use wharf_service::{Place, Stored, transact};
use wharf_wire::{Call, Fault};

use super::{MOST, USUAL};
use crate::{
    core::Core,
    fault::{self, invalid},
    launch,
    names::{self, PRINCIPAL},
    records::{Configuration, Device, Disk, Group, Source},
};

/// Launch configurations of a region, as AWS has it.
pub const MOST_CONFIGURATIONS: usize = 200;
/// Characters of user data in base 64.
const LONGEST_USER_DATA: usize = 21_847;
const MOST_SECURITY_GROUPS: usize = 16;
const MOST_DEVICES: usize = 64;

pub async fn create(
    core: &Core,
    call: &Call,
    input: CreateLaunchConfigurationType,
) -> Result<(), Fault> {
    let place = Place::of(call);
    let made = read(core, &place, input)?;
    let request = launch::of_configuration(core, &place, &made, None)?;
    launch::could(core, call, request).await?;
    all_is_there(core, call, &made).await?;
    let key = names::configuration_key(&place, &made.name);
    let all = names::scope(&place).prefix(Configuration::KIND);
    transact!(core.table, &call.permit, |tx| {
        if tx.find::<Configuration>(&key).await?.is_some() {
            return Err(faults::already_exists_fault(format!(
                "Launch Configuration by this name already exists - A launch configuration already exists with the name {}",
                made.name
            )));
        }
        if core.table.count(&all).await? >= MOST_CONFIGURATIONS {
            return Err(faults::limit_exceeded_fault(format!(
                "You may have at most {MOST_CONFIGURATIONS} launch configurations."
            )));
        }
        tx.put(&key, &made);
    });
    Ok(())
}

/// That all is there which a configuration names: the image, the type, the key pair and the security groups. Each launch
/// finds out anew, for any of them may be deleted meanwhile.
///
/// # Errors
/// Something is not, or EC2 could not be asked.
async fn all_is_there(core: &Core, call: &Call, of: &Configuration) -> Result<(), Fault> {
    let (call, ec2) = (call.passed_on_by(PRINCIPAL), &core.parts.ec2);
    let asked = DescribeImagesRequest {
        image_ids: Some(vec![of.image.clone()]),
        ..DescribeImagesRequest::default()
    };
    let found = ec2.describe_images(&call, asked).await;
    let image = &of.image;
    told(found, |said| {
        format!("AMI {image} is invalid: {}", said.message)
    })?;
    let asked = DescribeInstanceTypesRequest {
        instance_types: Some(vec![of.instance_type.clone()]),
        ..DescribeInstanceTypesRequest::default()
    };
    let found = ec2.describe_instance_types(&call, asked).await;
    let kind = &of.instance_type;
    told(found, |said| match said.code == "InvalidInstanceType" {
        true => format!("The specified instance type {kind} is not valid"),
        false => said.message,
    })?;
    if let Some(name) = &of.key_name {
        let asked = DescribeKeyPairsRequest {
            key_names: Some(vec![name.clone()]),
            ..DescribeKeyPairsRequest::default()
        };
        told(ec2.describe_key_pairs(&call, asked).await, |it| it.message)?;
    }
    // Of none EC2 would show all.
    if !of.security_groups.is_empty() {
        let asked = DescribeSecurityGroupsRequest {
            group_ids: Some(of.security_groups.clone()),
            ..DescribeSecurityGroupsRequest::default()
        };
        let found = ec2.describe_security_groups(&call, asked).await;
        told(found, |it| it.message)?;
    }
    Ok(())
}

/// What EC2 refuses, in this service's words.
fn told<T>(answer: Result<T, Fault>, text: impl FnOnce(Fault) -> String) -> Result<(), Fault> {
    match answer {
        Ok(_) => Ok(()),
        Err(fault) if fault.status >= 500 => Err(fault),
        Err(fault) => Err(invalid(text(fault))),
    }
}

fn read(
    core: &Core,
    place: &Place,
    input: CreateLaunchConfigurationType,
) -> Result<Configuration, Fault> {
    let name = input.launch_configuration_name.unwrap_or_default();
    let given = |it: Option<String>| it.filter(|it| !it.is_empty());
    let image = given(input.image_id);
    let image = image.ok_or_else(|| {
        invalid("Valid requests must contain either the InstanceID parameter or both the ImageId and InstanceType parameters.")
    })?;
    let instance_type = given(input.instance_type).ok_or_else(|| {
        invalid("Valid requests must contain either the InstanceID parameter or both the ImageId and InstanceType parameters.")
    })?;
    let user_data = given(input.user_data);
    if user_data
        .as_ref()
        .is_some_and(|it| it.len() > LONGEST_USER_DATA)
    {
        return Err(invalid("User data is limited to 16384 bytes"));
    }
    let security_groups = input.security_groups.unwrap_or_default();
    if security_groups.len() > MOST_SECURITY_GROUPS {
        return Err(invalid("There are too many security groups."));
    }
    let devices = input.block_device_mappings.unwrap_or_default();
    if devices.len() > MOST_DEVICES {
        return Err(invalid("There are too many block device mappings."));
    }
    let spot_price = given(input.spot_price);
    let spot_price = spot_price.map(|it| super::given::price(it, "SpotPrice"));
    let metadata = input.metadata_options.unwrap_or_default();
    let purpose = names::user_data(place, &name);
    Ok(Configuration {
        uuid: ids::uuid(),
        created_at: core.now(),
        image,
        instance_type,
        key_name: given(input.key_name),
        security_groups,
        userdata: user_data.map(|it| core.parts.keyring.seal(it.as_bytes(), &purpose)),
        instance_profile: given(input.iam_instance_profile),
        public_address: input.associate_public_ip_address,
        monitoring: input.instance_monitoring.and_then(|it| it.enabled),
        ebs_optimized: input.ebs_optimized,
        devices: devices.into_iter().map(device).collect(),
        spot_price: spot_price.transpose()?,
        http_tokens: metadata.http_tokens,
        http_endpoint: metadata.http_endpoint,
        http_hops: metadata.http_put_response_hop_limit,
        name,
        unknown: Default::default(),
    })
}

fn device(given: BlockDeviceMapping) -> Device {
    Device {
        name: given.device_name.unwrap_or_default(),
        disk: given.ebs.map(|it| Disk {
            snapshot: it.snapshot_id,
            gib: it.volume_size,
            kind: it.volume_type,
            ends_with_instance: it.delete_on_termination,
            iops: it.iops,
            encrypted: it.encrypted,
            throughput: it.throughput,
        }),
        absent: given.no_device == Some(true),
    }
}

fn mapping(device: Device) -> BlockDeviceMapping {
    BlockDeviceMapping {
        device_name: Some(device.name),
        ebs: device.disk.map(|it| Ebs {
            snapshot_id: it.snapshot,
            volume_size: it.gib,
            volume_type: it.kind,
            delete_on_termination: it.ends_with_instance,
            iops: it.iops,
            encrypted: it.encrypted,
            throughput: it.throughput,
        }),
        no_device: device.absent.then_some(true),
        ..BlockDeviceMapping::default()
    }
}

pub async fn describe(
    core: &Core,
    call: &Call,
    input: LaunchConfigurationNamesType,
) -> Result<LaunchConfigurationsType, Fault> {
    let place = Place::of(call);
    let names: BTreeSet<String> = input
        .launch_configuration_names
        .into_iter()
        .flatten()
        .collect();
    let page = core.page(
        call,
        "autoscaling/DescribeLaunchConfigurations",
        &names,
        input.next_token.as_deref(),
        (input.max_records, USUAL, MOST),
    )?;
    let prefix = names::scope(&place).prefix(Configuration::KIND);
    let fits = |it: &Stored<Configuration>| names.is_empty() || names.contains(&it.record.name);
    let found = core
        .table
        .page::<Configuration>(&prefix, page.after.clone(), page.size, fits)
        .await?;
    let last = found.records.last().map(|it| it.key.as_str());
    let next_token = page.next(found.more, last);
    let mut shown = Vec::with_capacity(found.records.len());
    for it in found.records {
        shown.push(show(core, &place, it.record)?);
    }
    Ok(LaunchConfigurationsType {
        launch_configurations: Some(shown),
        next_token,
    })
}

fn show(core: &Core, place: &Place, it: Configuration) -> Result<LaunchConfiguration, Fault> {
    let user_data = launch::of_configuration(core, place, &it, None)?.user_data;
    let has_metadata =
        it.http_tokens.is_some() || it.http_endpoint.is_some() || it.http_hops.is_some();
    Ok(LaunchConfiguration {
        launch_configuration_arn: Some(names::configuration_arn(place, &it.uuid, &it.name)),
        image_id: Some(it.image),
        key_name: Some(it.key_name.unwrap_or_default()),
        security_groups: Some(it.security_groups),
        user_data: Some(user_data.unwrap_or_default()),
        instance_type: Some(it.instance_type),
        instance_monitoring: Some(InstanceMonitoring {
            enabled: Some(it.monitoring.unwrap_or(true)),
        }),
        iam_instance_profile: it.instance_profile,
        created_time: Some(it.created_at),
        ebs_optimized: Some(it.ebs_optimized.unwrap_or_default()),
        associate_public_ip_address: it.public_address,
        block_device_mappings: Some(it.devices.into_iter().map(mapping).collect()),
        spot_price: it.spot_price,
        metadata_options: has_metadata.then_some(InstanceMetadataOptions {
            http_tokens: it.http_tokens,
            http_put_response_hop_limit: it.http_hops,
            http_endpoint: it.http_endpoint,
        }),
        launch_configuration_name: Some(it.name),
        ..LaunchConfiguration::default()
    })
}

/// One that a group has is in use.
pub async fn delete(
    core: &Core,
    call: &Call,
    input: LaunchConfigurationNameType,
) -> Result<(), Fault> {
    let place = Place::of(call);
    let name = input.launch_configuration_name.unwrap_or_default();
    let key = names::configuration_key(&place, &name);
    let uses = |group: &Group| matches!(&group.launch, Source::Configuration { name: of, .. } if *of == name);
    transact!(core.table, &call.permit, |tx| {
        let found = tx.find::<Configuration>(&key).await?;
        found.ok_or_else(|| fault::no_configuration(&name))?;
        // Read after it: whoever comes to use it meanwhile writes it.
        let groups = core.table.all::<Group>(&names::scope(&place), "").await?;
        if groups.iter().any(|it| uses(&it.1.record)) {
            return Err(faults::resource_in_use_fault(format!(
                "Cannot delete launch configuration {name} because it is attached to an AutoScalingGroup"
            )));
        }
        tx.delete(&key);
    });
    Ok(())
}
