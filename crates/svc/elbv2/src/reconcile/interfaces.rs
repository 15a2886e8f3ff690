//! The interfaces of load balancers, through EC2.

use std::{collections::BTreeSet, sync::Arc};

use wharf_api_ec2::{
    AttachNetworkInterfaceRequest, CreateNetworkInterfaceRequest, DeleteNetworkInterfaceRequest,
    DescribeNetworkInterfacesRequest, DetachNetworkInterfaceRequest, Filter,
    ModifyNetworkInterfaceAttributeRequest, NetworkInterface,
};
use wharf_records::{Record, Scope, encode};
use wharf_service::{Stored, fence};
use wharf_store::Txn;
use wharf_wire::Fault;

use super::{PERMIT, StepError, call, call_for};
use crate::{
    core::{Core, PRINCIPAL},
    names::{Names as _, Place, SERVICE, is_platform},
    records::{BalancerSubnet, Interface, LoadBalancer, Remains},
};

fn failed(action: &'static str) -> impl Fn(Fault) -> StepError {
    move |fault| StepError::Neighbour { action, fault }
}

/// `ELB app/web/50dc6c495c0c9188`: names the owner, in AWS too.
fn description(id: &str) -> String {
    format!("ELB {id}")
}

/// Makes the interface, or finds it again: the token is the owner's, the host's and the subnet's.
pub async fn create(
    core: &Core,
    place: &Place,
    id: &str,
    balancer: &LoadBalancer,
    host: &str,
    subnet: &BalancerSubnet,
) -> Result<Interface, StepError> {
    let own = id.rsplit('/').next().unwrap_or_default();
    let bare = |text: &str| text.rsplit('-').next().unwrap_or_default().to_owned();
    let request = CreateNetworkInterfaceRequest {
        subnet_id: Some(subnet.id.clone()),
        groups: Some(balancer.security_groups.clone()).filter(|groups| !groups.is_empty()),
        // At most 64 characters.
        client_token: Some(format!("{own}/{}/{}", bare(host), bare(&subnet.id))),
        description: Some(description(id)),
        interface_type: Some("interface".to_owned()),
        ..CreateNetworkInterfaceRequest::default()
    };
    let made = core
        .parts
        .ec2
        .create_network_interface(&call_for(core, place, id), request)
        .await
        .map_err(failed("create a network interface"))?;
    let made = made.network_interface.unwrap_or_default();
    let address = made.private_ip_address.as_deref().unwrap_or_default();
    let groups = made.groups.unwrap_or_default().into_iter();
    Ok(Interface {
        id: made.network_interface_id.unwrap_or_default(),
        subnet: subnet.id.clone(),
        zone: subnet.zone.clone(),
        address: address.parse().map_err(|_| StepError::Neighbour {
            action: "create a network interface",
            fault: Fault::sender("InvalidAddress", 500, "the interface has no IPv4 address"),
        })?,
        host: host.to_owned(),
        groups: groups.filter_map(|group| group.group_id).collect(),
        attached: false,
        attachment: None,
    })
}

/// Attaches it to its host; returns EC2's id of the attachment.
pub async fn attach(
    core: &Core,
    place: &Place,
    interface: &Interface,
) -> Result<Option<String>, StepError> {
    let request = AttachNetworkInterfaceRequest {
        network_interface_id: Some(interface.id.clone()),
        instance_id: Some(interface.host.clone()),
        device_index: Some(1),
        ..AttachNetworkInterfaceRequest::default()
    };
    let attached = core
        .parts
        .ec2
        .attach_network_interface(&call(core, place), request)
        .await;
    match attached {
        Ok(result) => Ok(result.attachment_id),
        // A server before this one did, and ended before it could write that down.
        Err(fault) => match attachment(core, place, &interface.id).await? {
            Some((instance, id)) if instance == interface.host => Ok(id),
            _ => Err(failed("attach a network interface")(fault)),
        },
    }
}

/// The instance it is attached to, with the attachment's id.
async fn attachment(
    core: &Core,
    place: &Place,
    eni: &str,
) -> Result<Option<(String, Option<String>)>, StepError> {
    let request = DescribeNetworkInterfacesRequest {
        network_interface_ids: Some(vec![eni.to_owned()]),
        ..DescribeNetworkInterfacesRequest::default()
    };
    let found = core
        .parts
        .ec2
        .describe_network_interfaces(&call(core, place), request)
        .await;
    let found = found.map_err(failed("describe a network interface"))?;
    let found = found
        .network_interfaces
        .unwrap_or_default()
        .into_iter()
        .next();
    let attachment = found.and_then(|it| it.attachment);
    Ok(attachment.and_then(|it| Some((it.instance_id?, it.attachment_id))))
}

