//! Reads keys of the store for a list. A common prefix is skipped by its end, not read.

use wharf_records::{Record, decode};
use wharf_store::{Entry, Range, Revision, Store};
use wharf_wire::Fault;

use crate::{
    core::ChangeError,
    list::{Listing, Offer, Stride, behind},
    records::{escaped, unescaped},
};

/// The entries of a folder that a listing may be about, in the order of their keys, some of them read at a time.
pub struct Cursor<'a> {
    store: &'a Store,
    folder: String,
    /// Where the next entries are read from, and before what they end.
    from: String,
    end: String,
    /// What was read and not yet given away.
    page: std::vec::IntoIter<Entry>,
    more: bool,
    stride: Stride,
    /// Everything is read as it stood then, instead of as it stands.
    at: Option<Revision>,
}

impl<'a> Cursor<'a> {
    pub fn new(store: &'a Store, folder: String, listing: &Listing) -> Self {
        let choice = listing.choice();
        let start = listing.start();
        Self {
            store,
            from: folder.clone() + &escaped(&start),
            end: behind(&(folder.clone() + &escaped(&choice.prefix))),
            folder,
            page: Vec::new().into_iter(),
            more: choice.max > 0,
            stride: Stride::new(choice),
            at: None,
        }
    }

    /// Reads few entries at first, where others come between them in the list.
    pub fn by_few(mut self) -> Self {
        self.stride = Stride::default();
        self
    }

    pub fn at(mut self, revision: Revision) -> Self {
        self.at = Some(revision);
        self
    }

    /// Begins at this text of the folder, as it is in the store, if that is before where it would.
    pub fn begin_at(mut self, text: &str) -> Self {
        let from = self.folder.clone() + text;
        self.from = self.from.min(from);
        self
    }

    /// The next entry: what its key is in the folder, as it is in the store, and its value.
    pub async fn next(
        &mut self,
        listing: &mut Listing,
    ) -> Result<Option<(String, Entry)>, ChangeError> {
        loop {
            if let Some(entry) = self.page.next() {
                let text = entry.key[self.folder.len()..].to_owned();
                return Ok(Some((text, entry)));
            }
            if !self.more || self.from >= self.end {
                return Ok(None);
            }
            let limit = self.stride.limit(listing.room());
            let mut range = Range::between(self.from.clone(), self.end.clone()).limit(limit);
            range.at = self.at;
            let read = self.store.range(range).await?;
            listing.looked += read.entries.len();
            self.stride.grow();
            self.more = read.more;
            if let Some(last) = read.entries.last() {
                self.from = last.key.clone() + "\0";
            }
            self.page = read.entries.into_iter();
        }
    }

    /// Passes over all that stands before this key.
    pub fn skip_to(&mut self, key: &str) {
        let to = self.folder.clone() + &escaped(key);
        let passed = self.page.as_slice().partition_point(|it| it.key < to);
        if let Some(last) = passed.checked_sub(1) {
            self.page.nth(last);
        }
        if self.page.as_slice().is_empty() {
            self.stride.shrink();
        }
        self.from = std::mem::take(&mut self.from).max(to);
    }
}

/// Walks the records of `folder` in the order of their keys. `shown` is asked about each that the listing may
/// hold, before it is offered; `hold` gets those that were taken.
pub async fn walk<T: Record>(
    store: &Store,
    folder: String,
    listing: &mut Listing,
    shown: impl Fn(&T) -> bool,
    mut hold: impl FnMut(String, T),
) -> Result<(), Fault> {
    let mut cursor = Cursor::new(store, folder, listing);
    while let Some((text, entry)) = cursor.next(listing).await? {
        let record: T = decode(&entry.value).map_err(ChangeError::from)?;
        if !shown(&record) {
            continue;
        }
        let key = unescaped(&text);
        match listing.offer(&key) {
            Offer::Taken => hold(key, record),
            Offer::Rolled(prefix) => cursor.skip_to(&behind(&prefix)),
            Offer::Full => return Ok(()),
        }
    }
    Ok(())
}

#[cfg(test)]
pub mod tests;
