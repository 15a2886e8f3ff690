//! What is done for S3 while nobody asks: rules of lifecycle are carried out, parts that are not needed are let go
//! of, and deletions of buckets and completions of uploads that were cut short are taken back.
//!
//! Each step is a transaction of its own and can be done again, so a kill leaves nothing but work for the next
//! round. Nobody but [`run`] removes what is doomed; [`run_rules`] goes at its own pace, and no request hastens but
//! the rules of its own bucket.

use std::{
    collections::{BTreeSet, HashMap},
    time::Duration,
};

use tokio::time::Instant;
use wharf_base::Permit;
use wharf_records::decode;
use wharf_store::{Range, Txn};
use wharf_wire::{Fault, fault::Chain};

use crate::{
    compact,
    core::{ChangeError, Core, Open},
    expire,
    records::{self, Bucket, LeftOut, Part, Upload},
};

const PERMIT: Permit = Permit::for_controller("s3-upkeep");
/// How often what is left is looked for.
const EVERY: Duration = Duration::from_secs(60);
/// Of these rounds, one carries out all rules of lifecycle, and one moves what is left of packs.
const SELDOM: u32 = 15;
/// Parts removed in one transaction: a record and an owner each; the store takes 128 operations.
const PARTS_AT_ONCE: usize = 60;

fn or_later<T>(done: Result<T, Fault>) -> Option<T> {
    let told = |error: &Fault| {
        tracing::warn!(error = %Chain(error), "maintenance of objects failed; will retry");
    };
    done.inspect_err(told).ok()
}

/// Says whose each bucket is, once, as soon as the store can be read: what is in it counts for its account from then on.
pub async fn assign(core: &Core) {
    while or_later(core.assign_all().await).is_none() {
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
}

/// All but the rules of lifecycle, which take as long as there are objects.
pub async fn run(core: &Core) {
    let mut tick = tokio::time::interval(EVERY);
    let mut rounds = 0;
    loop {
        tokio::select! {
            _ = tick.tick() => {
                or_later(take_back_all(core).await);
                if rounds % SELDOM == 0 {
                    or_later(compact::round(core).await);
                }
                rounds += 1;
            }
            () = core.doomed.notified() => {}
        }
        or_later(remove_left_out(core).await);
        or_later(remove_doomed(core).await);
    }
}

/// The rules of lifecycle: all of them now and then, and those of a bucket soon after they were set, but no more often
/// than each minute, however often they are.
pub async fn run_rules(core: &Core) {
    let mut tick = tokio::time::interval(EVERY);
    let (mut rounds, mut last) = (0, HashMap::<String, Instant>::new());
    // What a round had no time left for.
    let mut left = BTreeSet::new();
    loop {
        let is_tick = tokio::select! {
            _ = tick.tick() => true,
            () = core.rules_set.raised.notified() => false,
        };
        last.retain(|_, at| at.elapsed() < EVERY);
        let mut due = {
            let mut waiting = core.rules_set.waiting.lock();
            let due = waiting.extract_if(.., |key| !last.contains_key(key));
            due.collect::<BTreeSet<_>>()
        };
        if is_tick {
            due.append(&mut left);
            if rounds % SELDOM == 0 {
                let all = or_later(core.readable_buckets().await).unwrap_or_default();
                due.extend(all.into_iter().map(|it| it.key));
            }
            rounds += 1;
        }
        for key in due {
            if or_later(expire_at(core, &key).await) != Some(true) {
                left.insert(key.clone());
            }
            last.insert(key, Instant::now());
        }
    }
}

/// Carries out the rules of a bucket for a while; whether nothing is left.
async fn expire_at(core: &Core, key: &str) -> Result<bool, Fault> {
    let found = core.table.read::<Bucket>(key).await?;
    match found.filter(|it| !it.record.deleting) {
        Some(open) => expire::bucket(core, &PERMIT, &open).await,
        None => Ok(true),
    }
}

/// One round over everything.
pub async fn round(core: &Core) -> Result<(), Fault> {
    take_back_all(core).await?;
    for open in core.readable_buckets().await? {
        expire_at(core, &open.key).await?;
    }
    remove_left_out(core).await?;
    remove_doomed(core).await?;
    compact::round(core).await
}

async fn take_back_all(core: &Core) -> Result<(), Fault> {
    for open in core.readable_buckets().await? {
        match open.record.deleting {
            true => take_back(core, &open).await?,
            false => reopen_uploads(core, &open).await?,
        }
    }
    Ok(())
}

/// A deletion that nobody is at work on: its caller never learned that the bucket is gone.
async fn take_back(core: &Core, open: &Open) -> Result<(), Fault> {
    let back = |bucket: &mut Bucket| {
        if bucket.id == open.record.id && !core.at_work.is_on(&bucket.id) {
            bucket.deleting = false;
        }
        Ok::<_, Fault>(())
    };
    core.table.change(&PERMIT, &open.key, back).await?;
    Ok(())
}

/// The same of uploads that were being completed: they take parts again.
async fn reopen_uploads(core: &Core, open: &Open) -> Result<(), Fault> {
    let folder = records::all_uploads(&open.record.id);
    for entry in core.table.entries(&folder).await? {
        let upload: Upload = decode(&entry.value).map_err(ChangeError::from)?;
        if !upload.completing {
            continue;
        }
        let reopen = |it: &mut Upload| {
            it.completing &= core.at_work.is_on(&entry.key);
            Ok::<_, Fault>(())
        };
        core.table.change(&PERMIT, &entry.key, reopen).await?;
    }
    Ok(())
}

/// Parts that completions left out. Their uploads are gone, so nobody puts others in their places.
async fn remove_left_out(core: &Core) -> Result<(), Fault> {
    let folder = records::all_left_out();
    for entry in core.table.entries(&folder).await? {
        let left: LeftOut = decode(&entry.value).map_err(ChangeError::from)?;
        let upload = &entry.key[folder.len()..];
        for numbers in left.parts.chunks(PARTS_AT_ONCE) {
            let mut txn = Txn::new();
            for number in numbers {
                let place = records::part(upload, *number);
                if let Some(part) = core.table.read::<Part>(&place).await? {
                    txn = without(txn, &place, &part.record);
                }
            }
            core.table.commit(&PERMIT, txn).await?;
        }
        let txn = Txn::new().delete(&entry.key);
        core.table.commit(&PERMIT, txn).await?;
    }
    Ok(())
}

/// The part is gone, and owns no bytes.
fn without(txn: Txn, place: &str, part: &Part) -> Txn {
    let txn = txn.delete(place);
    match &part.blob {
        Some((digest, who)) => txn.delete(wharf_wanted::owner(digest, who)),
        None => txn,
    }
}

async fn remove_doomed(core: &Core) -> Result<(), Fault> {
    let folder = records::all_doomed();
    for key in core.table.keys(&folder).await? {
        let upload = &key[folder.len()..];
        loop {
            let range = Range::prefix(records::parts(upload)).limit(PARTS_AT_ONCE);
            let page = core
                .table
                .store()
                .range(range)
                .await
                .map_err(ChangeError::from)?;
            let mut txn = Txn::new();
            for entry in &page.entries {
                let part: Part = decode(&entry.value).map_err(ChangeError::from)?;
                txn = without(txn, &entry.key, &part);
            }
            if !page.more {
                txn = txn.delete(&key);
            }
            core.table.commit(&PERMIT, txn).await?;
            if !page.more {
                break;
            }
        }
    }
    Ok(())
}
