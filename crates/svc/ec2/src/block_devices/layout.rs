//! What mappings come to for an instance. Pure.

use std::collections::BTreeSet;

use wharf_wire::Fault;

use super::mapping::{Ebs, Mapping};
use crate::{
    encryption::Asked as Sealed,
    fault,
    instances::{describe::ROOT_DEVICE, launch::DISK_GIB},
    volumes::{Asked, MOST_DEVICES, Sized, checked, device_name},
};

/// The disks of an instance.
#[derive(Debug, Clone, PartialEq)]
pub struct Layout {
    /// Its root file system.
    pub root: Root,
    /// By the order in which they were asked for.
    pub volumes: Vec<Planned>,
    /// Who may use the snapshots that the launched image brings, if that is another than who launches it.
    pub lender: Option<Lender>,
}

/// The disk that it is on.
#[derive(Debug, Clone, PartialEq)]
pub struct Root {
    device: String,
    ebs: Ebs,
}

/// The owner of an image: who may launch it has what it brings, whoever else may use these snapshots.
#[derive(Debug, Clone, PartialEq)]
pub struct Lender {
    pub account: String,
    pub snapshots: BTreeSet<String>,
}

/// A volume that comes with an instance.
#[derive(Debug, Clone, PartialEq)]
pub struct Planned {
    /// As it was given: `/dev/xvdf`.
    pub device: String,
    /// It is deleted with its instance.
    pub delete: bool,
    ebs: Ebs,
}

/// `root`: the name of the image's root device.
pub fn layout(root: &str, mappings: &[Mapping]) -> Result<Layout, Fault> {
    let mut found = Layout {
        root: Root {
            device: root.to_owned(),
            ebs: Ebs::default(),
        },
        volumes: Vec::new(),
        lender: None,
    };
    let mut has_root = false;
    for mapping in mappings {
        let (device, ebs) = (&mapping.device, &mapping.ebs);
        if mapping.is_of(root) || mapping.is_of(ROOT_DEVICE) {
            // An image may have another name for it than instances.
            if std::mem::replace(&mut has_root, true) {
                return Err(fault::device_mapped_twice(device));
            }
            found.root = root_of(mapping)?;
            continue;
        }
        if device_name(device).is_none() {
            return Err(fault::bad_device_name(device));
        }
        if mapping.suppressed {
            continue;
        }
        if ebs.snapshot.is_none() && ebs.gib.is_none() {
            return Err(fault::neither_size_nor_snapshot(device));
        }
        found.volumes.push(Planned {
            device: device.clone(),
            delete: ebs.delete_on_termination.unwrap_or(true),
            ebs: ebs.clone(),
        });
    }
    match found.volumes.len() <= MOST_DEVICES {
        true => Ok(found),
        false => Err(fault::too_many_mapped_devices(MOST_DEVICES)),
    }
}

/// Type and rates of the root are checked, and are those of its host's disk whatever they are.
fn root_of(mapping: &Mapping) -> Result<Root, Fault> {
    let (device, ebs) = (&mapping.device, &mapping.ebs);
    if mapping.suppressed {
        return Err(fault::root_suppressed(device));
    }
    if ebs.delete_on_termination == Some(false) {
        return Err(fault::root_goes_with_instance(device));
    }
    ebs.checked(DISK_GIB.cast_signed())?;
    Ok(Root {
        device: device.clone(),
        ebs: ebs.clone(),
    })
}

impl Root {
    pub fn ebs(&self) -> &Ebs {
        &self.ebs
    }

    pub fn snapshot(&self) -> Option<&str> {
        self.ebs.snapshot.as_deref()
    }

    pub fn sealed(&self) -> Result<Sealed, Fault> {
        self.ebs.sealed()
    }

    /// `of_snapshot`: the size of the snapshot that it is made of.
    pub fn gib(&self, of_snapshot: Option<u32>) -> Result<u32, Fault> {
        let Some(least) = of_snapshot else {
            return Ok(self.ebs.checked(DISK_GIB.cast_signed())?.gib);
        };
        let planned = Planned {
            device: self.device.clone(),
            delete: true,
            ebs: self.ebs.clone(),
        };
        Ok(planned.sized(Some(least))?.gib)
    }
}

impl Ebs {
    fn sealed(&self) -> Result<Sealed, Fault> {
        Sealed::new(self.encrypted, self.key.as_deref())
    }

    fn checked(&self, gib: i32) -> Result<Sized, Fault> {
        checked(Asked {
            kind: self.kind.as_deref(),
            gib: self.gib.unwrap_or(gib),
            iops: self.iops,
            throughput: self.throughput,
        })
    }
}

impl Planned {
    pub fn ebs(&self) -> &Ebs {
        &self.ebs
    }

    pub fn is_of(&self, device: &str) -> bool {
        device_name(&self.device) == device_name(device)
    }

    pub fn snapshot(&self) -> Option<&str> {
        self.ebs.snapshot.as_deref()
    }

