//! Opening store and journal once without a server: to say what is damaged and what giving it up
//! costs, and, on request, to give it up.
//!
//! Giving up goes back in time, so a store that was repaired counts as restored: its epoch and its
//! revisions rise. The damaged files stay beside the new ones.

use std::{
    fs,
    io::{self, Seek, SeekFrom},
    path::{Path, PathBuf},
};

use wharf_base::{Clock, SystemClock};
use wharf_journal::{Journal, JournalOptions, OpenError as JournalError};
use wharf_store::{OpenError, RestoreOptions, Store, StoreOptions};
use wharf_wal::FolderLock;

use crate::backup::exchange;

/// What was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RepairReport {
    /// What is damaged, and where; nothing if all is well.
    pub damage: Vec<String>,
    /// Where the damaged store is kept, if it was repaired.
    pub aside: Option<PathBuf>,
}

#[derive(Debug, thiserror::Error)]
pub enum RepairError {
    #[error("the store cannot be opened")]
    Store(#[source] OpenError),
    #[error("the journal cannot be opened")]
    Journal(#[source] JournalError),
    #[error("the store cannot be copied")]
    Copy(#[source] io::Error),
}

/// Looks at the store and the journal of `server` (`<data>/server`); with `give_up`, cuts them where
/// they are damaged.
pub async fn repair(server: &Path, give_up: bool) -> Result<RepairReport, RepairError> {
    let mut report = RepairReport {
        damage: Vec::new(),
        aside: None,
    };
    let (store, journal) = (server.join("store"), server.join("journal"));
    match Store::open(&store, StoreOptions::default()) {
        Ok(store) => store.close().await,
        Err(error @ OpenError::Corrupt { .. }) if give_up => match cut_store(&store).await {
            Ok(aside) => {
                report.damage.push(error.to_string());
                report.aside = Some(aside);
            }
            // Of a checkpoint nothing can be given up; of the two, that error names the copy.
            Err(RepairError::Store(OpenError::Corrupt { .. })) => {
                return Err(RepairError::Store(error));
            }
            Err(other) => return Err(other),
        },
        Err(error @ OpenError::Corrupt { .. }) => report.damage.push(error.to_string()),
        Err(error) => return Err(RepairError::Store(error)),
    }
    let options = |salvage| JournalOptions {
        salvage,
        ..JournalOptions::default()
    };
    match Journal::open(&journal, options(false)) {
        Ok(journal) => journal.close().await,
        Err(error @ JournalError::Corrupt { .. }) => {
            report.damage.push(error.to_string());
            if give_up {
                let cut = Journal::open(&journal, options(true)).map_err(RepairError::Journal)?;
                cut.close().await;
            }
        }
        Err(error) => return Err(RepairError::Journal(error)),
    }
    Ok(report)
}

/// Puts a store of what stands before the damage in the place of the damaged one, and returns where that is now. Killed at any
/// moment, there is the one or the other; and the damaged files stay as they were.
async fn cut_store(dir: &Path) -> Result<PathBuf, RepairError> {
    // Held to the end: a server that starts meanwhile must not work in a folder that is replaced.
    let _lock = FolderLock::acquire(dir).map_err(|e| RepairError::Store(e.into()))?;
    let cut = dir.with_added_extension("cut");
    let made = dir.with_added_extension("repaired");
    let restored = restore_cut(dir, &cut, &made).await;
    let _ = fs::remove_dir_all(&cut);
    // On a full disk the half of one takes room.
    restored.inspect_err(|_| drop(fs::remove_dir_all(&made)))?;
    let aside = dir.with_added_extension(format!("damaged-{}", SystemClock.now().millis()));
    exchange(&made, dir, &aside).map_err(RepairError::Copy)?;
    Ok(aside)
}

/// Makes a store in `made` of what is before the damage in `dir`: a copy of that is cut there.
async fn restore_cut(dir: &Path, cut: &Path, made: &Path) -> Result<(), RepairError> {
    // What a repair that was killed left.
    for left in [cut, made] {
        let _ = fs::remove_dir_all(left);
    }
    copy_files(dir, cut).map_err(RepairError::Copy)?;
    let salvage = StoreOptions {
        salvage: true,
        ..StoreOptions::default()
    };
    let store = Store::open(cut, salvage).map_err(RepairError::Store)?;
    let file = tempfile_beside(dir).map_err(RepairError::Copy)?;
    let (mut file, _) = store.snapshot(file).await.map_err(RepairError::Copy)?;
    store.close().await;
    file.seek(SeekFrom::Start(0)).map_err(RepairError::Copy)?;
    wharf_durable::private_folder(made).map_err(RepairError::Copy)?;
    let (options, how) = (StoreOptions::default(), RestoreOptions::default());
    Store::restore(made, file, &options, how).map_err(RepairError::Store)?;
    Ok(())
}

/// Copies what a store is read from.
fn copy_files(from: &Path, to: &Path) -> io::Result<()> {
    wharf_durable::private_folder(to)?;
    for entry in fs::read_dir(from)? {
        let (name, path) = entry.map(|it| (it.file_name(), it.path()))?;
        let is_log = path.extension().is_some_and(|it| it == "log");
        if is_log || name == "checkpoint" || name == "LAST" {
            fs::copy(&path, to.join(name))?;
        }
    }
    Ok(())
}

/// A file without a name, on the same disk.
fn tempfile_beside(dir: &Path) -> io::Result<fs::File> {
    let path = dir.with_added_extension("copy");
    let file = fs::OpenOptions::new()
        .read(true)
        .write(true)
        .create(true)
        .truncate(true)
        .open(&path)?;
    fs::remove_file(path)?;
    Ok(file)
}

#[cfg(test)]
mod tests {
    use wharf_base::Permit;

    use super::*;

    const PERMIT: Permit = Permit::for_controller("test");

    /// A store whose last write is damaged, the file that has it and what that holds.
    async fn damaged(server: &Path) -> (PathBuf, Vec<u8>) {
        let dir = server.join("store");
        let store = Store::open(&dir, StoreOptions::default()).unwrap();
        for value in ["one", "two", "three"] {
            store.put(&PERMIT, "/k", value).await.unwrap();
        }
        store.close().await;
        let name = format!("{:016x}.log", 1);
        let mut bytes = fs::read(dir.join(&name)).unwrap();
        let last = bytes.iter().rposition(|it| *it != 0).unwrap();
        bytes[last] ^= 1;
        fs::write(dir.join(&name), &bytes).unwrap();
        (name.into(), bytes)
    }

    #[tokio::test]
    async fn what_is_damaged_is_given_up_and_kept_as_it_was() {
        let server = tempfile::tempdir().unwrap();
        let (name, bytes) = damaged(server.path()).await;
        let store = server.path().join("store");
        let told = repair(server.path(), false).await.unwrap();
        assert_eq!((told.damage.len(), told.aside), (1, None));
        assert_eq!(fs::read(store.join(&name)).unwrap(), bytes);
        // A repair before this one was killed.
        for left in ["store.cut", "store.repaired"] {
            fs::create_dir(server.path().join(left)).unwrap();
            fs::write(server.path().join(left).join("checkpoint"), "half").unwrap();
        }
        let given_up = repair(server.path(), true).await.unwrap();
        assert_eq!(given_up.damage, told.damage);
        let aside = given_up.aside.unwrap();
        assert_eq!(fs::read(aside.join(&name)).unwrap(), bytes);
        for left in ["store.cut", "store.repaired"] {
            assert!(!server.path().join(left).exists(), "{left}");
        }
        let again = Store::open(&store, StoreOptions::default()).unwrap();
        let entry = again.get("/k").await.unwrap().unwrap();
        assert_eq!(entry.value, "two");
        // As after a restore.
        assert!(again.revision().await.unwrap() > 1_000_000_000);
    }
}
