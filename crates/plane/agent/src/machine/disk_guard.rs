//! Keeps the node's own disk from filling up although its tasks were promised more than it has.
//!
//! Tasks' disks are sparse files: together they may be larger than what is free. When a loop device
//! finds no room below it, what tasks wrote is lost and every one of them sees a broken disk. So each
//! may only take its share of what is really free beyond a reserve, and beyond that share its file
//! system is full, as the task knows it: ENOSPC. Root file systems of EC2 instances are among these disks.

use std::{
    collections::BTreeMap,
    io,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use nix::sys::statvfs::statvfs;
use parking_lot::Mutex;
use tokio::{
    sync::Notify,
    time::{Instant, sleep_until},
};
use tokio_util::sync::CancellationToken;
use wharf_container::runtime::{DiskUsage, SeenDisk, TaskDisk};
/// Of the node's disk, what tasks' writing leaves alone.
use wharf_kubelet::disk_use::Room;
pub use wharf_kubelet::disk_use::reserve_of;

/// What a machine writes in a second at most.
const BYTES_PER_S: u64 = 4 << 30;
/// It is looked again before anybody can have written his share at that speed, but not more often than this …
const TIGHT: Duration = Duration::from_millis(100);
/// … nor more seldom than this.
const AT_EASE: Duration = Duration::from_secs(1);
/// Deleted files' room is given back to the node once it is worth the work.
const TRIM_FROM: u64 = 64 << 20;

/// The disks of what runs on this machine, by the ids of tasks and instances.
#[derive(Clone, Default)]
pub struct DisksInUse(Arc<Kept>);

#[derive(Default)]
struct Kept {
    disks: Mutex<BTreeMap<String, TaskDisk>>,
    /// One more has come, which may write as fast as the machine can from now on.
    more: Notify,
}

impl DisksInUse {
    pub fn put(&self, id: &str, disk: TaskDisk) {
        self.0.disks.lock().insert(id.to_owned(), disk);
        self.0.more.notify_one();
    }

    pub fn remove(&self, id: &str) {
        self.0.disks.lock().remove(id);
    }

    fn len(&self) -> usize {
        self.0.disks.lock().len()
    }

    fn all(&self) -> Vec<(String, TaskDisk)> {
        let all = self.0.disks.lock();
        all.iter()
            .map(|(id, disk)| (id.clone(), disk.clone()))
            .collect()
    }
}

/// What disks of instances may be promised together, for each byte of the node's: they are sparse files, most of
/// which stay nearly empty, and what they really take is shared out.
pub const PROMISED: u64 = 4;

/// Bytes that the disks of instances below `dir` may be promised together.
///
/// # Errors
/// The file system cannot be asked.
pub fn room_for_disks(dir: &Path) -> io::Result<u64> {
    let host = statvfs(dir)?;
    let total = host.blocks() * host.fragment_size();
    Ok((total - reserve_of(total)).saturating_mul(PROMISED))
}

/// How much each disk may still take.
#[derive(Debug, PartialEq, Eq)]
struct Shares {
    /// What is free for all of them together.
    available: u64,
    /// For each.
    each: u64,
}

fn shares(total: u64, free: u64, disks: &[DiskUsage]) -> Shares {
    // Written, but not yet below.
    let under_way: u64 = disks
        .iter()
        .map(|disk| disk.used.saturating_sub(disk.allocated))
        .sum();
    let available = free.saturating_sub(reserve_of(total) + under_way);
    Shares {
        available,
        each: available / disks.len().max(1) as u64,
    }
}

/// What one disk must not give out.
fn held_back(disk: &DiskUsage, shares: &Shares, wanted_by_all: u64) -> u64 {
    if wanted_by_all <= shares.available {
        return 0;
    }
    disk.free.saturating_sub(shares.each)
}

/// For how long `count` disks may be left alone that share `available` bytes; `None`: not at all once one of them is
/// new, which nothing is held back from.
fn pause(available: u64, count: usize) -> Option<Duration> {
    let each = available / count.max(1) as u64;
    let full_speed = Duration::from_secs_f64(each as f64 / BYTES_PER_S as f64);
    (full_speed >= TIGHT).then(|| full_speed.min(AT_EASE))
}

/// Until shutdown. What was held back stays so while no agent runs.
pub async fn run(in_use: DisksInUse, dir: PathBuf, shutdown: CancellationToken) {
    loop {
        let disks = in_use.all();
        let count = disks.len();
        let looked_at = Instant::now();
        let mut available = 0;
        let mut due = looked_at + AT_EASE;
        if count > 0 {
            let dir = dir.clone();
            let looked = tokio::task::spawn_blocking(move || look(&dir, &disks)).await;
            match looked.map_err(io::Error::other).and_then(|done| done) {
                Ok(shares) => {
                    available = shares.available;
                    due = looked_at + pause(available, count).unwrap_or(TIGHT);
                }
                Err(error) => {
                    tracing::warn!(%error, "failed to read the node's disk usage; will retry")
                }
            }
        }
        loop {
            tokio::select! {
                () = shutdown.cancelled() => return,
                () = in_use.0.more.notified() => match pause(available, in_use.len()) {
                    // With room for all of them a new one is looked at in its turn.
                    Some(pause) => due = due.min(looked_at + pause),
                    None => break,
                },
                () = sleep_until(due) => break,
            }
        }
    }
}

/// Shares out what is free.
fn look(dir: &Path, disks: &[(String, TaskDisk)]) -> io::Result<Shares> {
    let Room { total, free } = Room::of(dir)?;
    // One without a shim has just ended, or is about to begin.
    let seen: Vec<(&str, &TaskDisk, SeenDisk)> = disks
        .iter()
        .filter_map(|(id, disk)| Some((id.as_str(), disk, disk.look().ok()?)))
        .collect();
    let usages: Vec<DiskUsage> = seen.iter().map(|(_, _, seen)| seen.usage).collect();
    let shares = shares(total, free, &usages);
    let wanted = usages.iter().map(|usage| usage.free).sum();
    for (id, disk, seen) in seen {
        let usage = seen.usage;
        let done = seen.hold_back(held_back(&usage, &shares, wanted));
        let slack = usage.allocated.saturating_sub(usage.used);
        let trimmed = if slack > TRIM_FROM.max(usage.used / 4) {
            disk.trim()
        } else {
            Ok(())
        };
        if let Err(error) = done.and(trimmed)
            && error.kind() != io::ErrorKind::NotFound
        {
            tracing::warn!(task = id, %error, "failed to resize a task's disk; will retry");
        }
    }
    Ok(shares)
}

#[cfg(test)]
mod tests {
    use super::*;

    const GIB: u64 = 1 << 30;

    fn disk(used: u64, free: u64) -> DiskUsage {
        DiskUsage {
            free,
            used,
            allocated: used,
        }
    }

    #[test]
    fn with_room_for_all_nothing_is_held_back() {
        let disks = [disk(GIB, 19 * GIB), disk(0, 20 * GIB)];
        let shares = shares(200 * GIB, 100 * GIB, &disks);
        assert_eq!(shares.available, 98 * GIB);
        assert_eq!(held_back(&disks[0], &shares, 39 * GIB), 0);
    }

    #[test]
    fn together_they_never_get_more_than_there_is() {
        let disks = [disk(GIB, 19 * GIB), disk(0, 20 * GIB), disk(0, GIB)];
        let shares = shares(40 * GIB, 8 * GIB, &disks);
        let given: u64 = disks
            .iter()
            .map(|d| d.free - held_back(d, &shares, 40 * GIB))
            .sum();
        assert!(given <= 6 * GIB, "{given}");
        assert_eq!(
            disks[0].free - held_back(&disks[0], &shares, 40 * GIB),
            2 * GIB
        );
    }

    #[test]
    fn what_waits_to_be_written_counts_as_taken() {
        let writing = DiskUsage {
            free: GIB,
            used: 2 * GIB,
            allocated: GIB,
        };
        assert_eq!(shares(100 * GIB, 3 * GIB + 5, &[writing]).available, 5);
        assert_eq!(shares(100 * GIB, 3 * GIB - 5, &[writing]).each, 0);
    }

    #[test]
    fn disks_are_left_alone_for_as_long_as_their_shares_last() {
        assert_eq!(pause(100 * GIB, 1), Some(AT_EASE));
        assert_eq!(pause(100 * GIB, 25), Some(AT_EASE));
        assert_eq!(pause(100 * GIB, 50), Some(AT_EASE / 2));
        assert_eq!(pause(10 * GIB, 50), None);
        assert_eq!(pause(0, 0), None);
    }

    #[test]
    fn reserves() {
        assert_eq!(reserve_of(250 * GIB), 2 * GIB);
        assert_eq!(reserve_of(10 * GIB), GIB);
        assert_eq!(reserve_of(GIB), 128 << 20);
        assert_eq!(reserve_of(100 << 20), 25 << 20);
    }
}
