//! Ends of snapshots: woken by changes of a snapshot, and by a timer while one is pending or being deleted.
//!
//! A snapshot whose host was deregistered, or sends nothing for days, fails. What one owns is let go when it failed, or when it was deleted, no
//! volume is still to be made of it, and no other snapshot of its volume is being taken: nothing is added to what it owns from the moment on that its record says so,
//! since whoever adds compares the record.

use std::time::Duration;

use wharf_base::Timestamp;
use wharf_reconcile::Next;
use wharf_records::{Record as _, Scope, encode, hosts::PlaneHost, machine};
use wharf_service::{Stored, fence};
use wharf_store::{Range, Txn};

use super::{CopyUse, Snapshot, State, Use, copying, held};
use crate::{
    Ec2Service,
    encryption::Encryption,
    fault::{ChangeError, Ec2Faults},
    images,
    instances::PERMIT,
    records::Instance,
    table::SERVICE,
    volumes::{self, Volume},
};

/// Between two looks.
const LOOK: Duration = Duration::from_secs(60);
/// A host may be away over some days, and one per cent of a large volume takes its time.
const STALLED: Duration = Duration::from_secs(72 * 3600);
/// Blobs that are let go in one transaction: each is two deletions.
const AT_ONCE: usize = 50;

type StepError = wharf_service::StepError<Ec2Faults>;

pub async fn snapshot(service: &Ec2Service, scope: &Scope, key: &str) -> Result<Next, StepError> {
    let Some(stored) = service.table.read::<Snapshot>(key).await? else {
        return Ok(Next::Settled);
    };
    let record = &stored.record;
    if !record.is_being_taken() {
        service.owned.forget(key);
    }
    if record.deleting {
        let stays = is_used(service, scope, &record.id).await?
            || is_copied(service, scope, &record.id).await?
            || is_base(service, scope, record).await?;
        if stays {
            return Ok(Next::After(LOOK));
        }
        end_resealing(service, scope, record).await?;
        let_go(service, scope, key, record).await?;
        if !held::hand_on(service, scope, key).await? {
            return Ok(Next::After(Duration::ZERO));
        }
        if let Some(stored) = service.table.read::<Snapshot>(key).await? {
            let txn = fenced(service, &stored)?.delete(key);
            service.table.commit(&PERMIT, txn).await?;
        }
        return Ok(Next::Settled);
    }
    if record.carries && record.state != State::Pending {
        return volumes::carrier(service, scope, &stored).await;
    }
    match record.state {
        State::Pending if record.resealing().is_some() => {
            // Its work keeps no instance waiting.
            service.instances.wake_resealing(key);
            return Ok(Next::Settled);
        }
        State::Pending if record.origin.is_some() => {
            return copying::step(service, scope, &stored).await;
        }
        State::Pending => {
            let host = machine::key(PlaneHost::KIND, &record.host);
            let is_there = service.table.read::<PlaneHost>(&host).await?.is_some();
            let why = why_over(record, is_there, service.instances.now());
            let Some(why) = why else {
                return match record.carries {
                    true => volumes::carrier(service, scope, &stored).await,
                    false => Ok(Next::After(LOOK)),
                };
            };
            let mut failed = record.clone();
            failed.state = State::Error;
            failed.reason = Some(why);
            let txn = fenced(service, &stored)?.put(key, encode(&failed));
            service.table.commit(&PERMIT, txn).await?;
        }
        State::Error if !record.let_go => {
            let_go(service, scope, key, record).await?;
            let mut done = record.clone();
            done.let_go = true;
            let txn = fenced(service, &stored)?.put(key, encode(&done));
            service.table.commit(&PERMIT, txn).await?;
        }
        State::Error | State::Completed if record.resealing().is_some() => {
            end_resealing(service, scope, record).await?;
            let mut done = record.clone();
            done.encryption = record.encryption.as_ref().map(Encryption::taken_over);
            if let Some(origin) = done.origin.as_mut() {
                origin.resealing = None;
            }
            let txn = fenced(service, &stored)?.put(key, encode(&done));
            service.table.commit(&PERMIT, txn).await?;
        }
        State::Completed if record.is_uncounted() => {
            // What was written wakes it again.
            held::count(service, scope, &stored).await?;
            return Ok(Next::Settled);
        }
        State::Error | State::Completed => {}
    }
    forget_origin(service, record).await?;
    if let Some(image) = &record.image {
        images::settle(service, scope, image).await?;
    }
    Ok(Next::Settled)
}

