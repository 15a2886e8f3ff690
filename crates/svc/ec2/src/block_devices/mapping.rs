//! Block device mappings as they are given and kept. Pure.

use serde::{Deserialize, Serialize};
use wharf_api_ec2::types as wire;
use wharf_wire::Fault;

use crate::{fault, snapshots, volumes::device_name};

/// Of one list: the root, volumes, and devices that are suppressed.
const MAX_MAPPINGS: usize = 64;
/// Of a device's name, and of a type's.
const MAX_TEXT: usize = 64;
/// Of the name of a key.
const MAX_KEY: usize = 2048;

/// One device.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Mapping {
    /// `/dev/xvdf`
    pub device: String,
    /// It is to be nothing, whatever the image or the template says of it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub suppressed: bool,
    #[serde(default)]
    pub ebs: Ebs,
}

/// What a mapping says of a volume.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Ebs {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub delete_on_termination: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub iops: Option<i32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub throughput: Option<i32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub snapshot: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub gib: Option<i32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kind: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub encrypted: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
}

/// The mappings of a request.
pub fn read(given: Option<&[wire::BlockDeviceMapping]>) -> Result<Vec<Mapping>, Fault> {
    let given = given.unwrap_or_default();
    all(given.len(), given.iter().map(of_request))
}

/// Those of a launch template that is made.
pub fn read_template(
    given: Option<&[wire::LaunchTemplateBlockDeviceMappingRequest]>,
) -> Result<Vec<Mapping>, Fault> {
    let given = given.unwrap_or_default();
    let plain = given.iter().map(|it| wire::BlockDeviceMapping {
        device_name: it.device_name.clone(),
        no_device: it.no_device.clone(),
        virtual_name: None,
        ebs: it.ebs.as_ref().map(|it| wire::EbsBlockDevice {
            delete_on_termination: it.delete_on_termination,
            iops: it.iops,
            throughput: it.throughput,
            snapshot_id: it.snapshot_id.clone(),
            volume_size: it.volume_size,
            volume_type: it.volume_type.clone(),
            encrypted: it.encrypted,
            kms_key_id: it.kms_key_id.clone(),
            ..wire::EbsBlockDevice::default()
        }),
    });
    all(given.len(), plain.map(|it| of_request(&it)))
}

fn all(
    count: usize,
    given: impl Iterator<Item = Result<Mapping, Fault>>,
) -> Result<Vec<Mapping>, Fault> {
    if count > MAX_MAPPINGS {
        return Err(fault::too_many_mappings(MAX_MAPPINGS));
    }
    let mut found: Vec<Mapping> = Vec::with_capacity(count);
    for mapping in given {
        let mapping = mapping?;
        if found.iter().any(|it| it.is_of(&mapping.device)) {
            return Err(fault::device_mapped_twice(&mapping.device));
        }
        found.push(mapping);
    }
    Ok(found)
}

fn of_request(given: &wire::BlockDeviceMapping) -> Result<Mapping, Fault> {
    let device = given.device_name.clone().filter(|it| !it.is_empty());
    let device = device.ok_or_else(|| fault::missing_parameter("deviceName"))?;
    if device.len() > MAX_TEXT {
        return Err(fault::bad_device_name(&device));
    }
    let suppressed = given.no_device.is_some();
    let ebs = match &given.ebs {
        Some(_) if suppressed => return Err(fault::suppressed_and_mapped(&device)),
        Some(it) => Ebs {
            delete_on_termination: it.delete_on_termination,
            iops: it.iops,
            throughput: it.throughput,
            snapshot: it.snapshot_id.clone().filter(|it| !it.is_empty()),
            gib: it.volume_size,
            kind: it.volume_type.clone().filter(|it| !it.is_empty()),
            encrypted: it.encrypted,
            key: it.kms_key_id.clone().filter(|it| !it.is_empty()),
        },
        None => Ebs::default(),
    };
    if let Some(id) = &ebs.snapshot {
        snapshots::check_id(id)?;
    }
    if let Some(key) = ebs.key.as_ref().filter(|it| it.len() > MAX_KEY) {
        return Err(fault::no_such_key(&key[..key.floor_char_boundary(MAX_KEY)]));
    }
    if let Some(kind) = ebs.kind.as_ref().filter(|it| it.len() > MAX_TEXT) {
        return Err(fault::unknown_volume_type(kind));
    }
    Ok(Mapping {
        device,
        suppressed,
        ebs,
    })
}

/// Mappings laid over others, device by device: what is said above counts, member by member.
pub fn over(above: &[Mapping], below: &[Mapping]) -> Vec<Mapping> {
    let mut merged = below.to_vec();
    for mapping in above {
        match merged.iter_mut().find(|it| it.is_of(&mapping.device)) {
            Some(known) if mapping.suppressed || known.suppressed => *known = mapping.clone(),
            Some(known) => known.ebs = mapping.ebs.clone().over(known.ebs.clone()),
            None => merged.push(mapping.clone()),
        }
    }
    merged
}

impl Mapping {
    pub fn is_of(&self, device: &str) -> bool {
        short(&self.device) == short(device)
    }

