//! What may be limited, in our own units.

use serde::{Deserialize, Serialize};

/// `None` leaves the kernel's default: no limit.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Limits {
    pub memory_bytes: Option<u64>,
    /// What reclaim tries to leave alone; no guarantee.
    pub memory_reservation_bytes: Option<u64>,
    /// Swap beyond memory. Version 1 counts both together: without `memory_bytes` it can only be
    /// told to swap nothing (0).
    pub swap_bytes: Option<u64>,
    /// How readily memory goes to swap, 0 to 100; version 2 has no such setting.
    pub swappiness: Option<u64>,
    /// Relative weight, 1024 being one core's worth in ECS units.
    pub cpu_shares: Option<u64>,
    /// It gives way at once to every other group beside it that wants a core, and shares what they
    /// leave. Where the kernel cannot (before 5.15), `cpu_shares` alone counts.
    pub cpu_gives_way: bool,
    /// The cores that it may use, as the kernel lists them (`1-3,7`), where it can keep groups to some.
    pub cores: Option<String>,
    /// Thousandths of a core, enforced over periods of 100 ms.
    pub cpu_quota_millis: Option<u64>,
    pub pids: Option<u64>,
    /// Devices that may be opened or made; everything else is refused. `None` allows all.
    pub devices: Option<Vec<DeviceRule>>,
}

/// The period of the cpu quota, as ECS sets it for tasks (spec/ecs-agent.md §5).
pub(crate) const CPU_PERIOD_US: u64 = 100_000;

impl Limits {
    /// Microseconds of processor time within each period; the kernel takes no less than 1 ms.
    pub(crate) fn cpu_quota_us(&self) -> Option<u64> {
        self.cpu_quota_millis
            .map(|millis| (millis.saturating_mul(CPU_PERIOD_US) / 1000).max(1000))
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DeviceKind {
    Char,
    Block,
}

/// One line of the device white list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeviceRule {
    pub kind: DeviceKind,
    /// `None` is any.
    pub major: Option<u32>,
    pub minor: Option<u32>,
    pub read: bool,
    pub write: bool,
    pub mknod: bool,
}

impl DeviceRule {
    /// `rwm`, or some of it.
    pub(crate) fn access(&self) -> String {
        [(self.read, 'r'), (self.write, 'w'), (self.mknod, 'm')]
            .into_iter()
            .filter_map(|(allowed, letter)| allowed.then_some(letter))
            .collect()
    }
}