/// Gives back what a copy was granted.
async fn end_resealing(
    service: &Ec2Service,
    scope: &Scope,
    record: &Snapshot,
) -> Result<(), StepError> {
    let all = record.origin.as_ref().zip(record.encryption.as_ref());
    if let Some((origin, encryption)) = all
        && let Some(resealing) = &origin.resealing
    {
        let place = (scope.account.as_str(), scope.region.as_str());
        let given_back = resealing.let_go(service, place, &origin.region, encryption);
        given_back.await.map_err(|fault| StepError::Neighbour {
            action: "retire a grant",
            fault,
        })?;
    }
    Ok(())
}

/// Removes the word of a copy that is done, which versions before this one left behind.
async fn forget_origin(service: &Ec2Service, record: &Snapshot) -> Result<(), StepError> {
    let Some(key) = record.origin_use().filter(|_| !record.is_being_taken()) else {
        return Ok(());
    };
    if let Some(word) = service.table.read::<CopyUse>(&key).await? {
        let txn = Txn::new().when(fence(&service.instances.shard)?);
        let txn = txn.when(word.unchanged()).delete(&key);
        service.table.commit(&PERMIT, txn).await?;
    }
    Ok(())
}

/// Why nothing will come of a snapshot that is being taken.
fn why_over(record: &Snapshot, host_is_there: bool, now: Timestamp) -> Option<String> {
    let host = &record.host;
    if !host_is_there {
        return Some(format!("its host {host} was deregistered"));
    }
    let hours = STALLED.as_secs() / 3600;
    (record.waits_since() + STALLED <= now)
        .then(|| format!("its host {host} sent nothing of it for {hours} hours"))
}

fn fenced(service: &Ec2Service, stored: &Stored<Snapshot>) -> Result<Txn, StepError> {
    let shard = fence(&service.instances.shard)?;
    Ok(Txn::new().when(shard).when(stored.unchanged()))
}

/// Whether a volume, or the disk of an instance, is still to be made of it. Words of volumes that are made or gone are removed.
async fn is_used(service: &Ec2Service, scope: &Scope, id: &str) -> Result<bool, StepError> {
    let prefix = scope.key(Use::KIND, &format!("{id}:"));
    for key in service.table.keys(&prefix).await? {
        let Some(word) = service.table.read::<Use>(&key).await? else {
            continue;
        };
        let of = &word.record;
        let user = Scope::new(SERVICE, &of.account, &scope.region);
        let waits = match of.volume.starts_with("i-") {
            true => {
                let instance = user.key(Instance::KIND, &of.volume);
                let instance = service.table.read::<Instance>(&instance).await?;
                instance.is_some_and(|it| it.record.life.is_first_boot())
            }
            false => {
                let volume = user.key(Volume::KIND, &of.volume);
                let volume = service.table.read::<Volume>(&volume).await?;
                volume.is_some_and(|it| !it.record.life.made && !it.record.life.deleting)
            }
        };
        if waits {
            return Ok(true);
        }
        let txn = Txn::new().when(fence(&service.instances.shard)?);
        let txn = txn.when(word.unchanged()).delete(&key);
        service.table.commit(&PERMIT, txn).await?;
    }
    Ok(false)
}

/// Whether a copy of it is under way. Words of copies that are there or gone are removed.
async fn is_copied(service: &Ec2Service, scope: &Scope, id: &str) -> Result<bool, StepError> {
    let prefix = scope.key(CopyUse::KIND, &format!("{id}:"));
    for key in service.table.keys(&prefix).await? {
        let Some(word) = service.table.read::<CopyUse>(&key).await? else {
            continue;
        };
        let of = &word.record;
        let copy = Scope::new(SERVICE, &of.account, &of.region).key(Snapshot::KIND, &of.snapshot);
        let copy = service.table.read::<Snapshot>(&copy).await?;
        if copy.is_some_and(|it| it.record.is_being_taken()) {
            return Ok(true);
        }
        let txn = Txn::new().when(fence(&service.instances.shard)?);
        let txn = txn.when(word.unchanged()).delete(&key);
        service.table.commit(&PERMIT, txn).await?;
    }
    Ok(false)
}

