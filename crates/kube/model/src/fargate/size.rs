//! How large a machine a pod gets: what its containers request, with memory for the parts of Kubernetes beside them, rounded up to
//! the next pair that Fargate has.

use std::fmt;

use serde_json::Value;
use wharf_base::cpu::UNITS_OF_A_CORE;

use crate::quota::needed;

/// What is added to a pod's memory, in MiB.
const BESIDE_MIB: u64 = 256;
const MIB: u64 = 1 << 20;

/// CPU units, and the memory that goes with them in MiB: least, most, step.
const PAIRS: [(u32, u32, u32, u32); 7] = [
    (256, 512, 2_048, 0),
    (512, 1_024, 4_096, 1_024),
    (1_024, 2_048, 8_192, 1_024),
    (2_048, 4_096, 16_384, 1_024),
    (4_096, 8_192, 30_720, 1_024),
    (8_192, 16_384, 61_440, 4_096),
    (16_384, 32_768, 122_880, 8_192),
];
/// What a pod may write without saying so, and at the most, in GiB.
const DISK_GIB: u32 = 20;
const MOST_DISK_GIB: u32 = 175;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Size {
    /// [`UNITS_OF_A_CORE`] a core.
    pub cpu: u32,
    pub memory_mib: u32,
    pub disk_gib: u32,
}

/// No pair is large enough.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "resources requested are more than 16 vCPU, 120 GB of memory or 175 GiB of ephemeral storage"
)]
pub struct NoSize;

impl Size {
    /// # Errors
    /// It asks for more than any has.
    pub fn of(pod: &Value) -> Result<Self, NoSize> {
        let needs = needed(pod);
        let of = |name: &str| needs.get(name).copied();
        let millis = of("cpu").map_or(0, |it| it.millis());
        let memory = of("memory").map_or(0, |it| it.units());
        let disk = of("ephemeral-storage").map_or(0, |it| it.units());
        let unsigned = |it: i64| u64::try_from(it).unwrap_or_default();
        let cpu = unsigned(millis)
            .saturating_mul(UNITS_OF_A_CORE.into())
            .div_ceil(1_000);
        let memory_mib = unsigned(memory).div_ceil(MIB).saturating_add(BESIDE_MIB);
        let disk_gib = u32::try_from(unsigned(disk).div_ceil(MIB << 10)).unwrap_or(u32::MAX);
        if disk_gib > MOST_DISK_GIB {
            return Err(NoSize);
        }
        let fits = |it: &(u32, u32, u32, u32)| cpu <= it.0.into() && memory_mib <= it.2.into();
        let pair = PAIRS.iter().copied().find(fits).ok_or(NoSize)?;
        let (cpu, least, most, step) = pair;
        let wanted = u32::try_from(memory_mib).map_err(|_| NoSize)?;
        Ok(Self {
            cpu,
            memory_mib: match (wanted <= least, step) {
                (true, _) => least,
                // Only the smallest doubles.
                (_, 0) => wanted.next_power_of_two().min(most),
                _ => least + (wanted - least).div_ceil(step) * step,
            },
            disk_gib: disk_gib.max(DISK_GIB),
        })
    }
}

/// `0.25vCPU 0.5GB`
impl fmt::Display for Size {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let cores = f64::from(self.cpu) / f64::from(UNITS_OF_A_CORE);
        let gib = f64::from(self.memory_mib) / 1_024.0;
        write!(out, "{cores}vCPU {gib}GB")
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn of(cpu: &str, memory: &str) -> Option<String> {
        let pod = json!({"spec": {"containers": [{"name": "a", "resources": {"requests": {"cpu": cpu, "memory": memory}}}]}});
        Size::of(&pod).ok().map(|it| it.to_string())
    }

    #[test]
    fn rounded_up_to_a_pair() {
        for (cpu, memory, expected) in [
            ("0", "0", Some("0.25vCPU 0.5GB")),
            ("250m", "256Mi", Some("0.25vCPU 0.5GB")),
            ("250m", "257Mi", Some("0.25vCPU 1GB")),
            ("250m", "1Gi", Some("0.25vCPU 2GB")),
            ("250m", "1792Mi", Some("0.25vCPU 2GB")),
            ("250m", "2Gi", Some("0.5vCPU 3GB")),
            ("251m", "1Mi", Some("0.5vCPU 1GB")),
            // The example of the documentation.
            ("1", "8Gi", Some("2vCPU 9GB")),
            ("4", "29Gi", Some("4vCPU 30GB")),
            ("4", "30Gi", Some("8vCPU 32GB")),
            ("16", "119Gi", Some("16vCPU 120GB")),
            ("16", "120Gi", None),
            ("16001m", "1Gi", None),
            ("9223372036854775807", "1", None),
        ] {
            assert_eq!(of(cpu, memory).as_deref(), expected, "{cpu} {memory}");
        }
    }

    #[test]
    fn what_runs_before_counts_if_it_needs_more() {
        let container =
            |memory: &str| json!({"name": "a", "resources": {"requests": {"memory": memory}}});
        let pod = json!({"spec": {
            "containers": [container("100Mi"), container("200Mi")], "initContainers": [container("1Gi")],
        }});
        assert_eq!(Size::of(&pod).unwrap().memory_mib, 2_048);
        let pod = json!({"spec": {"containers": [container("100Mi"), container("200Mi")]}});
        assert_eq!(Size::of(&pod).unwrap().memory_mib, 1_024);
    }

    #[test]
    fn disks_have_a_size_too() {
        let of = |disk: &str| {
            let pod = json!({"spec": {"containers": [{"resources": {"requests": {"ephemeral-storage": disk}}}]}});
            Size::of(&pod).map(|it| it.disk_gib)
        };
        assert_eq!(of("1Gi"), Ok(20));
        assert_eq!(of("21Gi"), Ok(21));
        assert_eq!(of("176Gi"), Err(NoSize));
    }
}
