//! One image that is compared again, and what came out for those that are made of the same.

use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
};

use parking_lot::Mutex;
use wharf_base::Timestamp;
use wharf_blobs::{Blobs, Digest};
use wharf_reconcile::Shard;
use wharf_records::Scope;
use wharf_scan::Inventory;
use wharf_scandb::FindError;

use super::{
    super::{MAX_ATTEMPTS, PERMIT, blocking, compare, data_error, lasts},
    Change,
};
use crate::{
    catalog::{Catalog, KeptFindings, MAX_FOUND, Read, ScannedAgain, begun, counts, repository_of},
    error::EcrError,
    records::{Image, Keys, Scan, ScanStatus, Status},
};

/// Outcomes that are remembered: some hundred bytes each.
const MAX_REMEMBERED: usize = 4096;

/// What an outcome depends on beside the change: what the image is made of, and what was found before.
type Made = (Option<Digest>, Option<Digest>, bool);

fn made(scan: &Scan) -> Made {
    let dated = scan.first_found_at.is_some();
    (scan.inventory, scan.findings, dated)
}

/// What came out for an image.
#[derive(Debug, Clone)]
struct Outcome {
    status: ScanStatus,
    description: String,
    counts: BTreeMap<String, i32>,
    /// `None` if they are as before.
    findings: Option<Digest>,
    /// As [`compare::Again::anew`].
    anew: bool,
}

impl Outcome {
    fn of(
        self,
        seen: Read<Scan>,
        findings: Option<KeptFindings>,
        change: &Change,
        now: Timestamp,
    ) -> ScannedAgain {
        let what = change.data.what();
        let first_found_at = match self.anew {
            true => Some(change.at),
            false => seen.record.first_found_at,
        };
        let scan = Scan {
            status: self.status,
            description: self.description,
            counts: self.counts,
            first_found_at,
            completed_at: Some(now),
            source_updated_at: Some(Timestamp::from_millis(what.updated_at)),
            generation: what.generation,
            ..seen.record.clone()
        };
        ScannedAgain::new(seen, scan, findings)
    }
}

/// Outcomes of a round. An image in many versions is made of the same packages in most of them.
#[derive(Debug, Default)]
pub(super) struct Outcomes(Mutex<HashMap<Made, Outcome>>);

impl Outcomes {
    fn of(&self, made: &Made) -> Option<Outcome> {
        self.0.lock().get(made).cloned()
    }

    fn remember(&self, made: Made, outcome: Outcome) {
        let mut known = self.0.lock();
        if known.len() >= MAX_REMEMBERED {
            known.clear();
        }
        known.insert(made, outcome);
    }
}

impl Catalog {
    /// Compares one image and writes that down, until nobody came between.
    pub(super) async fn compare_image(
        &self,
        change: &Arc<Change>,
        shard: &Shard,
        mut seen: Read<Scan>,
    ) -> Result<(), EcrError> {
        loop {
            let fence = shard.fence().ok_or(EcrError::Contention)?;
            let key = seen.key.clone();
            let Some(again) = self.compare_seen(change, seen).await? else {
                return Ok(());
            };
            if self.compared(&PERMIT, fence, &[again]).await? {
                return Ok(());
            }
            match self.read::<Scan>(&key).await? {
                Some(now) if change.concerns(&now.record) => seen = now,
                _ => return Ok(()),
            }
        }
    }

    /// What the scan of an image comes to; `None` if it is gone or in the archive.
    pub(super) async fn compare_seen(
        &self,
        change: &Arc<Change>,
        seen: Read<Scan>,
    ) -> Result<Option<ScannedAgain>, EcrError> {
        if seen.record.status != ScanStatus::Failed {
            match self.compare_scan(change, &seen.key, &seen.record).await {
                Ok((outcome, findings)) => {
                    let now = self.wants().now();
                    return Ok(Some(outcome.of(seen, findings, change, now)));
                }
                // It is the data that cannot be read: what was found with the one before stays.
                Err(error @ EcrError::ScanData(_)) => return Err(error),
                // It is read anew, and that says what is wrong with it.
                Err(error) if lasts(&error) || matches!(error, EcrError::Shut(_)) => {
                    tracing::warn!(image = %seen.record.digest, %error, "failed to compare an image with changed vulnerability data; scanning it again");
                }
                Err(error) => return Err(error),
            }
        }
        let scan = self.anew(&seen).await?;
        Ok(scan.map(|scan| ScannedAgain::new(seen, scan, None)))
    }

