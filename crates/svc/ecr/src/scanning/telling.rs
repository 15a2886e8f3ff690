//! Tells of findings, in Inspector's words: of those that are new, that are suppressed or are so no more, and that are gone.
//!
//! | key | woken by | what is done |
//! | --- | --- | --- |
//! | a scan's | its change or end, with its image or without, and when its image goes into the archive or is back; a start | what it found is compared with what was told of last ([`Told`]), and what differs is told |
//! | where a registry's scans are | a filter of Inspector's there; a start | all of them are looked at |
//!
//! Where no rule of EventBridge may want that, it is only written down: events are made for those who listen, since there
//! may be millions. What an image had in between, while nobody looked, is not told. A step is one write: a record that says what was told
//! and has the events, which EventBridge reads in the store's history ([`crate::announced`]). So a kill neither loses
//! nor doubles one.

use std::{collections::BTreeMap, error::Error, fmt, sync::Arc};

use serde_json::Value;
use wharf_api_ecr::types::EnhancedImageScanFinding;
use wharf_base::Timestamp;
use wharf_blobs::Digest;
use wharf_reconcile::{Next, Queue, Shard};
use wharf_records::{Scope, Unknown};
use wharf_scan::Finding;
use wharf_service::{Place, transact};
use wharf_store::Range;
use wharf_wire::async_trait;

use super::{PERMIT, lasts, using::UsedImage};
use crate::{
    catalog::{Catalog, MARKER, Read, repository_of},
    error::EcrError,
    ops::enhanced_findings::{self, Subject},
    records::{Found, Image, Keys, Scan, ScanStatus, Status, Told, Toward, short, told_owner},
};

/// Findings of one image that are told of: the worst.
const MAX_FINDINGS: usize = 20_000;
/// Findings that are read, or put into words, at once.
const PAGE: usize = 200;
/// Bytes of events after which a step ends, and one more event: the store takes 1 MiB, with what else the record says.
const STEP_BYTES: usize = 256 << 10;
/// Of an event; EventBridge takes 256 KiB with all that is around it. References are left out of one that is longer.
const MAX_EVENT: usize = 200 << 10;

type Failed = Box<dyn Error + Send + Sync>;

/// What Inspector says of findings.
#[async_trait]
pub trait Inspector: Send + Sync + 'static {
    /// Whether anybody there listens to what is told.
    async fn is_heard(&self, place: &Place) -> Result<bool, Failed>;

    /// By what findings of the place are suppressed: another text when that is something else.
    async fn suppressing(&self, place: &Place) -> Result<String, Failed>;

    /// Findings as events tell of them, `ACTIVE` or `SUPPRESSED`; those that are gone since a time as `CLOSED`.
    async fn told(
        &self,
        place: &Place,
        findings: Vec<EnhancedImageScanFinding>,
        gone: Option<Timestamp>,
    ) -> Result<Vec<Value>, Failed>;

    /// The images of the place that tasks and pods run, or ran of late.
    async fn in_use(&self, place: &Place) -> Result<Vec<UsedImage>, Failed>;
}

/// Inspector, once it is there.
#[derive(Clone)]
pub(crate) struct Informed(pub Arc<dyn Inspector>);

impl fmt::Debug for Informed {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("Informed")
    }
}

/// What a finding is, beside what was told of it.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Change {
    New,
    /// Another filter may suppress it.
    Perhaps,
    Gone,
}

pub(super) fn failed(error: Failed) -> EcrError {
    EcrError::ScanBroke(error.to_string())
}

impl Catalog {
    /// One look at what there is to tell.
    pub(super) async fn tell(
        &self,
        queue: &Queue<String>,
        shard: &Shard,
        key: &str,
    ) -> Result<Next, EcrError> {
        let (Some(Informed(inspector)), Some((scope, _, id))) =
            (self.inspector(), Scope::parse(key))
        else {
            return Ok(Next::Settled);
        };
        if id.is_empty() {
            let mut pages = self.store().pages(Range::prefix(key)).keys_only();
            while let Some(page) = pages.next().await? {
                page.entries
                    .into_iter()
                    .for_each(|scan| queue.wake(scan.key));
            }
            return Ok(Next::Settled);
        }
        while self.tell_step(&*inspector, shard, &scope, &id).await? {}
        Ok(Next::Settled)
    }

