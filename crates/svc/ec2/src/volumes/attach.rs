//! AttachVolume and DetachVolume: users attach volumes to instances as block devices, services to the instance ids under
//! which hosts registered, for tasks.

use wharf_api_ec2::types::{AttachVolumeRequest, DetachVolumeRequest, VolumeAttachment};
use wharf_planeproto::volume::NO_CAPACITY;
use wharf_service::transact;
use wharf_wire::{Call, CallerKind, Fault};

use super::{
    Volume, check_id, check_manages,
    host_limit::check_host,
    is_for_pods,
    life::{Attachment, AttachmentState, Refused, To},
    of_instance::of_instance,
    refuse_root,
    roots::is_root,
};
use crate::{
    Ec2Service,
    encryption::{Granted, owed_by, settle},
    fault,
    instances::{describe::ROOT_DEVICE, life::State, placing::gives_volumes, providers::Ability},
    ops::change_instances::check_id as check_instance_id,
    records::{Entity as _, Instance, is_seen},
};

/// Where a task's volume is shown; nothing has a device of that name.
const DEVICE: &str = "/dev/xvdcz";
/// As Nitro instances have it.
pub const MOST_DEVICES: usize = 27;

pub async fn attach(
    service: &Ec2Service,
    call: &Call,
    input: AttachVolumeRequest,
) -> Result<VolumeAttachment, Fault> {
    fault::dry_run(input.dry_run)?;
    let instance = input.instance_id.as_deref().unwrap_or_default();
    if instance.is_empty() {
        return Err(fault::missing_parameter("InstanceId"));
    }
    // Volumes and names of devices are compared with others.
    let _turn = service
        .counting
        .take((&call.account, "volume-attachment"))
        .await;
    match call.caller.kind {
        _ if is_for_pods(call) => attach_for_pods(service, call, &input, instance).await,
        CallerKind::Service => attach_for_task(service, call, &input, instance).await,
        _ => attach_device(service, call, &input, instance).await,
    }
}

/// Attaching again to the same instance changes nothing.
async fn attach_for_task(
    service: &Ec2Service,
    call: &Call,
    input: &AttachVolumeRequest,
    instance: &str,
) -> Result<VolumeAttachment, Fault> {
    let id = input.volume_id.as_deref().unwrap_or_default();
    let host = host(service, call, instance).await?;
    check_host(service, call, &host, id).await?;
    let granted = Granted::of(service, call, id).await?;
    let to = To {
        instance,
        host: &host,
        device: input.device.as_deref().unwrap_or(DEVICE),
        is_device: false,
        moves: false,
    };
    let decide = |volume: &mut Volume| {
        check_manages(call, volume)?;
        if volume.is_users() {
            return Err(fault::volume_state(id, "is not managed by the caller"));
        }
        let attached = volume.life.attach(to, call.now);
        attached.map_err(|why| refusal(id, &why))
    };
    let attached = attached(service, call, id, &granted, decide).await;
    granted.then(attached).await
}

/// A volume as `decide` attaches it, with its grant.
async fn attached(
    service: &Ec2Service,
    call: &Call,
    id: &str,
    granted: &Granted<'_>,
    decide: impl Fn(&mut Volume) -> Result<(), Fault>,
) -> Result<VolumeAttachment, Fault> {
    let key = Ec2Service::key::<Volume>(call, id);
    let shown = transact!(service.table, &call.permit, |tx| {
        let before = seen(tx.find::<Volume>(&key).await?, call, id)?;
        let mut volume = before.clone();
        decide(&mut volume)?;
        let given = granted.give(&mut volume)?;
        if volume != before {
            tx.put(&key, &volume);
            tx.join(given);
        }
        volume.attachment().unwrap_or_default()
    });
    Ok(shown)
}

/// A volume that was found, of which the caller may know.
fn seen(found: Option<Volume>, call: &Call, id: &str) -> Result<Volume, Fault> {
    let found = found.filter(|it| is_seen(it, call));
    found.ok_or_else(|| Volume::missing(id))
}