    pub fn to_wire(&self) -> wire::BlockDeviceMapping {
        let ebs = || wire::EbsBlockDevice {
            delete_on_termination: self.ebs.delete_on_termination,
            iops: self.ebs.iops,
            throughput: self.ebs.throughput,
            snapshot_id: self.ebs.snapshot.clone(),
            volume_size: self.ebs.gib,
            volume_type: self.ebs.kind.clone(),
            encrypted: self.ebs.encrypted,
            kms_key_id: self.ebs.key.clone(),
            ..wire::EbsBlockDevice::default()
        };
        wire::BlockDeviceMapping {
            device_name: Some(self.device.clone()),
            no_device: self.suppressed.then(String::new),
            virtual_name: None,
            ebs: (!self.suppressed).then(ebs),
        }
    }

    /// As a description of a launch template shows it.
    pub fn to_template(&self) -> wire::LaunchTemplateBlockDeviceMapping {
        let ebs = || wire::LaunchTemplateEbsBlockDevice {
            delete_on_termination: self.ebs.delete_on_termination,
            iops: self.ebs.iops,
            throughput: self.ebs.throughput,
            snapshot_id: self.ebs.snapshot.clone(),
            volume_size: self.ebs.gib,
            volume_type: self.ebs.kind.clone(),
            encrypted: self.ebs.encrypted,
            kms_key_id: self.ebs.key.clone(),
            ..wire::LaunchTemplateEbsBlockDevice::default()
        };
        wire::LaunchTemplateBlockDeviceMapping {
            device_name: Some(self.device.clone()),
            no_device: self.suppressed.then(String::new),
            virtual_name: None,
            ebs: (!self.suppressed).then(ebs),
        }
    }
}

impl Ebs {
    fn over(self, below: Self) -> Self {
        Self {
            delete_on_termination: self.delete_on_termination.or(below.delete_on_termination),
            iops: self.iops.or(below.iops),
            throughput: self.throughput.or(below.throughput),
            snapshot: self.snapshot.or(below.snapshot),
            gib: self.gib.or(below.gib),
            kind: self.kind.or(below.kind),
            encrypted: self.encrypted.or(below.encrypted),
            key: self.key.or(below.key),
        }
    }
}

/// Some write `/dev/` before a name and some do not.
fn short(device: &str) -> &str {
    device_name(device).unwrap_or(device)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mapping(device: &str, gib: i32) -> wire::BlockDeviceMapping {
        wire::BlockDeviceMapping {
            device_name: Some(device.to_owned()),
            ebs: Some(wire::EbsBlockDevice {
                volume_size: Some(gib),
                ..Default::default()
            }),
            ..Default::default()
        }
    }

    #[test]
    fn what_makes_no_mapping() {
        let twice = [mapping("/dev/sdf", 1), mapping("sdf", 2)];
        let refused = read(Some(&twice)).unwrap_err();
        assert_eq!(refused.code, "InvalidBlockDeviceMapping");
        let both = wire::BlockDeviceMapping {
            no_device: Some(String::new()),
            ..mapping("/dev/sdf", 1)
        };
        let nameless = wire::BlockDeviceMapping {
            device_name: None,
            ..mapping("", 1)
        };
        let mut of_nothing = mapping("/dev/sdf", 1);
        of_nothing.ebs.as_mut().unwrap().snapshot_id = Some("snap-x".to_owned());
        for (bad, code) in [
            (both, "InvalidBlockDeviceMapping"),
            (nameless, "MissingParameter"),
            (of_nothing, "InvalidParameterValue"),
            (mapping(&"x".repeat(65), 1), "InvalidBlockDeviceMapping"),
        ] {
            assert_eq!(
                read(Some(std::slice::from_ref(&bad))).unwrap_err().code,
                code,
                "{bad:?}"
            );
        }
        let many: Vec<_> = (0..=MAX_MAPPINGS)
            .map(|n| mapping(&format!("/dev/x{n}"), 1))
            .collect();
        assert!(read(Some(&many)).is_err());
    }

    #[test]
    fn what_lies_above_counts() {
        let mut below = read(Some(&[mapping("/dev/sdf", 1), mapping("/dev/sdg", 2)])).unwrap();
        below[0].ebs.snapshot = Some("snap-0123456789abcdef0".to_owned());
        let suppressed = wire::BlockDeviceMapping {
            device_name: Some("/dev/sdg".to_owned()),
            no_device: Some(String::new()),
            ..Default::default()
        };
        let above = read(Some(&[
            mapping("sdf", 9),
            suppressed,
            mapping("/dev/sdh", 3),
        ]))
        .unwrap();
        let merged = over(&above, &below);
        let shown: Vec<_> = merged
            .iter()
            .map(|it| {
                (
                    it.device.as_str(),
                    it.suppressed,
                    it.ebs.gib,
                    it.ebs.snapshot.is_some(),
                )
            })
            .collect();
        assert_eq!(
            shown,
            [
                ("/dev/sdf", false, Some(9), true),
                ("/dev/sdg", true, None, false),
                ("/dev/sdh", false, Some(3), false),
            ]
        );
        // One that was suppressed below can be had again above.
        let again = over(&read(Some(&[mapping("/dev/sdg", 4)])).unwrap(), &merged);
        assert_eq!((again[1].suppressed, again[1].ebs.gib), (false, Some(4)));
        // As it was given, it is shown.
        assert_eq!(
            read(Some(&[again[1].to_wire()])).unwrap(),
            [again[1].clone()]
        );
    }
}
