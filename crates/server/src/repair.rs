//! Opening store and journal once without a server: to say what is damaged and what giving it up
//! costs, and, on request, to give it up.
//!
//! Giving up goes back in time, so a store that was repaired counts as restored: its epoch and its
//! revisions rise. The damaged files stay beside the new ones.

use std::{
    fs,
    io::{Seek, SeekFrom},
    path::{Path, PathBuf},
};

use wharf_base::{Clock, SystemClock};
use wharf_journal::{Journal, JournalOptions, OpenError as JournalError};
use wharf_store::{OpenError, RestoreOptions, Store, StoreOptions};

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
    Copy(#[source] std::io::Error),
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
        Err(OpenError::Corrupt { .. }) if give_up => {
            let (damage, aside) = cut_store(&store).await?;
            report.damage.push(damage);
            report.aside = Some(aside);
        }
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

/// What it had lost, and where the damaged files are now.
async fn cut_store(dir: &Path) -> Result<(String, PathBuf), RepairError> {
    let salvage = StoreOptions {
        salvage: true,
        ..StoreOptions::default()
    };
    let store = Store::open(dir, salvage).map_err(RepairError::Store)?;
    let damage = store.lost().unwrap_or("its log was damaged").to_owned();
    let file = tempfile_beside(dir).map_err(RepairError::Copy)?;
    let (mut file, _) = store.snapshot(file).await.map_err(RepairError::Copy)?;
    store.close().await;
    let aside = dir.with_added_extension(format!("damaged-{}", SystemClock.now().millis()));
    let (options, how) = (StoreOptions::default(), RestoreOptions::default());
    file.seek(SeekFrom::Start(0)).map_err(RepairError::Copy)?;
    let made = dir.with_added_extension("repaired");
    let _ = fs::remove_dir_all(&made);
    Store::restore(&made, file, &options, how).map_err(RepairError::Store)?;
    fs::rename(dir, &aside).map_err(RepairError::Copy)?;
    fs::rename(&made, dir).map_err(RepairError::Copy)?;
    Ok((damage, aside))
}

/// A file without a name, on the same disk.
fn tempfile_beside(dir: &Path) -> std::io::Result<fs::File> {
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
