//! Block devices of nodes, between the launch template that somebody gives a group and the group's own. Pure.

use wharf_api_ec2::{
    LaunchTemplateBlockDeviceMapping, LaunchTemplateBlockDeviceMappingRequest,
    LaunchTemplateEbsBlockDeviceRequest,
};
use wharf_wire::Fault;

use super::records::{DEFAULT_DISK, Device, NodeGroup, USUAL_DISK};
use crate::fault;

/// The root device of instances.
const ROOT: &str = "/dev/xvda";
/// GiB.
const MOST_DISK: i32 = 16_384;

/// The size of the root file systems of a group.
pub fn disk(asked: Option<i32>, has_template: bool) -> Result<i32, Fault> {
    match asked {
        Some(_) if has_template => Err(fault::invalid(
            "Disk size must be specified within the launch template.",
        )),
        Some(gib) if !(1..=MOST_DISK).contains(&gib) => Err(fault::invalid(format!(
            "The disk size {gib} is not valid. It must be between 1 and {MOST_DISK} GiB."
        ))),
        Some(gib) => Ok(gib),
        // The template or its image says it.
        None if has_template => Ok(USUAL_DISK),
        None => Ok(DEFAULT_DISK),
    }
}

/// What a template says of devices.
pub fn read(given: Option<Vec<LaunchTemplateBlockDeviceMapping>>) -> Vec<Device> {
    let device = |it: LaunchTemplateBlockDeviceMapping| {
        let ebs = it.ebs.unwrap_or_default();
        Device {
            name: it.device_name.unwrap_or_default(),
            suppressed: it.no_device.is_some(),
            delete_on_termination: ebs.delete_on_termination,
            iops: ebs.iops,
            throughput: ebs.throughput,
            snapshot: ebs.snapshot_id,
            gib: ebs.volume_size,
            kind: ebs.volume_type,
        }
    };
    given.unwrap_or_default().into_iter().map(device).collect()
}

/// What the group's own template says.
pub fn of(group: &NodeGroup) -> Option<Vec<LaunchTemplateBlockDeviceMappingRequest>> {
    let Some(source) = &group.source else {
        let root = Device {
            name: ROOT.to_owned(),
            gib: Some(group.disk_gib),
            ..Device::default()
        };
        return (group.disk_gib != USUAL_DISK).then(|| vec![mapping(&root)]);
    };
    (!source.devices.is_empty()).then(|| source.devices.iter().map(mapping).collect())
}

fn mapping(it: &Device) -> LaunchTemplateBlockDeviceMappingRequest {
    LaunchTemplateBlockDeviceMappingRequest {
        device_name: Some(it.name.clone()),
        no_device: it.suppressed.then(String::new),
        virtual_name: None,
        ebs: (!it.suppressed).then(|| LaunchTemplateEbsBlockDeviceRequest {
            delete_on_termination: it.delete_on_termination,
            iops: it.iops,
            throughput: it.throughput,
            snapshot_id: it.snapshot.clone(),
            volume_size: it.gib,
            volume_type: it.kind.clone(),
            ..LaunchTemplateEbsBlockDeviceRequest::default()
        }),
    }
}

#[cfg(test)]
mod tests {
    use wharf_api_ec2::LaunchTemplateEbsBlockDevice;

    use super::*;
    use crate::groups::plan::tests::{group, source};

    #[test]
    fn disks_of_groups() {
        assert_eq!(disk(None, true).unwrap(), 8);
        assert_eq!(disk(None, false).unwrap(), 20);
        assert_eq!(disk(Some(50), false).unwrap(), 50);
        for (gib, template) in [(50, true), (0, false), (16_385, false)] {
            assert!(disk(Some(gib), template).is_err(), "{gib} {template}");
        }
        let mut group = group();
        (group.source, group.disk_gib) = (None, 50);
        let own = of(&group).unwrap();
        assert_eq!(own[0].device_name.as_deref(), Some("/dev/xvda"));
        assert_eq!(own[0].ebs.as_ref().unwrap().volume_size, Some(50));
        group.disk_gib = USUAL_DISK;
        assert_eq!(of(&group), None);

        let given = vec![
            LaunchTemplateBlockDeviceMapping {
                device_name: Some("/dev/sdf".to_owned()),
                ebs: Some(LaunchTemplateEbsBlockDevice {
                    volume_size: Some(3),
                    ..Default::default()
                }),
                ..Default::default()
            },
            LaunchTemplateBlockDeviceMapping {
                device_name: Some("/dev/sdg".to_owned()),
                no_device: Some(String::new()),
                ..Default::default()
            },
        ];
        let devices = read(Some(given));
        group.source = Some(crate::groups::records::Source {
            devices,
            ..source()
        });
        let own = of(&group).unwrap();
        assert_eq!(own[0].ebs.as_ref().unwrap().volume_size, Some(3));
        assert!(own[1].no_device.is_some() && own[1].ebs.is_none());
    }
}
