//! AttachVolume and DetachVolume, for services: to the instance ids under which hosts registered.

use wharf_api_ec2::types::{AttachVolumeRequest, DetachVolumeRequest, VolumeAttachment};
use wharf_wire::{Call, Fault};

use super::{Volume, check_manages, life::Refused, service_only};
use crate::{Ec2Service, fault, instances::life::State, records::Instance};

/// Where a task's volume is shown; nothing has a device of that name.
const DEVICE: &str = "/dev/xvdcz";

/// Attaching again to the same instance changes nothing.
pub async fn attach(
    service: &Ec2Service,
    call: &Call,
    input: AttachVolumeRequest,
) -> Result<VolumeAttachment, Fault> {
    fault::dry_run(input.dry_run)?;
    service_only(call, "AttachVolume")?;
    let id = input.volume_id.as_deref().unwrap_or_default();
    let instance = input.instance_id.as_deref().unwrap_or_default();
    if instance.is_empty() {
        return Err(fault::missing_parameter("InstanceId"));
    }
    let host = host(service, call, instance).await?;
    let device = input.device.as_deref().unwrap_or(DEVICE);
    let decide = |volume: &mut Volume| {
        check_manages(call, volume)?;
        let attached = volume.life.attach((instance, &host), device, call.now);
        attached.map_err(|why| refusal(id, &why))?;
        Ok(volume.attachment().unwrap_or_default())
    };
    service.change(call, id, decide).await
}

/// The machine where an instance id is: a host's own id, or that of the host of one of EC2's instances.
async fn host(service: &Ec2Service, call: &Call, id: &str) -> Result<String, Fault> {
    let Some(instance) = service.find::<Instance>(call, id).await? else {
        return Ok(id.to_owned());
    };
    match (instance.life.state, instance.life.host) {
        (State::Running, Some(host)) => Ok(host.machine),
        (state, _) => Err(fault::wrong_state(id, state, "attached to")),
    }
}

fn refusal(id: &str, why: &Refused) -> Fault {
    match why {
        Refused::Deleting => fault::volume_state(id, "is being deleted"),
        Refused::InUse => fault::volume_in_use(id),
        Refused::Lost(why) => fault::volume_state(id, &format!("cannot be used: {why}")),
        Refused::Elsewhere(host) => fault::volume_state(
            id,
            &format!("lies on the host {host} and can only be attached there"),
        ),
    }
}

/// It is let go when nothing has it mounted any more.
pub async fn detach(
    service: &Ec2Service,
    call: &Call,
    input: DetachVolumeRequest,
) -> Result<VolumeAttachment, Fault> {
    fault::dry_run(input.dry_run)?;
    service_only(call, "DetachVolume")?;
    let id = input.volume_id.as_deref().unwrap_or_default();
    let decide = |volume: &mut Volume| {
        check_manages(call, volume)?;
        if volume.life.attachment.is_none() {
            return Err(fault::volume_state(id, "is in the 'available' state"));
        }
        let before = volume.attachment().unwrap_or_default();
        volume.life.detach();
        Ok(volume.attachment().unwrap_or(before))
    };
    service.change(call, id, decide).await
}
