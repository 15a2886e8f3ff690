//! What is taken at once: a snapshot, or all of a set, which are of one moment.
//!
//! A set is taken as a whole or not at all, whoever is killed: each member's list is kept under another name until a file
//! that is named as the set says that all of them are there.

use std::{
    collections::BTreeMap,
    fs::{self, File},
    io,
    path::{Path, PathBuf},
    time::Duration,
};

use tokio::time::Instant;
use wharf_planeproto::snapshot::{Entry, Set, Snapshot};

use super::{Told, take};

/// All of a set are told at once, or within moments; those that do not come were deleted meanwhile.
const GRACE: Duration = Duration::from_secs(2);

/// In the order of their ids.
#[derive(Debug, Clone, PartialEq)]
pub struct Unit {
    /// Of the set, or of the snapshot.
    pub id: String,
    pub members: Vec<Snapshot>,
}

/// What is told, as it is taken.
pub fn units(told: &Told) -> Vec<Unit> {
    let mut sets: BTreeMap<&str, Unit> = BTreeMap::new();
    for snapshot in told.values() {
        let id = snapshot.set.as_ref().map_or(&snapshot.id, |it| &it.id);
        let unit = sets.entry(id).or_insert_with(|| Unit {
            id: id.clone(),
            members: Vec::new(),
        });
        unit.members.push(snapshot.clone());
    }
    sets.into_values().collect()
}

impl Unit {
    pub fn set(&self) -> Option<&Set> {
        self.members.first()?.set.as_ref()
    }

    /// The instance that is to be shut down first, and the number of the boot that follows.
    pub fn boot_after(&self) -> Option<(&str, u64)> {
        let set = self.set()?;
        Some((&set.instance, set.before_boot?))
    }

    pub fn account(&self) -> &str {
        self.members.first().map_or("", |it| &it.account)
    }

    fn is_whole(&self) -> bool {
        let all = self.set().map_or(1, |it| it.members);
        usize::try_from(all).is_ok_and(|all| self.members.len() >= all)
    }
}

/// Since when sets are told of that lack some.
#[derive(Default)]
pub struct Partial(BTreeMap<String, Instant>);

impl Partial {
    /// Whether no more of it has to be waited for.
    pub fn is_over(&mut self, unit: &Unit, now: Instant) -> bool {
        if unit.is_whole() {
            return true;
        }
        now >= *self.0.entry(unit.id.clone()).or_insert(now + GRACE)
    }

    /// When the next one is over.
    pub fn next(&self, now: Instant) -> Option<Instant> {
        self.0.values().copied().filter(|at| *at > now).min()
    }

    pub fn keep(&mut self, is_known: impl Fn(&str) -> bool) {
        self.0.retain(|id, _| is_known(id));
    }
}

/// Keeps all lists of a set, by the folders of its members: from here on they are the snapshots.
pub fn keep(dir: &Path, set: &str, lists: &[(PathBuf, Vec<Entry>)]) -> io::Result<()> {
    for (folder, list) in lists {
        take::keep_apart(folder, list)?;
    }
    File::create(dir.join(set))?.sync_all()?;
    File::open(dir)?.sync_all()?;
    for (folder, _) in lists {
        take::finish(folder)?;
    }
    Ok(())
}

/// Does what an agent that was killed left to be done of that.
pub fn finish(dir: &Path, told: &Told) -> io::Result<()> {
    for snapshot in told.values() {
        if let Some(set) = &snapshot.set
            && dir.join(&set.id).try_exists()?
        {
            take::finish(&dir.join(&snapshot.id))?;
        }
    }
    Ok(())
}

/// Removes what is left of snapshots and sets that nothing is said of.
pub fn forget(dir: &Path, told: &Told) -> io::Result<()> {
    let entries = match fs::read_dir(dir) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        other => other?,
    };
    for entry in entries {
        let entry = entry?;
        let name = entry.file_name();
        let name = name.to_str().unwrap_or_default();
        let of_set = |it: &Snapshot| it.set.as_ref().is_some_and(|it| it.id == name);
        if told.contains_key(name) || told.values().any(of_set) {
            continue;
        }
        match entry.file_type()?.is_dir() {
            true => fs::remove_dir_all(entry.path())?,
            false => fs::remove_file(entry.path())?,
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn member(id: &str, members: u32) -> Snapshot {
        Snapshot {
            id: id.to_owned(),
            account: "000000000000".to_owned(),
            region: "us-east-1".to_owned(),
            host: "i-1".to_owned(),
            volume: format!("vol-{id}"),
            base: None,
            carries: false,
            set: (members > 0).then(|| Set {
                id: "set-1".to_owned(),
                members,
                instance: "i-2".to_owned(),
                before_boot: None,
            }),
        }
    }

    fn told(all: &[Snapshot]) -> Told {
        all.iter().map(|it| (it.id.clone(), it.clone())).collect()
    }

    #[test]
    fn a_set_is_taken_at_once() {
        let all = units(&told(&[member("a", 2), member("b", 0), member("c", 2)]));
        let shown: Vec<_> = all
            .iter()
            .map(|it| (it.id.as_str(), it.members.len()))
            .collect();
        assert_eq!(shown, [("b", 1), ("set-1", 2)]);
        let (mut partial, now) = (Partial::default(), Instant::now());
        assert!(all.iter().all(|it| partial.is_over(it, now)));
        let lacks = &units(&told(&[member("a", 2)]))[0];
        assert!(!partial.is_over(lacks, now));
        assert_eq!(partial.next(now), Some(now + GRACE));
        assert!(partial.is_over(lacks, now + GRACE));
    }

    #[test]
    fn a_set_is_whole_or_none_whoever_is_killed() {
        let dir = tempfile::tempdir().unwrap();
        let told = told(&[member("a", 2), member("c", 2)]);
        let list = vec![Entry {
            at: 0,
            sum: [1; 32],
        }];
        let folders = ["a", "c"].map(|it| dir.path().join(it));
        for folder in &folders {
            fs::create_dir(folder).unwrap();
            fs::write(folder.join("chunks"), "").unwrap();
            take::keep_apart(folder, &list).unwrap();
        }
        let taken = || folders.each_ref().map(|it| it.join("list").exists());
        finish(dir.path(), &told).unwrap();
        assert_eq!(taken(), [false, false]);
        // Killed once it was said, and after the first.
        fs::write(dir.path().join("set-1"), "").unwrap();
        take::finish(&folders[0]).unwrap();
        finish(dir.path(), &told).unwrap();
        assert_eq!(taken(), [true, true]);
        finish(dir.path(), &told).unwrap();
        // It stays for as long as one of it is told of.
        let mut rest = told.clone();
        rest.remove("a");
        forget(dir.path(), &rest).unwrap();
        assert!(!folders[0].exists() && folders[1].exists() && dir.path().join("set-1").exists());
        forget(dir.path(), &Told::new()).unwrap();
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 0);
    }
}
