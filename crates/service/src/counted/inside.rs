//! How many records of a kind belong to each record of another: counted from their keys once, then kept by those that come and go,
//! so that to count again costs what changed since.

use std::collections::HashMap;

use wharf_records::Scope;
use wharf_store::{Event, EventKind, Range, Revision, Store, StoreError};

use super::kind_of;

/// Beyond so many changes of the store, of whatever service, all keys are counted again: that is faster then.
const MAX_BEHIND: u64 = 1_000_000;

/// The records of one kind of a service.
#[derive(Debug)]
pub(super) struct Inside {
    service: &'static str,
    pub kind: &'static str,
    /// The keys that are counted are those of this revision; `None` before they are.
    at: Option<Revision>,
    /// By how their keys begin, up to the first dot of their ids. None is zero.
    counts: HashMap<String, usize>,
}

impl Inside {
    pub fn new(service: &'static str, kind: &'static str) -> Self {
        Self {
            service,
            kind,
            at: None,
            counts: HashMap::new(),
        }
    }

    /// How many keys begin so.
    pub fn under(&self, start: &str) -> usize {
        self.counts.get(start).copied().unwrap_or(0)
    }

    /// Brings the counts up to the store's newest revision.
    pub async fn follow(&mut self, store: &Store) -> Result<(), StoreError> {
        let now = store.revision().await?;
        if let Some(at) = self.at
            && now.saturating_sub(at) <= MAX_BEHIND
        {
            match self.follow_from(at, now, store).await {
                // Longer ago than the store remembers.
                Err(StoreError::Compacted { .. }) => {}
                done => return done,
            }
        }
        self.count_anew(now, store).await
    }

    async fn follow_from(
        &mut self,
        at: Revision,
        now: Revision,
        store: &Store,
    ) -> Result<(), StoreError> {
        if now <= at {
            return Ok(());
        }
        let mut watch = store.watch_all(vec![Scope::service_prefix(self.service)], at + 1);
        // Where nothing of the service changed it says so.
        watch.progress().request();
        loop {
            let batch = watch.next().await?;
            batch.events.iter().for_each(|it| self.change(it));
            self.at = Some(batch.revision);
            if batch.revision >= now {
                return Ok(());
            }
            // What is in memory never waits: others have their turn between long batches.
            tokio::task::yield_now().await;
        }
    }

    async fn count_anew(&mut self, now: Revision, store: &Store) -> Result<(), StoreError> {
        (self.at, self.counts) = (None, HashMap::new());
        let (prefix, kind) = (Scope::service_prefix(self.service), self.kind);
        let folders = store.folders(&prefix, |it| kind_of(it) == Some(kind));
        for (folder, _) in folders.await? {
            let mut pages = store.pages(Range::prefix(folder)).keys_only().at(now);
            while let Some(page) = pages.next().await? {
                for entry in page.entries {
                    if let Some(start) = start_of(&entry.key) {
                        count(&mut self.counts, start);
                    }
                }
                tokio::task::yield_now().await;
            }
        }
        self.at = Some(now);
        Ok(())
    }

    fn change(&mut self, event: &Event) {
        let Some(start) = start_of(event.key()).filter(|_| self.is_of_kind(event.key())) else {
            return;
        };
        match event.kind {
            EventKind::Put if event.entry.version == 1 => count(&mut self.counts, start),
            EventKind::Put => {}
            EventKind::Delete => {
                if let Some(left) = self.counts.get_mut(start) {
                    *left -= 1;
                    if *left == 0 {
                        self.counts.remove(start);
                    }
                }
            }
        }
    }

    fn is_of_kind(&self, key: &str) -> bool {
        let folder = key.rfind('/').map(|at| &key[..=at]);
        folder.and_then(kind_of) == Some(self.kind)
    }
}

/// A key up to the first dot of its id.
fn start_of(key: &str) -> Option<&str> {
    let id = key.rfind('/')? + 1;
    let dot = key[id..].find('.')?;
    Some(&key[..=id + dot])
}

fn count(counts: &mut HashMap<String, usize>, start: &str) {
    match counts.get_mut(start) {
        Some(count) => *count += 1,
        None => {
            counts.insert(start.to_owned(), 1);
        }
    }
}