    pub fn sealed(&self) -> Result<Sealed, Fault> {
        self.ebs.sealed()
    }

    /// `of_snapshot`: the size of the snapshot that it is made of.
    pub fn sized(&self, of_snapshot: Option<u32>) -> Result<Sized, Fault> {
        let least = of_snapshot.unwrap_or_default();
        match (self.ebs.gib, self.snapshot()) {
            (Some(gib), Some(id)) if gib < least.cast_signed() => {
                Err(fault::mapped_smaller_than_snapshot(gib, id, least))
            }
            _ => self.ebs.checked(least.cast_signed()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mapping(device: &str, ebs: Ebs) -> Mapping {
        Mapping {
            device: device.to_owned(),
            suppressed: false,
            ebs,
        }
    }

    fn of_size(device: &str, gib: i32) -> Mapping {
        let gib = Some(gib);
        mapping(
            device,
            Ebs {
                gib,
                ..Ebs::default()
            },
        )
    }

    fn suppressed(device: &str) -> Mapping {
        Mapping {
            suppressed: true,
            ..mapping(device, Ebs::default())
        }
    }

    #[test]
    fn a_root_and_volumes() {
        let none = layout("/dev/xvda", &[]).unwrap();
        assert_eq!((none.root.gib(None).unwrap(), none.volumes.len()), (8, 0));
        let of_snapshot = Ebs {
            snapshot: Some("snap-0123456789abcdef0".to_owned()),
            ..Ebs::default()
        };
        let root = layout("/dev/sda1", &[mapping("/dev/sda1", of_snapshot)])
            .unwrap()
            .root;
        assert_eq!(root.snapshot(), Some("snap-0123456789abcdef0"));
        assert_eq!(root.gib(Some(12)).unwrap(), 12);
        let kept = Ebs {
            delete_on_termination: Some(false),
            ..of_size("", 2).ebs
        };
        let all = [
            of_size("/dev/sda1", 20),
            of_size("/dev/sdf", 1),
            mapping("/dev/sdg", kept),
            suppressed("/dev/sdh"),
        ];
        let found = layout("/dev/sda1", &all).unwrap();
        assert_eq!(found.root.gib(None).unwrap(), 20);
        assert_eq!(found.root.gib(Some(20)).unwrap(), 20);
        assert!(found.root.gib(Some(21)).is_ok());
        let volumes: Vec<_> = found
            .volumes
            .iter()
            .map(|it| (it.device.as_str(), it.delete))
            .collect();
        assert_eq!(volumes, [("/dev/sdf", true), ("/dev/sdg", false)]);
        assert_eq!(found.volumes[0].sized(None).unwrap().gib, 1);
    }

    #[test]
    fn what_cannot_be() {
        let of_snapshot = Ebs {
            snapshot: Some("snap-0123456789abcdef0".to_owned()),
            ..Ebs::default()
        };
        let kept = Ebs {
            delete_on_termination: Some(false),
            ..Ebs::default()
        };
        let fast = Ebs {
            kind: Some("gp2".to_owned()),
            iops: Some(100),
            ..of_size("", 8).ebs
        };
        for (bad, code, text) in [
            (
                of_size("/dev/nvme1n1", 1),
                "InvalidBlockDeviceMapping",
                "Invalid device name",
            ),
            (
                mapping("/dev/sdf", Ebs::default()),
                "InvalidBlockDeviceMapping",
                "Either snapshot ID",
            ),
            (
                suppressed("/dev/xvda"),
                "InvalidBlockDeviceMapping",
                "root device",
            ),
            (
                mapping("xvda", kept),
                "UnsupportedOperation",
                "DeleteOnTermination",
            ),
            (
                mapping("/dev/xvda", fast),
                "InvalidParameterCombination",
                "iops",
            ),
            (
                of_size("/dev/xvda", 0),
                "InvalidParameterValue",
                "too small",
            ),
        ] {
            let refused = layout("/dev/xvda", std::slice::from_ref(&bad)).unwrap_err();
            assert_eq!(refused.code, code, "{bad:?}");
            assert!(refused.message.contains(text), "{}", refused.message);
        }
        let letters = "bcdefghijklmnopqrstuvwxyz".chars();
        let mut many: Vec<_> = letters
            .map(|it| of_size(&format!("/dev/sd{it}"), 1))
            .collect();
        many.extend(
            "bcdef"
                .chars()
                .map(|it| of_size(&format!("/dev/xvd{it}"), 1)),
        );
        assert!(layout("/dev/xvda", &many).is_err());

        let small = mapping(
            "/dev/sdf",
            Ebs {
                gib: Some(1),
                ..of_snapshot.clone()
            },
        );
        let planned = layout("/dev/xvda", &[small, mapping("/dev/sdg", of_snapshot)])
            .unwrap()
            .volumes;
        let refused = planned[0].sized(Some(2)).unwrap_err();
        assert_eq!(refused.code, "InvalidBlockDeviceMapping");
        assert_eq!(planned[1].sized(Some(2)).unwrap().gib, 2);
    }
}
