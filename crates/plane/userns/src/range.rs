//! Which user and group numbers a task has on the host.
//!
//! Each task has a range of its own, so that a process that leaves its container is nobody: it owns
//! no file of the host or of another task. What is taken is on disk, one symbolic link a range,
//! whose making is atomic and whose target is the task: nothing has to be saved beside it.

use std::{
    collections::BTreeSet,
    fs, io,
    os::unix::fs::symlink,
    path::{Path, PathBuf},
};

use serde::{Deserialize, Serialize};

/// The numbers images use: sixteen bits.
const COUNT: u32 = 1 << 16;
/// Ranges lie where distributions put containers (systemd: 524288 to 1879048191), above what
/// `useradd` hands out as subordinate ids on machines with many users.
const FIRST: u32 = 0x4000_0000;
/// Up to 1879048191.
const SLOTS: u32 = (0x7000_0000 - FIRST) / COUNT;

/// Numbers of the host that are 0 and up inside.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct IdRange {
    pub first: u32,
    pub count: u32,
}

impl IdRange {
    fn of_slot(slot: u32) -> Self {
        Self {
            first: FIRST + slot * COUNT,
            count: COUNT,
        }
    }

    /// A range to try things with, of no task in particular.
    pub fn of_nobody() -> Self {
        Self::of_slot(0)
    }

    /// The range of a task that a number of the host is of, if it is any's.
    pub fn with(id: u32) -> Option<Self> {
        let slot = id.checked_sub(FIRST)? / COUNT;
        (slot < SLOTS).then(|| Self::of_slot(slot))
    }

    /// What the host's number is inside; `None` if it is none of the range.
    pub fn inside(self, id: u32) -> Option<u32> {
        id.checked_sub(self.first).filter(|id| *id < self.count)
    }
}

/// The ranges of one node's tasks.
#[derive(Debug, Clone)]
pub struct Ranges {
    dir: PathBuf,
    /// Where looking begins: installations on one host take different ones.
    start: u32,
}

impl Ranges {
    /// `seed` differs from installation to installation.
    pub fn open(dir: impl Into<PathBuf>, seed: &str) -> io::Result<Self> {
        let dir = dir.into();
        wharf_durable::private_folder(&dir)?;
        // FNV-1a: any spread will do, as long as it is the same after a restart.
        let hash = seed.bytes().fold(0x811c_9dc5_u32, |hash, byte| {
            (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193)
        });
        Ok(Self {
            dir,
            start: hash % SLOTS,
        })
    }

    /// The task's range: the one it has, else a free one, which it has from then on.
    pub fn of(&self, task: &str) -> io::Result<IdRange> {
        let mut taken = BTreeSet::new();
        for (slot, owner) in self.taken()? {
            if owner == task {
                return Ok(IdRange::of_slot(slot));
            }
            taken.insert(slot);
        }
        for slot in (self.start..SLOTS).chain(0..self.start) {
            if taken.contains(&slot) {
                continue;
            }
            match symlink(task, self.link(slot)) {
                // Taken by another task at this moment.
                Err(e) if e.kind() == io::ErrorKind::AlreadyExists => {}
                other => return other.map(|()| IdRange::of_slot(slot)),
            }
        }
        Err(io::Error::new(
            io::ErrorKind::StorageFull,
            format!("all {SLOTS} ranges of user numbers are taken"),
        ))
    }

    /// The very range that the task once had, whose numbers its files carry.
    ///
    /// # Errors
    /// [`io::ErrorKind::AlreadyExists`]: it is another's by now, or the task has another.
    pub fn again(&self, task: &str, range: IdRange) -> io::Result<()> {
        let slot = range.first.checked_sub(FIRST).map(|from| from / COUNT);
        let slot = slot.filter(|slot| *slot < SLOTS && IdRange::of_slot(*slot) == range);
        let slot = slot.ok_or(io::ErrorKind::InvalidInput)?;
        let taken = self.taken()?;
        let mut own = taken.iter().filter(|(_, owner)| owner == task);
        match own.next() {
            Some((other, _)) if *other != slot => Err(io::ErrorKind::AlreadyExists.into()),
            Some(_) => Ok(()),
            None => symlink(task, self.link(slot)),
        }
    }

