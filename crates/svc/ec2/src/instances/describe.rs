//! Instances as answers show them.

use std::{collections::BTreeMap, net::Ipv4Addr};

use wharf_api_ec2::types as wire;
use wharf_wire::{Context, Fault};

use super::life::State;
use crate::{
    Ec2Service,
    elastic::Public,
    instance_types,
    ops::interfaces::group_names,
    records::{Instance, Interface, private_dns_name, tags_to_wire},
    volumes, zone,
};

pub const ROOT_DEVICE: &str = "/dev/xvda";
/// Instances use capacity reservations that fit them, if there were any.
pub const OPEN: &str = "open";
/// One whose host is lost ends.
pub const NO_RECOVERY: &str = "disabled";

pub fn state(of: State) -> wire::InstanceState {
    wire::InstanceState {
        code: Some(of.code()),
        name: Some(of.name().to_owned()),
    }
}

pub fn monitoring(of: &Instance) -> wire::Monitoring {
    let state = if of.monitoring { "enabled" } else { "disabled" };
    wire::Monitoring {
        state: Some(state.to_owned()),
        ..wire::Monitoring::default()
    }
}

/// Instances with their network interfaces.
pub struct Neighbours {
    interfaces: BTreeMap<String, Vec<Interface>>,
    names: BTreeMap<String, String>,
    volumes: BTreeMap<String, Vec<wire::InstanceBlockDeviceMapping>>,
}

impl Neighbours {
    pub async fn of(
        service: &Ec2Service,
        cx: &Context,
        instances: &[Instance],
    ) -> Result<Self, Fault> {
        let all: Vec<Interface> = match instances {
            [] => Vec::new(),
            // Those that only their own interface can belong to need no look at all of them.
            _ => service.all(cx).await?,
        };
        let mut interfaces: BTreeMap<String, Vec<Interface>> = BTreeMap::new();
        let attached: Vec<Interface> = all
            .into_iter()
            .filter(|it| {
                let to = it.attachment.as_ref().map(|it| &it.instance_id);
                to.is_some_and(|id| instances.iter().any(|instance| instance.id == *id))
            })
            .collect();
        let mut names = group_names(service, cx, &attached).await?;
        let (of_others, named) = of_other_accounts(service, cx, instances).await?;
        names.extend(named);
        for interface in attached.into_iter().chain(of_others) {
            if let Some(attachment) = &interface.attachment {
                let id = attachment.instance_id.clone();
                interfaces.entry(id).or_default().push(interface);
            }
        }
        let volumes = match instances {
            [] => BTreeMap::new(),
            _ => volumes::by_instance(service, cx).await?,
        };
        Ok(Self {
            interfaces,
            names,
            volumes,
        })
    }

    pub fn interfaces(&self, instance: &str) -> &[Interface] {
        self.interfaces.get(instance).map_or(&[], Vec::as_slice)
    }

    pub fn volumes(&self, instance: &str) -> Vec<wire::InstanceBlockDeviceMapping> {
        self.volumes.get(instance).cloned().unwrap_or_default()
    }

    pub fn group_name(&self, id: &str) -> Option<&String> {
        self.names.get(id)
    }
}

/// Interfaces of other accounts that instances have, and the names of their groups.
pub async fn of_other_accounts(
    service: &Ec2Service,
    cx: &Context,
    instances: &[Instance],
) -> Result<(Vec<Interface>, BTreeMap<String, String>), Fault> {
    let (mut found, mut names) = (Vec::new(), BTreeMap::new());
    for instance in instances {
        if instance.interface.owner.is_none() {
            continue;
        }
        let there = instance.interface.there(cx);
        let interface = service.find::<Interface>(&there, &instance.interface.id);
        let has_it = |it: &Interface| {
            let attachment = it.attachment.as_ref();
            attachment.is_some_and(|it| it.instance_id == instance.id)
        };
        if let Some(interface) = interface.await?.filter(has_it) {
            names.extend(group_names(service, &there, std::slice::from_ref(&interface)).await?);
            found.push(interface);
        }
    }
    Ok((found, names))
}

