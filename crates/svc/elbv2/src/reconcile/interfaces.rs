//! The interfaces of load balancers, through EC2.

use std::{collections::BTreeSet, net::Ipv6Addr, sync::Arc};

use wharf_api_ec2::{
    CreateNetworkInterfaceRequest, DescribeNetworkInterfacesRequest, Filter, NetworkInterface,
};
use wharf_interfaces::Interfaces;
use wharf_records::{Record, Scope, encode};
use wharf_service::{Stored, fence};
use wharf_store::Txn;
use wharf_wire::{Call, Fault};

use super::{PERMIT, StepError, call, call_for};
use crate::{
    core::{Core, PRINCIPAL},
    names::{Names as _, Place, SERVICE, is_platform},
    records::{BalancerSubnet, Interface, LoadBalancer, Remains},
};

fn failed(action: &'static str) -> impl Fn(Fault) -> StepError {
    move |fault| StepError::Neighbour { action, fault }
}

fn through<'a>(core: &'a Core, call: &'a Call) -> Interfaces<'a> {
    let ec2 = &*core.parts.ec2;
    Interfaces { ec2, call }
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
    let call = call_for(core, place, id);
    let made = through(core, &call).create(request).await;
    let made = made.map_err(failed("create a network interface"))?;
    Ok(Interface {
        id: made.id,
        subnet: subnet.id.clone(),
        zone: subnet.zone.clone(),
        address: made.address,
        ipv6: None,
        host: host.to_owned(),
        groups: made.groups,
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
    let call = call(core, place);
    let interfaces = through(core, &call);
    let attached = interfaces.attach(&interface.id, &interface.host).await;
    attached.map_err(failed("attach a network interface"))
}

pub async fn set_groups(
    core: &Core,
    place: &Place,
    eni: &str,
    groups: &[String],
) -> Result<(), StepError> {
    let call = call(core, place);
    let changed = through(core, &call).set_groups(eni, groups).await;
    changed.map_err(failed("change the groups of a network interface"))
}

/// Gives it an IPv6 address, or takes it away; the one that it has then.
pub async fn set_ipv6(
    core: &Core,
    place: &Place,
    eni: &str,
    wanted: bool,
) -> Result<Option<Ipv6Addr>, StepError> {
    let call = call(core, place);
    let changed = through(core, &call).set_ipv6(eni, wanted).await;
    let given = changed.map_err(failed("change the IPv6 address of a network interface"))?;
    match (given, wanted) {
        (None, true) => {
            let text = format!("The interface {eni} has no IPv6 address");
            let fault = Fault::sender("InvalidAddress", 500, text);
            Err(failed("read the IPv6 address of a network interface")(
                fault,
            ))
        }
        (given, _) => Ok(given),
    }
}

/// Detaches and deletes it; one that is gone is no failure.
pub async fn delete(
    core: &Core,
    place: &Place,
    eni: &str,
    attachment: Option<&str>,
) -> Result<(), StepError> {
    let call = call(core, place);
    let deleted = through(core, &call).delete(eni, attachment).await;
    deleted.map_err(failed("delete a network interface"))
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
            "interfaces of a load balancer are missing; creating them again"
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
