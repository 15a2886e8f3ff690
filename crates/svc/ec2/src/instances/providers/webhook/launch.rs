//! Launches of types that a maker makes.

use std::sync::Arc;

use wharf_api_ec2::types::RunInstancesRequest;
use wharf_service::Changes;
use wharf_wire::{Call, Context, Fault};

use super::{super::Provider, Maker};
use crate::{
    Ec2Service,
    block_devices::Disks,
    fault::{self, Ec2Faults},
    instance_types::InstanceType,
    instances::{launch::Wanted, life::State},
    records::{Fence, Instance, Subnet},
};

/// The id of the fence of who launches machines of the maker's.
const FENCE: &str = "machine-maker";

impl Maker {
    /// Whether it makes machines in that zone, of a type that it makes.
    pub fn serves(&self, kind: &InstanceType, zone: &str) -> bool {
        self.parts.config.makes(kind, zone)
    }
}

/// The maker of instances like these, in whichever zones. Nodes join in the installation's own account and region, so it makes no
/// machines for others; and it has no Spot capacity, which is what hosts have left.
pub fn of_launch<'a>(
    service: &'a Ec2Service,
    cx: &Context,
    kind: &InstanceType,
    is_spot: bool,
) -> Option<&'a Arc<Maker>> {
    let maker = service.instances.making.maker()?;
    let home = &maker.parts.home;
    let is_home = home.account == cx.account && home.region == cx.region;
    (is_home && !is_spot && maker.parts.config.makes_type(kind)).then_some(maker)
}

/// Refuses what a launch asks for and no machine of a maker has.
///
/// # Errors
/// The parameter, by its name.
pub fn check(
    input: &RunInstancesRequest,
    (wanted, subnet, disks): (&Wanted, &Subnet, &Disks),
) -> Result<(), Fault> {
    let placement = input.placement.as_ref();
    let group = placement.is_some_and(|it| it.group_name.is_some() || it.group_id.is_some());
    let monitored = input.monitoring.as_ref().and_then(|it| it.enabled) == Some(true);
    let asked = [
        ("IamInstanceProfile", wanted.profile.is_some()),
        ("MetadataOptions", input.metadata_options.is_some()),
        ("Monitoring", monitored),
        ("Placement.GroupName", group),
        ("EbsOptimized", input.ebs_optimized == Some(true)),
        ("AssociatePublicIpAddress", wanted.public == Some(true)),
        ("NetworkInterfaceId", wanted.interface.is_some()),
        ("PrivateIpAddresses", wanted.addresses.secondary() > 0),
        // It is the service's, and nobody else could delete it.
        ("DeleteOnTermination", !wanted.delete_interface),
        ("Ipv6Addresses", wanted.ipv6.number(subnet) > 0),
        (
            "PrivateDnsNameOptions",
            wanted.names.0 == Some(true) || wanted.names.1 == Some(true),
        ),
        (
            "BlockDeviceMapping",
            !disks.volumes.is_empty() || disks.root.is_some() || disks.seals_root(),
        ),
    ];
    match asked.iter().find(|(_, is_asked)| *is_asked) {
        None => Ok(()),
        Some((name, _)) => Err(fault::not_of_makers(wanted.kind.name, name)),
    }
}

/// How many of so many the maker may have, of a launch for which all are its machines. Each such launch rewrites one fence: of two
/// that count at the same time, also on two servers, one counts again.
///
/// # Errors
/// It may not have as many as there are to be at least; the store's.
pub async fn left(
    service: &Ec2Service,
    (call, tx): (&Call, &mut Changes<'_, Ec2Faults>),
    wanted: &Wanted,
    (provider, zone): (&Provider, &str),
    count: u32,
) -> Result<u32, Fault> {
    let maker = service.instances.making.maker();
    let (Provider::Webhook(_), Some(maker)) = (provider, maker) else {
        return Ok(count);
    };
    let fence = Ec2Service::key::<Fence>(call, FENCE);
    tx.find::<Fence>(&fence).await?;
    tx.put(fence, &Fence {});
    let all: Vec<Instance> = service.all(call).await?;
    let is_one = |it: &&Instance| {
        matches!(it.provider, Provider::Webhook(_)) && it.life.state != State::Terminated
    };
    let there = u32::try_from(all.iter().filter(is_one).count()).unwrap_or(u32::MAX);
    let left = maker.parts.config.most.saturating_sub(there);
    match wanted.at_least > left {
        true => Err(fault::no_capacity(wanted.kind.name, zone)),
        false => Ok(count.min(left)),
    }
}