/// The answer to the launch of these.
pub async fn reservation(
    service: &Ec2Service,
    cx: &Context,
    made: Vec<Instance>,
) -> Result<wire::Reservation, Fault> {
    let neighbours = Neighbours::of(service, cx, &made).await?;
    let mut all = reservations(cx, &made, &neighbours);
    Ok(all.pop().unwrap_or_default())
}

/// Instances by reservation, in the order they come in.
pub fn reservations(
    cx: &Context,
    instances: &[Instance],
    neighbours: &Neighbours,
) -> Vec<wire::Reservation> {
    let mut all: Vec<wire::Reservation> = Vec::new();
    for instance in instances {
        let shown = to_wire(cx, instance, neighbours);
        let known = all
            .iter_mut()
            .find(|it| it.reservation_id.as_ref() == Some(&instance.reservation));
        match known.and_then(|it| it.instances.as_mut()) {
            Some(instances) => instances.push(shown),
            None => all.push(wire::Reservation {
                reservation_id: Some(instance.reservation.clone()),
                owner_id: Some(cx.account.clone()),
                requester_id: instance.requester.clone(),
                // Those of EC2-Classic.
                groups: Some(vec![]),
                instances: Some(vec![shown]),
            }),
        }
    }
    for reservation in &mut all {
        let instances = reservation.instances.iter_mut().flatten();
        let mut instances: Vec<wire::Instance> = instances.map(std::mem::take).collect();
        instances.sort_by_key(|it| it.ami_launch_index);
        reservation.instances = Some(instances);
    }
    all
}

/// `ip-172-31-3-4.ec2.internal`; with `fargate-` in front where it is for a pod.
pub fn host_name(cx_region: &str, instance: &Instance) -> String {
    let dashed = instance.interface.address.to_string().replace('.', "-");
    let of = if instance.pod.is_some() {
        "fargate-"
    } else {
        ""
    };
    match cx_region {
        "us-east-1" => format!("{of}ip-{dashed}.ec2.internal"),
        region => format!("{of}ip-{dashed}.{region}.compute.internal"),
    }
}

/// Empty for an instance that is at no address yet.
pub fn dns_name(cx_region: &str, instance: &Instance) -> String {
    let known = instance.interface.known_address();
    known.map_or_else(String::new, |_| host_name(cx_region, instance))
}

