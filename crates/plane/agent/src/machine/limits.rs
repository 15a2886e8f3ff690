//! What all tasks of the node together may take: memory, and processes.
//!
//! Tasks whose definitions name no hard limit share what the machine has. The limit around all of
//! them makes it a task that is ended when memory runs out, never the server, the agent, a shim or a
//! load balancer, and leaves them process ids whatever the tasks do.

use std::fs;

use wharf_container::runtime::{Limits, Runtime};

/// Of the machine's process ids and threads one in so many is kept from tasks.
const PIDS_KEPT: u64 = 8;

/// Limits all tasks together to `memory_mib` and most of the kernel's processes. A limit that the
/// kernel refuses is reported: the tasks that run already go on as they are.
pub async fn limit_all_tasks(runtime: &Runtime, memory_mib: u64) {
    let limits = Limits {
        memory_bytes: memory_mib.checked_mul(1 << 20),
        pids: kernel_pids().map(|all| all - all / PIDS_KEPT),
        ..Limits::default()
    };
    if let Err(error) = runtime.limit_all_tasks(limits).await {
        tracing::error!(
            error = &error as &dyn std::error::Error,
            memory_mib,
            "tasks together are not limited; this is tried again when the agent starts"
        );
    }
}

/// The kernel gives out as many process ids as the smaller of the two allows.
fn kernel_pids() -> Option<u64> {
    ["pid_max", "threads-max"]
        .iter()
        .filter_map(|name| fs::read_to_string(format!("/proc/sys/kernel/{name}")).ok())
        .filter_map(|text| text.trim().parse().ok())
        .min()
}
