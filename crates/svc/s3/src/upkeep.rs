//! What is done for S3 while nobody asks: rules of lifecycle are carried out, parts that are not needed are let go
//! of, and deletions of buckets and completions of uploads that were cut short are taken back.
//!
//! Each step is a transaction of its own and can be done again, so a kill leaves nothing but work for the next
//! round. Nobody but this loop removes what is doomed.

use std::{collections::HashSet, time::Duration};

use wharf_base::Permit;
use wharf_records::decode;
use wharf_store::{Range, Txn};
use wharf_wire::{Fault, fault::Chain};

use crate::{
    compact,
    core::{ChangeError, Core, Open},
    expire,
    records::{self, Bucket, Part, Upload},
};

const PERMIT: Permit = Permit::for_controller("s3-upkeep");
/// How often what is left is looked for.
const EVERY: Duration = Duration::from_secs(60);
/// Of these rounds, one carries out rules of lifecycle that were not just set.
const EXPIRING: u32 = 15;
/// Parts removed in one transaction: a record and an owner each; the store takes 128 operations.
const PARTS_AT_ONCE: usize = 60;

pub async fn run(core: &Core) {
    let mut tick = tokio::time::interval(EVERY);
    let (mut rounds, mut begun) = (0, HashSet::new());
    loop {
        let expires = tokio::select! {
            _ = tick.tick() => {
                rounds += 1;
                rounds % EXPIRING == 1
            }
            () = core.doomed.notified() => false,
            () = core.lifecycle_set.notified() => true,
        };
        let outcome = match expires {
            true => round(core, &mut begun).await,
            false => remove_doomed(core).await,
        };
        if let Err(error) = outcome {
            tracing::warn!(error = %Chain(&error), "the upkeep of objects failed; will retry");
        }
    }
}

/// One round over everything. `begun` holds what was being deleted or completed in the round before: ids of buckets,
/// and keys of uploads.
pub async fn round(core: &Core, begun: &mut HashSet<String>) -> Result<(), Fault> {
    let mut still = HashSet::new();
    for open in core.buckets().await? {
        if open.record.deleting {
            if begun.contains(&open.record.id) {
                take_back(core, &open).await?;
            }
            still.insert(open.record.id);
            continue;
        }
        reopen_uploads(core, &open, begun, &mut still).await?;
        if let Err(error) = expire::bucket(core, &PERMIT, &open).await {
            let bucket = &open.record.name;
            tracing::warn!(bucket, error = %Chain(&error), "rules of lifecycle failed; will retry");
        }
    }
    *begun = still;
    remove_doomed(core).await?;
    compact::round(core).await
}

/// A deletion takes no such time: its process was killed, and its caller learned nothing.
async fn take_back(core: &Core, open: &Open) -> Result<(), Fault> {
    let back = |bucket: &mut Bucket| {
        if bucket.id == open.record.id {
            bucket.deleting = false;
        }
        Ok::<_, Fault>(())
    };
    core.table.change(&PERMIT, &open.key, back).await?;
    Ok(())
}

/// The same of uploads that are being completed: they take parts again, and whoever completes one after all learns that
/// it did not.
async fn reopen_uploads(
    core: &Core,
    open: &Open,
    begun: &HashSet<String>,
    still: &mut HashSet<String>,
) -> Result<(), Fault> {
    let folder = records::all_uploads(&open.record.id);
    for entry in core.table.entries(&folder).await? {
        let upload: Upload = decode(&entry.value).map_err(ChangeError::from)?;
        if !upload.completing {
            continue;
        }
        if begun.contains(&entry.key) {
            let reopen = |it: &mut Upload| {
                it.completing = false;
                Ok::<_, Fault>(())
            };
            core.table.change(&PERMIT, &entry.key, reopen).await?;
        }
        still.insert(entry.key);
    }
    Ok(())
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
                txn = txn.delete(&entry.key);
                if let Some((digest, who)) = part.blob {
                    txn = txn.delete(wharf_wanted::owner(&digest, &who));
                }
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
