//! How many bytes the registries of an account hold together, in all regions and in the public gallery, and how
//! many they may hold.
//!
//! Layers, configurations and manifests count; of bytes that several repositories of the account have, one copy is
//! stored and counted. Repositories under a key of KMS have copies of their own, and each of those counts. What was
//! deleted counts until the collector has removed its record. While a body is received, unfinished uploads count too:
//! otherwise an account could fill the disk with what it never ends.
//!
//! Nothing of this is stored. An account is counted from its records when it is first asked for ([`tally`]); from then
//! on the changes of records are followed, up to the present whenever somebody asks. What is about to be recorded is
//! reserved until then ([`known`]), so that two pushes do not take the same room. So what is deleted is free at once, an
//! account that is full costs no more than another, and a restart loses nothing.

use std::{
    collections::{BTreeSet, HashMap},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use parking_lot::Mutex;
use wharf_blobs::{Algorithm, Digest};
use wharf_records::{Record as _, Scope};
use wharf_service::Turns;
use wharf_store::{Range, StoreError};

use super::{Catalog, Open, Read, Registry, SCAN_PAGE, usage::Wanted};
use crate::{
    error::EcrError,
    records::{Image, Keys, Layer, PUBLIC_SERVICE, Repository, SERVICE},
};

mod known;
mod tally;

pub(super) use known::Reservation;
use known::{Account, Known};
use tally::Tally;

/// Beyond so many changes of the store, of whatever service, accounts are counted again: that is faster then.
const MAX_BEHIND: u64 = 1_000_000;
/// How often an account is counted whose records change faster than they are read, or that others have forgotten again.
const MAX_TRIES: usize = 16;
/// Bytes of a body between two looks at the room that is left.
const LOOK_EVERY: u64 = 4 << 20;
/// Repositories with uploads that are remembered of an account before those without any are dropped.
const MAX_UPLOADED_TO: usize = 1000;

/// What is known of accounts in memory.
#[derive(Debug, Default)]
pub(crate) struct Accounts {
    known: Arc<Known>,
    /// One request follows the records, the others wait.
    following: tokio::sync::Mutex<()>,
    /// One request counts an account, the others wait for what it finds.
    counting: Turns,
    /// By account, the ids of repositories that may have unfinished uploads.
    uploaded_to: Mutex<HashMap<String, BTreeSet<String>>>,
    refused: AtomicU64,
}

impl Accounts {
    /// There is about to be an upload to the repository.
    pub(super) fn uploads_to(&self, open: &Open) {
        self.note_upload(&open.registry.account, open.id());
    }

    fn note_upload(&self, account: &str, repository: &str) {
        let mut all = self.uploaded_to.lock();
        let ids = all.entry(account.to_owned()).or_default();
        ids.insert(repository.to_owned());
    }
}

/// Watches over a body that is being received.
#[derive(Debug)]
pub struct Receiving<'a> {
    catalog: &'a Catalog,
    registry: &'a Registry,
    /// It says that it is a layer of the account's.
    is_there: bool,
    /// Beyond this length of the upload there is another look.
    look_at: Option<u64>,
}

impl Receiving<'_> {
    /// The upload has so many bytes now.
    pub async fn received(&mut self, offset: u64) -> Result<(), EcrError> {
        let next = offset.saturating_add(LOOK_EVERY);
        if offset <= *self.look_at.get_or_insert(next) {
            return Ok(());
        }
        self.look_at = Some(next);
        let room = match self.is_there {
            true => self.catalog.require_unfinished(self.registry, 0),
            false => self.catalog.require_incoming(self.registry, 0).await,
        };
        room.map_err(|full| self.catalog.refuse(full))
    }
}