fn to_wire(cx: &Context, it: &Instance, neighbours: &Neighbours) -> wire::Instance {
    let life = &it.life;
    let is_there = life.state != State::Terminated;
    let there = |text: String| Some(if is_there { text } else { String::new() });
    let kind = instance_types::find(&it.instance_type);
    let groups = it.interface.groups.iter().filter(|_| is_there);
    let groups = groups.map(|group| wire::GroupIdentifier {
        group_id: Some(group.id.clone()),
        group_name: Some(group.name.clone()),
    });
    let attached = neighbours.interfaces(&it.id).iter();
    let names = attached.clone().find_map(|it| it.resource_name);
    let names = names.unwrap_or_default();
    let text = |text: &str| Some(text.to_owned());
    let filled = |text: &String| Some(text.clone()).filter(|it| !it.is_empty());
    let address = it.interface.known_address().filter(|_| is_there);
    let has_root = it.provider.is_host();
    let root = volumes::root_mapping(it);
    wire::Instance {
        instance_id: Some(it.id.clone()),
        image_id: filled(&it.image.id),
        state: Some(state(life.shown())),
        private_dns_name: there(dns_name(&cx.region, it)),
        public_dns_name: text(""),
        state_transition_reason: Some(life.transition.clone()),
        state_reason: life.reason.as_ref().map(|it| wire::StateReason {
            code: Some(it.code.clone()),
            message: Some(it.message.clone()),
        }),
        key_name: it.key.as_ref().map(|it| it.name.clone()),
        ami_launch_index: i32::try_from(it.launch_index).ok(),
        product_codes: Some(vec![]),
        instance_type: Some(it.instance_type.clone()),
        launch_time: Some(life.launched_at),
        placement: Some(wire::Placement {
            availability_zone: Some(it.zone.clone()),
            availability_zone_id: Some(zone_id(cx, it)),
            group_name: Some(
                it.placement
                    .as_ref()
                    .map_or(String::new(), |it| it.name.clone()),
            ),
            group_id: it.placement.as_ref().map(|it| it.group.clone()),
            partition_number: it
                .placement
                .as_ref()
                .and_then(|it| i32::try_from(it.partition?).ok()),
            tenancy: text("default"),
            ..wire::Placement::default()
        }),
        monitoring: Some(monitoring(it)),
        subnet_id: filled(&it.subnet_id).filter(|_| is_there),
        vpc_id: filled(&it.vpc_id).filter(|_| is_there),
        private_ip_address: address.map(|it| it.to_string()),
        ipv6_address: it
            .interface
            .ipv6
            .first()
            .filter(|_| is_there)
            .map(ToString::to_string),
        public_ip_address: public_address(it, neighbours),
        architecture: Some(it.image.architecture.clone()),
        block_device_mappings: Some(root.into_iter().chain(neighbours.volumes(&it.id)).collect()),
        client_token: Some(it.client_token.clone().unwrap_or_default()),
        ebs_optimized: Some(it.ebs_optimized),
        ena_support: Some(true),
        hypervisor: text("xen"),
        instance_lifecycle: it.spot.as_ref().map(|_| "spot".to_owned()),
        spot_instance_request_id: it.spot.as_ref().map(|it| it.request.clone()),
        iam_instance_profile: it.profile.as_ref().map(|it| wire::IamInstanceProfile {
            arn: Some(it.arn.clone()),
            id: Some(it.id.clone()),
        }),
        operator: Some(it.operated()),
        network_interfaces: Some(
            attached
                .map(|one| interface(cx, one, it.owner_of(one, cx), neighbours))
                .collect(),
        ),
        root_device_name: text(ROOT_DEVICE).filter(|_| has_root),
        root_device_type: text(root_device_type(it)).filter(|_| has_root),
        security_groups: Some(groups.collect()),
        source_dest_check: source_dest_check(it, neighbours),
        tags: Some(tags_to_wire(&it.tags)),
        virtualization_type: text("hvm"),
        boot_mode: it.image.boot_mode.map(|it| it.as_str().to_owned()),
        current_instance_boot_mode: it.image.boot_mode.map(|it| it.as_str().to_owned()),
        cpu_options: kind.map(|kind| wire::CpuOptions {
            core_count: i32::try_from(kind.cores()).ok(),
            threads_per_core: i32::try_from(kind.threads_per_core).ok(),
            ..wire::CpuOptions::default()
        }),
        metadata_options: Some(metadata(it)),
        platform_details: text("Linux/UNIX"),
        usage_operation: text("RunInstances"),
        usage_operation_update_time: Some(it.created_at),
        private_dns_name_options: Some(wire::PrivateDnsNameOptionsResponse {
            hostname_type: text("ip-name"),
            enable_resource_name_dns_a_record: Some(names.ipv4),
            enable_resource_name_dns_aaaa_record: Some(names.ipv6),
        }),
        // There is one way of each here.
        capacity_reservation_specification: Some(wire::CapacityReservationSpecificationResponse {
            capacity_reservation_preference: text(OPEN),
            ..wire::CapacityReservationSpecificationResponse::default()
        }),
        maintenance_options: Some(wire::InstanceMaintenanceOptions {
            auto_recovery: text(NO_RECOVERY),
            ..wire::InstanceMaintenanceOptions::default()
        }),
        enclave_options: Some(wire::EnclaveOptions {
            enabled: Some(false),
        }),
        hibernation_options: Some(wire::HibernationOptions {
            configured: Some(false),
        }),
        ..wire::Instance::default()
    }
}