    /// A scan of the image from its layers; `None` if it is gone or in the archive.
    async fn anew(&self, seen: &Read<Scan>) -> Result<Option<Scan>, EcrError> {
        let Some((scope, ..)) = Scope::parse(&seen.key) else {
            return Ok(None);
        };
        let before = &seen.record;
        let key = Keys::of(scope).image(&repository_of(&seen.key), &before.digest);
        let image = self.read::<Image>(&key).await?;
        let Some(image) = image.filter(|it| it.record.status == Status::Active) else {
            return Ok(None);
        };
        let (name, now) = (&before.repository, self.wants().now());
        let scan = begun(Some(before.clone()), name, &image.record, true, true, now);
        // One that was given up, perhaps for ending the server, does so once for each change at most.
        let given_up = before.status == ScanStatus::Failed && before.attempts > MAX_ATTEMPTS;
        let attempts = if given_up { MAX_ATTEMPTS - 1 } else { 0 };
        Ok(Some(Scan { attempts, ..scan }))
    }

    /// As it came out for an image that is made of the same, where there was one. Under a key of KMS, each is by itself.
    async fn compare_scan(
        &self,
        change: &Arc<Change>,
        key: &str,
        scan: &Scan,
    ) -> Result<(Outcome, Option<KeptFindings>), EcrError> {
        let made = made(scan);
        if let Some(known) = change.outcomes.of(&made) {
            let Some(findings) = known.findings else {
                return Ok((known, None));
            };
            if let Some(kept) = self.share_findings(&findings).await? {
                return Ok((known, Some(kept)));
            }
        }
        let blobs = match Scope::parse(key) {
            Some((scope, ..)) => {
                let registry = Keys::of(scope).registry();
                self.blobs_under(&registry, scan.under.as_deref()).await?
            }
            None => self.blobs().clone(),
        };
        let (mut outcome, lines) = self.compare_inventory(change, &blobs, scan).await?;
        let findings = match lines {
            Some(lines) => Some(self.keep_findings(&blobs, lines.into()).await?),
            None => None,
        };
        outcome.findings = findings.as_ref().map(|it| it.digest);
        change.outcomes.remember(made, outcome.clone());
        Ok((outcome, findings))
    }

    /// By what was written down of the image; findings only where they are others than before.
    async fn compare_inventory(
        &self,
        change: &Arc<Change>,
        blobs: &Blobs,
        scan: &Scan,
    ) -> Result<(Outcome, Option<Vec<u8>>), EcrError> {
        let inventory = self.kept(blobs, scan.inventory).await?;
        let before = self.kept_findings(blobs, scan).await;
        let (change, limits) = (change.clone(), self.config().scan_limits.clone());
        let first_found_at = scan.first_found_at;
        let work = blocking(move || {
            let data = &change.data;
            let parsed: Inventory = serde_json::from_slice(&inventory)
                .map_err(|error| EcrError::ScanBroke(error.to_string()))?;
            drop(inventory);
            // Where nothing can be read of what was found, all is compared.
            let (packages, known) = match &before {
                Some(lines) => (
                    change.packages.as_ref(),
                    compare::Before {
                        lines,
                        first_found_at,
                    },
                ),
                None => (None, compare::Before::default()),
            };
            let found = compare::again(data, &parsed, &known, packages, &limits, change.at)
                .map_err(|error| match error {
                    FindError::Scan(error) => EcrError::ScanBroke(error.to_string()),
                    FindError::Data(error) => data_error(error),
                })?;
            let asked = compare::asked(&parsed, true).unwrap_or_default();
            let (status, description) = compare::verdict(&asked, Some(data.what()), true);
            let same = before.is_some_and(|it| it == found.lines);
            let outcome = Outcome {
                status,
                description,
                counts: counts(found.severities.into_iter()),
                findings: None,
                anew: found.anew,
            };
            Ok::<_, EcrError>((outcome, (!same).then_some(found.lines)))
        });
        let (outcome, lines) = work.await??;
        if lines.as_ref().is_some_and(|it| it.len() > MAX_FOUND) {
            return Err(EcrError::ScanBroke(
                "there are too many findings".to_owned(),
            ));
        }
        Ok((outcome, lines))
    }
}
