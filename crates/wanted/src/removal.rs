//! Removing blobs that nobody wants, many at a time: each change of marks is one write for all of them.

use std::{collections::BTreeSet, time::Duration};

use wharf_base::Permit;
use wharf_blobs::{Digest, Exclusive};
use wharf_store::{Compare, Range, Revision, Txn};

use crate::{Mark, State, WantedError, Wants, keys, owners, wanted};

/// A removal that takes longer was cut short: another collector goes on with it.
const REMOVAL: Duration = Duration::from_secs(60);
/// Blobs removed together: whoever wants one of them meanwhile waits for all.
pub const TOGETHER: usize = 50;

/// A blob that may go.
struct Going {
    digest: Digest,
    /// Nobody in this process is about to use it, and nobody can be until it is gone.
    hold: Exclusive,
    /// Its mark, as it was read or written last.
    revision: Revision,
}

impl Wants {
    /// Removes those of the blobs that nobody owns and that were not wanted for long; which these were.
    pub async fn collect_blobs(
        &self,
        permit: &Permit,
        digests: &[Digest],
    ) -> Result<BTreeSet<Digest>, WantedError> {
        self.remove_blobs(permit, digests, REMOVAL).await
    }

    /// Carries out removals that a killed process began. For the start of the only process that
    /// serves these blobs.
    pub async fn finish_removals(&self, permit: &Permit) -> Result<usize, WantedError> {
        let marks = self.marks(Range::prefix(keys::all_wanted())).await?;
        let going = marks.into_iter().filter(|(_, mark)| mark.record.going);
        let going: Vec<Digest> = going.map(|(digest, _)| digest).collect();
        let removed = self.remove_blobs(permit, &going, Duration::ZERO).await?;
        Ok(removed.len())
    }

    /// `cut_short`: the age of a removal under way that nobody is at any more.
    async fn remove_blobs(
        &self,
        permit: &Permit,
        digests: &[Digest],
        cut_short: Duration,
    ) -> Result<BTreeSet<Digest>, WantedError> {
        let mut removed = BTreeSet::new();
        for some in digests.chunks(TOGETHER) {
            let due = self.due(permit, some, cut_short).await?;
            let going = self.go(permit, due).await?;
            let mut gone = Vec::new();
            let mut failed = None;
            for Going {
                digest,
                hold,
                revision,
            } in going
            {
                match hold.remove().await {
                    Ok(was_there) => {
                        removed.extend(was_there.then_some(digest));
                        gone.push((digest, revision));
                    }
                    // Its mark stays, and another run goes on with it.
                    Err(error) => failed = Some(error),
                }
            }
            self.forget_gone(permit, &gone).await?;
            if let Some(error) = failed {
                return Err(error.into());
            }
        }
        Ok(removed)
    }

    /// Those that may go by their marks and that nobody holds.
    async fn due(
        &self,
        permit: &Permit,
        digests: &[Digest],
        cut_short: Duration,
    ) -> Result<Vec<Going>, WantedError> {
        let (mut due, mut found) = (Vec::new(), Vec::new());
        for digest in digests {
            let Some(hold) = self.blobs.try_exclusive(digest) else {
                continue;
            };
            let read: Option<Mark> = self.mark_of(digest).await?;
            let is_due = match &read {
                Some(read) if read.record.going => self.now().since(read.record.at) >= cut_short,
                read => self.is_due(read.as_ref()),
            };
            if is_due {
                due.push(Going {
                    digest: *digest,
                    hold,
                    revision: read.map_or(0, |it| it.revision),
                });
            } else if read.is_none() && self.blobs.stat(digest).await?.is_some() {
                found.push(*digest);
            }
        }
        self.found(permit, &found).await?;
        Ok(due)
    }

    /// Marks them as going; those that are and that nobody owns.
    async fn go(&self, permit: &Permit, due: Vec<Going>) -> Result<Vec<Going>, WantedError> {
        if due.is_empty() {
            return Ok(due);
        }
        let mark =
            |txn, it: &Going| self.marking(txn, &wanted(&it.digest), it.revision, State::Going);
        let reply = self
            .store
            .txn(permit, due.iter().fold(Txn::new(), mark))
            .await?;
        let mut going = Vec::new();
        for it in due {
            let marked = match reply.succeeded {
                true => Some(reply.revision),
                // One of them was wanted meanwhile.
                false => {
                    let key = wanted(&it.digest);
                    self.mark(&key, it.revision, State::Going, permit).await?
                }
            };
            let Some(revision) = marked else { continue };
            // No record can come to need it from here on. One that was faster is seen now.
            let owner = Range::prefix(owners(&it.digest)).limit(1).keys_only();
            if self.store.range(owner).await?.entries.is_empty() {
                going.push(Going { revision, ..it });
            } else {
                let key = wanted(&it.digest);
                self.mark(&key, revision, State::Wanted, permit).await?;
            }
        }
        Ok(going)
    }

    /// Removes the marks of blobs that are gone.
    async fn forget_gone(
        &self,
        permit: &Permit,
        gone: &[(Digest, Revision)],
    ) -> Result<(), WantedError> {
        let forget = |txn: Txn, (digest, revision): &(Digest, Revision)| {
            let key = wanted(digest);
            txn.when(Compare::mod_revision(&key, *revision)).delete(key)
        };
        let all = gone.iter().fold(Txn::new(), forget);
        if gone.is_empty() || self.store.txn(permit, all).await?.succeeded {
            return Ok(());
        }
        // Another collector took one of these removals for one that was cut short.
        for one in gone {
            self.store.txn(permit, forget(Txn::new(), one)).await?;
        }
        Ok(())
    }
}
