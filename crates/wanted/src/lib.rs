//! Which blobs somebody wants, as records that all processes share.
//!
//! A blob is needed by the records that own it. Between finding it there and such a record lies the
//! rest of a push, so the finder leaves a mark with the time. A fresh push leaves none: the collector
//! that first finds a blob without owner and mark leaves one. So how long a blob is kept is told by records
//! alone, and not by the times of files.
//!
//! A collector removes a blob that nobody owns and whose mark is old. It turns the mark into one that
//! says the blob is going, in a transaction that compares the mark as it was, looks once more for
//! owners, removes the file, and then the mark. Whoever comes to own a blob compares the mark in the
//! transaction that says so. So one of the two finds the other: an owner either is there before
//! the blob is going, or learns of it and looks again.
//!
//! A kill leaves a file without mark and owner, which is collected when it is old; an old mark without
//! a use, which goes with the next run; or a mark of a blob that is going, which
//! [`Wants::finish_removals`] carries out at the next start.

#![forbid(unsafe_code)]

mod keys;
mod removal;

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
    time::Duration,
};

use wharf_base::{Clock, Permit, Timestamp};
use wharf_blobs::{BlobError, BlobInfo, Blobs, Digest};
use wharf_records::{RecordError, decode, encode};
use wharf_store::{Compare, Entry, Range, Revision, Span, Store, StoreError, Txn};

pub use removal::TOGETHER;

pub use keys::{
    MARKER, Marker, Wanted, all_owners, digest_of, owned, owned_by, owner, owners, owning, wanted,
};

const PERMIT: Permit = Permit::for_controller("blobs");
/// How long a mark serves although the blob is wanted again: spares a write per request.
const MARK_AGAIN: Duration = Duration::from_secs(3600);
/// How long bytes are kept that a collector found without an owner and that nobody wanted since: longer than any
/// request between writing bytes and saying who owns them.
const FOUND_LIFE: Duration = Duration::from_secs(600);
/// Pause before a blob that is going is looked for again.
const GOING_PAUSE: Duration = Duration::from_millis(10);
/// Marks deleted in one transaction.
const AT_ONCE: usize = 100;

/// Tries of a look that others change under it.
const MAX_TRIES: usize = 64;

