//! Subnets, security groups and interfaces of mount targets, through EC2.

use wharf_api_ec2::{
    AttachNetworkInterfaceRequest, CreateNetworkInterfaceRequest, DeleteNetworkInterfaceRequest,
    DescribeNetworkInterfacesRequest, DescribeSecurityGroupsRequest, DescribeSubnetsRequest,
    DetachNetworkInterfaceRequest, Filter, ModifyNetworkInterfaceAttributeRequest,
};
use wharf_base::Permit;
use wharf_service::Place;
use wharf_wire::{Call, Context, Fault};

use crate::{
    core::Core,
    fault,
    names::{self, PRINCIPAL},
    records::{MountTarget, Served},
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
    let filter = |name: &str, value: &str| Filter {
        name: Some(name.to_owned()),
        values: Some(vec![value.to_owned()]),
    };
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
        description: Some(format!(
            "EFS mount target for {} ({id})",
            target.file_system
        )),
        ..Default::default()
    };
    // It is wired on the host without a task or an instance: for the file system.
    let arn = names::file_system_arn(place, &target.file_system);
    let call = Call::by_controller(context(core, place).acting_for(arn), PERMIT);
    let made = core
        .parts
        .ec2
        .create_network_interface(&call, request)
        .await?;
    let made = made.network_interface.unwrap_or_default();
    let address = made.private_ip_address.as_deref().unwrap_or_default();
    Ok(Served {
        address: address.parse().map_err(|_| {
            Fault::sender("InvalidAddress", 500, "the interface has no IPv4 address")
        })?,
        id: made.network_interface_id.unwrap_or_default(),
    })
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
    let request = AttachNetworkInterfaceRequest {
        network_interface_id: Some(interface.to_owned()),
        instance_id: Some(host.to_owned()),
        device_index: Some(1),
        ..Default::default()
    };
    let call = call(core, place);
    match core
        .parts
        .ec2
        .attach_network_interface(&call, request)
        .await
    {
        Ok(result) => Ok(result.attachment_id),
        // A server before this one did, and ended before it could write that down.
        Err(refused) => match attachment(core, place, interface).await? {
            Some((instance, id)) if instance == host => Ok(Some(id)),
            _ => Err(refused),
        },
    }
}

/// The instance it is attached to, with the attachment's id.
async fn attachment(
    core: &Core,
    place: &Place,
    interface: &str,
) -> Result<Option<(String, String)>, Fault> {
    let request = DescribeNetworkInterfacesRequest {
        network_interface_ids: Some(vec![interface.to_owned()]),
        ..Default::default()
    };
    let call = call(core, place);
    let found = match core
        .parts
        .ec2
        .describe_network_interfaces(&call, request)
        .await
    {
        Err(fault) if fault.code.ends_with(".NotFound") => return Ok(None),
        other => other?,
    };
    let found = found.network_interfaces.unwrap_or_default();
    let attachment = found.into_iter().next().and_then(|it| it.attachment);
    Ok(attachment.and_then(|it| Some((it.instance_id?, it.attachment_id?))))
}

pub async fn set_groups(
    core: &Core,
    place: &Place,
    interface: &str,
    groups: &[String],
) -> Result<(), Fault> {
    let request = ModifyNetworkInterfaceAttributeRequest {
        network_interface_id: Some(interface.to_owned()),
        groups: Some(groups.to_vec()),
        ..Default::default()
    };
    let call = call(core, place);
    let changed = core
        .parts
        .ec2
        .modify_network_interface_attribute(&call, request);
    changed.await.map(|_| ())
}

/// Detaches and deletes it; one that is gone is no failure.
pub async fn delete(core: &Core, place: &Place, interface: &str) -> Result<(), Fault> {
    let call = call(core, place);
    if let Some((_, id)) = attachment(core, place, interface).await? {
        let request = DetachNetworkInterfaceRequest {
            attachment_id: Some(id),
            force: Some(true),
            ..Default::default()
        };
        match core
            .parts
            .ec2
            .detach_network_interface(&call, request)
            .await
        {
            Ok(_) => {}
            Err(fault) if fault.code.ends_with(".NotFound") => {}
            Err(fault) => return Err(fault),
        }
    }
    let request = DeleteNetworkInterfaceRequest {
        network_interface_id: Some(interface.to_owned()),
        ..Default::default()
    };
    match core
        .parts
        .ec2
        .delete_network_interface(&call, request)
        .await
    {
        Ok(_) => Ok(()),
        Err(fault) if fault.code.ends_with(".NotFound") => Ok(()),
        Err(fault) => Err(fault),
    }
}
