//! How many bytes the registries of an account hold together, in all regions and in the public gallery, and how
//! many they may hold.
//!
//! Layers, configurations and manifests count; of bytes that several repositories of the account have, one copy is
//! stored and counted. Repositories under a key of KMS have copies of their own, and each of those counts. What was
//! deleted counts until the collector has removed it. While a body is received, unfinished uploads count too:
//! otherwise an account could fill the disk with what it never ends.
//!
//! Nothing of this is stored. An account is counted from its records when it is first asked for; from then on what is
//! about to be recorded is added, and it is counted again only where that would be too much. So a restart loses
//! nothing, and what was deleted is free at the next count.

use std::{
    collections::{BTreeSet, HashMap, HashSet},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use parking_lot::Mutex;
use wharf_blobs::{Algorithm, Digest};
use wharf_service::Turns;
use wharf_store::Range;
use wharf_wanted::{digest_of, owners};

use super::{
    Catalog, Open, Read, Registry, SCAN_PAGE,
    usage::{Reservation, Reservations, Wanted},
};
use crate::{
    error::EcrError,
    records::{Image, Keys, Layer, Repository},
};

/// A count serves for so many times as long as it took, so that an account that is full does not have its records
/// read by each push that is refused.
const SERVES: u32 = 20;
/// No count serves for longer: what was deleted is to be free soon.
const SERVES_AT_MOST: Duration = Duration::from_secs(30);
/// Bytes of a body between two looks at the room that is left.
const LOOK_EVERY: u64 = 4 << 20;
/// Repositories with uploads that are remembered of an account before those without any are dropped.
const MAX_UPLOADED_TO: usize = 1000;
/// Owners of a blob among which one of the account is looked for.
const MAX_OWNERS: usize = 200;

/// What is known of accounts in memory.
#[derive(Debug, Default)]
pub(crate) struct Accounts {
    held: Arc<Reservations>,
    /// When an account was last counted, and for how long that serves.
    counted: Mutex<HashMap<String, (Instant, Duration)>>,
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

    fn is_recent(&self, account: &str) -> bool {
        let counted = self.counted.lock();
        let last = counted.get(account);
        last.is_some_and(|(at, serves)| at.elapsed() < *serves)
    }

    fn note_count(&self, account: &str, took: Duration) {
        let mut counted = self.counted.lock();
        counted.retain(|_, (at, serves)| at.elapsed() < *serves);
        let serves = took.saturating_mul(SERVES).min(SERVES_AT_MOST);
        counted.insert(account.to_owned(), (Instant::now(), serves));
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
            let there = match whole.filter(|_| is_full) {
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
        // An upload that is coming to its end is among what is held already.
        let sent = self.inner.accounts.held.look(account).sent;
        let coming = self.unfinished(account).saturating_sub(sent);
        let coming = coming.saturating_add(more);
        let free = limit.saturating_sub(coming);
        if coming <= limit && self.held(account, free).await? <= free {
            return Ok(());
        }
        Err(registry_full(account, limit))
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
        let digest = match wanted {
            Wanted::Shared => return Ok(None),
            Wanted::Upload(digest) => Some(digest),
            Wanted::Bytes => None,
        };
        let held = &self.inner.accounts.held;
        let (room, _) = held.reserve(account, bytes, digest.is_some());
        if self.held(account, limit).await? <= limit {
            return Ok(Some(room));
        }
        room.void();
        if let Some(digest) = digest
            && !open.is_locked()
            && self.size_in_account(account, digest).await?.is_some()
        {
            return Ok(None);
        }
        Err(self.refuse(registry_full(account, limit)))
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

    /// What the account holds at most, with what is about to be recorded. Counted if what is known is more than
    /// `enough`.
    async fn held(&self, account: &str, enough: u64) -> Result<u64, EcrError> {
        let accounts = &self.inner.accounts;
        let known = || accounts.held.look(account).most;
        if let Some(most) = known().filter(|most| *most <= enough) {
            return Ok(most);
        }
        let _turn = accounts.counting.take(account).await;
        // Others may have counted it meanwhile.
        if let Some(most) = known().filter(|most| *most <= enough || accounts.is_recent(account)) {
            return Ok(most);
        }
        // Keeps what is found from being forgotten before it is read.
        let (_entry, begun) = accounts.held.reserve(account, 0, false);
        let since = Instant::now();
        let found = self.count_account(account).await?;
        accounts.held.counted(account, found, begun);
        accounts.note_count(account, since.elapsed());
        Ok(known().unwrap_or(found))
    }

    /// Also of repositories that are deleted and not removed yet.
    async fn count_account(&self, account: &str) -> Result<u64, EcrError> {
        let (mut bytes, mut seen) = (0_u64, HashSet::new());
        for scope in self.scopes_of_account(account).await? {
            let keys = Keys::of(scope);
            self.note_uploads(account, &keys).await?;
            let mut add = |blob: Digest, size: u64| {
                if seen.insert(short(&blob)) {
                    bytes = bytes.saturating_add(size);
                }
            };
            let mut after = None;
            loop {
                let (layers, more): (Vec<Read<Layer>>, _) =
                    self.page(keys.all_layers(), after, SCAN_PAGE).await?;
                after = layers.last().map(|read| read.key.clone());
                for Read { key, record, .. } in &layers {
                    if let Some(digest) = digest_of(key) {
                        add(record.blob(&digest), record.size);
                    }
                }
                if !more {
                    break;
                }
            }
            after = None;
            loop {
                let (images, more): (Vec<Read<Image>>, _) =
                    self.page(keys.all_images(), after, SCAN_PAGE).await?;
                after = images.last().map(|read| read.key.clone());
                for Read { record, .. } in &images {
                    add(record.blob(), record.manifest_size);
                }
                if !more {
                    break;
                }
            }
        }
        Ok(bytes)
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

    /// The size of the layer, if a repository of the account has it as this very blob. What is named by sha512 is taken
    /// for new: which blob it will be is not known yet.
    async fn size_in_account(
        &self,
        account: &str,
        digest: &Digest,
    ) -> Result<Option<u64>, EcrError> {
        if digest.algorithm() != Algorithm::Sha256 {
            return Ok(None);
        }
        let prefix = owners(digest);
        let range = Range::prefix(&prefix).limit(MAX_OWNERS).keys_only();
        let owners = self.store().range(range).await?.entries;
        let scopes = self.scopes_of_account(account).await?;
        let keys: Vec<Keys> = scopes.into_iter().map(Keys::of).collect();
        for owner in &owners {
            let who = owner.key.strip_prefix(&prefix).unwrap_or_default();
            let Some((repository, _)) = who.split_once('.') else {
                continue;
            };
            for keys in &keys {
                let key = keys.layer(repository, digest);
                let layer: Option<Read<Layer>> = self.read(&key).await?;
                if let Some(layer) = layer.filter(|it| it.record.blob(digest) == *digest) {
                    return Ok(Some(layer.record.size));
                }
            }
        }
        Ok(None)
    }

    /// What accounts' registries hold at most, as far as it is known without counting: those that hold most, in
    /// falling order.
    pub fn fullest_accounts(&self, limit: usize) -> Vec<(String, u64)> {
        let mut known = self.inner.accounts.held.known();
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

/// Half of a blob's sha256 tells it from others, and a count holds one for each blob.
fn short(blob: &Digest) -> u128 {
    u128::from_str_radix(blob.hex().get(..32).unwrap_or_default(), 16).unwrap_or_default()
}
