//! The data folder.

use std::{path::Path, sync::Arc};

use wharf_blobs::{Blobs, Limits};
use wharf_journal::{Journal, JournalOptions, OpenError as JournalOpenError};
use wharf_seal::Keyring;
use wharf_series::{Options as SeriesOptions, Series};
use wharf_store::{OpenError, Store, StoreOptions};
use wharf_vended::Vended;

use super::{ServerConfig, StartError};
use crate::{names, tls::Authorities};

/// What is on disk, opened.
pub(crate) struct Data {
    pub store: Store,
    pub journal: Journal,
    pub series: Series,
    pub blobs: Blobs,
    pub keyring: Keyring,
    pub authorities: Arc<Authorities>,
}

impl Data {
    /// Where what wharf's own services measure is kept.
    pub fn vended(&self) -> Vended {
        Vended::new(self.series.clone())
    }
}

/// Opens all of it, or makes what is not there yet.
///
/// # Errors
/// Something is damaged, in use by another process, or sealed with another keyring.
pub(crate) async fn open(config: &ServerConfig) -> Result<Data, StartError> {
    let dir = config.data_dir.clone();
    let (keyring, names) = (config.keyring.clone(), names::of_certificate(config));
    let disk = config.disk.clone();
    let account_bytes = config.account_bytes();
    let boundless_account = config.boundless_account();
    let journal_options = JournalOptions {
        bytes_wanted: config.kept_log_bytes(),
        disk: disk.clone(),
        ..JournalOptions::default()
    };
    let series_options = SeriesOptions {
        disk: disk.clone(),
        ..SeriesOptions::default()
    };
    let store_options = StoreOptions {
        disk,
        account_bytes: Some(account_bytes),
        boundless_account,
        ..StoreOptions::default()
    };
    let beside = dir.clone();
    // Each is read from its beginning to its end: together they take as long as the longest of them. The store's lock is
    // the folder's, so nothing else is touched before that is held.
    let (locked, is_locked) = tokio::sync::oneshot::channel();
    let recorded = async {
        is_locked.await.ok()?;
        let work = move || {
            let journal = open_journal(&beside.join("journal"), journal_options)?;
            let series = Series::open(&beside.join("series"), series_options);
            Ok::<_, StartError>((journal, series.map_err(StartError::Series)?))
        };
        Some(tokio::task::spawn_blocking(work).await.expect(NO_PANIC))
    };
    let kept = tokio::task::spawn_blocking(move || {
        std::fs::create_dir_all(&dir).map_err(|source| StartError::File {
            path: dir.clone(),
            source,
        })?;
        let store = open_store(&dir.join("store"), store_options, || {
            // Whoever waits for it is there until all of this is done.
            let _ = locked.send(());
        })?;
        let tls = dir.join("tls");
        // A new one opens nothing of what is there.
        let keyring = match tls.exists() {
            true => Keyring::read(&keyring),
            false => Keyring::read_or_create(&keyring),
        };
        let keyring = keyring.map_err(StartError::Keyring)?;
        let blobs = Blobs::open(&dir.join("blobs"), keyring.clone(), Limits::default())
            .map_err(StartError::Blobs)?;
        let authorities = Authorities::open_or_create(&tls, &keyring, &names);
        let authorities = Arc::new(authorities.map_err(StartError::Tls)?);
        Ok::<_, StartError>((store, keyring, blobs, authorities))
    });
    let (kept, recorded) = tokio::join!(kept, recorded);
    let (store, keyring, blobs, authorities) = kept.expect(NO_PANIC)?;
    let (journal, series) = recorded.expect("a store that opened was locked")?;
    Ok(Data {
        store,
        journal,
        series,
        blobs,
        keyring,
        authorities,
    })
}

const NO_PANIC: &str = "opening the data does not panic";

fn open_store(
    dir: &Path,
    options: StoreOptions,
    locked: impl FnOnce(),
) -> Result<Store, StartError> {
    Store::open_then(dir, options, locked).map_err(|error| match error {
        OpenError::InUse { dir, pid } => StartError::DataInUse {
            path: dir,
            pid: pid.unwrap_or(0),
        },
        damage @ OpenError::Corrupt { .. } => StartError::Damaged {
            text: damage.to_string(),
        },
        other => StartError::Store(other),
    })
}

fn open_journal(dir: &Path, options: JournalOptions) -> Result<Journal, StartError> {
    Journal::open(dir, options).map_err(|error| match error {
        damage @ JournalOpenError::Corrupt { .. } => StartError::Damaged {
            text: damage.to_string(),
        },
        other => StartError::Journal(other),
    })
}
