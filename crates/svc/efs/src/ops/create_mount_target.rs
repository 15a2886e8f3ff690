//! CreateMountTarget: an interface in a subnet of the caller's, at which the host of the file system serves it.
//!
//! The first mount target chooses that host. All mount targets of a file system are interfaces there, whatever zone their
//! subnets are in: the network of the VPC reaches it from every host.

use std::net::Ipv4Addr;

use wharf_api_efs::{CreateMountTargetRequest, MountTargetDescription};
use wharf_base::ids;
use wharf_records::Unknown;
use wharf_service::{Place, transact};
use wharf_wire::{Call, Fault};

use crate::{
    core::Core,
    describe, fault, hosts, names, network,
    records::{FileSystem, MountTarget, Target},
};

/// Security groups of one.
const MOST_GROUPS: usize = 5;

pub async fn create(
    core: &Core,
    call: &Call,
    input: CreateMountTargetRequest,
) -> Result<MountTargetDescription, Fault> {
    let place = Place::of(call);
    let file_system = names::id(&place, input.file_system_id.as_deref());
    let wanted_address = address(&input)?;
    let record = core.file_system(&place, &file_system).await?;
    let subnet =
        network::subnet(core, call, input.subnet_id.as_deref().unwrap_or_default()).await?;
    check(&record, &subnet.vpc, &subnet.zone)?;
    let groups =
        network::groups(core, call, &subnet.vpc, input.security_groups, MOST_GROUPS).await?;
    let id = ids::ec2_id("fsmt");
    let made = MountTarget {
        file_system: file_system.clone(),
        subnet: subnet.id,
        vpc: subnet.vpc,
        zone: subnet.zone,
        zone_id: subnet.zone_id,
        groups,
        wanted_address,
        interface: None,
        attachment: None,
        available: false,
        deleting: false,
        unknown: Unknown::new(),
    };
    let key = names::mount_target_key(&place, &id);
    let _turn = core.turns.take(&key).await;
    let of = names::file_system_key(&place, &file_system);
    transact!(core.table, &call.permit, |tx| {
        let mut record = core.standing(&mut tx, &place, &file_system).await?;
        check(&record, &made.vpc, &made.zone)?;
        if record.host.is_none() {
            let encrypted = record.encryption.is_some();
            let zone = record.zone.as_ref().map(|it| it.name.as_str());
            let host = hosts::choose(core, &place, encrypted, zone).await;
            record.host = Some(host.ok_or_else(|| fault::no_host(encrypted))?);
        }
        let target = Target {
            vpc: made.vpc.clone(),
            subnet: made.subnet.clone(),
            zone: made.zone.clone(),
            interface: None,
        };
        record.mount_targets.insert(id.clone(), target);
        tx.put(&of, &record);
        tx.put(&key, &made);
    });
    // The reconciler does the same for one that this server did not come to.
    match network::create(core, &place, &id, &made).await {
        Ok(interface) => {
            let mut shown = made;
            transact!(core.table, &call.permit, |tx| {
                if let Some(mut record) = tx.find::<MountTarget>(&key).await? {
                    // Where the reconciler was first it is the same.
                    if record.interface.is_none() {
                        record.interface = Some(interface.clone());
                        tx.put(&key, &record);
                    }
                    shown = record;
                }
            });
            Ok(describe::mount_target(&place, &id, &shown))
        }
        Err(refused) => {
            // Where EC2 does not say that nothing was made, it is looked for: at once, since the caller may ask for the same address again,
            // and by the reconciler for what could not be cleared away by then.
            let may_be_made = !refused.sender || refused.status >= 500;
            if may_be_made && let Err(error) = network::clear(core, &place, &id, &made).await {
                tracing::warn!(mount_target = id, %error, "clearing away the interface of a mount target that was not made failed, will retry");
            }
            transact!(core.table, &call.permit, |tx| {
                if let Some(mut record) = tx.find::<FileSystem>(&of).await? {
                    record.mount_targets.remove(&id);
                    tx.put(&of, &record);
                }
                if may_be_made && let Some(record) = tx.find::<MountTarget>(&key).await? {
                    let deleting = MountTarget {
                        deleting: true,
                        ..record
                    };
                    tx.put(&key, &deleting);
                } else {
                    tx.delete(&key);
                }
            });
            Err(network::refusal(&refused, &made))
        }
    }
}

fn address(input: &CreateMountTargetRequest) -> Result<Option<Ipv4Addr>, Fault> {
    if input.ipv6_address.is_some() {
        return Err(fault::unsupported(
            "An IPv6 address of a mount target (Ipv6Address)",
        ));
    }
    if !matches!(input.ip_address_type.as_deref(), None | Some("IPV4_ONLY")) {
        return Err(fault::unsupported("An IpAddressType other than IPV4_ONLY"));
    }
    let Some(text) = &input.ip_address else {
        return Ok(None);
    };
    let address = text.parse().map(Some);
    address.map_err(|_| fault::bad_request(format!("{text} is no IPv4 address.")))
}

/// One in each zone, all in one VPC; one at all of what is of one zone.
fn check(record: &FileSystem, vpc: &str, zone: &str) -> Result<(), Fault> {
    if let Some(own) = record.zone.as_ref().filter(|it| it.name != zone) {
        return Err(fault::other_zone(&own.name));
    }
    let mut targets = record.mount_targets.values();
    if targets.clone().any(|it| it.vpc != vpc) {
        return Err(fault::other_vpc());
    }
    match targets.any(|it| it.zone == zone) {
        true => Err(fault::zone_has_one()),
        false => Ok(()),
    }
}
