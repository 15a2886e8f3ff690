//! Subnets, security groups and interfaces of mount targets, through EC2.

use wharf_api_ec2::{
    CreateNetworkInterfaceRequest, DescribeNetworkInterfacesRequest, DescribeSecurityGroupsRequest,
    DescribeSubnetsRequest, Filter,
};
use wharf_base::Permit;
use wharf_interfaces::Interfaces;
use wharf_service::Place;
use wharf_wire::{Call, Context, Fault};

use crate::{
    core::Core,
    fault,
    names::{self, PRINCIPAL},
    records::{MountTarget, Served, Zone},
};

const PERMIT: Permit = Permit::for_controller("efs-interfaces");

/// A subnet as EC2 knows it.
pub struct Subnet {
    pub id: String,
    pub vpc: String,
    pub zone: String,
    pub zone_id: Option<String>,
}

/// # Errors
/// There is none of that id.
pub async fn subnet(core: &Core, call: &Call, id: &str) -> Result<Subnet, Fault> {
    let wanted = DescribeSubnetsRequest {
        subnet_ids: Some(vec![id.to_owned()]),
        ..Default::default()
    };
    let onward = call.passed_on_by(PRINCIPAL);
    let found = core.parts.ec2.describe_subnets(&onward, wanted).await;
    let found = found.map_err(|fault| match fault.code.as_ref() {
        "InvalidSubnetID.NotFound" => fault::no_subnet(id),
        _ => fault,
    })?;
    let found = found.subnets.unwrap_or_default().into_iter().next();
    let found = found.ok_or_else(|| fault::no_subnet(id))?;
    Ok(Subnet {
        id: id.to_owned(),
        vpc: found.vpc_id.unwrap_or_default(),
        zone: found.availability_zone.unwrap_or_default(),
        zone_id: found.availability_zone_id,
    })
}

/// Letters of the zones that every region has, as EC2 here has them.
const ZONES: [&str; 3] = ["a", "b", "c"];

/// A zone of the region, by its name; with its id where the account has a subnet there.
///
/// # Errors
/// There is none of that name.
pub async fn zone(core: &Core, call: &Call, name: &str) -> Result<Zone, Fault> {
    let letter = name.strip_prefix(call.region.as_str());
    if !letter.is_some_and(|it| ZONES.contains(&it)) {
        return Err(fault::no_zone(name));
    }
    let wanted = DescribeSubnetsRequest {
        filters: Some(vec![filter("availability-zone", name)]),
        ..Default::default()
    };
    let onward = call.passed_on_by(PRINCIPAL);
    let found = core.parts.ec2.describe_subnets(&onward, wanted).await?;
    let found = found.subnets.unwrap_or_default().into_iter().next();
    Ok(Zone {
        name: name.to_owned(),
        id: found.and_then(|it| it.availability_zone_id),
    })
}

fn filter(name: &str, value: &str) -> Filter {
    Filter {
        name: Some(name.to_owned()),
        values: Some(vec![value.to_owned()]),
    }
}

/// The groups given, all of the VPC; its default group if none were.
pub async fn groups(
    core: &Core,
    call: &Call,
    vpc: &str,
    given: Option<Vec<String>>,
    most: usize,
) -> Result<Vec<String>, Fault> {
    let ids = given.unwrap_or_default();
    if ids.len() > most {
        return Err(fault::too_many_groups(most));
    }
    let by_id = !ids.is_empty();
    let wanted = DescribeSecurityGroupsRequest {
        group_ids: by_id.then(|| ids.clone()),
        filters: (!by_id).then(|| vec![filter("vpc-id", vpc), filter("group-name", "default")]),
        ..Default::default()
    };
    let onward = call.passed_on_by(PRINCIPAL);
    let found = core
        .parts
        .ec2
        .describe_security_groups(&onward, wanted)
        .await;
    let found = found.map_err(|fault| match fault.code.as_ref() {
        "InvalidGroup.NotFound" => fault::no_group(&ids.join(", ")),
        _ => fault,
    })?;
    let found = found.security_groups.unwrap_or_default();
    if !by_id {
        return Ok(found.into_iter().filter_map(|it| it.group_id).collect());
    }
    for id in &ids {
        let group = found.iter().find(|it| it.group_id.as_ref() == Some(id));
        if group.is_none_or(|it| it.vpc_id.as_deref() != Some(vpc)) {
            return Err(fault::no_group(id));
        }
    }
    Ok(ids)
}

