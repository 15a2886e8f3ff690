//! Files of the folder that are replaced as a whole: the checkpoint, and a store made anew from a
//! snapshot.

use std::{
    fs::File,
    io::{self, Read, Seek},
    path::{Path, PathBuf},
};

use wharf_wal::{Disk, FolderLock, Output};

use crate::{
    OpenError, Revision, StoreOptions,
    checkpoint::{self, Head, ReadError},
};

const CHECKPOINT: &str = "checkpoint";
const UNFINISHED: &str = "checkpoint.new";

/// How a store comes back from a snapshot.
#[derive(Debug, Clone, Copy)]
pub struct RestoreOptions {
    /// The restored store goes on this far above the snapshot's revision, so that no revision which
    /// the lost store gave out after the snapshot comes to mean something else.
    pub revision_gap: u64,
}

impl Default for RestoreOptions {
    fn default() -> Self {
        // What etcd's own tool suggests for --bump-revision.
        Self {
            revision_gap: 1_000_000_000,
        }
    }
}

/// What a restored store starts from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RestoreReport {
    pub epoch: u64,
    pub revision: Revision,
    pub entries: u64,
}

pub(crate) fn checkpoint_path(dir: &Path) -> PathBuf {
    dir.join(CHECKPOINT)
}

/// Puts a new checkpoint in the place of the old one. Either of them is whole at every moment: `check` reads the new one
/// before it takes the place, for what is in the log before it is removed then.
pub(crate) fn replace_checkpoint<T>(
    dir: &Path,
    disk: &Disk,
    write: impl FnOnce(&mut Output) -> io::Result<T>,
    check: impl FnOnce(&File) -> Result<(), ReadError>,
) -> io::Result<T> {
    let check = |file: &File| {
        check(file).map_err(|error| match error {
            ReadError::Io(error) => error,
            damage => io::Error::new(io::ErrorKind::InvalidData, damage),
        })
    };
    // Where the outcome is unsettled, the log from the older of the two on is still there.
    let (written, _) = disk.replace(dir, CHECKPOINT, write, check)?;
    Ok(written)
}

/// Whether every frame of a new checkpoint can be read.
pub(crate) fn is_whole(file: &File) -> Result<(), ReadError> {
    let mut file = file;
    file.rewind()?;
    checkpoint::frames(file, |payload, _| Ok(checkpoint::is_end(payload)))
}

/// Whether files of a log lie in the folder.
pub(crate) fn holds_log(dir: &Path) -> Result<bool, OpenError> {
    for entry in std::fs::read_dir(dir).map_err(OpenError::io("list", dir))? {
        let entry = entry.map_err(OpenError::io("list", dir))?;
        if Path::new(&entry.file_name())
            .extension()
            .is_some_and(|e| e == "log")
        {
            return Ok(true);
        }
    }
    Ok(false)
}

pub(crate) fn remove_unfinished(dir: &Path) -> Result<(), OpenError> {
    let path = dir.join(UNFINISHED);
    match std::fs::remove_file(&path) {
        Err(e) if e.kind() != io::ErrorKind::NotFound => Err(OpenError::io("remove", path)(e)),
        _ => Ok(()),
    }
}

/// An epoch above `before` and, the clock willing, above every one there ever was: two stores
/// restored from one snapshot must not share theirs.
pub(crate) fn next_epoch(options: &StoreOptions, before: u64) -> u64 {
    let now = u64::try_from(options.clock.now().millis()).unwrap_or(0);
    now.max(before + 1)
}

pub(crate) fn restore(
    dir: &Path,
    snapshot: impl Read,
    options: &StoreOptions,
    restore: RestoreOptions,
) -> Result<RestoreReport, OpenError> {
    let _lock = FolderLock::acquire(dir)?;
    let path = checkpoint_path(dir);
    if path.try_exists().map_err(OpenError::io("inspect", &path))? || holds_log(dir)? {
        return Err(OpenError::NotEmpty {
            dir: dir.to_owned(),
        });
    }
    let (head, mut state) = checkpoint::read(snapshot, None).map_err(|e| match e {
        ReadError::Io(source) => OpenError::Io {
            step: "read",
            path: "the snapshot".into(),
            source,
        },
        ReadError::Corrupt { offset, reason } => OpenError::Corrupt {
            path: "the snapshot".into(),
            offset,
            reason,
        },
    })?;
    let revision = head
        .revision
        .checked_add(restore.revision_gap)
        .ok_or_else(|| OpenError::Corrupt {
            path: "the snapshot".into(),
            offset: 0,
            reason: "its revision is out of range".into(),
        })?;
    state.delete_unleased();
    // A cursor's owner must notice that it missed what came after the snapshot.
    state.cursors.clear();
    let epoch = next_epoch(options, head.epoch.min(u64::MAX - 1));
    let raised = Head {
        epoch,
        revision,
        next_lease: head.next_lease,
        first_segment: 1,
    };
    let write = |out: &mut Output| checkpoint::write_loaded(out, raised, &state);
    replace_checkpoint(dir, &options.disk, write, is_whole)
        .map_err(OpenError::io("write", path))?;
    Ok(RestoreReport {
        epoch,
        revision,
        entries: state.live_keys() as u64,
    })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::{
        LeaseId, Store,
        state::{Lease, Loader, Packing},
    };

    #[test]
    fn keys_of_leases_that_are_not_there_are_not_restored() {
        let (here, gone) = (LeaseId(6), LeaseId(7));
        let (mut loader, mut packing) = (Loader::default(), Packing::default());
        let lease = Lease {
            ttl_seconds: 60,
            keys: BTreeSet::new(),
        };
        loader.state.leases.insert(here, lease);
        for (key, lease) in [
            ("/w1/c0/s/0/r/kind/gone", Some(gone)),
            ("/w1/c0/s/0/r/kind/leased", Some(here)),
            ("/gone", Some(gone)),
            ("/kept", None),
        ] {
            let ready = packing.ready(key, [1, 1, 1], lease, b"value", None);
            loader.load(key, 5, lease, ready);
        }
        let mut state = loader.finish(packing);
        state.revision = 1;
        let head = Head {
            epoch: 1,
            revision: 1,
            next_lease: 8,
            first_segment: 0,
        };
        let mut copy = Vec::new();
        checkpoint::write_loaded(&mut copy, head, &state).unwrap();

        let dir = tempfile::tempdir().unwrap();
        let options = StoreOptions::default();
        let how = RestoreOptions::default();
        let restored = restore(dir.path(), &copy[..], &options, how).unwrap();
        assert_eq!(restored.entries, 2);
        let store = Store::open(dir.path(), options).unwrap();
        let lease = |key| store.current(key).map(|it| it.lease);
        assert_eq!(lease("/kept"), Some(None));
        assert_eq!(lease("/w1/c0/s/0/r/kind/leased"), Some(Some(here)));
        assert_eq!(lease("/w1/c0/s/0/r/kind/gone"), None);
        assert_eq!(lease("/gone"), None);
    }
}
