//! Carries out rules of lifecycle: asks `lifecycle` about each object, noncurrent version and upload of a bucket, and
//! does what it says. What changed since it was looked at is left to the next round.

use std::sync::atomic::{AtomicUsize, Ordering};

use wharf_base::{Permit, Timestamp};
use wharf_records::{Record, decode};
use wharf_service::transact;
use wharf_store::{Entry, Range};
use wharf_wanted::MARKER;
use wharf_wire::{Call, Context, Fault};

use crate::{
    commit,
    core::{ChangeError, Core, Open, version_of},
    current, fault, lifecycle,
    records::{self, Object, Upload, Versioning, unescaped},
};

/// Records read at once.
const CHUNK: usize = 500;
/// For whom policies would see it, were they asked.
const PRINCIPAL: &str = "s3.amazonaws.com";

/// Deletions in one go: each is synced, and other buckets wait.
const MOST: usize = 10_000;

/// Whether it came to the end of the bucket.
pub async fn bucket(core: &Core, permit: &Permit, open: &Open) -> Result<bool, Fault> {
    if !open.record.settings.lifecycle.iter().any(|it| it.enabled) {
        return Ok(true);
    }
    let bucket = &open.record;
    let now = core.now();
    let context = Context::internal(&bucket.account, &bucket.region, PRINCIPAL, now);
    let run = Run {
        core,
        open,
        call: Call::by_controller(context, permit.clone()),
        now,
        left: AtomicUsize::new(MOST),
    };
    run.noncurrent().await?;
    run.current(records::objects(&bucket.id)).await?;
    run.current(records::markers(&bucket.id)).await?;
    run.uploads().await?;
    Ok(run.may_go_on())
}

struct Run<'a> {
    core: &'a Core,
    open: &'a Open,
    call: Call,
    now: Timestamp,
    /// How many more may be deleted.
    left: AtomicUsize,
}

/// The pages of a folder, each behind the one before.
struct Pages<'a> {
    core: &'a Core,
    folder: String,
    after: Option<String>,
    is_over: bool,
}

impl<'a> Pages<'a> {
    fn new(core: &'a Core, folder: String) -> Self {
        Self {
            core,
            folder,
            after: None,
            is_over: false,
        }
    }

    async fn next(&mut self) -> Result<Option<Vec<Entry>>, Fault> {
        if self.is_over {
            return Ok(None);
        }
        // A bucket may have millions of objects, each held against a thousand rules: whoever is served goes in between.
        tokio::task::yield_now().await;
        let mut range = Range::prefix(self.folder.clone()).limit(CHUNK);
        range.start_after = self.after.take();
        let page = self
            .core
            .table
            .store()
            .range(range)
            .await
            .map_err(ChangeError::from)?;
        self.is_over = !page.more;
        self.after = page.entries.last().map(|it| it.key.clone());
        Ok(Some(page.entries))
    }
}

fn read<T: Record>(entry: &Entry) -> Result<T, Fault> {
    Ok(decode(&entry.value).map_err(ChangeError::from)?)
}

impl Run<'_> {
    fn may_go_on(&self) -> bool {
        self.left.load(Ordering::Relaxed) > 0
    }

    /// What is current, in a folder.
    async fn current(&self, folder: String) -> Result<(), Fault> {
        let bucket = &self.open.record;
        let mut pages = Pages::new(self.core, folder);
        while self.may_go_on()
            && let Some(entries) = pages.next().await?
        {
            for entry in entries {
                let key = unescaped(&entry.key[pages.folder.len()..]);
                let object: Object = read(&entry)?;
                if object.marker {
                    self.marker(&key, &object).await?;
                } else if lifecycle::expires(bucket, &key, &object)
                    .is_some_and(|it| it.0 <= self.now)
                {
                    self.delete(&key, None, &object).await?;
                }
            }
        }
        Ok(())
    }

    /// A delete marker goes once nothing else is left of its key.
    async fn marker(&self, key: &str, marker: &Object) -> Result<(), Fault> {
        let bucket = &self.open.record;
        let older = self
            .core
            .table
            .count(&records::versions(&bucket.id, key))
            .await?;
        if older == 0 && lifecycle::marker_goes(bucket, key, marker, self.now) {
            let id = version_of(bucket, key, marker);
            self.delete(key, Some(&id), marker).await?;
        }
        Ok(())
    }

    async fn noncurrent(&self) -> Result<(), Fault> {
        let bucket = &self.open.record;
        if bucket.versioning == Versioning::Off {
            return Ok(());
        }
        let mut pages = Pages::new(self.core, records::all_versions(&bucket.id));
        // The key that versions are looked at of, when the next newer one was made, and how many there were.
        let mut of: Option<(String, Timestamp, u32)> = None;
        while self.may_go_on()
            && let Some(entries) = pages.next().await?
        {
            for entry in entries {
                let Some((key, _)) = entry.key[pages.folder.len()..].split_once('\0') else {
                    continue;
                };
                let key = unescaped(key);
                let object: Object = read(&entry)?;
                if of.as_ref().is_none_or(|it| it.0 != key) {
                    let current = current::read(self.core, bucket, &key).await?;
                    of = current.map(|it| (key.clone(), it.modified, 0));
                }
                let Some((_, since, newer)) = &mut of else {
                    continue;
                };
                if lifecycle::noncurrent_goes(bucket, &key, &object, *since, *newer, self.now) {
                    let id = version_of(bucket, &key, &object);
                    self.delete(&key, Some(&id), &object).await?;
                }
                *since = object.modified;
                *newer += 1;
            }
        }
        Ok(())
    }

    async fn delete(&self, key: &str, version: Option<&str>, object: &Object) -> Result<(), Fault> {
        let same = |it: &Object| match it.seq == object.seq {
            true => Ok(()),
            false => Err(fault::precondition("If-Match")),
        };
        let left = self.left.load(Ordering::Relaxed);
        self.left.store(left.saturating_sub(1), Ordering::Relaxed);
        match commit::delete(self.core, &self.call, self.open, key, version, same).await {
            // Somebody was faster.
            Err(fault) if fault.status == 412 => Ok(()),
            done => done.map(|_| ()),
        }
    }

    async fn uploads(&self) -> Result<(), Fault> {
        let bucket = &self.open.record;
        let folder = records::all_uploads(&bucket.id);
        for entry in self.core.table.entries(&folder).await? {
            let Some((key, _)) = entry.key[folder.len()..].split_once('\0') else {
                continue;
            };
            let upload: Upload = read(&entry)?;
            let due = lifecycle::abortion(bucket, &unescaped(key), upload.begun_at);
            if due.is_none_or(|it| it.0 > self.now) {
                continue;
            }
            transact!(self.core.table, &self.call.permit, |tx| {
                if tx.find::<Upload>(&entry.key).await?.is_some() {
                    tx.delete(entry.key.clone());
                    tx.put(records::doomed(&upload.id), &MARKER);
                }
            });
        }
        Ok(())
    }
}
