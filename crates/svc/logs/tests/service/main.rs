//! The service over a real store, journal and KMS.

mod keys;
mod live_tail;
mod logs;

use std::{path::Path, sync::Arc};

use wharf_base::SystemClock;
use wharf_journal::{Journal, JournalOptions};
use wharf_reconcile::Takeover;
use wharf_seal::Keyring;
use wharf_store::{Store, StoreOptions};
use wharf_svc_kms::{KmsService, Parts as KmsParts};
use wharf_svc_logs::{LogsService, Options, Parts};

/// Milliseconds: 2026-01-02.
const NOW: i64 = 1_767_312_000_000;

fn open(folder: &Path) -> LogsService {
    let journal = Journal::open(&folder.join("journal"), JournalOptions::default()).unwrap();
    open_over(folder, journal, Options::default())
}

/// With a KMS that lets in everybody; [`keys`] has one behind IAM's gate.
fn open_over(folder: &Path, journal: Journal, options: Options) -> LogsService {
    let store = Store::open(&folder.join("store"), StoreOptions::default()).unwrap();
    let keyring = Keyring::in_memory();
    let kms = KmsService::new(KmsParts {
        store: store.clone(),
        keyring: keyring.clone(),
        clock: Arc::new(SystemClock),
        takeover: Takeover::Replace,
    });
    LogsService::new(Parts {
        store,
        keyring,
        journal,
        kms: Arc::new(kms),
        options,
    })
}