fn context(core: &Core, place: &Place) -> Context {
    Context::internal(&place.account, &place.region, PRINCIPAL, core.now())
}

fn call(core: &Core, place: &Place) -> Call {
    Call::by_controller(context(core, place), PERMIT)
}

fn through<'a>(core: &'a Core, call: &'a Call) -> Interfaces<'a> {
    let ec2 = &*core.parts.ec2;
    Interfaces { ec2, call }
}

/// Makes the interface, or finds it again: the token is the mount target's id.
pub async fn create(
    core: &Core,
    place: &Place,
    id: &str,
    target: &MountTarget,
) -> Result<Served, Fault> {
    let request = CreateNetworkInterfaceRequest {
        subnet_id: Some(target.subnet.clone()),
        groups: Some(target.groups.clone()).filter(|it| !it.is_empty()),
        private_ip_address: target.wanted_address.map(|it| it.to_string()),
        client_token: Some(id.to_owned()),
        description: Some(description(id, target)),
        ..Default::default()
    };
    // It is wired on the host without a task or an instance: for the file system.
    let arn = names::file_system_arn(place, &target.file_system);
    let call = Call::by_controller(context(core, place).acting_for(arn), PERMIT);
    let made = through(core, &call).create(request).await?;
    Ok(Served {
        address: made.address,
        id: made.id,
    })
}

fn description(id: &str, target: &MountTarget) -> String {
    format!("EFS mount target for {} ({id})", target.file_system)
}

/// The interfaces of a mount target that nobody wrote down: the server ended, or EC2's answer did not come, before that.
pub async fn unwritten(
    core: &Core,
    place: &Place,
    id: &str,
    target: &MountTarget,
) -> Result<Vec<String>, Fault> {
    let wanted = DescribeNetworkInterfacesRequest {
        filters: Some(vec![
            filter("description", &description(id, target)),
            // Others may describe theirs so.
            filter("requester-id", PRINCIPAL),
        ]),
        ..Default::default()
    };
    let call = call(core, place);
    let found = core
        .parts
        .ec2
        .describe_network_interfaces(&call, wanted)
        .await?;
    let found = found.network_interfaces.into_iter().flatten();
    Ok(found.filter_map(|it| it.network_interface_id).collect())
}

/// Deletes those.
pub async fn clear(
    core: &Core,
    place: &Place,
    id: &str,
    target: &MountTarget,
) -> Result<(), Fault> {
    for interface in unwritten(core, place, id, target).await? {
        delete(core, place, &interface).await?;
    }
    Ok(())
}

/// EC2's refusal of an interface in the words of EFS.
pub fn refusal(refused: &Fault, target: &MountTarget) -> Fault {
    let address = target.wanted_address.map(|it| it.to_string());
    match refused.code.as_ref() {
        "InvalidIPAddress.InUse" | "InvalidIPAddress.InUseException" => {
            fault::address_in_use(&address.unwrap_or_default())
        }
        "InsufficientFreeAddressesInSubnet" => fault::no_free_address(&target.subnet),
        "InvalidSubnetID.NotFound" => fault::no_subnet(&target.subnet),
        "InvalidGroup.NotFound" => fault::no_group(&target.groups.join(", ")),
        _ if refused.status < 500 => fault::bad_request(refused.message.clone()),
        _ => refused.clone(),
    }
}

/// Attaches it to the host; returns EC2's id of the attachment.
pub async fn attach(
    core: &Core,
    place: &Place,
    interface: &str,
    host: &str,
) -> Result<Option<String>, Fault> {
    let call = call(core, place);
    through(core, &call).attach(interface, host).await
}

pub async fn set_groups(
    core: &Core,
    place: &Place,
    interface: &str,
    groups: &[String],
) -> Result<(), Fault> {
    let call = call(core, place);
    through(core, &call).set_groups(interface, groups).await
}

/// Detaches and deletes it; one that is gone is no failure.
pub async fn delete(core: &Core, place: &Place, interface: &str) -> Result<(), Fault> {
    let call = call(core, place);
    let interfaces = through(core, &call);
    let attachment = interfaces.attachment(interface).await?;
    let attachment = attachment.and_then(|it| it.1);
    interfaces.delete(interface, attachment.as_deref()).await
}
