//! Volumes as the block devices of instances.

use std::collections::BTreeMap;

use wharf_api_ec2::types as wire;
use wharf_records::{Record as _, Scope};
use wharf_wire::{Call, Context, Fault};

use super::{Volume, roots::root_mapping};
use crate::{Ec2Service, fault, fault::ChangeError, records::Instance};

impl Volume {
    /// Whether that instance has it, or its pods have.
    fn is_of(&self, instance: &str) -> bool {
        let attachment = self.life.attachment.as_ref();
        attachment.is_some_and(|it| it.instance == instance && (it.is_device || self.is_users()))
    }

    /// Whether it is, or is becoming or ceasing to be, a device of that instance.
    fn is_device_of(&self, instance: &str) -> bool {
        let attachment = self.life.attachment.as_ref();
        attachment.is_some_and(|it| it.is_device && it.instance == instance)
    }
}

/// The volumes of one instance, by the names of their devices.
pub async fn of_instance(
    service: &Ec2Service,
    cx: &Context,
    instance: &str,
) -> Result<Vec<Volume>, Fault> {
    let mut all: Vec<Volume> = service.all(cx).await?;
    all.retain(|it| it.is_device_of(instance));
    let device = |it: &Volume| it.life.attachment.as_ref().map(|it| it.device.clone());
    all.sort_by_key(device);
    Ok(all)
}

/// What all instances have, by the instances' ids and the names of devices.
pub async fn by_instance(
    service: &Ec2Service,
    cx: &Context,
) -> Result<BTreeMap<String, Vec<wire::InstanceBlockDeviceMapping>>, Fault> {
    let all: Vec<Volume> = service.all(cx).await?;
    let mut volumes: BTreeMap<String, Vec<_>> = BTreeMap::new();
    for (instance, mapping) in all.iter().filter_map(mapping_of) {
        volumes.entry(instance).or_default().push(mapping);
    }
    for of_one in volumes.values_mut() {
        of_one.sort_by(|a, b| a.device_name.cmp(&b.device_name));
    }
    Ok(volumes)
}

/// The keys of the volumes of an instance, for who looks after them.
pub async fn keys_of(
    service: &Ec2Service,
    scope: &Scope,
    instance: &str,
) -> Result<Vec<String>, ChangeError> {
    let all = service.table.all::<Volume>(scope, "").await?;
    let of_it = all.into_iter().filter(|(_, it)| it.record.is_of(instance));
    Ok(of_it
        .map(|(_, it)| scope.key(Volume::KIND, &it.record.id))
        .collect())
}

/// The instance that has a volume as a device, and how descriptions of it show that.
pub fn mapping_of(volume: &Volume) -> Option<(String, wire::InstanceBlockDeviceMapping)> {
    let it = volume.life.attachment.as_ref().filter(|it| it.is_device)?;
    let shown = wire::InstanceBlockDeviceMapping {
        device_name: Some(it.device.clone()),
        ebs: Some(wire::EbsInstanceBlockDevice {
            attach_time: Some(it.at),
            delete_on_termination: Some(it.delete_on_termination),
            status: Some(it.state.as_str().to_owned()),
            volume_id: Some(volume.id.clone()),
            ..wire::EbsInstanceBlockDevice::default()
        }),
    };
    Some((it.instance.clone(), shown))
}

/// ModifyInstanceAttribute: which volumes go with their instance.
pub async fn set_delete_on_termination(
    service: &Ec2Service,
    call: &Call,
    of: &Instance,
    asked: &[wire::InstanceBlockDeviceMappingSpecification],
) -> Result<(), Fault> {
    let instance = of.id.as_str();
    let known = of_instance(service, call, instance).await?;
    let root = root_mapping(of);
    for one in asked {
        let name = one.device_name.as_deref().unwrap_or_default();
        if let Some(root) = root
            .as_ref()
            .filter(|it| it.device_name.as_deref() == Some(name))
        {
            check_of_root(root, one)?;
            continue;
        }
        let named = |it: &&Volume| {
            let attachment = it.life.attachment.as_ref();
            attachment.is_some_and(|it| it.device == name)
        };
        let found = known.iter().find(named);
        let id = found.map(|it| it.id.clone());
        let id = id.ok_or_else(|| fault::no_such_device(instance, name))?;
        let ebs = one.ebs.clone().unwrap_or_default();
        if ebs.volume_id.as_ref().is_some_and(|it| *it != id) {
            return Err(fault::no_such_device(instance, name));
        }
        // As AWS has it where nothing is said.
        let delete = ebs.delete_on_termination.unwrap_or(true);
        let set = |volume: &mut Volume| {
            let attachment = volume.life.attachment.as_mut();
            let attachment = attachment.filter(|it| it.is_device && it.instance == instance);
            let attachment = attachment.ok_or_else(|| fault::no_such_device(instance, name))?;
            attachment.delete_on_termination = delete;
            Ok(())
        };
        service.change(call, &id, set).await?;
    }
    Ok(())
}

/// A root goes with its instance, whatever is asked for.
fn check_of_root(
    root: &wire::InstanceBlockDeviceMapping,
    asked: &wire::InstanceBlockDeviceMappingSpecification,
) -> Result<(), Fault> {
    let (device, asked) = (
        root.device_name.as_deref().unwrap_or_default(),
        asked.ebs.clone().unwrap_or_default(),
    );
    let id = root.ebs.as_ref().and_then(|it| it.volume_id.as_ref());
    if let Some(other) = asked.volume_id.as_ref().filter(|it| Some(*it) != id) {
        return Err(fault::not_attached_so(
            other,
            &format!("as device '{device}'"),
        ));
    }
    match asked.delete_on_termination {
        Some(false) => Err(fault::root_goes_with_instance(device)),
        Some(true) | None => Ok(()),
    }
}