/// That of a virtual machine is shown as a volume.
pub fn root_device_type(instance: &Instance) -> &'static str {
    match instance.is_virtual() {
        true => "ebs",
        false => "instance-store",
    }
}

/// `use1-az1`
pub fn zone_id(cx: &Context, instance: &Instance) -> String {
    let letter = instance.zone.chars().last().unwrap_or('a');
    zone::id(&cx.region, letter)
}

fn source_dest_check(instance: &Instance, neighbours: &Neighbours) -> Option<bool> {
    let mut all = neighbours.interfaces(&instance.id).iter();
    let primary = all.find(|it| it.id == instance.interface.id);
    primary.map(|it| it.source_dest_check)
}

fn public_address(instance: &Instance, neighbours: &Neighbours) -> Option<String> {
    let mut all = neighbours.interfaces(&instance.id).iter();
    let primary = all.find(|it| it.id == instance.interface.id)?;
    primary.public.as_ref().map(|it| it.address.to_string())
}

pub fn metadata(of: &Instance) -> wire::InstanceMetadataOptionsResponse {
    let switch = |on: bool| Some(if on { "enabled" } else { "disabled" }.to_owned());
    let options = &of.metadata;
    let tokens = if options.tokens_required {
        "required"
    } else {
        "optional"
    };
    wire::InstanceMetadataOptionsResponse {
        state: Some("applied".to_owned()),
        http_tokens: Some(tokens.to_owned()),
        http_put_response_hop_limit: Some(i32::from(options.hop_limit)),
        http_endpoint: switch(options.enabled),
        http_protocol_ipv6: switch(false),
        instance_metadata_tags: switch(options.tags),
    }
}

fn interface(
    cx: &Context,
    it: &Interface,
    owner: &str,
    neighbours: &Neighbours,
) -> wire::InstanceNetworkInterface {
    let groups = it.groups.iter().map(|id| wire::GroupIdentifier {
        group_id: Some(id.clone()),
        group_name: neighbours.group_name(id).cloned(),
    });
    let association = it.public.as_ref().map(|it| it.of_instance(owner));
    let address = |(address, public): (Ipv4Addr, Option<&Public>)| wire::InstancePrivateIpAddress {
        association: public.map(|it| it.of_instance(owner)),
        primary: Some(address == it.address),
        private_dns_name: Some(private_dns_name(address, &cx.region)),
        private_ip_address: Some(address.to_string()),
    };
    wire::InstanceNetworkInterface {
        association,
        attachment: it.attachment.as_ref().map(|attachment| {
            wire::InstanceNetworkInterfaceAttachment {
                attach_time: Some(attachment.attached_at),
                attachment_id: Some(attachment.id.clone()),
                delete_on_termination: Some(attachment.delete_on_termination),
                device_index: Some(attachment.device_index),
                status: Some("attached".to_owned()),
                network_card_index: Some(0),
                ..wire::InstanceNetworkInterfaceAttachment::default()
            }
        }),
        description: Some(it.description.clone()),
        groups: Some(groups.collect()),
        ipv6_addresses: Some(
            it.ipv6
                .iter()
                .map(|address| wire::InstanceIpv6Address {
                    ipv6_address: Some(address.to_string()),
                    is_primary_ipv6: Some(false),
                })
                .collect(),
        ),
        mac_address: Some(it.mac.clone()),
        network_interface_id: Some(it.id.clone()),
        owner_id: Some(owner.to_owned()),
        private_dns_name: Some(it.private_dns_name(&cx.region)),
        private_ip_address: Some(it.address.to_string()),
        private_ip_addresses: Some(it.addresses().map(address).collect()),
        source_dest_check: Some(it.source_dest_check),
        status: Some("in-use".to_owned()),
        subnet_id: Some(it.subnet_id.clone()),
        vpc_id: Some(it.vpc_id.clone()),
        interface_type: Some("interface".to_owned()),
        ..wire::InstanceNetworkInterface::default()
    }
}
