//! The process itself, under the names that Prometheus' own clients use, and the disk it writes to.

use std::{fs, path::Path};

use nix::{
    sys::{
        resource::{Resource, getrlimit},
        statvfs::{Statvfs, statvfs},
    },
    unistd::{SysconfVar, sysconf},
};

use crate::Metrics;

pub(crate) fn register(metrics: &mut Metrics, data: &Path) {
    metrics.gauge("process_open_fds", "Open file descriptors", || {
        open_descriptors() as f64
    });
    metrics.gauge("process_max_fds", "Most open file descriptors", || {
        getrlimit(Resource::RLIMIT_NOFILE).map_or(0.0, |(soft, _)| soft as f64)
    });
    metrics.gauge(
        "process_resident_memory_bytes",
        "Resident memory in bytes",
        || stat(RESIDENT_PAGES) * system(SysconfVar::PAGE_SIZE),
    );
    metrics.gauge("process_threads", "Threads", || stat(THREADS));
    metrics.counter("process_cpu_seconds", "Time on processors", || {
        (stat(USER_TICKS) + stat(KERNEL_TICKS)) / system(SysconfVar::CLK_TCK)
    });
    let started = boot_time() + stat(START_TICKS) / system(SysconfVar::CLK_TCK);
    metrics.gauge(
        "process_start_time_seconds",
        "Start of the process, in seconds since 1970",
        move || started,
    );
    register_disk(metrics, data);
}

fn register_disk(metrics: &mut Metrics, data: &Path) {
    type Figure = fn(&Statvfs) -> f64;
    let figures: [(&'static str, &'static str, Figure); 3] = [
        (
            "wharf_disk_free_bytes",
            "Free bytes where the data folder is",
            |disk| disk.blocks_available() as f64 * disk.fragment_size() as f64,
        ),
        (
            "wharf_disk_size_bytes",
            "Size of the disk where the data folder is",
            |disk| disk.blocks() as f64 * disk.fragment_size() as f64,
        ),
        (
            "wharf_disk_free_inodes",
            "Free inodes where the data folder is",
            |disk| disk.files_available() as f64,
        ),
    ];
    for (name, help, figure) in figures {
        let data = data.to_owned();
        metrics.gauge(name, help, move || {
            statvfs(&data).map_or(0.0, |disk| figure(&disk))
        });
    }
}

/// How many descriptors this process has, the one of looking left out.
fn open_descriptors() -> usize {
    fs::read_dir("/proc/self/fd").map_or(0, |entries| entries.count().saturating_sub(1))
}

// Fields of /proc/self/stat, counted from the one after the name (proc(5) counts from 1, and the
// name is the second).
const USER_TICKS: usize = 11;
const KERNEL_TICKS: usize = 12;
const THREADS: usize = 17;
const START_TICKS: usize = 19;
const RESIDENT_PAGES: usize = 21;

fn stat(field: usize) -> f64 {
    let text = fs::read_to_string("/proc/self/stat").unwrap_or_default();
    // The name may hold anything, parentheses too.
    let rest = text.rsplit_once(')').map_or("", |(_, rest)| rest);
    let found = rest.split_whitespace().nth(field);
    found.and_then(|value| value.parse().ok()).unwrap_or(0.0)
}

fn boot_time() -> f64 {
    let text = fs::read_to_string("/proc/stat").unwrap_or_default();
    let line = text.lines().find_map(|line| line.strip_prefix("btime "));
    line.and_then(|value| value.parse().ok()).unwrap_or(0.0)
}

fn system(name: SysconfVar) -> f64 {
    match sysconf(name) {
        Ok(Some(value)) => value as f64,
        _ => 1.0,
    }
}
