//! Network interfaces of tasks, made and deleted through EC2.

use wharf_api_ec2::{
    CreateNetworkInterfaceRequest, DescribeDhcpOptionsRequest, DescribeSubnetsRequest,
    DescribeVpcsRequest, ModifyNetworkInterfaceAttributeRequest, NetworkInterface, OperatorRequest,
    Subnet, Tag, TagSpecification,
};
use wharf_interfaces::Interfaces;
use wharf_records::ecs::{Interface, InterfaceState, Launch, NetworkWish, Task};
use wharf_store::Compare;
use wharf_wire::{Call, Context, Fault};

use crate::{
    Scheduler,
    names::{self, PRINCIPAL, Place},
    state::StepError,
    task::{self, stop},
    tasks::PERMIT,
};

/// The name service of a VPC itself, among DHCP options.
const PROVIDED: &str = "AmazonProvidedDNS";
/// Whose machines tasks are on that are none of their account's.
const FARGATE: &str = "fargate.amazonaws.com";

/// EC2 is asked in the name of ECS, in the task's account and region.
pub(crate) fn call(scheduler: &Scheduler, task: &Task) -> Option<Call> {
    let place = names::place_of(&task.arn)?;
    let context = Context::internal(
        &place.account,
        &place.region,
        PRINCIPAL,
        scheduler.state.now(),
    );
    Some(Call::by_controller(context, PERMIT))
}

/// Makes the interface that a task wants, and has the task take it.
pub async fn create(
    scheduler: &Scheduler,
    fence: &Compare,
    key: &str,
    record: &Task,
) -> Result<(), StepError> {
    let (Some(wish), Some(call)) = (&record.network, call(scheduler, record)) else {
        return Ok(());
    };
    match make_interface(scheduler, &call, record, wish).await {
        Ok(made) => {
            let id = made.id.clone();
            let take = |task: &mut Task| task::plan::interface_made(task, made.clone());
            let changed = scheduler
                .state
                .change_task(&PERMIT, Some(fence), key, take)
                .await?;
            // The client token makes a repeated create return the same interface, so only a task
            // that is gone leaves one behind.
            let has = |task: &Task| task.interface.as_ref().is_some_and(|i| i.id == id);
            if !changed.as_ref().is_some_and(has) {
                delete(scheduler, record, &id).await?;
            }
            Ok(())
        }
        // The caller's subnet or group is gone, or has no address left: no retry mends that.
        Err(fault) if fault.sender && !is_throttling(&fault) => {
            let now = scheduler.state.now();
            let why = stop::interface_refused(&fault.message);
            let refuse = |task: &mut Task| {
                stop::stop(task, &why, now);
            };
            scheduler
                .state
                .change_task(&PERMIT, Some(fence), key, refuse)
                .await?;
            Ok(())
        }
        Err(fault) => Err(StepError::Neighbour {
            action: "create a network interface",
            fault,
        }),
    }
}

pub(crate) fn is_throttling(fault: &Fault) -> bool {
    ["RequestLimitExceeded", "ThrottlingException", "Throttling"].contains(&fault.code.as_ref())
}

async fn make_interface(
    scheduler: &Scheduler,
    call: &Call,
    record: &Task,
    wish: &NetworkWish,
) -> Result<Interface, Fault> {
    let ec2 = &scheduler.ec2;
    let mut request = interface_request(call, record, wish);
    if wish.ipv6 && subnet_has_ipv6(scheduler, call, &wish.subnet).await? {
        request.ipv6_address_count = Some(1);
    }
    let made = ec2.create_network_interface(call, request).await?;
    let interface = made.network_interface.unwrap_or_default();
    let id = interface.network_interface_id.clone().unwrap_or_default();
    let mut wired = Ok(());
    if wish.public_ip {
        wired = give_public_address(scheduler, call, &id).await;
    }
    if wired.is_ok() {
        wired = attach_interface(scheduler, call, record, &id).await;
    }
    if let Err(fault) = wired {
        // The task is given up for it, and nobody else knows of the interface.
        if fault.sender && !is_throttling(&fault) {
            through(scheduler, call).delete(&id, None).await?;
        }
        return Err(fault);
    }
    let subnet = subnet(scheduler, call, &wish.subnet).await?;
    let cidr = subnet.and_then(|subnet| subnet.cidr_block);
    let vpc = interface.vpc_id.clone().unwrap_or_default();
    let (search, name_servers) = dhcp_options(scheduler, call, vpc).await?;
    Ok(Interface {
        search,
        name_servers,
        ..of_interface(interface, cidr.as_deref().and_then(gateway))
    })
}

