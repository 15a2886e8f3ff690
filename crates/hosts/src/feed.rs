//! Keeps the machines up to date: all records once, then every change.

use std::convert::Infallible;

use tokio_util::sync::CancellationToken;
use wharf_records::machine;
use wharf_store::{EventKind, Range, StoreError};

use crate::{Hosts, machines::Records};

impl Hosts {
    /// Follows the store until `stop`.
    pub async fn feed(&self, stop: CancellationToken) {
        wharf_service::follow("hosts", stop, || self.feed_once()).await;
    }

    async fn feed_once(&self) -> Result<Infallible, StoreError> {
        let store = self.store();
        let prefix = machine::prefix();
        let (mut records, mut now) = (Records::default(), 0);
        let mut pages = store.pages(Range::prefix(&prefix));
        while let Some(page) = pages.next().await? {
            now = page.revision;
            page.entries.iter().for_each(|entry| records.add(entry));
        }
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
