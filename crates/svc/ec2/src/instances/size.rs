//! What an instance of a type takes of a host.
//!
//! A burstable type is guaranteed the share of its processors that EC2 documents as its baseline, and may
//! use all of them while the host has nothing better to do; any other type is guaranteed all.

use wharf_base::cpu::UNITS_OF_A_CORE;
use wharf_records::{hosts::Claim, pods::OfPod};

use crate::{
    instance_types::{self, InstanceType},
    records::Instance,
};

/// What is claimed of the host, with a disk of so many GiB.
pub fn claim(of: &InstanceType, disk_gib: u32) -> Claim {
    let permille = match of.burstable {
        true => baseline(of.name),
        false => 1000,
    };
    Claim {
        cpu: (cpu(of) * permille).div_ceil(1000),
        memory: u32::try_from(of.memory_mib).unwrap_or(u32::MAX),
        interfaces: 1,
        disk: disk_gib.saturating_mul(1024),
        ..Claim::default()
    }
}

/// What an instance has: by its type, as the pod needs it that it is for, or what its machine gives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Size {
    /// CPU units that it may use, and those that nobody takes from it.
    pub cpu: u32,
    pub guaranteed: u32,
    pub memory_mib: u32,
}

impl Size {
    /// `None` for a type that this version does not know.
    pub fn of(instance: &Instance) -> Option<Self> {
        if let Some(pod) = &instance.pod {
            return Some(Self::of_pod(pod));
        }
        if let Some(machine) = &instance.machine {
            return Some(Self {
                cpu: machine.cpu,
                guaranteed: machine.cpu,
                memory_mib: machine.memory_mib,
            });
        }
        let kind = instance_types::find(&instance.instance_type)?;
        let claim = claim(kind, 0);
        Some(Self {
            cpu: cpu(kind),
            guaranteed: claim.cpu,
            memory_mib: claim.memory,
        })
    }

    pub fn of_pod(pod: &OfPod) -> Self {
        Self {
            cpu: pod.cpu,
            guaranteed: pod.cpu,
            memory_mib: pod.memory_mib,
        }
    }

    /// What is claimed of the host, with a disk of so many GiB.
    pub fn claim(self, disk_gib: u32) -> Claim {
        Claim {
            cpu: self.guaranteed,
            memory: self.memory_mib,
            interfaces: 1,
            disk: disk_gib.saturating_mul(1024),
            ..Claim::default()
        }
    }
}

/// CPU units that it may use.
pub fn cpu(of: &InstanceType) -> u32 {
    of.vcpus * UNITS_OF_A_CORE
}

/// Baseline utilisation of each vCPU, in thousandths
/// (<https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/burstable-credits-baseline-concepts.html>).
fn baseline(name: &str) -> u32 {
    let (family, size) = name.split_once('.').unwrap_or_default();
    match (family, size) {
        (_, "nano") => 50,
        (_, "micro") => 100,
        (_, "small" | "medium") => 200,
        (_, "large") => 300,
        ("t2", "xlarge") => 225,
        ("t2", "2xlarge") => 170,
        (_, "xlarge" | "2xlarge") => 400,
        _ => 1000,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn burstable_types_claim_their_baseline() {
        for (name, expected) in [
            ("t3.nano", (103, 512)),
            ("t3.micro", (205, 1024)),
            ("t2.micro", (103, 1024)),
            ("t4g.xlarge", (1639, 16384)),
            ("m5.large", (2048, 8192)),
        ] {
            let it = claim(instance_types::find(name).unwrap(), 8);
            assert_eq!((it.cpu, it.memory), expected, "{name}");
            assert_eq!(it.disk, 8192);
        }
    }

    #[test]
    fn every_burstable_type_has_a_baseline() {
        for it in instance_types::all().filter(|it| it.burstable) {
            assert!(baseline(it.name) < 1000, "{}", it.name);
        }
    }
}
