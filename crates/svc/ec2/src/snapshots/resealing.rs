//! A copy under a key of its own: what its source has is opened and sealed anew, some chunks a step.
//!
//! Each step writes down what is made so far: pages that are whole by their digests, of the next one a shorter list that the
//! copy owns too, instead of the one before it. Under one key the same bytes become the same chunks, so a step that died is
//! done again and leaves nothing behind.

use std::sync::Arc;

use tokio::task::spawn_blocking;
use wharf_blobs::Digest;
use wharf_planeproto::snapshot::{CHUNK, Complete, Entry, hex_of, page, sum_of};
use wharf_reconcile::Next;
use wharf_records::{Scope, encode};
use wharf_sectors::resealed;
use wharf_service::{StepError, Stored, fence};
use wharf_store::Txn;

use super::{
    NotTaken, Place, Snapshot,
    bytes::{AT_ONCE, digest, failed},
    copying::{BYTES_MISSING, SOURCE_GONE, Step, fail, place_of, source_of},
};
use crate::{Ec2Service, encryption::CopyCiphers, instances::PERMIT};

/// As AWS says it, where a key was disabled meanwhile, or may not be used any more.
const KEY_SHUT: &str = "Given key ID is not accessible";

pub async fn step(service: &Ec2Service, key: &str) -> Step {
    let (Some(stored), Some((scope, ..))) = (
        service.table.read::<Snapshot>(key).await?,
        Scope::parse(key),
    ) else {
        return Ok(Next::Settled);
    };
    let record = &stored.record;
    let (Some(origin), Some(resealing)) = (&record.origin, record.resealing()) else {
        return Ok(Next::Settled);
    };
    if !record.is_being_taken() {
        return Ok(Next::Settled);
    }
    let Some(source) = source_of(service, origin).await? else {
        return fail(service, &stored, SOURCE_GONE).await;
    };
    let at = place_of(&scope, record);
    let made = match source.pages.get(resealing.pages.len()) {
        Some(page) => service.reseal_some(&at, record, page).await.map(Some),
        None => {
            let (pages, now) = (resealing.pages.clone(), service.instances.now());
            let whole = Complete { pages };
            let done = service.snapshot_complete(&at, &whole, now);
            done.await.map(|()| None)
        }
    };
    match made {
        // It is completed, and comes again.
        Ok(None) => Ok(Next::Settled),
        Ok(Some(made)) => note(service, &stored, &made, source.pages.len()).await,
        // It was deleted meanwhile, and comes again.
        Err(NotTaken::Gone) => Ok(Next::Settled),
        Err(NotTaken::Missing | NotTaken::Malformed(_)) => {
            fail(service, &stored, BYTES_MISSING).await
        }
        Err(NotTaken::Shut(why)) => {
            tracing::warn!(
                snapshot = record.id,
                why = %why.message,
                "failed to seal a copy of a snapshot anew: its key is not to be had; it will be in state error"
            );
            fail(service, &stored, KEY_SHUT).await
        }
        Err(error @ NotTaken::Failed(_)) => Err(StepError::other(error)),
    }
}

/// What is made of a page so far.
struct Made {
    list: String,
    chunks: usize,
    /// How many it will be.
    of: usize,
}

/// Writes down what was made; `pages`: of the source.
async fn note(service: &Ec2Service, stored: &Stored<Snapshot>, made: &Made, pages: usize) -> Step {
    let mut moved = stored.record.clone();
    let mut txn = Txn::new().when(fence(&service.instances.shard)?);
    txn = txn.when(stored.unchanged());
    let mut is_shorter = false;
    if let Some(resealing) = moved.origin.as_mut().and_then(|it| it.resealing.as_mut()) {
        let share = resealing.pages.len() * 100 + made.chunks * 100 / made.of.max(1);
        moved.progress = u8::try_from(share / pages.max(1)).unwrap_or(99).min(99);
        let before = match made.chunks == made.of {
            true => {
                resealing.pages.push(made.list.clone());
                resealing.begun.take()
            }
            false => resealing.begun.replace(made.list.clone()),
        };
        let before = before.filter(|it| *it != made.list);
        if let Some(before) = before.and_then(|it| digest(&it).ok()) {
            let who = moved.owner_name();
            txn = txn.delete(wharf_wanted::owner(&before, &who));
            txn = txn.delete(wharf_wanted::owning(&who, &before));
            is_shorter = true;
        }
    }
    moved.moved_at = Some(service.instances.now());
    let txn = txn.put(&stored.key, encode(&moved));
    if service.table.commit(&PERMIT, txn).await? && is_shorter {
        service.owned.take_one(&stored.key);
    }
    // What was written wakes it again.
    Ok(Next::Settled)
}

impl Ec2Service {
    /// Makes the next chunks of a page of the source.
    async fn reseal_some(
        &self,
        at: &Place,
        record: &Snapshot,
        source: &str,
    ) -> Result<Made, NotTaken> {
        let listed = self.entries_of(&digest(source)?).await?;
        let mut made = match record.resealing().and_then(|it| it.begun.as_ref()) {
            Some(begun) => self.entries_of(&digest(begun)?).await?,
            None => Vec::new(),
        };
        let ciphers = Arc::new(self.ciphers_of_copy(at, record).await?);
        let (wants, mut digests, mut leases) = (self.bytes()?, Vec::new(), Vec::new());
        for entry in listed.iter().skip(made.len()).take(AT_ONCE) {
            let chunk = self.resealed_chunk(entry, &ciphers).await?;
            let (info, lease) = wants.blobs.put(chunk.into()).await.map_err(failed)?;
            let sum = sum_of(&info.digest.hex()).ok_or(NotTaken::Missing)?;
            made.push(Entry { at: entry.at, sum });
            digests.push(info.digest);
            leases.push(lease);
        }
        self.all_own(at, &digests).await?;
        let (list, _lease) = wants.blobs.put(page(&made).into()).await.map_err(failed)?;
        self.all_own(at, &[list.digest]).await?;
        Ok(Made {
            list: list.digest.hex(),
            chunks: made.len(),
            of: listed.len(),
        })
    }

    async fn resealed_chunk(
        &self,
        entry: &Entry,
        ciphers: &Arc<CopyCiphers>,
    ) -> Result<Vec<u8>, NotTaken> {
        let (first, ciphers) = (u64::from(entry.at) * CHUNK, ciphers.clone());
        let name = digest(&hex_of(&entry.sum))?;
        let bytes = self.bytes()?.blobs.get(&name, CHUNK).await;
        let mut bytes = bytes.map_err(failed)?.ok_or(NotTaken::Missing)?;
        let worked = spawn_blocking(move || {
            resealed(ciphers.from.as_ref(), &ciphers.to, first, &mut bytes);
            bytes
        });
        worked.await.map_err(failed)
    }

    /// Makes a copy the owner of what was just written.
    async fn all_own(&self, at: &Place, digests: &[Digest]) -> Result<(), NotTaken> {
        match self.own(at, digests, true).await?.is_empty() {
            true => Ok(()),
            false => Err(NotTaken::Missing),
        }
    }
}
