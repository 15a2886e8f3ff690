//! What waits to be delivered is sealed anew after a rotation of the keyring, as the records of all services are: nobody else
//! looks into the streams that it lies in.
//!
//! Meanwhile nobody delivers from a stream, writes to it or removes it, so its records keep their order and are delivered once.
//! A delivery that is under way is passed over, and said to be.

use std::collections::BTreeMap;

use wharf_journal::StreamInfo;
use wharf_seal::KeyId;
use wharf_wire::Fault;

use super::waiting;
use crate::{LogsService, fault};

/// What became of all that waits.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct SealedAnew {
    /// Records that are under the active key now, and were not.
    pub records: usize,
    /// Deliveries that were under way: what waits for them is under keys before.
    pub busy: usize,
}

impl LogsService {
    /// The keys that waiting records of resources are under, with how many are.
    ///
    /// # Errors
    /// Some cannot be read now.
    pub async fn waiting_under(&self) -> Result<BTreeMap<KeyId, usize>, Fault> {
        let mut all = BTreeMap::new();
        for stream in self.waiting_streams() {
            let keys = waiting::keys(self.events.journal(), &stream.name).await;
            for (key, count) in keys.map_err(fault::journal)? {
                *all.entry(key).or_default() += count;
            }
        }
        Ok(all)
    }

    /// Seals what waits under the active key. What is written down from now on is.
    ///
    /// # Errors
    /// Some cannot be read or written now.
    pub async fn seal_waiting_anew(&self) -> Result<SealedAnew, Fault> {
        let service = self.clone();
        // Who asks may be cut off; a delivery that is held goes on all the same.
        let sealing = tokio::spawn(async move { service.seal_streams_anew().await });
        sealing.await.map_err(|error| fault::unreadable(&error))?
    }

    async fn seal_streams_anew(&self) -> Result<SealedAnew, Fault> {
        // Those who sealed under a key before have written it down then.
        drop(self.deliveries.writing.write().await);
        let mut done = SealedAnew::default();
        for stream in self.waiting_streams() {
            match self.seal_stream_anew(&stream.name).await? {
                Some(records) => done.records += records,
                None => done.busy += 1,
            }
        }
        Ok(done)
    }

    /// How many records were under keys before; `None` if some are, and are being delivered.
    async fn seal_stream_anew(&self, stream: &str) -> Result<Option<usize>, Fault> {
        let (deliveries, journal) = (&self.deliveries, self.events.journal());
        let _making = deliveries.making.lock().await;
        let _writing = deliveries.writing.write().await;
        let active = self.keyring.active_key();
        let keys = waiting::keys(journal, stream).await;
        if keys.map_err(fault::journal)?.keys().all(|it| *it == active) {
            return Ok(Some(0));
        }
        // Nothing is delivered without a route.
        let route = waiting::key_of(stream).and_then(|key| deliveries.route(&key));
        let is_ours = match &route {
            Some(route) => deliveries.queue.lock().hold(&route.row),
            None => true,
        };
        if !is_ours {
            return Ok(None);
        }
        let sealed = waiting::seal_anew(journal, &self.keyring, stream).await;
        if let Some(route) = &route {
            deliveries.queue.lock().release(&route.row.key);
        }
        sealed.map(Some).map_err(fault::journal)
    }

    /// All streams of records that wait.
    pub(super) fn waiting_streams(&self) -> Vec<StreamInfo> {
        let journal = self.events.journal();
        journal.streams(waiting::PREFIX, None, usize::MAX)
    }
}
