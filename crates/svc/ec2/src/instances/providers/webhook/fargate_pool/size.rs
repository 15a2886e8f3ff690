//! Sizes of machines that may be made for Fargate: `4vcpu,16gib`.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};
use wharf_base::cpu::UNITS_OF_A_CORE;
use wharf_placement::pack;
use wharf_records::hosts::Capacity;

const GIB: u32 = 1024;
/// What a machine has where nobody says: five tasks with the disk that Fargate gives each.
const USUAL_DISK_GIB: u32 = 100;
/// The largest machine that AWS rents, and the largest disk.
const MOST_VCPUS: u32 = 2048;
const MOST_MEMORY_GIB: u32 = 32 << 10;
const MOST_DISK_GIB: u32 = 64 << 10;
const X86_64: &str = "x86_64";
const ARM64: &str = "arm64";

/// What a machine has.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct PoolSize {
    pub vcpus: u32,
    pub memory_gib: u32,
    pub disk_gib: u32,
    pub architecture: String,
}

/// What is no size, in words.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "{0} is no machine: say 4vcpu,16gib, or with its disk and its processor 4vcpu,16gib,200gib,arm64"
)]
pub struct NoSize(String);

impl FromStr for PoolSize {
    type Err = NoSize;

    fn from_str(text: &str) -> Result<Self, NoSize> {
        let wrong = || NoSize(text.to_owned());
        let (mut vcpus, mut sizes, mut architecture) = (None, Vec::new(), None);
        for word in text.split(',').map(str::trim) {
            let number = |unit: &str| word.strip_suffix(unit)?.parse::<u32>().ok();
            let given = if let Some(number) = number("vcpu") {
                vcpus.replace(number).is_none()
            } else if let Some(number) = number("gib") {
                sizes.push(number);
                true
            } else {
                [X86_64, ARM64].contains(&word) && architecture.replace(word).is_none()
            };
            if !given {
                return Err(wrong());
            }
        }
        let (memory_gib, disk_gib) = match sizes[..] {
            [memory] => (memory, USUAL_DISK_GIB),
            [memory, disk] => (memory, disk),
            _ => return Err(wrong()),
        };
        let vcpus = vcpus.ok_or_else(wrong)?;
        let is_one = (1..=MOST_VCPUS).contains(&vcpus)
            && (1..=MOST_MEMORY_GIB).contains(&memory_gib)
            && (1..=MOST_DISK_GIB).contains(&disk_gib);
        match is_one {
            true => Ok(Self {
                vcpus,
                memory_gib,
                disk_gib,
                architecture: architecture.unwrap_or(X86_64).to_owned(),
            }),
            false => Err(wrong()),
        }
    }
}

impl fmt::Display for PoolSize {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            vcpus,
            memory_gib,
            disk_gib,
            architecture,
        } = self;
        write!(
            out,
            "{vcpus}vcpu,{memory_gib}gib,{disk_gib}gib,{architecture}"
        )
    }
}

impl PoolSize {
    /// CPU units.
    pub fn cpu(&self) -> u32 {
        self.vcpus.saturating_mul(UNITS_OF_A_CORE)
    }

    pub fn memory_mib(&self) -> u32 {
        self.memory_gib.saturating_mul(GIB)
    }

    pub fn cost(&self) -> u64 {
        pack::cost(self.cpu(), self.memory_mib())
    }

    /// What a machine is called where instances have a type.
    pub fn type_name(&self) -> String {
        format!("fargate.{}vcpu-{}gib", self.vcpus, self.memory_gib)
    }

    /// What it has before anything runs there; it says more exactly once it has joined.
    pub fn capacity(&self) -> Capacity {
        Capacity {
            cpu: self.cpu(),
            memory: self.memory_mib(),
            interfaces: u32::MAX,
            ..Capacity::default()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_read_and_shown() {
        for (text, shown) in [
            ("4vcpu,16gib", "4vcpu,16gib,100gib,x86_64"),
            ("16gib,4vcpu", "4vcpu,16gib,100gib,x86_64"),
            ("2vcpu, 4gib, 50gib, arm64", "2vcpu,4gib,50gib,arm64"),
            ("2vcpu,4gib,x86_64", "2vcpu,4gib,100gib,x86_64"),
        ] {
            let size: PoolSize = text.parse().unwrap();
            assert_eq!(size.to_string(), shown);
            assert_eq!(shown.parse::<PoolSize>().unwrap(), size);
        }
        for text in [
            "",
            "4vcpu",
            "16gib",
            "0vcpu,16gib",
            "4vcpu,0gib",
            "4vcpu,8vcpu,16gib",
            "4vcpu,16gib,20gib,30gib",
            "4vcpu,16gib,riscv",
            "4vcpu,16gib,arm64,x86_64",
            "-4vcpu,16gib",
            "99999999999vcpu,16gib",
            "4096vcpu,16gib",
            "4cpu,16gb",
        ] {
            assert!(text.parse::<PoolSize>().is_err(), "{text}");
        }
    }
}