/// Whether a host may have left out of another snapshot of the volume what this one has. A host of an earlier version
/// does so whatever it is told, so any that is being taken counts.
async fn is_base(
    service: &Ec2Service,
    scope: &Scope,
    record: &Snapshot,
) -> Result<bool, StepError> {
    if record.pages.is_empty() {
        return Ok(false);
    }
    let all = service.table.all::<Snapshot>(scope, "").await?;
    let mut others = all.into_iter().map(|(_, it)| it.record);
    // Copies are of no volume in particular.
    let of_host = |it: &Snapshot| it.is_being_taken() && it.origin.is_none();
    Ok(others.any(|it| it.volume == record.volume && of_host(&it)))
}

/// Removes all that says that a snapshot owns a blob.
async fn let_go(
    service: &Ec2Service,
    scope: &Scope,
    key: &str,
    record: &Snapshot,
) -> Result<(), StepError> {
    // Nothing was ever written to its volume, or it was let go when it failed.
    if record.host.is_empty() && record.origin.is_none() || record.let_go {
        return Ok(());
    }
    match record.indexed {
        true => let_go_by_name(service, scope, key, record).await,
        false => let_go_by_search(service, &record.owner_name()).await,
    }
}

async fn let_go_by_name(
    service: &Ec2Service,
    scope: &Scope,
    key: &str,
    record: &Snapshot,
) -> Result<(), StepError> {
    let who = &record.owner_name();
    let all = wharf_wanted::owned_by(who);
    loop {
        let _turn = service.owned.turn().await;
        let some = Range::prefix(all.clone()).limit(AT_ONCE).keys_only();
        let found = service.table.store().range(some).await;
        let found = found.map_err(ChangeError::from)?.entries;
        if found.is_empty() {
            return Ok(());
        }
        let txn = Txn::new().when(fence(&service.instances.shard)?);
        let digests = found.iter().map(|it| wharf_wanted::digest_of(&it.key));
        let digests: Vec<_> = digests.flatten().collect();
        let heirs = service.heirs(scope, record, &digests).await?;
        let txn = match service.table.read::<Snapshot>(key).await? {
            Some(stored) if !heirs.is_empty() => {
                let mut passes = stored.record.clone();
                for (heir, chunks) in heirs {
                    *passes.passed_on.entry(heir).or_default() += chunks;
                }
                txn.when(stored.unchanged()).put(key, encode(&passes))
            }
            _ => txn,
        };
        let txn = found.iter().fold(txn, |txn, entry| {
            let txn = txn.delete(&entry.key);
            match wharf_wanted::digest_of(&entry.key) {
                Some(digest) => txn.delete(wharf_wanted::owner(&digest, who)),
                None => txn,
            }
        });
        if !service.table.commit(&PERMIT, txn).await? {
            return Err(StepError::NoShard);
        }
    }
}

/// For snapshots of earlier versions, which did not write down by their names what they own: all owners are looked
/// through, in memory, a matter of seconds for millions.
async fn let_go_by_search(service: &Ec2Service, who: &str) -> Result<(), StepError> {
    let own = format!(".{who}");
    let mut keys = Vec::new();
    let mut pages = service
        .table
        .store()
        .pages(Range::prefix(wharf_wanted::all_owners()))
        .keys_only();
    while let Some(page) = pages.next().await.map_err(ChangeError::from)? {
        let own = page.entries.into_iter().filter(|it| it.key.ends_with(&own));
        keys.extend(own.map(|it| it.key));
    }
    for some in keys.chunks(AT_ONCE) {
        let txn = Txn::new().when(fence(&service.instances.shard)?);
        let txn = some.iter().fold(txn, |txn, key| txn.delete(key));
        service.table.commit(&PERMIT, txn).await?;
    }
    Ok(())
}
