//! Keeps the machines up to date: all records once, then every change.

use std::convert::Infallible;

use tokio_util::sync::CancellationToken;
use wharf_records::machine;
use wharf_store::{Entry, EventKind, Range, Revision, Store, StoreError};

use crate::{Hosts, machines::Records};

impl Hosts {
    /// Follows the store until `stop`.
    pub async fn feed(&self, stop: CancellationToken) {
        wharf_service::follow("hosts", stop, || self.feed_once()).await;
    }

    async fn feed_once(&self) -> Result<Infallible, StoreError> {
        let store = self.store();
        let prefix = machine::prefix();
        let now = store.range(Range::prefix(&prefix).limit(1)).await?.revision;
        let mut records = Records::default();
        read_all(store, &prefix, now, |entry| records.add(&entry)).await?;
        self.write(|machines| machines.replace_records(records));
        self.reached().reach(now);

        let mut watch = store.watch(prefix, now + 1);
        self.reached().follow(watch.progress());
        loop {
            let batch = watch.next().await?;
            self.write(|machines| {
                for event in &batch.events {
                    let entry = (event.kind == EventKind::Put).then_some(&event.entry);
                    machines.apply(event.key(), entry);
                }
            });
            self.reached().reach(batch.revision);
        }
    }
}

/// Shows `each` everything under a prefix as of one revision, read in pages.
///
/// # Errors
/// The store's; the revision may be compacted meanwhile.
pub async fn read_all(
    store: &Store,
    prefix: &str,
    revision: Revision,
    mut each: impl FnMut(Entry),
) -> Result<(), StoreError> {
    let mut pages = store.pages(Range::prefix(prefix)).at(revision);
    while let Some(page) = pages.next().await? {
        page.entries.into_iter().for_each(&mut each);
    }
    Ok(())
}
