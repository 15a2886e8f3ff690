//! Moves of processes between groups that do not wait.
//!
//! The kernel moves a process under a lock that every fork takes too. To keep forks cheap, whoever takes it for a
//! move after a while waits for an RCU grace period, about 8 to 15 ms at 250 ticks a second, and all groups of the
//! machine are locked meanwhile; who comes within the next period does not wait. So while moves are expected, a
//! thread moves this process to where it is already, every few milliseconds: the wait is over by the time that a
//! container's processes are there to be moved.
//!
//! In version 1 there is nothing to wait for: whoever is to be in a group enters it by itself ([`Group::enter`](crate::Group::enter)),
//! thread by thread, for which Linux from 5.5 on takes no such lock, and wharf needs a later one. There the thread would
//! make others wait, since no group is made or removed while somebody waits for the lock.

use std::{
    fs,
    path::{Path, PathBuf},
    process,
    sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel},
    thread,
    time::{Duration, Instant},
};

use crate::{Hierarchies, Version, group::write_file};

/// So long after [`Moves::expect`] moves do not wait.
const EXPECTED: Duration = Duration::from_millis(50);
/// Shorter than any grace period.
const STEP: Duration = Duration::from_millis(4);
/// The lines of a process's own groups: one a hierarchy.
const OWN: &str = "/proc/self/cgroup";

/// Dropping it ends its thread.
#[derive(Debug)]
pub struct Moves {
    /// `None` where moves do not wait anyway, or this process cannot be moved, not even to where it is.
    wanted: Option<SyncSender<()>>,
}

impl Moves {
    /// Of processes of this machine.
    pub fn new(hierarchies: &Hierarchies) -> Self {
        let own = fs::read_to_string(OWN).ok();
        Self::by(own.and_then(|text| own_group(hierarchies, &text)))
    }

    fn by(own: Option<PathBuf>) -> Self {
        let (wanted, asked) = sync_channel(1);
        let started = own.and_then(|folder| {
            let file = folder.join("cgroup.procs");
            let thread = thread::Builder::new().name("cgroup-moves".to_owned());
            thread.spawn(move || tend(&asked, &file)).ok()
        });
        Self {
            wanted: started.map(|_| wanted),
        }
    }

    /// Processes are about to be moved.
    pub fn expect(&self) {
        if let Some(wanted) = &self.wanted {
            // One that waits already says the same.
            let _ = wanted.try_send(());
        }
    }
}

fn tend(asked: &Receiver<()>, file: &Path) {
    let own = process::id().to_string();
    while asked.recv().is_ok() {
        let mut until = Instant::now() + EXPECTED;
        while Instant::now() < until {
            // Without it moves wait, and that is all.
            if write_file(file, &own, false).is_err() {
                return;
            }
            match asked.recv_timeout(STEP) {
                Ok(()) => until = Instant::now() + EXPECTED,
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return,
            }
        }
    }
}

/// Where this process is, in the hierarchy of version 2; `text` is the kernel's list of its groups. `None` if that lies
/// outside of what this process sees, or where moves take no lock.
fn own_group(hierarchies: &Hierarchies, text: &str) -> Option<PathBuf> {
    if hierarchies.version == Version::V1 {
        return None;
    }
    let root = hierarchies.mounts.get("")?;
    let path = text.lines().find_map(|line| line.strip_prefix("0::"))?;
    let relative = path.strip_prefix('/')?;
    (!relative.split('/').any(|part| part == "..")).then(|| root.join(relative))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn where_a_process_is() {
        let v1 = "37 35 0:32 / /cg/memory rw - cgroup cgroup rw,memory\n";
        let v1 = Hierarchies::from_mountinfo(v1).unwrap();
        let text = "4:memory:/jobs/one\n3:cpu,cpuacct:/\n0::/elsewhere\n";
        assert_eq!(own_group(&v1, text), None, "moves take no lock");
        let v2 = Hierarchies::v2("/cg");
        assert_eq!(own_group(&v2, text), Some("/cg/elsewhere".into()));
        assert_eq!(own_group(&v2, "0::/\n"), Some("/cg/".into()));
        for outside in ["0::/../other\n", "0::\n", "4:memory:/jobs\n", ""] {
            assert_eq!(own_group(&v2, outside), None, "{outside}");
        }
    }

    #[test]
    fn this_process_is_moved_to_where_it_is_while_moves_are_expected() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("cgroup.procs");
        fs::write(&file, "").unwrap();
        let moves = Moves::by(Some(folder.path().to_owned()));
        moves.expect();
        while fs::read_to_string(&file).unwrap() != process::id().to_string() {
            thread::yield_now();
        }
    }

    #[test]
    fn without_a_group_of_its_own_nothing_is_expected() {
        for own in [None, Some(PathBuf::from("/nowhere"))] {
            let moves = Moves::by(own);
            moves.expect();
            moves.expect();
        }
    }
}