pub async fn set_groups(
    core: &Core,
    place: &Place,
    eni: &str,
    groups: &[String],
) -> Result<(), StepError> {
    let request = ModifyNetworkInterfaceAttributeRequest {
        network_interface_id: Some(eni.to_owned()),
        groups: Some(groups.to_vec()),
        ..ModifyNetworkInterfaceAttributeRequest::default()
    };
    let call = call(core, place);
    let changed = core
        .parts
        .ec2
        .modify_network_interface_attribute(&call, request)
        .await;
    changed
        .map(|_| ())
        .map_err(failed("change the groups of a network interface"))
}

/// Detaches and deletes it; one that is gone is no failure.
pub async fn delete(
    core: &Core,
    place: &Place,
    eni: &str,
    attachment: Option<&str>,
) -> Result<(), StepError> {
    let call = call(core, place);
    if let Some(id) = attachment {
        let request = DetachNetworkInterfaceRequest {
            attachment_id: Some(id.to_owned()),
            force: Some(true),
            ..DetachNetworkInterfaceRequest::default()
        };
        match core
            .parts
            .ec2
            .detach_network_interface(&call, request)
            .await
        {
            Ok(_) => {}
            Err(fault) if fault.code.ends_with(".NotFound") => {}
            Err(fault) => return Err(failed("detach a network interface")(fault)),
        }
    }
    let request = DeleteNetworkInterfaceRequest {
        network_interface_id: Some(eni.to_owned()),
        ..DeleteNetworkInterfaceRequest::default()
    };
    match core
        .parts
        .ec2
        .delete_network_interface(&call, request)
        .await
    {
        Ok(_) => Ok(()),
        Err(fault) if fault.code == "InvalidNetworkInterfaceID.NotFound" => Ok(()),
        Err(fault) => Err(failed("delete a network interface")(fault)),
    }
}

/// An interface that EC2 does not know, or knows as unattached, is made or attached again.
async fn forget_missing(
    core: &Core,
    balancer: &Stored<LoadBalancer>,
    found: &[NetworkInterface],
) -> Result<(), StepError> {
    let known = |it: &Interface| {
        found
            .iter()
            .find(|one| one.network_interface_id.as_ref() == Some(&it.id))
    };
    let mut record = balancer.record.clone();
    record.interfaces.retain(|it| known(it).is_some());
    for interface in &mut record.interfaces {
        let attached = known(interface).is_some_and(|one| one.attachment.is_some());
        interface.attached &= attached;
    }
    if record != balancer.record {
        tracing::warn!(
            balancer = balancer.key,
            "interfaces of a load balancer were lost"
        );
        let txn = Txn::new()
            .when(fence(&core.shard)?)
            .when(balancer.unchanged())
            .put(&balancer.key, encode(&record));
        core.table.commit(&PERMIT, txn).await?;
    }
    Ok(())
}

/// Mends what load balancers lost, and deletes interfaces whose load balancer is gone without a trace: a server ended between making
/// one and writing it down, and the load balancer was deleted before it came back.
pub async fn sweep(core: Arc<Core>) -> Result<(), StepError> {
    let mut places = BTreeSet::from_iter(core.parts.config.home.clone());
    let keys = core.table.keys(&Scope::service_prefix(SERVICE)).await?;
    let scopes = keys.iter().filter_map(|key| Scope::parse(key));
    let regional = scopes.filter(|(scope, _, _)| !is_platform(scope));
    places.extend(regional.map(|(scope, _, _)| Place::of_scope(&scope)));
    for place in places {
        // Read before EC2 is asked, so that what is written down now was there then.
        let balancers = core.table.all::<LoadBalancer>(&place.scope(), "").await?;
        let request = DescribeNetworkInterfacesRequest {
            filters: Some(vec![Filter {
                name: Some("requester-id".to_owned()),
                values: Some(vec![PRINCIPAL.to_owned()]),
            }]),
            ..DescribeNetworkInterfacesRequest::default()
        };
        let call = call(&core, &place);
        let found = core
            .parts
            .ec2
            .describe_network_interfaces(&call, request)
            .await;
        let found = found.map_err(failed("describe network interfaces"))?;
        let found = found.network_interfaces.unwrap_or_default();
        for (_, balancer) in &balancers {
            forget_missing(&core, balancer, &found).await?;
        }
        for interface in found {
            let text = interface.description.unwrap_or_default();
            let (Some(id), Some(eni)) = (text.strip_prefix("ELB "), interface.network_interface_id)
            else {
                continue;
            };
            let scope = place.scope();
            let owner = core
                .table
                .read::<LoadBalancer>(&scope.key(LoadBalancer::KIND, id))
                .await?;
            let left = core
                .table
                .read::<Remains>(&scope.key(Remains::KIND, id))
                .await?;
            if owner.is_none() && left.is_none() {
                tracing::info!(
                    interface = eni,
                    owner = id,
                    "an interface without an owner goes"
                );
                let attachment = interface.attachment.and_then(|it| it.attachment_id);
                delete(&core, &place, &eni, attachment.as_deref()).await?;
            }
        }
    }
    Ok(())
}
