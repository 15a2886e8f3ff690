//! Version 1: one hierarchy per controller.

use crate::limits::{DeviceKind, DeviceRule};
use crate::{Limits, limits::CPU_PERIOD_US};

/// Controllers in whose hierarchies wharf makes groups, if they are mounted.
pub(crate) const CONTROLLERS: [&str; 9] = [
    "cpu",
    "cpuacct",
    "cpuset",
    "memory",
    "devices",
    "freezer",
    "blkio",
    "pids",
    "perf_event",
];

/// One value for one file of one controller.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Write {
    pub controller: &'static str,
    pub file: &'static str,
    pub value: String,
    /// The file exists only with some kernels (swap accounting): its absence is no error.
    pub optional: bool,
}

/// What has to be written into a fresh group, in this order.
pub fn writes(limits: &Limits) -> Vec<Write> {
    let mut list = Vec::new();
    let mut write = |controller, file, value: String, optional| {
        list.push(Write {
            controller,
            file,
            value,
            optional,
        });
    };
    if let Some(bytes) = limits.memory_bytes {
        write("memory", "memory.limit_in_bytes", bytes.to_string(), false);
        if let Some(swap) = limits.swap_bytes {
            // This file counts memory and swap together, and may not be below the one above.
            let both = bytes.saturating_add(swap);
            write(
                "memory",
                "memory.memsw.limit_in_bytes",
                both.to_string(),
                true,
            );
        }
    }
    if let Some(bytes) = limits.memory_reservation_bytes {
        write(
            "memory",
            "memory.soft_limit_in_bytes",
            bytes.to_string(),
            false,
        );
    }
    // A group that may not swap does not, even if it has no limit of memory to count swap with.
    let swappiness = match limits.swap_bytes {
        Some(0) => Some(0),
        _ => limits.swappiness,
    };
    if let Some(swappiness) = swappiness {
        let value = swappiness.min(100).to_string();
        write("memory", "memory.swappiness", value, true);
    }
    if limits.cpu_gives_way {
        // A group that gives way already takes no shares.
        write("cpu", "cpu.idle", "0".to_owned(), true);
    }
    if let Some(shares) = limits.cpu_shares {
        write(
            "cpu",
            "cpu.shares",
            shares.clamp(2, 262_144).to_string(),
            false,
        );
    }
    if limits.cpu_gives_way {
        write("cpu", "cpu.idle", "1".to_owned(), true);
    }
    if let Some(cores) = &limits.cores {
        write("cpuset", "cpuset.cpus", cores.clone(), true);
    }
    if let Some(quota) = limits.cpu_quota_us() {
        write("cpu", "cpu.cfs_period_us", CPU_PERIOD_US.to_string(), false);
        write("cpu", "cpu.cfs_quota_us", quota.to_string(), false);
    }
    if let Some(pids) = limits.pids {
        write("pids", "pids.max", pids.to_string(), false);
    }
    if let Some(rules) = &limits.devices {
        write("devices", "devices.deny", "a".to_owned(), false);
        for rule in rules {
            write("devices", "devices.allow", device_line(rule), false);
        }
    }
    list
}

/// What is to be taken from, and given to, a group whose `devices.list` reads `now`.
pub fn changes(now: &str, rules: &[DeviceRule]) -> (Vec<String>, Vec<String>) {
    let wanted: Vec<String> = rules.iter().map(device_line).collect();
    let now: Vec<&str> = now
        .lines()
        .map(str::trim)
        .filter(|it| !it.is_empty())
        .collect();
    let deny = now
        .iter()
        .filter(|line| !wanted.iter().any(|it| it == *line));
    let deny: Vec<String> = deny.map(|line| (*line).to_owned()).collect();
    let allow = wanted
        .into_iter()
        .filter(|line| !now.contains(&line.as_str()));
    (deny, allow.collect())
}

fn device_line(rule: &DeviceRule) -> String {
    let number = |n: Option<u32>| n.map_or_else(|| "*".to_owned(), |n| n.to_string());
    let kind = match rule.kind {
        DeviceKind::Char => 'c',
        DeviceKind::Block => 'b',
    };
    format!(
        "{kind} {}:{} {}",
        number(rule.major),
        number(rule.minor),
        rule.access()
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(limits: &Limits) -> Vec<String> {
        writes(limits)
            .into_iter()
            .map(|w| format!("{}={}", w.file, w.value))
            .collect()
    }

    #[test]
    fn devices_that_change() {
        let rule = |minor| DeviceRule {
            kind: DeviceKind::Block,
            major: Some(7),
            minor: Some(minor),
            read: true,
            write: true,
            mknod: false,
        };
        let any = DeviceRule {
            major: None,
            minor: None,
            read: false,
            write: false,
            mknod: true,
            ..rule(0)
        };
        let now = "b *:* m\nb 7:3 rw\n";
        assert_eq!(
            changes(now, &[any, rule(4)]),
            (vec!["b 7:3 rw".to_owned()], vec!["b 7:4 rw".to_owned()])
        );
        assert_eq!(changes(now, &[any, rule(3)]), (vec![], vec![]));
    }

    #[test]
    fn each_limit_has_its_file() {
        let limits = Limits {
            memory_bytes: Some(64 << 20),
            swap_bytes: Some(1 << 20),
            memory_reservation_bytes: Some(32 << 20),
            swappiness: Some(10),
            cpu_shares: Some(0),
            cpu_gives_way: false,
            cores: None,
            cpu_quota_millis: Some(250),
            pids: Some(10),
            devices: Some(vec![DeviceRule {
                kind: DeviceKind::Char,
                major: Some(1),
                minor: None,
                read: true,
                write: true,
                mknod: false,
            }]),
        };
        assert_eq!(
            lines(&limits),
            [
                "memory.limit_in_bytes=67108864",
                "memory.memsw.limit_in_bytes=68157440",
                "memory.soft_limit_in_bytes=33554432",
                "memory.swappiness=10",
                "cpu.shares=2",
                "cpu.cfs_period_us=100000",
                "cpu.cfs_quota_us=25000",
                "pids.max=10",
                "devices.deny=a",
                "devices.allow=c 1:* rw",
            ]
        );
    }

    #[test]
    fn giving_way_is_written_last() {
        let limits = Limits {
            cpu_shares: Some(2),
            cpu_gives_way: true,
            cores: Some("1-3".to_owned()),
            ..Limits::default()
        };
        assert_eq!(
            lines(&limits),
            [
                "cpu.idle=0",
                "cpu.shares=2",
                "cpu.idle=1",
                "cpuset.cpus=1-3"
            ]
        );
        assert!(
            writes(&limits)
                .iter()
                .all(|w| w.optional == (w.file != "cpu.shares"))
        );
    }

    #[test]
    fn without_a_limit_of_memory_swapping_is_only_turned_off() {
        let none = Limits {
            swap_bytes: Some(0),
            swappiness: Some(60),
            ..Limits::default()
        };
        assert_eq!(lines(&none), ["memory.swappiness=0"]);
        let some = Limits {
            swap_bytes: Some(1 << 20),
            swappiness: Some(60),
            ..Limits::default()
        };
        assert_eq!(lines(&some), ["memory.swappiness=60"]);
    }

    #[test]
    fn no_limit_writes_nothing() {
        assert!(writes(&Limits::default()).is_empty());
    }
}
