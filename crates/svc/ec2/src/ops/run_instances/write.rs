//! The instances of a call, and the transaction that makes them.

use std::{borrow::Cow, net::Ipv4Addr};

use wharf_api_ec2::types::RunInstancesRequest;
use wharf_base::ids;
use wharf_records::{Unknown, encode};
use wharf_store::{Compare, Txn};
use wharf_wire::{Call, Context};

use super::{
    super::{create_network_interface::with_address, private_addresses::Chosen},
    existing,
    part::{Part, spot_request},
    prepare::Prepared,
    requester,
};
use crate::{
    Ec2Service,
    elastic::{self, Public},
    instances::{FoundProfile, launch::Wanted, life::Life},
    interface_permissions::Usable,
    placement_groups::{Assigned, PlacementGroup},
    records::{
        Attachment, Instance, Interface, LaunchDevice, Primary, Profile, Secondary, SecurityGroup,
        Subnet, user_data_purpose,
    },
    spot::SpotRequest,
    table::LeanOn,
};

/// Whose the interfaces of whole machines are.
const OF_MACHINES: &str = "ec2.amazonaws.com";

/// What instances are made of: what is asked for and found, places in a group, what the launch is part of, and the
/// interface that is there already.
pub(super) type Made<'a> = (
    &'a Wanted,
    &'a Prepared,
    &'a Assigned,
    &'a Part<'a>,
    Option<&'a Usable>,
);

