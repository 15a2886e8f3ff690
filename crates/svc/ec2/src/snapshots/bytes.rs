//! Bytes of snapshots between hosts and blobs. Who may ask is found out before (`server`): the host that takes the
//! snapshot, or the one that a volume is to be made on.

use std::fmt::Display;

use bytes::Bytes;
use wharf_base::Timestamp;
use wharf_blobs::Digest;
use wharf_planeproto::snapshot::{
    self as plane, CHUNK, MAX_OFFER, MAX_PAGES, MAX_REASON, PAGE_ENTRIES,
};
use wharf_records::{Record as _, Scope};
use wharf_service::transact;
use wharf_store::Range;
use wharf_wanted::{MARKER, Wants};
use wharf_wire::Fault;

use super::{Snapshot, Source, State};
use crate::{
    Ec2Service, fault, instances::PERMIT, records::Instance, table::SERVICE, volumes::Volume,
};

/// Digests that one transaction makes a snapshot the owner of: each is a condition and two writes.
pub(super) const AT_ONCE: usize = 50;

/// Where a snapshot or a volume is kept.
#[derive(Debug, Clone)]
pub struct Place {
    pub account: String,
    pub region: String,
    pub id: String,
}

/// Why a host's request came to nothing.
#[derive(Debug, thiserror::Error)]
pub enum NotTaken {
    /// Nothing is wanted of the snapshot any more, or nothing is there.
    #[error("there is no such snapshot to be taken, or no such volume to be made of one")]
    Gone,
    #[error("the request makes no sense: {0}")]
    Malformed(&'static str),
    /// The host sends it again.
    #[error("a chunk is missing")]
    Missing,
    #[error("the bytes cannot be kept now")]
    Failed(#[source] Fault),
    /// Its key is not to be had.
    #[error("{}", .0.message)]
    Shut(Fault),
}

impl From<Fault> for NotTaken {
    fn from(fault: Fault) -> Self {
        Self::Failed(fault)
    }
}

impl From<fault::ChangeError> for NotTaken {
    fn from(error: fault::ChangeError) -> Self {
        Self::Failed(error.into())
    }
}

pub(super) fn failed(error: impl std::error::Error) -> NotTaken {
    NotTaken::Failed(fault::internal(error))
}

impl Ec2Service {
    /// The folder of blobs, once all services are built.
    pub(crate) fn bytes(&self) -> Result<&Wants, Fault> {
        let known = self.blobs.get();
        known.ok_or_else(|| fault::unsupported_parameter("VolumeId"))
    }

    pub(crate) fn place_key(at: &Place, kind: &str) -> String {
        Scope::new(SERVICE, &at.account, &at.region).key(kind, &at.id)
    }

    /// Instance id of the host that takes a snapshot.
    ///
    /// # Errors
    /// The store's; there is none that is being taken.
    pub async fn snapshot_host(&self, at: &Place) -> Result<String, NotTaken> {
        let key = Self::place_key(at, Snapshot::KIND);
        Ok(self.being_taken(&key).await?.host)
    }

    async fn being_taken(&self, key: &str) -> Result<Snapshot, NotTaken> {
        let found = self.table.read::<Snapshot>(key).await?;
        let found = found.map(|it| it.record).filter(Snapshot::is_being_taken);
        found.ok_or(NotTaken::Gone)
    }

    /// Makes the snapshot the owner of what its account's snapshots have of an offer; what is missing.
    ///
    /// # Errors
    /// See [`NotTaken`].
    pub async fn snapshot_offered(
        &self,
        at: &Place,
        offer: &plane::Offer,
    ) -> Result<plane::Missing, NotTaken> {
        if offer.sums.len() > MAX_OFFER {
            return Err(NotTaken::Malformed("too many sums"));
        }
        self.note_progress(at, offer.progress).await?;
        let mut missing = plane::Missing::default();
        for some in offer.sums.chunks(AT_ONCE) {
            let mut known = Vec::with_capacity(some.len());
            for sum in some {
                let digest = digest(sum)?;
                match self.has(&at.account, &digest).await? {
                    true => known.push(digest),
                    false => missing.sums.push(sum.clone()),
                }
            }
            let lost = self.own(at, &known, false).await?;
            missing.sums.extend(lost.iter().map(Digest::hex));
        }
        Ok(missing)
    }

    /// Whether a snapshot of the account has it. What others have is theirs: who knows a name does not have the bytes.
    async fn has(&self, account: &str, digest: &Digest) -> Result<bool, NotTaken> {
        let prefix = wharf_wanted::owners(digest) + &Snapshot::owners_of(account);
        let any = Range::prefix(prefix).limit(1).keys_only();
        let found = self.table.store().range(any).await.map_err(failed)?;
        Ok(!found.entries.is_empty())
    }

    /// Keeps a chunk or a page, which has that sum, as the snapshot's.
    ///
    /// # Errors
    /// See [`NotTaken`].
    pub async fn snapshot_bytes(
        &self,
        at: &Place,
        sum: &str,
        bytes: Bytes,
    ) -> Result<(), NotTaken> {
        let wanted = digest(sum)?;
        if bytes.is_empty() || bytes.len() as u64 > CHUNK {
            return Err(NotTaken::Malformed("no chunk is so long"));
        }
        // Before anything is written for one that is over, or has all that it can have.
        let key = Self::place_key(at, Snapshot::KIND);
        let snapshot = self.being_taken(&key).await?;
        self.not_owned((&key, &snapshot), &[wanted]).await?;
        let wants = self.bytes()?;
        let (info, _lease) = wants.blobs.put(bytes).await.map_err(failed)?;
        if info.digest != wanted {
            return Err(NotTaken::Malformed("it is named by another sum"));
        }
        match self.own(at, &[wanted], true).await?.is_empty() {
            true => Ok(()),
            false => Err(NotTaken::Missing),
        }
    }

    /// Makes a snapshot that is being taken the owner of blobs; those that are not there.
    pub(super) async fn own(
        &self,
        at: &Place,
        digests: &[Digest],
        sound: bool,
    ) -> Result<Vec<Digest>, NotTaken> {
        let (wants, key) = (self.bytes()?, Self::place_key(at, Snapshot::KIND));
        if digests.is_empty() {
            return Ok(Vec::new());
        }
        let snapshot = self.being_taken(&key).await?;
        let new = self.not_owned((&key, &snapshot), digests).await?;
        let lost = transact!(self.table, &PERMIT, |tx| {
            let found = tx.find::<Snapshot>(&key).await?;
            let Some(snapshot) = found.filter(Snapshot::is_being_taken) else {
                return Err(NotTaken::Gone);
            };
            let (who, mut lost) = (snapshot.owner_name(), Vec::new());
            for digest in digests {
                match wants.rely(digest, sound).await.map_err(failed)? {
                    Some(relied) => {
                        tx.when(relied.stays);
                        tx.put(wharf_wanted::owner(digest, &who), &MARKER);
                        if snapshot.indexed {
                            tx.put(wharf_wanted::owning(&who, digest), &MARKER);
                        }
                    }
                    None => lost.push(*digest),
                }
            }
            lost
        });
        let new = new.iter().filter(|it| !lost.contains(it));
        self.owned.add(&key, new.count());
        Ok(lost)
    }

    async fn note_progress(&self, at: &Place, progress: u8) -> Result<(), NotTaken> {
        let key = Self::place_key(at, Snapshot::KIND);
        let (progress, now) = (progress.min(99), self.instances.now());
        transact!(self.table, &PERMIT, |tx| {
            let found = tx.find::<Snapshot>(&key).await?;
            let Some(mut snapshot) = found.filter(Snapshot::is_being_taken) else {
                return Err(NotTaken::Gone);
            };
            // Who offers has taken it.
            if snapshot.progress < progress || !snapshot.taken {
                snapshot.progress = snapshot.progress.max(progress);
                snapshot.taken = true;
                snapshot.moved_at = Some(now);
                tx.put(&key, &snapshot);
            }
        });
        Ok(())
    }

    /// Completes a snapshot, if all that its pages list is there and its own.
    ///
    /// # Errors
    /// See [`NotTaken`].
    pub async fn snapshot_complete(
        &self,
        at: &Place,
        complete: &plane::Complete,
        now: Timestamp,
    ) -> Result<(), NotTaken> {
        if complete.pages.len() > MAX_PAGES {
            return Err(NotTaken::Malformed("too many pages"));
        }
        let key = Self::place_key(at, Snapshot::KIND);
        let snapshot = self.being_taken(&key).await?;
        let bytes = self.checked(&snapshot, &complete.pages).await? * CHUNK;
        let scope = Scope::new(SERVICE, &at.account, &at.region);
        let _turn = self.owned.turn().await;
        let held = match snapshot.carries {
            true => None,
            false => {
                let held = self.counted(&scope, &snapshot, &complete.pages, bytes);
                Some(held.await?)
            }
        };
        transact!(self.table, &PERMIT, |tx| {
            let found = tx.find::<Snapshot>(&key).await?;
            let Some(mut snapshot) = found.filter(Snapshot::is_being_taken) else {
                return Err(NotTaken::Gone);
            };
            snapshot.state = State::Completed;
            snapshot.progress = 100;
            snapshot.pages.clone_from(&complete.pages);
            snapshot.bytes = bytes;
            snapshot.completed_at = Some(now);
            snapshot.held = held;
            snapshot.meter(now);
            tx.put(&key, &snapshot);
            // Its source is needed no more.
            if let Some(word) = snapshot.origin_use() {
                tx.delete(word);
            }
        });
        Ok(())
    }

    /// How many chunks the pages list, all of which the snapshot owns.
    async fn checked(&self, snapshot: &Snapshot, pages: &[String]) -> Result<u64, NotTaken> {
        let who = snapshot.owner_name();
        let (mut chunks, mut next) = (0, 0);
        // GiB are whole chunks.
        let end = u64::from(snapshot.gib) << 10;
        for page in pages {
            let page = digest(page)?;
            self.owned(&page, &who).await?;
            for entry in self.entries_of(&page).await? {
                let at = u64::from(entry.at);
                if at < next || at >= end {
                    return Err(NotTaken::Malformed("pages are out of order"));
                }
                let digest = digest(&plane::hex_of(&entry.sum))?;
                self.owned(&digest, &who).await?;
                (chunks, next) = (chunks + 1, at + 1);
            }
        }
        Ok(chunks)
    }

    async fn owned(&self, digest: &Digest, who: &str) -> Result<(), NotTaken> {
        let key = wharf_wanted::owner(digest, who);
        let found = self.table.store().get(&key).await.map_err(failed)?;
        found.map(|_| ()).ok_or(NotTaken::Missing)
    }

    pub(super) async fn entries_of(&self, digest: &Digest) -> Result<Vec<plane::Entry>, NotTaken> {
        const MOST: u64 = PAGE_ENTRIES as u64 * 36;
        let page = self.bytes()?.blobs.get(digest, MOST).await;
        let page = page.map_err(failed)?.ok_or(NotTaken::Missing)?;
        plane::entries(&page).ok_or(NotTaken::Malformed("a page lists no chunks"))
    }

    /// A snapshot that its host cannot take.
    ///
    /// # Errors
    /// See [`NotTaken`].
    pub async fn snapshot_failed(&self, at: &Place, why: impl Display) -> Result<(), NotTaken> {
        let key = Self::place_key(at, Snapshot::KIND);
        let why: String = why.to_string().chars().take(MAX_REASON).collect();
        transact!(self.table, &PERMIT, |tx| {
            let found = tx.find::<Snapshot>(&key).await?;
            let Some(mut snapshot) = found.filter(Snapshot::is_being_taken) else {
                return Err(NotTaken::Gone);
            };
            snapshot.state = State::Error;
            snapshot.reason = Some(why.clone());
            tx.put(&key, &snapshot);
        });
        Ok(())
    }

    /// The host that a volume, or the disk of an instance, is to be made on, and the snapshot that it is made of.
    ///
    /// # Errors
    /// See [`NotTaken`].
    pub async fn volume_source(&self, at: &Place) -> Result<(String, Snapshot), NotTaken> {
        let (host, source) = match at.id.starts_with("i-") {
            true => self.source_of_root(at).await?,
            false => {
                let key = Self::place_key(at, Volume::KIND);
                let found = self.table.read::<Volume>(&key).await?;
                let volume = found.ok_or(NotTaken::Gone)?.record;
                let source = volume.made_of(&at.account);
                (volume.life.host, source)
            }
        };
        let (Some(host), Some(Source { snapshot, owner })) = (host, source) else {
            return Err(NotTaken::Gone);
        };
        let key = Scope::new(SERVICE, &owner, &at.region).key(Snapshot::KIND, &snapshot);
        let snapshot = self.table.read::<Snapshot>(&key).await?;
        Ok((host, snapshot.ok_or(NotTaken::Gone)?.record))
    }

    /// The host of an instance, and the snapshot that its disk is still to be made of.
    async fn source_of_root(
        &self,
        at: &Place,
    ) -> Result<(Option<String>, Option<Source>), NotTaken> {
        let key = Self::place_key(at, Instance::KIND);
        let found = self.table.read::<Instance>(&key).await?;
        let Instance { life, image, .. } = found.ok_or(NotTaken::Gone)?.record;
        let source = image.root.filter(|_| life.is_first_boot());
        Ok((life.host.map(|it| it.machine), source))
    }

    /// A chunk or a page of a snapshot.
    ///
    /// # Errors
    /// See [`NotTaken`].
    pub async fn source_bytes(&self, snapshot: &Snapshot, sum: &str) -> Result<Vec<u8>, NotTaken> {
        let digest = digest(sum)?;
        self.owned(&digest, &snapshot.owner_name()).await?;
        let bytes = self.bytes()?.blobs.get(&digest, CHUNK).await;
        bytes.map_err(failed)?.ok_or(NotTaken::Missing)
    }
}

pub(super) fn digest(sum: &str) -> Result<Digest, NotTaken> {
    Digest::from_hex(sum).map_err(|_| NotTaken::Malformed("that is no sum"))
}