    /// Tells some of what there is to tell of an image; `false` if there is nothing more.
    async fn tell_step(
        &self,
        inspector: &dyn Inspector,
        shard: &Shard,
        scope: &Scope,
        id: &str,
    ) -> Result<bool, EcrError> {
        let (keys, place) = (Keys::of(scope.clone()), Place::of_scope(scope));
        let key = keys.told(id);
        let seen: Option<Read<Told>> = self.read(&key).await?;
        let seen = seen.map(|it| it.record);
        let told = seen.clone().unwrap_or_default();
        let heard = inspector.is_heard(&place).await.map_err(failed)?;
        let toward = match told.toward.clone() {
            Some(toward) => toward,
            None => {
                let Some(of) = self.findings_now(&keys, id).await? else {
                    return Ok(false);
                };
                let filters = inspector.suppressing(&place).await.map_err(failed)?;
                // They may be longer than a record.
                let filters = match filters.is_empty() {
                    true => filters,
                    false => Digest::of(filters.as_bytes()).hex(),
                };
                let blob = |it: &Option<Found>| it.as_ref().map(|it| it.findings);
                let same = blob(&of) == blob(&told.of);
                if same && of.is_none() {
                    return self.forget_told(shard, &key, seen).await;
                }
                if same && (!heard || filters == told.filters) {
                    return self.drop_events(shard, &key, id, seen).await;
                }
                Toward {
                    of,
                    filters,
                    told_to: String::new(),
                    unknown: Unknown::new(),
                }
            }
        };
        let next = match heard {
            true => {
                let next = self.told_next(inspector, &place, &keys, told, toward);
                next.await?
            }
            // Whoever listens later is told of those that are suppressed then.
            false => Told {
                of: toward.of,
                unknown: told.unknown,
                ..Told::default()
            },
        };
        self.write_told(shard, &key, id, seen, next).await?;
        Ok(true)
    }

    /// What is found in an image now; `None` while somebody is about to find out.
    async fn findings_now(&self, keys: &Keys, id: &str) -> Result<Option<Option<Found>>, EcrError> {
        let key = keys.scan_by_id(id);
        let Some(Read { record: scan, .. }) = self.read::<Scan>(&key).await? else {
            return Ok(Some(None));
        };
        let open = [
            ScanStatus::InProgress,
            ScanStatus::Pending,
            ScanStatus::Failed,
        ];
        if open.contains(&scan.status) {
            return Ok(None);
        }
        let findings = scan.findings.filter(|_| scan.status.has_findings());
        let Some(findings) = findings.filter(|_| scan.enhanced) else {
            return Ok(Some(None));
        };
        let image = keys.image(&repository_of(&key), &scan.digest);
        // The scan goes with its image, and nothing is shown of it while that is in the archive.
        let found = self.read::<Image>(&image).await?;
        let active = found.filter(|it| it.record.status == Status::Active);
        let Some(Read { record: image, .. }) = active else {
            return Ok(Some(None));
        };
        Ok(Some(Some(Found {
            findings,
            under: scan.under,
            first_found_at: scan.first_found_at,
            scanned_at: scan.completed_at,
            image: Image {
                repository: scan.repository,
                replicas: BTreeMap::new(),
                blobs: Vec::new(),
                ..image
            },
            unknown: Unknown::new(),
        })))
    }

    /// What was told once another step is: with its events.
    async fn told_next(
        &self,
        inspector: &dyn Inspector,
        place: &Place,
        keys: &Keys,
        mut told: Told,
        mut toward: Toward,
    ) -> Result<Told, EcrError> {
        let (registry, sealing) = (keys.registry(), self.sealing(keys).await?);
        let shown = |of: &Found, findings: Vec<Finding>| -> Vec<EnhancedImageScanFinding> {
            let scan = of.scan();
            let subject = Subject {
                registry: &registry,
                name: &of.image.repository,
                image: &of.image,
                scan: &scan,
            };
            let show = |it| enhanced_findings::show(&subject, it);
            findings.into_iter().map(show).collect()
        };
        let before = match &told.of {
            // What cannot be read any more cannot be told of.
            Some(of) => match self.findings_by_arn(keys, of).await {
                Err(error) if lasts(&error) => BTreeMap::new(),
                Err(EcrError::Shut(_)) if of.under != sealing.key => BTreeMap::new(),
                before => before?,
            },
            None => BTreeMap::new(),
        };
        let after = match &toward.of {
            Some(of) => self.findings_by_arn(keys, of).await?,
            None => BTreeMap::new(),
        };
        let refiltered = told.filters != toward.filters;
        let mut changes: BTreeMap<&String, (Change, &Finding)> = BTreeMap::new();
        for (arn, finding) in &after {
            let change = match before.contains_key(arn) {
                false => Change::New,
                true if refiltered => Change::Perhaps,
                true => continue,
            };
            changes.insert(arn, (change, finding));
        }
        let gone = before.iter().filter(|(arn, _)| !after.contains_key(*arn));
        changes.extend(gone.map(|(arn, finding)| (arn, (Change::Gone, finding))));
        let mut left: Vec<_> = changes.into_iter().collect();
        left.retain(|(arn, _)| **arn > toward.told_to);

        let (mut events, mut bytes) = (Vec::new(), 0);
        let mut left = left.as_slice();
        while let Some((_, (first, _))) = left.first().filter(|_| bytes < STEP_BYTES) {
            // Those that are gone are put into other words than the others.
            let is_gone = *first == Change::Gone;
            let alike = |it: &&(&String, (Change, &Finding))| (it.1.0 == Change::Gone) == is_gone;
            let some = left.iter().take(PAGE).take_while(alike).count();
            let of = if is_gone { &told.of } else { &toward.of };
            let Some(of) = of else { break };
            let findings = left[..some].iter().map(|(_, (_, it))| (*it).clone());
            let findings = shown(of, findings.collect());
            let gone_at = is_gone.then(|| self.wants().now());
            let words = inspector.told(place, findings, gone_at).await;
            let words = words.map_err(failed)?;
            // To put some into words takes milliseconds, and waits for nothing.
            tokio::task::yield_now().await;
            if words.len() != some {
                return Err(EcrError::ScanBroke(
                    "there are words for other findings".to_owned(),
                ));
            }
            for ((arn, (change, _)), event) in left[..some].iter().zip(words) {
                if bytes >= STEP_BYTES {
                    break;
                }
                let suppressed = event["status"] == "SUPPRESSED";
                let was = match suppressed {
                    true => !told.suppressed.insert(short(arn)),
                    false => told.suppressed.remove(&short(arn)),
                };
                toward.told_to = (*arn).clone();
                left = &left[1..];
                if *change == Change::Perhaps && was == suppressed {
                    continue;
                }
                let event = within(event);
                bytes += event.to_string().len();
                events.push(event);
            }
        }
        let more = !left.is_empty();
        Ok(Told {
            of: if more { told.of } else { toward.of.clone() },
            filters: if more {
                told.filters
            } else {
                toward.filters.clone()
            },
            suppressed: told.suppressed,
            toward: more.then_some(toward),
            events,
            unknown: told.unknown,
        })
    }