/// The instances, and the transaction that makes them.
pub(super) fn write(
    service: &Ec2Service,
    call: &Call,
    input: &RunInstancesRequest,
    (wanted, prepared, assigned, part, existing): Made<'_>,
    addresses: &[(Chosen, Option<Public>)],
) -> (Vec<Instance>, Txn) {
    let reservation = ids::ec2_id("r");
    let there = match existing {
        Some(it) => it.there(call),
        None => Cow::Borrowed(call.context()),
    };
    let mut txn = Txn::new().lean_on::<Subnet>(&there, &prepared.subnet.id);
    for group in &prepared.groups {
        txn = txn.lean_on::<SecurityGroup>(&there, &group.id);
    }
    let group = prepared.group.as_ref().map(|it| &it.group);
    if let Some(group) = group {
        txn = txn.lean_on::<PlacementGroup>(call, &group.id);
    }
    let mut made = Vec::with_capacity(addresses.len());
    for ((address, public), index) in addresses.iter().zip(0..) {
        let id = ids::ec2_id("i");
        let interface = match existing {
            Some(it) => existing::attached(it, &id, (wanted, prepared), call),
            None => Interface {
                public: public.clone(),
                secondary: address
                    .secondary
                    .iter()
                    .copied()
                    .map(Secondary::new)
                    .collect(),
                ipv6: address.ipv6.clone(),
                resource_name: wanted.resource_name(&prepared.subnet),
                ..interface(call, &id, address.primary, (wanted, prepared))
            },
        };
        if let Some(public) = public {
            txn = elastic::claim(txn, call, public.address, &interface.id);
        }
        let purpose = user_data_purpose(&call.account, &call.region, &id);
        let zone = prepared.subnet.zone.as_str();
        let volumes = prepared
            .disks
            .of((&id, zone), &prepared.volume_tags, call.now);
        let request = spot_request(service, call, prepared, part);
        let instance = Instance {
            spot: request.as_ref().map(SpotRequest::held),
            fleet: part.fleet(),
            events: Vec::new(),
            provider: prepared.provider.clone(),
            reservation: reservation.clone(),
            launch_index: index,
            client_token: input.client_token.clone().filter(|it| !it.is_empty()),
            requester: requester(call),
            operator: prepared.operator.clone(),
            image: prepared.image.clone(),
            instance_type: wanted.kind.name.to_owned(),
            subnet_id: prepared.subnet.id.clone(),
            vpc_id: prepared.subnet.vpc_id.clone(),
            zone: prepared.subnet.zone.clone(),
            interface: Primary {
                id: interface.id.clone(),
                owner: existing.and_then(|it| it.owner.clone()),
                subnet_cidr: prepared.subnet.cidr,
                address: address.primary,
                mac: interface.mac.clone(),
                secondary: address.secondary.clone(),
                ipv6: address.ipv6.clone(),
                groups: prepared.groups.clone(),
                delete_on_termination: wanted.delete_interface,
            },
            dhcp: prepared.dhcp.clone(),
            key: prepared.key.clone(),
            profile: prepared.profile.as_ref().map(|it| associated(call, it)),
            user_data: wanted
                .user_data
                .as_ref()
                .map(|it| service.keyring.seal(it.as_bytes(), &purpose)),
            metadata: wanted.metadata.clone(),
            monitoring: input.monitoring.as_ref().and_then(|it| it.enabled) == Some(true),
            disable_api_termination: input.disable_api_termination == Some(true),
            disable_api_stop: input.disable_api_stop == Some(true),
            ends_on_shutdown: wanted.ends_on_shutdown,
            ebs_optimized: input.ebs_optimized == Some(true),
            disk_gib: prepared.disks.root_gib,
            sealed_root: prepared.disks.sealed_root(&id),
            root: prepared.of_root(),
            devices: volumes
                .iter()
                .map(|(name, it)| LaunchDevice {
                    name: name.clone(),
                    volume: it.id.clone(),
                })
                .collect(),
            placement: group.map(|it| assigned.place(it, made.len())),
            pod: None,
            machine: None,
            life: Life::new(call.now),
            kubelet: None,
            node_boot: None,
            created_at: call.now,
            tags: prepared.tags.clone(),
            unknown: Unknown::new(),
            id,
        };
        txn = match existing {
            Some(it) => {
                let txn = txn.when(it.stored.unchanged());
                txn.put(&it.stored.key, encode(&interface))
            }
            None => with_address(txn, call, &interface),
        }
        .put(
            Ec2Service::key::<Instance>(call, &instance.id),
            encode(&instance),
        );
        for (_, volume) in &volumes {
            txn = volume.put_new(call, txn);
        }
        if let Some(root) = &instance.image.root {
            txn = root.put_use(call, &instance.id, txn);
        }
        if let Some(mut request) = request {
            let key = Ec2Service::key::<SpotRequest>(call, &request.id);
            txn = match part {
                Part::Request(stored) => txn.when(stored.unchanged()),
                Part::Alone | Part::Fleet(_) => txn.when(Compare::absent(key.clone())),
            };
            request.fulfil(&instance, call.now);
            txn = txn.put(key, encode(&request));
        }
        made.push(instance);
    }
    if let Part::Fleet(fleet) = part {
        let of_fleet = (fleet.written)(made.len());
        txn.compare.extend(of_fleet.compare);
        txn.then.extend(of_fleet.then);
    }
    (made, txn)
}

/// A profile as it is associated with a new instance.
pub fn associated(cx: &Context, profile: &FoundProfile) -> Profile {
    Profile {
        arn: profile.arn.clone(),
        id: profile.id.clone(),
        association: ids::ec2_id("iip-assoc"),
        since: cx.now,
    }
}

fn interface(
    call: &Call,
    instance: &str,
    address: Ipv4Addr,
    (wanted, prepared): (&Wanted, &Prepared),
) -> Interface {
    let delete = wanted.delete_interface;
    Interface {
        groups: prepared.groups.iter().map(|it| it.id.clone()).collect(),
        description: prepared.description.clone(),
        attachment: Some(Attachment::at_launch(instance, call.now, delete)),
        // Nobody wires that of a machine, so what users would change of it comes to nothing.
        requester: (!prepared.provider.is_host()).then(|| OF_MACHINES.to_owned()),
        tags: prepared.interface_tags.clone(),
        ..Interface::new(&prepared.subnet, address, call.now)
    }
}