/// For pods that an instance runs, which have it from the host. Attaching again to the same instance changes nothing. That the
/// instance ends at the same time is seen by `reconcile`.
async fn attach_for_pods(
    service: &Ec2Service,
    call: &Call,
    input: &AttachVolumeRequest,
    instance_id: &str,
) -> Result<VolumeAttachment, Fault> {
    let id = check_id(input.volume_id.as_deref())?;
    check_instance_id(instance_id)?;
    let Some(instance) = service.find::<Instance>(call, instance_id).await? else {
        return Err(Instance::missing(instance_id));
    };
    instance.needs(Ability::PodVolumes)?;
    let host = match (instance.life.state, &instance.life.host) {
        (State::Running, Some(host)) => host.machine.clone(),
        (state, _) => return Err(fault::wrong_state(instance_id, state, "attached to")),
    };
    check_host(service, call, &host, id).await?;
    let granted = Granted::of(service, call, id).await?;
    let to = To {
        instance: instance_id,
        host: &host,
        device: input.device.as_deref().unwrap_or(DEVICE),
        is_device: false,
        moves: service.bytes().is_ok(),
    };
    let decide = |volume: &mut Volume| {
        if let Some(requester) = &volume.requester {
            return Err(fault::volume_managed(id, requester));
        }
        if volume.zone != instance.zone {
            return Err(fault::volume_zone_mismatch(id, instance_id));
        }
        let attached = volume.life.attach(to, call.now);
        attached.map_err(|why| refusal(id, &why))
    };
    let attached = attached(service, call, id, &granted, decide).await;
    granted.then(attached).await
}

/// The machine where an instance id is: a host's own id, or that of the host of one of EC2's instances.
async fn host(service: &Ec2Service, call: &Call, id: &str) -> Result<String, Fault> {
    let Some(instance) = service.find::<Instance>(call, id).await? else {
        return Ok(id.to_owned());
    };
    if !instance.provider.is_host() {
        return Ok(id.to_owned());
    }
    match (instance.life.state, instance.life.host) {
        (State::Running, Some(host)) => Ok(host.machine),
        (state, _) => Err(fault::wrong_state(id, state, "attached to")),
    }
}

/// An instance that ends at the same time sees the volume, or is seen here: this rests on its record.
async fn attach_device(
    service: &Ec2Service,
    call: &Call,
    input: &AttachVolumeRequest,
    instance_id: &str,
) -> Result<VolumeAttachment, Fault> {
    let id = check_id(input.volume_id.as_deref())?;
    check_instance_id(instance_id)?;
    let device = input.device.as_deref().filter(|it| !it.is_empty());
    let device = device.ok_or_else(|| fault::missing_parameter("device"))?;
    device_name(device).ok_or_else(|| fault::bad_device(device))?;
    // Its instance has it for as long as it is there.
    if is_root(service, call, id).await? {
        return Err(fault::volume_attached(id));
    }
    let granted = Granted::of(service, call, id).await?;
    let attached = attach_it(service, call, (id, instance_id, device), &granted).await;
    granted.then(attached).await
}

async fn attach_it(
    service: &Ec2Service,
    call: &Call,
    (id, instance_id, device): (&str, &str, &str),
    granted: &Granted<'_>,
) -> Result<VolumeAttachment, Fault> {
    let (key, instance_key) = (
        Ec2Service::key::<Volume>(call, id),
        Ec2Service::key::<Instance>(call, instance_id),
    );
    let shown = transact!(service.table, &call.permit, |tx| {
        let Some(mut volume) = tx.find::<Volume>(&key).await? else {
            return Err(Volume::missing(id));
        };
        let found = tx.find::<Instance>(&instance_key).await?;
        let Some(instance) = found.filter(|it| is_seen(it, call)) else {
            return Err(Instance::missing(instance_id));
        };
        instance.lets(call, "AttachVolume")?;
        instance.needs(Ability::Volumes)?;
        if let Some(requester) = &volume.requester {
            return Err(fault::volume_managed(id, requester));
        }
        let host = match (instance.life.state, &instance.life.host) {
            (State::Running | State::Stopped, Some(host)) => host,
            _ => return Err(fault::instance_not_running(instance_id)),
        };
        if instance.is_virtual() {
            let hosts = &service.instances.parts.hosts;
            hosts.up_to_date().await;
            if !hosts.read(|machines| gives_volumes(machines, &host.id)) {
                return Err(fault::host_gives_no_volumes(instance_id));
            }
        }
        let host = host.machine.clone();
        if volume.zone != instance.zone {
            return Err(fault::volume_zone_mismatch(id, instance_id));
        }
        let to = To {
            instance: instance_id,
            host: &host,
            device,
            is_device: true,
            moves: service.bytes().is_ok(),
        };
        let attached = volume.life.attach(to, call.now);
        attached.map_err(|why| refusal(id, &why))?;
        let given = granted.give(&mut volume)?;
        check_host(service, call, &host, id).await?;
        let others = of_instance(service, call, instance_id).await?;
        if others.len() >= MOST_DEVICES {
            return Err(fault::too_many_devices(instance_id, MOST_DEVICES));
        }
        let is_it = |other: &str| device_name(other) == device_name(device);
        let has_it = |it: &Volume| {
            let attachment = it.life.attachment.as_ref();
            attachment.is_some_and(|it| is_it(&it.device))
        };
        if is_it(ROOT_DEVICE) || others.iter().any(has_it) {
            return Err(fault::device_in_use(device));
        }
        tx.put(&key, &volume);
        tx.join(given);
        volume.attachment().unwrap_or_default()
    });
    Ok(shown)
}