async fn subnet(scheduler: &Scheduler, call: &Call, id: &str) -> Result<Option<Subnet>, Fault> {
    let wanted = DescribeSubnetsRequest {
        subnet_ids: Some(vec![id.to_owned()]),
        ..DescribeSubnetsRequest::default()
    };
    let found = scheduler.ec2.describe_subnets(call, wanted).await?.subnets;
    Ok(found.into_iter().flatten().next())
}

async fn subnet_has_ipv6(scheduler: &Scheduler, call: &Call, id: &str) -> Result<bool, Fault> {
    let found = subnet(scheduler, call, id).await?;
    let ranges = found.and_then(|it| it.ipv6_cidr_block_association_set);
    Ok(ranges.is_some_and(|it| !it.is_empty()))
}

/// What the VPC's DHCP options say of names: search domains and name servers, each none where they say
/// nothing but what holds anyway.
async fn dhcp_options(
    scheduler: &Scheduler,
    call: &Call,
    vpc: String,
) -> Result<(Vec<String>, Vec<String>), Fault> {
    let vpcs = DescribeVpcsRequest {
        vpc_ids: Some(vec![vpc]),
        ..DescribeVpcsRequest::default()
    };
    let vpcs = scheduler.ec2.describe_vpcs(call, vpcs).await?.vpcs;
    let options = vpcs.into_iter().flatten().find_map(|it| it.dhcp_options_id);
    let Some(options) = options.filter(|id| id.starts_with("dopt-")) else {
        return Ok((Vec::new(), Vec::new()));
    };
    let options = DescribeDhcpOptionsRequest {
        dhcp_options_ids: Some(vec![options]),
        ..DescribeDhcpOptionsRequest::default()
    };
    let options = scheduler.ec2.describe_dhcp_options(call, options).await?;
    let options = options.dhcp_options.into_iter().flatten();
    let options = options.filter_map(|it| it.dhcp_configurations).flatten();
    let (mut search, mut name_servers) = (Vec::new(), Vec::new());
    for option in options {
        let values = option.values.into_iter().flatten();
        let values = values.filter_map(|it| it.value);
        match option.key.as_deref() {
            Some("domain-name") => {
                let domains = values.flat_map(|it| words(&it));
                search.extend(domains);
            }
            Some("domain-name-servers") => {
                name_servers.extend(values.filter(|it| it != PROVIDED));
            }
            _ => {}
        }
    }
    Ok((search, name_servers))
}

fn words(text: &str) -> Vec<String> {
    text.split_whitespace().map(str::to_owned).collect()
}

/// Its client token is the attachment's id: repeating it returns the same interface.
fn interface_request(
    call: &Call,
    record: &Task,
    wish: &NetworkWish,
) -> CreateNetworkInterfaceRequest {
    let place = Place::of(call);
    let tag = |key: &str, value: String| Tag {
        key: Some(key.to_owned()),
        value: Some(value),
    };
    CreateNetworkInterfaceRequest {
        subnet_id: Some(wish.subnet.clone()),
        groups: Some(wish.security_groups.clone()).filter(|groups| !groups.is_empty()),
        client_token: Some(wish.attachment.clone()),
        description: Some(place.attachment(&record.cluster, &wish.attachment)),
        interface_type: Some("interface".to_owned()),
        tag_specifications: Some(vec![TagSpecification {
            resource_type: Some("network-interface".to_owned()),
            tags: Some(vec![
                tag("aws:ecs:clusterName", record.cluster.clone()),
                tag("aws:ecs:taskArn", record.arn.clone()),
            ]),
        }]),
        operator: (record.launch == Launch::Fargate).then(|| OperatorRequest {
            principal: Some(FARGATE.to_owned()),
        }),
        ..CreateNetworkInterfaceRequest::default()
    }
}