    /// Gives back what the task has.
    pub fn release(&self, task: &str) -> io::Result<()> {
        self.retain(|owner| owner != task)
    }

    /// Gives back the ranges of all tasks that are not to be kept.
    pub fn retain(&self, keep: impl Fn(&str) -> bool) -> io::Result<()> {
        for (slot, owner) in self.taken()? {
            if !keep(&owner) {
                match fs::remove_file(self.link(slot)) {
                    Err(e) if e.kind() != io::ErrorKind::NotFound => return Err(e),
                    _ => {}
                }
            }
        }
        Ok(())
    }

    fn taken(&self) -> io::Result<Vec<(u32, String)>> {
        let mut taken = Vec::new();
        for entry in fs::read_dir(&self.dir)? {
            let path = entry?.path();
            let slot = slot_of(&path).filter(|slot| *slot < SLOTS);
            let owner = match fs::read_link(&path) {
                Ok(owner) => owner.into_os_string().into_string(),
                // Given back meanwhile, or nothing of ours.
                Err(_) => continue,
            };
            if let (Some(slot), Ok(owner)) = (slot, owner) {
                taken.push((slot, owner));
            }
        }
        Ok(taken)
    }

    fn link(&self, slot: u32) -> PathBuf {
        self.dir.join(slot.to_string())
    }
}

fn slot_of(path: &Path) -> Option<u32> {
    path.file_name()?.to_str()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tasks_have_ranges_of_their_own_and_keep_them() {
        let dir = tempfile::tempdir().unwrap();
        let ranges = Ranges::open(dir.path().join("ids"), "ab12").unwrap();
        let first = ranges.of("a").unwrap();
        let second = ranges.of("b").unwrap();
        assert_ne!(first, second);
        assert!(first.inside(second.first).is_none() && second.inside(first.first).is_none());
        // Also for the next agent.
        let reopened = Ranges::open(dir.path().join("ids"), "ab12").unwrap();
        assert_eq!(reopened.of("a").unwrap(), first);
        reopened.release("a").unwrap();
        assert_eq!(reopened.of("c").unwrap(), first, "given back, taken again");
        reopened.retain(|task| task == "b").unwrap();
        assert_eq!(reopened.of("b").unwrap(), second);
        assert_eq!(reopened.taken().unwrap().len(), 1);
    }

    #[test]
    fn a_range_is_had_again_unless_another_has_it() {
        let dir = tempfile::tempdir().unwrap();
        let ranges = Ranges::open(dir.path(), "ab12").unwrap();
        let range = ranges.of("a").unwrap();
        ranges.again("a", range).unwrap();
        ranges.release("a").unwrap();
        ranges.again("a", range).unwrap();
        assert_eq!(ranges.of("a").unwrap(), range);
        ranges.release("a").unwrap();
        assert_eq!(ranges.of("b").unwrap(), range);
        let refused = |task: &str, range| ranges.again(task, range).unwrap_err().kind();
        assert_eq!(refused("a", range), io::ErrorKind::AlreadyExists);
        let other = ranges.of("a").unwrap();
        assert_eq!(refused("a", range), io::ErrorKind::AlreadyExists);
        let odd = IdRange {
            first: other.first + 1,
            ..other
        };
        assert_eq!(refused("a", odd), io::ErrorKind::InvalidInput);
    }

    #[test]
    fn the_last_range_ends_where_others_begin() {
        let last = IdRange::of_slot(SLOTS - 1);
        assert_eq!(last.first + last.count, 0x7000_0000);
        assert_eq!(last.inside(last.first), Some(0));
        assert_eq!(last.inside(last.first + last.count), None);
    }
}