    async fn findings_by_arn(
        &self,
        keys: &Keys,
        of: &Found,
    ) -> Result<BTreeMap<String, Finding>, EcrError> {
        let (scan, registry) = (of.scan(), keys.registry());
        let subject = Subject {
            registry: &registry,
            name: &of.image.repository,
            image: &of.image,
            scan: &scan,
        };
        let (mut all, mut from) = (BTreeMap::new(), Some(0));
        while let Some(at) = from.filter(|_| all.len() < MAX_FINDINGS) {
            let (some, next) = self.findings_of(&registry, &scan, at, PAGE).await?;
            let named = some
                .into_iter()
                .map(|it| (enhanced_findings::arn(&subject, &it), it));
            all.extend(named);
            from = next;
        }
        Ok(all)
    }

    /// Unless another server told something meanwhile: what is to be told is looked at again.
    async fn write_told(
        &self,
        shard: &Shard,
        key: &str,
        id: &str,
        seen: Option<Told>,
        next: Told,
    ) -> Result<(), EcrError> {
        let fence = shard.fence().ok_or(EcrError::Contention)?;
        let owns = |told: &Told| {
            let toward = told.toward.as_ref().and_then(|it| it.of.as_ref());
            let both = [told.of.as_ref(), toward];
            let mut blobs: Vec<_> = both.into_iter().flatten().map(|it| it.findings).collect();
            blobs.dedup();
            blobs
        };
        let (before, after) = (seen.as_ref().map(owns).unwrap_or_default(), owns(&next));
        let mut leases = Vec::new();
        for blob in &after {
            leases.push(self.blobs().lease(blob).await);
        }
        transact!(self.table(), &PERMIT, |tx| {
            tx.fence(fence.clone());
            if tx.find::<Told>(key).await? != seen {
                return Ok(());
            }
            for blob in after.iter().filter(|it| !before.contains(it)) {
                let relied = self.wants().rely(blob, true).await?;
                tx.when(relied.ok_or(EcrError::Contention)?.stays);
                tx.put(told_owner(blob, id), &MARKER);
            }
            for blob in before.iter().filter(|it| !after.contains(it)) {
                tx.delete(told_owner(blob, id));
            }
            tx.put(key, &next);
        });
        drop(leases);
        Ok(())
    }

    /// All was told: the record goes without the last events from now on, since those who tell of them read the history, and
    /// what there is of an image is in memory for as long as the image. `false` if it had none.
    async fn drop_events(
        &self,
        shard: &Shard,
        key: &str,
        id: &str,
        seen: Option<Told>,
    ) -> Result<bool, EcrError> {
        let Some(told) = seen.clone().filter(|it| !it.events.is_empty()) else {
            return Ok(false);
        };
        let next = Told {
            events: Vec::new(),
            ..told
        };
        self.write_told(shard, key, id, seen, next).await?;
        Ok(true)
    }

    /// There are no findings, and nothing is left to be told of: `false`.
    async fn forget_told(
        &self,
        shard: &Shard,
        key: &str,
        seen: Option<Told>,
    ) -> Result<bool, EcrError> {
        if seen.is_none() {
            return Ok(false);
        }
        let fence = shard.fence().ok_or(EcrError::Contention)?;
        transact!(self.table(), &PERMIT, |tx| {
            tx.fence(fence.clone());
            if tx.find::<Told>(key).await? == seen {
                tx.delete(key);
            }
        });
        Ok(false)
    }
}

/// An event that is not too long.
fn within(mut event: Value) -> Value {
    if event.to_string().len() > MAX_EVENT {
        if let Some(references) = event.pointer_mut("/packageVulnerabilityDetails/referenceUrls") {
            *references = Value::Array(Vec::new());
        }
        let text = event["description"].as_str().unwrap_or_default();
        let text: String = text.chars().take(1024).collect();
        event["description"] = text.into();
    }
    event
}
