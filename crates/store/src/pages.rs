//! Everything of a span, as of one revision, a bounded number of entries at a time.

use crate::{Entry, Range, RangeReply, Revision, Span, Store, StoreError};

/// Entries read at a time.
const PAGE_KEYS: usize = 500;
/// How often [`Store::all`] begins again when compaction has passed the revision it reads at.
const MAX_TRIES: usize = 16;

/// The pages of a span; see [`Store::pages`].
#[derive(Debug)]
pub struct Pages<'a> {
    store: &'a Store,
    /// `None` once all is read.
    next: Option<Range>,
}

impl Pages<'_> {
    /// As of this revision instead of that of the first page.
    pub fn at(mut self, revision: Revision) -> Self {
        self.next = self.next.map(|range| range.at(revision));
        self
    }

    /// Leaves values empty.
    pub fn keys_only(mut self) -> Self {
        self.next = self.next.map(Range::keys_only);
        self
    }

    /// The next page; `None` after the last.
    ///
    /// # Errors
    /// `Compacted` if the revision of the first page is gone: begin again.
    pub async fn next(&mut self) -> Result<Option<RangeReply>, StoreError> {
        let Some(range) = self.next.take() else {
            return Ok(None);
        };
        let reply = self.store.range(range.clone()).await?;
        let last = reply.entries.last().filter(|_| reply.more);
        self.next = last.map(|last| range.at(reply.revision).start_after(&last.key));
        Ok(Some(reply))
    }

    async fn collect(mut self) -> Result<(Vec<Entry>, Revision), StoreError> {
        let (mut entries, mut revision) = (Vec::new(), 0);
        while let Some(mut page) = self.next().await? {
            entries.append(&mut page.entries);
            revision = page.revision;
        }
        Ok((entries, revision))
    }
}

impl Store {
    /// Reads everything of a span in pages, all as of one revision.
    ///
    /// ```no_run
    /// # async fn read(store: wharf_store::Store) -> Result<(), wharf_store::StoreError> {
    /// let mut pages = store.pages(wharf_store::Range::prefix("/w1/"));
    /// while let Some(page) = pages.next().await? {
    ///     page.entries.iter().for_each(|entry| println!("{}", entry.key));
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub fn pages(&self, span: Span) -> Pages<'_> {
        Pages {
            store: self,
            next: Some(span.limit(PAGE_KEYS)),
        }
    }

    /// Everything of a span as of one revision. The caller holds all of it in memory: where that is
    /// not needed, use [`Store::pages`].
    pub async fn all(&self, span: Span) -> Result<RangeReply, StoreError> {
        self.whole(|| self.pages(span.clone())).await
    }

    /// As [`Store::all`], values left empty.
    pub async fn all_keys(&self, span: Span) -> Result<RangeReply, StoreError> {
        self.whole(|| self.pages(span.clone()).keys_only()).await
    }

    async fn whole<'a>(&self, pages: impl Fn() -> Pages<'a>) -> Result<RangeReply, StoreError> {
        let mut tries = 0;
        loop {
            tries += 1;
            match pages().collect().await {
                // Slower than the compaction: from the present once more.
                Err(StoreError::Compacted { .. }) if tries < MAX_TRIES => {}
                other => {
                    return other.map(|(entries, revision)| RangeReply {
                        count: entries.len(),
                        entries,
                        more: false,
                        revision,
                    });
                }
            }
        }
    }
}
