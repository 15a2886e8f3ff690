//! Version 2: one hierarchy; controllers are handed down level by level.

use crate::{Limits, limits::CPU_PERIOD_US};

/// Controllers handed down to our groups, as far as the machine offers them.
pub(crate) const CONTROLLERS: [&str; 5] = ["memory", "cpu", "pids", "io", "cpuset"];

/// One value for one file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Write {
    pub file: &'static str,
    pub value: String,
    /// Absent without swap accounting: no error.
    pub optional: bool,
}

/// What has to be written into a fresh group. Devices are not among it: version 2 has no file for
/// them but a program (`device_filter`).
pub fn writes(limits: &Limits) -> Vec<Write> {
    let mut list = Vec::new();
    let mut write = |file, value: String, optional| {
        list.push(Write {
            file,
            value,
            optional,
        })
    };
    if let Some(bytes) = limits.memory_bytes {
        write("memory.max", bytes.to_string(), false);
    }
    if let Some(swap) = limits.swap_bytes {
        write("memory.swap.max", swap.to_string(), true);
    }
    if let Some(bytes) = limits.memory_reservation_bytes {
        write("memory.low", bytes.to_string(), false);
    }
    if limits.cpu_gives_way {
        // A group that gives way already takes no weight.
        write("cpu.idle", "0".to_owned(), true);
    }
    if let Some(shares) = limits.cpu_shares {
        write("cpu.weight", weight(shares).to_string(), false);
    }
    if limits.cpu_gives_way {
        write("cpu.idle", "1".to_owned(), true);
    }
    if let Some(cores) = &limits.cores {
        write("cpuset.cpus", cores.clone(), true);
    }
    if let Some(quota) = limits.cpu_quota_us() {
        write("cpu.max", format!("{quota} {CPU_PERIOD_US}"), false);
    }
    if let Some(pids) = limits.pids {
        write("pids.max", pids.to_string(), false);
    }
    list
}

/// Shares 2–262144 on the scale of weights 1–10000, as the OCI runtimes convert them.
fn weight(shares: u64) -> u64 {
    1 + (shares.clamp(2, 262_144) - 2) * 9999 / 262_142
}

/// What to write into `cgroup.subtree_control` to hand down what `available` names
/// (`cgroup.controllers`) and `enabled` does not yet; `None` if there is nothing.
pub fn hand_down(available: &str, enabled: &str) -> Option<String> {
    let has = |list: &str, name: &str| list.split_ascii_whitespace().any(|have| have == name);
    let wanted: Vec<_> = CONTROLLERS
        .iter()
        .filter(|name| has(available, name) && !has(enabled, name))
        .map(|name| format!("+{name}"))
        .collect();
    (!wanted.is_empty()).then(|| wanted.join(" "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_limit_has_its_file() {
        let limits = Limits {
            memory_bytes: Some(64 << 20),
            swap_bytes: Some(1 << 20),
            memory_reservation_bytes: Some(32 << 20),
            swappiness: Some(10),
            cpu_shares: Some(1024),
            cpu_gives_way: false,
            cores: None,
            cpu_quota_millis: Some(1500),
            pids: Some(10),
            devices: Some(Vec::new()),
        };
        let lines: Vec<_> = writes(&limits)
            .into_iter()
            .map(|w| format!("{}={}", w.file, w.value))
            .collect();
        assert_eq!(
            lines,
            [
                "memory.max=67108864",
                "memory.swap.max=1048576",
                "memory.low=33554432",
                "cpu.weight=39",
                "cpu.max=150000 100000",
                "pids.max=10",
            ]
        );
    }

    #[test]
    fn giving_way_and_swap_need_no_other_limit() {
        let limits = Limits {
            swap_bytes: Some(0),
            cpu_shares: Some(2),
            cpu_gives_way: true,
            cores: Some("1-3".to_owned()),
            ..Limits::default()
        };
        let lines: Vec<_> = writes(&limits)
            .into_iter()
            .map(|w| format!("{}={}", w.file, w.value))
            .collect();
        assert_eq!(
            lines,
            [
                "memory.swap.max=0",
                "cpu.idle=0",
                "cpu.weight=1",
                "cpu.idle=1",
                "cpuset.cpus=1-3"
            ]
        );
    }

    #[test]
    fn weights_stay_in_their_range() {
        assert_eq!(
            (weight(0), weight(2), weight(262_144), weight(u64::MAX)),
            (1, 1, 10_000, 10_000)
        );
    }

    #[test]
    fn only_what_is_missing_is_handed_down() {
        assert_eq!(
            hand_down("cpuset cpu io memory pids\n", "cpu\n").as_deref(),
            Some("+memory +pids +io +cpuset")
        );
        assert_eq!(hand_down("cpu memory", "memory cpu"), None);
        assert_eq!(hand_down("hugetlb", ""), None);
    }
}