/// The name below `/dev` of one that a volume may be: `sd[a-z]`, `xvd[a-z]`, `xvd[b-d][a-z]`, which are all that EBS has.
pub fn device_name(device: &str) -> Option<&str> {
    let name = device.strip_prefix("/dev/").unwrap_or(device);
    let letter = |it: &u8| it.is_ascii_lowercase();
    let is_one = match name.as_bytes() {
        [b's', b'd', last] | [b'x', b'v', b'd', last] => letter(last),
        [b'x', b'v', b'd', b'b'..=b'd', last] => letter(last),
        _ => false,
    };
    is_one.then_some(name)
}

/// As hosts are told of it.
pub fn name_in_dev(attachment: &Attachment) -> Option<&str> {
    device_name(&attachment.device).filter(|_| attachment.is_device)
}

fn refusal(id: &str, why: &Refused) -> Fault {
    match why {
        Refused::Deleting => fault::volume_state(id, "is being deleted"),
        Refused::InUse => fault::volume_attached(id),
        Refused::Lost(why) if why.starts_with(NO_CAPACITY) => {
            let why = why[NO_CAPACITY.len()..].trim_start_matches([':', ' ']);
            fault::no_volume_capacity(id, why)
        }
        Refused::Lost(why) => fault::volume_state(id, &format!("cannot be used: {why}")),
        Refused::Elsewhere(host) => fault::volume_state(
            id,
            &format!("lies on the host {host} and can only be attached there"),
        ),
    }
}

/// It is let go when nothing has it mounted any more; by force, programs of the instance that have it lose it.
pub async fn detach(
    service: &Ec2Service,
    call: &Call,
    input: DetachVolumeRequest,
) -> Result<VolumeAttachment, Fault> {
    fault::dry_run(input.dry_run)?;
    let id = input.volume_id.as_deref().unwrap_or_default();
    if call.caller.kind != CallerKind::Service {
        check_id(Some(id))?;
    }
    refuse_root(service, call, id, "DetachVolume").await?;
    let given = |it: &Option<String>| it.clone().filter(|it| !it.is_empty());
    let (instance, device) = (given(&input.instance_id), given(&input.device));
    let decide = |volume: &mut Volume| {
        check_manages(call, volume)?;
        let Some(it) = &volume.life.attachment else {
            return Err(fault::volume_state(id, "is in the 'available' state"));
        };
        if it.is_device {
            if let Some(other) = instance.as_ref().filter(|given| **given != it.instance) {
                return Err(fault::not_attached_so(
                    id,
                    &format!("to instance '{other}'"),
                ));
            }
            if let Some(other) = device.as_ref().filter(|given| **given != it.device) {
                return Err(fault::not_attached_so(id, &format!("as device '{other}'")));
            }
        }
        let before = VolumeAttachment {
            state: Some(AttachmentState::Detaching.as_str().to_owned()),
            ..volume.attachment().unwrap_or_default()
        };
        let force = input.force == Some(true) && it.is_device;
        volume.life.detach(force);
        Ok(volume.attachment().unwrap_or(before))
    };
    let (key, scope) = (Ec2Service::key::<Volume>(call, id), Ec2Service::scope(call));
    let (shown, owed) = transact!(service.table, &call.permit, |tx| {
        let before = seen(tx.find::<Volume>(&key).await?, call, id)?;
        let mut volume = before.clone();
        let shown = decide(&mut volume)?;
        let owed = owed_by(service, &scope, &before);
        let owed = owed.filter(|_| volume.life.attachment.is_none());
        if volume != before {
            tx.put(&key, &volume);
        }
        if let Some(it) = &owed {
            tx.join(it.written());
        }
        (shown, owed)
    });
    settle(service, owed).await;
    Ok(shown)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_devices() {
        for (device, name) in [
            ("/dev/sdf", Some("sdf")),
            ("/dev/xvdf", Some("xvdf")),
            ("xvdba", Some("xvdba")),
            ("/dev/xvdea", None),
            ("/dev/nvme1n1", None),
            ("/dev/sdf1", None),
            ("/dev/../sda", None),
            ("/dev/null", None),
            ("/dev/xvd", None),
            ("", None),
        ] {
            assert_eq!(device_name(device), name, "{device}");
        }
    }
}