impl Catalog {
    /// Before the first byte of a body is taken, of which `more` bytes are known to come. Of a layer that the account
    /// has already there is no second copy: a body that says it is one may be as long, as long as all that is on its way
    /// is no more than the account may hold. Where nothing more is known to come of a layer, whether there is room for it
    /// is said when it ends.
    pub async fn receive<'a>(
        &'a self,
        registry: &'a Registry,
        more: u64,
        whole: Option<&Digest>,
    ) -> Result<Receiving<'a>, EcrError> {
        let mut is_there = false;
        let ends = more == 0 && whole.is_some();
        if !ends && let Err(full) = self.require_incoming(registry, more).await {
            let is_full = matches!(full, EcrError::RegistryFull { .. });
            let there = match whole.filter(|it| is_full && is_sha256(it)) {
                Some(digest) => self.size_in_account(&registry.account, digest).await?,
                None => None,
            };
            is_there = there.is_some_and(|size| more <= size);
            if !is_there || self.require_unfinished(registry, more).is_err() {
                return Err(self.refuse(full));
            }
        }
        Ok(Receiving {
            catalog: self,
            registry,
            is_there,
            look_at: None,
        })
    }

    /// Whether what is on its way into all repositories of the account, with `more`, is no more than it may hold.
    fn require_unfinished(&self, registry: &Registry, more: u64) -> Result<(), EcrError> {
        let account = &registry.account;
        match self.account_limit(account) {
            Some(limit) if self.unfinished(account).saturating_add(more) > limit => {
                Err(registry_full(account, limit))
            }
            _ => Ok(()),
        }
    }

    /// Room for what is on its way into all repositories of the account, and for `more` that is not counted yet.
    async fn require_incoming(&self, registry: &Registry, more: u64) -> Result<(), EcrError> {
        let account = &registry.account;
        let Some(limit) = self.account_limit(account) else {
            return Ok(());
        };
        let held = self.look_at_account(account, |it| it.held()).await?;
        // An upload that is coming to its end is among what is held already.
        let coming = self.unfinished(account).saturating_sub(held.sent);
        let all = held.bytes.saturating_add(coming).saturating_add(more);
        match all <= limit {
            true => Ok(()),
            false => Err(registry_full(account, limit)),
        }
    }

    /// Room for the account; `None` if nothing needs to be reserved.
    pub(super) async fn room_for_account(
        &self,
        open: &Open,
        bytes: u64,
        wanted: Wanted<'_>,
    ) -> Result<Option<Reservation>, EcrError> {
        let account = &open.registry.account;
        let Some(limit) = self.account_limit(account) else {
            return Ok(None);
        };
        // Under a lock every blob is another one, and of what is named by sha512 it is not known yet which it will be.
        let (blob, sent) = match wanted {
            Wanted::Shared => return Ok(None),
            Wanted::Upload(digest) => {
                let known = !open.is_locked() && is_sha256(digest);
                (known.then_some(*digest), true)
            }
            Wanted::Bytes => (None, false),
        };
        let known = &self.inner.accounts.known;
        let reserve = |it: &mut Account| {
            let number = it.reserve(bytes, blob, sent, limit)?;
            Some(Reservation::new(known, account, number))
        };
        match self.look_at_account(account, reserve).await? {
            Some(room) => Ok(Some(room)),
            None => Err(self.refuse(registry_full(account, limit))),
        }
    }

    /// Counts a refusal, of which there may be other kinds.
    fn refuse(&self, error: EcrError) -> EcrError {
        if matches!(error, EcrError::RegistryFull { .. }) {
            self.inner.accounts.refused.fetch_add(1, Ordering::Relaxed);
        }
        error
    }

    fn account_limit(&self, account: &str) -> Option<u64> {
        let config = self.config();
        let boundless = config.boundless_account.as_deref() == Some(account);
        Some(config.account_bytes).filter(|limit| *limit < u64::MAX && !boundless)
    }

    /// Looks at what is known of an account, once its records were followed up to the present.
    async fn look_at_account<T>(
        &self,
        account: &str,
        look: impl Fn(&mut Account) -> T,
    ) -> Result<T, EcrError> {
        let accounts = &self.inner.accounts;
        for _ in 0..MAX_TRIES {
            // Before: what is over by then is recorded among what is followed now.
            let over = accounts.known.over(account);
            self.follow_records().await?;
            if let Some(seen) = accounts.known.look(account, &over, &look) {
                return Ok(seen);
            }
            let _turn = accounts.counting.take(account).await;
            // Others may have counted it meanwhile.
            if accounts.known.is_counted(account) {
                continue;
            }
            match self.count_account(account).await {
                Ok(tally) => {
                    // Not in the midst of what is followed: that begins at the oldest of all tallies.
                    let _turn = accounts.following.lock().await;
                    accounts.known.counted(account, tally);
                }
                // Slower than the compaction: from the present once more.
                Err(EcrError::Store(StoreError::Compacted { .. })) => {}
                Err(error) => return Err(error),
            }
        }
        Err(EcrError::Contention)
    }

    /// Brings all accounts that are counted up to the store's newest revision.
    async fn follow_records(&self) -> Result<(), EcrError> {
        let accounts = &self.inner.accounts;
        let _turn = accounts.following.lock().await;
        let Some(reached) = accounts.known.reached() else {
            return Ok(());
        };
        let now = self.store().revision().await?;
        if now <= reached {
            return Ok(());
        }
        if now - reached > MAX_BEHIND {
            accounts.known.forget();
            return Ok(());
        }
        let services = [SERVICE, PUBLIC_SERVICE].map(Scope::service_prefix);
        let mut watch = self.store().watch_all(services.to_vec(), reached + 1);
        // Where nothing of these services changed it says so.
        watch.progress().request();
        loop {
            match watch.next().await {
                Ok(batch) => {
                    accounts.known.follow(&batch);
                    if batch.revision >= now {
                        return Ok(());
                    }
                    // What is in memory never waits: others have their turn between long batches.
                    tokio::task::yield_now().await;
                }
                Err(StoreError::Compacted { .. }) => {
                    accounts.known.forget();
                    return Ok(());
                }
                Err(error) => return Err(error.into()),
            }
        }
    }

    /// Also of repositories that are deleted and not removed yet.
    async fn count_account(&self, account: &str) -> Result<Tally, EcrError> {
        let at = self.store().revision().await?;
        let mut tally = Tally::new(at);
        for scope in self.scopes_of_account(account, at).await? {
            let keys = Keys::of(scope);
            self.note_uploads(account, &keys).await?;
            let kinds = [
                (Layer::KIND, keys.all_layers()),
                (Image::KIND, keys.all_images()),
            ];
            for (kind, prefix) in kinds {
                let mut pages = self.store().pages(Range::prefix(prefix)).at(at);
                while let Some(page) = pages.next().await? {
                    page.entries.iter().for_each(|it| tally.count(kind, it));
                    tokio::task::yield_now().await;
                }
            }
        }
        Ok(tally)
    }

    /// Uploads that are older than this process are known by their repositories' ids alone.
    async fn note_uploads(&self, account: &str, keys: &Keys) -> Result<(), EcrError> {
        let mut after = None;
        loop {
            let (all, more): (Vec<Read<Repository>>, _) =
                self.page(keys.repositories(), after, SCAN_PAGE).await?;
            after = all.last().map(|read| read.key.clone());
            for Read { record, .. } in &all {
                if self.blobs().unfinished_bytes(&record.id).is_some() {
                    self.inner.accounts.note_upload(account, &record.id);
                }
            }
            if !more {
                return Ok(());
            }
        }
    }

    /// Bytes of the account's unfinished uploads.
    fn unfinished(&self, account: &str) -> u64 {
        let mut all = self.inner.accounts.uploaded_to.lock();
        let Some(ids) = all.get_mut(account) else {
            return 0;
        };
        let crowded = ids.len() > MAX_UPLOADED_TO;
        let mut bytes = 0_u64;
        ids.retain(|id| {
            let there = self.blobs().unfinished_bytes(id);
            bytes = bytes.saturating_add(there.unwrap_or(0));
            !crowded || there.is_some()
        });
        bytes
    }

    /// The size of a blob that a repository of the account has.
    async fn size_in_account(&self, account: &str, blob: &Digest) -> Result<Option<u64>, EcrError> {
        self.look_at_account(account, |it| it.size_of(blob)).await
    }

    /// What accounts' registries hold, of those that were asked about and as it was then, with what was reserved since: those
    /// that hold most, in falling order.
    pub fn fullest_accounts(&self, limit: usize) -> Vec<(String, u64)> {
        let mut known = self.inner.accounts.known.all();
        known.sort_by(|(a, most), (b, more)| more.cmp(most).then_with(|| a.cmp(b)));
        known.truncate(limit);
        known
    }

    /// How often an account was refused room since this process began.
    pub fn refused_for_room(&self) -> u64 {
        self.inner.accounts.refused.load(Ordering::Relaxed)
    }
}

fn registry_full(account: &str, limit: u64) -> EcrError {
    EcrError::RegistryFull {
        account: account.to_owned(),
        limit,
    }
}

/// What a blob is named by.
fn is_sha256(digest: &Digest) -> bool {
    digest.algorithm() == Algorithm::Sha256
}

#[cfg(test)]
mod tests;