/// What was in the way.
#[derive(Debug, thiserror::Error)]
pub enum WantedError {
    #[error("a request of the store failed")]
    Store(#[from] StoreError),
    #[error("a stored record cannot be read")]
    Record(#[from] RecordError),
    #[error(transparent)]
    Blob(#[from] BlobError),
    /// Lost the race against other changes again and again.
    #[error("a blob is being removed and wanted by too many at once")]
    Contention,
}

/// What a new mark says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Wanted,
    Found,
    Going,
}

/// A mark as it was read.
#[derive(Debug)]
pub struct Mark {
    pub key: String,
    pub record: Wanted,
    pub revision: Revision,
}

impl Mark {
    fn of(entry: Entry) -> Result<Self, RecordError> {
        Ok(Self {
            record: decode(&entry.value)?,
            revision: entry.mod_revision,
            key: entry.key,
        })
    }
}

/// The blobs of an installation and the records of who wants them.
#[derive(Debug, Clone)]
pub struct Wants {
    pub store: Store,
    pub blobs: Blobs,
    /// What the age of bytes is told by.
    pub clock: Arc<dyn Clock>,
    /// How long bytes nobody refers to are kept: longer than any push between finding a layer
    /// there and putting the manifest that needs it.
    pub unused_life: Duration,
}

/// A blob that is there, and the condition under which it is so in a transaction.
#[derive(Debug)]
pub struct Relied {
    pub blob: BlobInfo,
    pub stays: Compare,
}

impl Wants {
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// The blob, for a transaction that makes somebody its owner; `None` if it is not there. `sound`: the caller has
    /// just written it, or looked whether it is damaged.
    pub async fn rely(&self, digest: &Digest, sound: bool) -> Result<Option<Relied>, WantedError> {
        self.look(digest, sound, false).await
    }

    /// The blob, marked as wanted for a request that comes later; `None` if it is not there.
    pub async fn want(&self, digest: &Digest) -> Result<Option<BlobInfo>, WantedError> {
        let found = self.look(digest, false, true).await?;
        Ok(found.map(|it| it.blob))
    }

    async fn look(
        &self,
        digest: &Digest,
        sound: bool,
        for_later: bool,
    ) -> Result<Option<Relied>, WantedError> {
        let key = wanted(digest);
        for _ in 0..MAX_TRIES {
            let read: Option<Mark> = self.mark_at(&key).await?;
            if read.as_ref().is_some_and(|it| it.record.going) {
                tokio::time::sleep(GOING_PAUSE).await;
                continue;
            }
            // After its mark was read: one that goes from here on changes that.
            let found = match sound {
                true => self.blobs.stat(digest).await?,
                false => self.blobs.find(digest).await?,
            };
            let Some(blob) = found else {
                return Ok(None);
            };
            // A blob without a mark has all of its time before it.
            let serves = read.as_ref().map_or(!for_later, |it| {
                self.is_fresh(it.record.at) && !it.record.found
            });
            let mut revision = read.map_or(0, |it| it.revision);
            if !serves {
                match self.mark(&key, revision, State::Wanted, &PERMIT).await? {
                    Some(marked) => revision = marked,
                    None => continue,
                }
            }
            let stays = Compare::mod_revision(key, revision);
            return Ok(Some(Relied { blob, stays }));
        }
        Err(WantedError::Contention)
    }

    /// Whether a layer of that age need not be marked to outlive a push that relies on it.
    pub fn is_fresh(&self, at: Timestamp) -> bool {
        self.now().since(at) < self.mark_again()
    }

    /// Less than what is left then of the time to live.
    fn mark_again(&self) -> Duration {
        MARK_AGAIN.min(self.unused_life / 4)
    }

    /// Writes a mark if it still is as read at `revision`; its new revision.
    async fn mark(
        &self,
        key: &str,
        revision: Revision,
        state: State,
        permit: &Permit,
    ) -> Result<Option<Revision>, WantedError> {
        let txn = self.marking(Txn::new(), key, revision, state);
        let reply = self.store.txn(permit, txn).await?;
        Ok(reply.succeeded.then_some(reply.revision))
    }

    fn marking(&self, txn: Txn, key: &str, revision: Revision, state: State) -> Txn {
        let mark = Wanted {
            at: self.now(),
            going: state == State::Going,
            found: state == State::Found,
            unknown: Default::default(),
        };
        txn.when(Compare::mod_revision(key, revision))
            .put(key, encode(&mark))
    }

    /// Marks blobs that were found without an owner and a mark, so that their time runs.
    pub async fn found(&self, permit: &Permit, blobs: &[Digest]) -> Result<(), WantedError> {
        for some in blobs.chunks(AT_ONCE) {
            let txn = some.iter().fold(Txn::new(), |txn, digest| {
                self.marking(txn, &wanted(digest), 0, State::Found)
            });
            if self.store.txn(permit, txn).await?.succeeded {
                continue;
            }
            // One of them was wanted meanwhile.
            for digest in some {
                self.mark(&wanted(digest), 0, State::Found, permit).await?;
            }
        }
        Ok(())
    }

    async fn mark_at(&self, key: &str) -> Result<Option<Mark>, WantedError> {
        let entry = self.store.get(key).await?;
        Ok(entry.map(Mark::of).transpose()?)
    }

    /// The mark of a blob, if any.
    pub async fn mark_of(&self, digest: &Digest) -> Result<Option<Mark>, WantedError> {
        self.mark_at(&wanted(digest)).await
    }

    /// The marks of blobs behind `after` up to `last`.
    pub async fn marks_between(
        &self,
        after: Option<&Digest>,
        last: Option<&Digest>,
    ) -> Result<BTreeMap<Digest, Mark>, WantedError> {
        let all = keys::all_wanted();
        self.marks(stretch(&all, after.map(wanted), last.map(wanted)))
            .await
    }

    async fn marks(&self, span: Span) -> Result<BTreeMap<Digest, Mark>, WantedError> {
        let mut marks = BTreeMap::new();
        for entry in self.store.all(span).await?.entries {
            let Some(digest) = digest_of(&entry.key) else {
                continue;
            };
            marks.insert(digest, Mark::of(entry)?);
        }
        Ok(marks)
    }

    /// The blobs behind `after` up to `last` that somebody owns.
    pub async fn owned_between(
        &self,
        after: Option<&Digest>,
        last: Option<&Digest>,
    ) -> Result<BTreeSet<Digest>, WantedError> {
        let all = all_owners();
        let span = stretch(&all, after.map(owners), last.map(owners));
        let mut found = BTreeSet::new();
        let mut pages = self.store.pages(span).keys_only();
        while let Some(page) = pages.next().await? {
            found.extend(page.entries.iter().filter_map(|it| owned(&it.key)));
        }
        Ok(found)
    }

    /// Removes marks that say nothing any more.
    pub async fn forget_marks(&self, permit: &Permit, marks: Vec<Mark>) -> Result<(), WantedError> {
        for some in marks.chunks(AT_ONCE) {
            let txn = some.iter().fold(Txn::new(), |txn, mark| {
                txn.when(Compare::mod_revision(&mark.key, mark.revision))
                    .delete(&mark.key)
            });
            // If one of them was wanted meanwhile, the next run takes the others.
            self.store.txn(permit, txn).await?;
        }
        Ok(())
    }

    /// Whether nobody wanted it for long.
    pub fn is_old(&self, at: Timestamp) -> bool {
        self.now().since(at) >= self.unused_life
    }

    /// Whether a blob with this mark may go, or is going, if nobody owns it.
    pub fn is_due(&self, mark: Option<&Mark>) -> bool {
        let found_life = FOUND_LIFE.min(self.unused_life);
        match mark.map(|it| &it.record) {
            Some(it) if it.going => true,
            Some(it) if it.found => self.now().since(it.at) >= found_life,
            Some(it) => self.is_old(it.at),
            None => found_life.is_zero(),
        }
    }
}

/// Keys of `folder` that lie behind all that start with `after`, up to those that start with `last`.
fn stretch(folder: &str, after: Option<String>, last: Option<String>) -> Span {
    // Behind each character of a key.
    let end = |key: String| key + "~";
    let from = after.map_or_else(|| folder.to_owned(), end);
    Range::between(from, last.map_or_else(|| end(folder.to_owned()), end))
}