/// The task is reached by it from outside the VPC. Repeating it changes nothing.
async fn give_public_address(scheduler: &Scheduler, call: &Call, id: &str) -> Result<(), Fault> {
    let request = ModifyNetworkInterfaceAttributeRequest {
        network_interface_id: Some(id.to_owned()),
        associate_public_ip_address: Some(true),
        ..ModifyNetworkInterfaceAttributeRequest::default()
    };
    let given = scheduler
        .ec2
        .modify_network_interface_attribute(call, request);
    match given.await {
        // It starts without: what it sends out goes by its host's address.
        Err(fault) if fault.code == "InsufficientAddressCapacity" => {
            tracing::warn!(
                interface = id,
                "failed to assign a public address to a task's interface: none is left"
            );
            Ok(())
        }
        done => done.map(|_| ()),
    }
}

/// Says on which host the interface is: the network plane takes it there. Repeating it changes
/// nothing.
async fn attach_interface(
    scheduler: &Scheduler,
    call: &Call,
    task: &Task,
    id: &str,
) -> Result<(), Fault> {
    let interfaces = through(scheduler, call);
    interfaces.attach(id, &task.ec2_instance).await.map(drop)
}

fn of_interface(interface: NetworkInterface, gateway: Option<String>) -> Interface {
    Interface {
        id: interface.network_interface_id.unwrap_or_default(),
        vpc: interface.vpc_id.unwrap_or_default(),
        mac: interface.mac_address.unwrap_or_default(),
        private_dns_name: interface.private_dns_name.unwrap_or_default(),
        private_ipv4: interface.private_ip_address.unwrap_or_default(),
        gateway: gateway.unwrap_or_default(),
        search: Vec::new(),
        name_servers: Vec::new(),
        ipv6: interface
            .ipv6_addresses
            .into_iter()
            .flatten()
            .find_map(|it| it.ipv6_address?.parse().ok()),
        state: InterfaceState::Created,
        unknown: wharf_records::Unknown::new(),
    }
}

/// `172.31.0.1/20` for `172.31.0.0/20`: the first address of a subnet is its router.
fn gateway(cidr: &str) -> Option<String> {
    let range: wharf_base::Cidr4 = cidr.parse().ok()?;
    let has_room = range.prefix() < 32;
    has_room.then(|| format!("{}/{}", range.nth(1), range.prefix()))
}

/// Asks for the interface once more, which returns the one there may be, and deletes it.
pub async fn abandon(scheduler: &Scheduler, record: &Task) -> Result<(), StepError> {
    let (Some(wish), Some(call)) = (&record.network, call(scheduler, record)) else {
        return Ok(());
    };
    let request = interface_request(&call, record, wish);
    match scheduler.ec2.create_network_interface(&call, request).await {
        Ok(made) => {
            let interface = made.network_interface.unwrap_or_default();
            let id = interface.network_interface_id.unwrap_or_default();
            delete(scheduler, record, &id).await
        }
        // Refused: its subnet or group is gone or full, so none was made either.
        Err(fault) if fault.sender && !is_throttling(&fault) => Ok(()),
        Err(fault) => Err(StepError::Neighbour {
            action: "look for an unrecorded network interface",
            fault,
        }),
    }
}

/// Deletes an interface; one that is gone already is no failure.
pub async fn delete(scheduler: &Scheduler, record: &Task, id: &str) -> Result<(), StepError> {
    let Some(call) = call(scheduler, record) else {
        return Ok(());
    };
    let deleted = through(scheduler, &call).delete(id, None).await;
    deleted.map_err(|fault| StepError::Neighbour {
        action: "delete a network interface",
        fault,
    })
}

fn through<'a>(scheduler: &'a Scheduler, call: &'a Call) -> Interfaces<'a> {
    let ec2 = &*scheduler.ec2;
    Interfaces { ec2, call }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_router_is_the_first_address() {
        assert_eq!(gateway("172.31.16.0/20").as_deref(), Some("172.31.16.1/20"));
        assert_eq!(gateway("nonsense"), None);
        assert_eq!(gateway("255.255.255.255/32"), None);
    }
}
