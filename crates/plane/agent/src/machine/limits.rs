//! What all tasks of the node together may take: memory, and processes; and how they share its cores.
//!
//! Tasks whose definitions name no hard limit share what the machine has. The limits around those that reserve processor
//! time and around those that reserve none keep each kind within the machine, and leave the server, the agent, shims and
//! load balancers process ids whatever the tasks do. Where both kinds together want more memory than there is, the kernel
//! chooses by `oom_score_adj`, in which tasks stand before these.

use std::{fs, sync::OnceLock};

use wharf_base::cpu::UNITS_OF_A_CORE;
use wharf_container::runtime::{Limits, Runtime};

use super::bundle::MIN_CPU_SHARES;
use crate::protocol::payload::Task;

/// What a task gets of the cores beside other tasks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct CpuPart {
    /// Thousandths of a core that it never exceeds.
    pub quota_millis: Option<u64>,
    /// What it reserved, so that tasks that want more than there is share it by that.
    pub shares: u64,
    /// It reserved nothing: those that did get a core at once when they want it.
    pub gives_way: bool,
}

impl CpuPart {
    /// A task's own size is a limit, as with ECS; the sizes of its containers are none, and without
    /// any it has the least there is.
    pub fn of(task: &Task) -> Self {
        if task.cpu > 0.0 {
            return Self {
                quota_millis: Some((task.cpu * 1000.0).ceil() as u64),
                shares: ((task.cpu * f64::from(UNITS_OF_A_CORE)).round() as u64)
                    .max(MIN_CPU_SHARES),
                gives_way: false,
            };
        }
        let units = task.containers.iter().map(|container| container.cpu);
        let reserved = units.fold(0, u64::saturating_add);
        Self {
            quota_millis: None,
            shares: reserved.max(MIN_CPU_SHARES),
            gives_way: reserved == 0,
        }
    }
}

/// Of eight of the machine's process ids and threads so many are for tasks that reserve processor time, and for those that
/// reserve none; one is kept from all.
const PIDS: [u64; 2] = [5, 2];

/// Limits all tasks together to most of the kernel's processes, and those that reserve processor time and those that
/// reserve none to `memory_mib` each. A limit that the
/// kernel refuses is reported: the tasks that run already go on as they are.
pub async fn limit_all_tasks(runtime: &Runtime, memory_mib: u64) {
    let all = kernel_pids();
    let [reserving, spare] = PIDS.map(|of_eight| Limits {
        memory_bytes: memory_mib.checked_mul(1 << 20),
        pids: all.map(|all| all / 8 * of_eight),
        ..Limits::default()
    });
    if let Err(error) = runtime.limit_all_tasks(reserving, spare).await {
        tracing::error!(
            error = &error as &dyn std::error::Error,
            memory_mib,
            "failed to limit the memory and processes of all tasks; will retry at the next start"
        );
    }
}

/// What one task may have of `wanted`: half of what all of its kind have together at most, so that one that takes all of its
/// own leaves the others some.
pub(super) fn pids_of_task(wanted: u64, gives_way: bool) -> u64 {
    pids_within(wanted, gives_way, kernel_pids())
}

fn pids_within(wanted: u64, gives_way: bool, all: Option<u64>) -> u64 {
    let of_eight = PIDS[usize::from(gives_way)];
    all.map_or(wanted, |all| wanted.min((all / 16 * of_eight).max(1)))
}

/// What an instance, its tasks and its pods have together, as a machine of its size has it from its kernel.
pub fn pids_of_instance(cpu_units: u32) -> u64 {
    const LEAST: u64 = 32 << 10;
    const OF_A_CORE: u64 = 1 << 10;
    (u64::from(cpu_units.div_ceil(UNITS_OF_A_CORE)) * OF_A_CORE).max(LEAST)
}

/// The kernel gives out as many process ids as the smaller of the two allows. Each task asks, so it is looked at once, as the
/// limits around all tasks are.
fn kernel_pids() -> Option<u64> {
    static FOUND: OnceLock<Option<u64>> = OnceLock::new();
    *FOUND.get_or_init(|| {
        ["pid_max", "threads-max"]
            .iter()
            .filter_map(|name| fs::read_to_string(format!("/proc/sys/kernel/{name}")).ok())
            .filter_map(|text| text.trim().parse().ok())
            .min()
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::payload::Container;

    #[test]
    fn instances_have_the_processes_of_their_size() {
        assert_eq!(pids_of_instance(512), 32 << 10);
        assert_eq!(pids_of_instance(64 * 1024), 64 << 10);
    }

    #[test]
    fn a_task_has_half_of_what_its_kind_has_at_most() {
        assert_eq!(pids_within(4096, true, Some(16_000)), 2000);
        assert_eq!(pids_within(4096, false, Some(16_000)), 4096);
        assert_eq!(pids_within(4096, true, Some(192_730)), 4096);
        assert_eq!(pids_within(7, true, None), 7);
        assert_eq!(pids_within(7, true, Some(1)), 1);
    }

    #[test]
    fn cores_are_shared_by_what_was_reserved() {
        let part = |cpu: f64, containers: &[u64]| {
            let task = Task {
                cpu,
                containers: containers
                    .iter()
                    .map(|cpu| Container {
                        cpu: *cpu,
                        ..Container::default()
                    })
                    .collect(),
                ..Task::default()
            };
            let CpuPart {
                quota_millis,
                shares,
                gives_way,
            } = CpuPart::of(&task);
            (quota_millis, shares, gives_way)
        };
        assert_eq!(part(0.0, &[0, 0]), (None, 2, true));
        assert_eq!(part(0.0, &[1]), (None, 2, false));
        assert_eq!(part(0.0, &[256, 0, 512]), (None, 768, false));
        assert_eq!(part(0.0, &[u64::MAX, 1]).1, u64::MAX);
        assert_eq!(part(0.25, &[0]), (Some(250), 256, false));
        assert_eq!(part(2.0, &[512]), (Some(2000), 2048, false));
        assert_eq!(part(0.001, &[]), (Some(1), 2, false));
    }
}
