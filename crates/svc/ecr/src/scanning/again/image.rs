//! One image that is compared again.

use std::sync::Arc;

use wharf_base::Timestamp;
use wharf_reconcile::Shard;
use wharf_records::Scope;
use wharf_scan::Inventory;
use wharf_scandb::FindError;

use super::{
    super::{MAX_ATTEMPTS, PERMIT, blocking, compare, data_error, lasts},
    Change,
};
use crate::{
    catalog::{Catalog, MAX_FOUND, Read, begun, counts, repository_of},
    error::EcrError,
    records::{Image, Keys, Scan, ScanStatus, Status},
};

impl Catalog {
    /// Compares one image, until nobody came between.
    pub(super) async fn compare_image(
        &self,
        change: &Arc<Change>,
        shard: &Shard,
        mut seen: Read<Scan>,
    ) -> Result<(), EcrError> {
        loop {
            let fence = shard.fence().ok_or(EcrError::Contention)?;
            let compared = match seen.record.status {
                ScanStatus::Failed => None,
                _ => match self.compare_scan(change, &seen.record).await {
                    Ok(compared) => Some(compared),
                    // It is the data that cannot be read: what was found with the one before stays.
                    Err(error @ EcrError::ScanData(_)) => return Err(error),
                    // It is read anew, and that says what is wrong with it.
                    Err(error) if lasts(&error) => {
                        tracing::warn!(image = %seen.record.digest, %error, "an image cannot be compared again and is scanned anew");
                        None
                    }
                    Err(error) => return Err(error),
                },
            };
            let (scan, lines) = match compared {
                Some(compared) => compared,
                None => match self.anew(&seen).await? {
                    Some(scan) => (scan, None),
                    None => return Ok(()),
                },
            };
            if self.compared(&PERMIT, fence, &seen, scan, lines).await? {
                return Ok(());
            }
            match self.read::<Scan>(&seen.key).await? {
                Some(now) if change.concerns(&now.record) => seen = now,
                _ => return Ok(()),
            }
        }
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

    async fn compare_scan(
        &self,
        change: &Arc<Change>,
        scan: &Scan,
    ) -> Result<(Scan, Option<bytes::Bytes>), EcrError> {
        let inventory = self.kept(scan.inventory).await?;
        let before = self.kept_findings(scan).await;
        let (change, limits) = (change.clone(), self.config().scan_limits.clone());
        let now = self.wants().now();
        let work = blocking(move || {
            let data = &change.data;
            let parsed: Inventory = serde_json::from_slice(&inventory)
                .map_err(|error| EcrError::ScanBroke(error.to_string()))?;
            drop(inventory);
            // Where nothing can be read of what was found, all is compared.
            let (packages, known) = match &before {
                Some(before) => (change.packages.as_ref(), before.as_slice()),
                None => (None, &[][..]),
            };
            let found =
                compare::again(data, &parsed, known, packages, &limits, now).map_err(|error| {
                    match error {
                        FindError::Scan(error) => EcrError::ScanBroke(error.to_string()),
                        FindError::Data(error) => data_error(error),
                    }
                })?;
            let asked = compare::asked(&parsed, true).unwrap_or_default();
            let verdict = compare::verdict(&asked, Some(data.what()), true);
            let same = before.is_some_and(|it| it == found.lines);
            let what = data.what().clone();
            Ok::<_, EcrError>((found, verdict, same, what))
        });
        let (found, (status, description), same, what) = work.await??;
        if found.lines.len() > MAX_FOUND {
            return Err(EcrError::ScanBroke(
                "there are too many findings".to_owned(),
            ));
        }
        let scan = Scan {
            status,
            description,
            counts: counts(found.severities.into_iter()),
            completed_at: Some(now),
            source_updated_at: Some(Timestamp::from_millis(what.updated_at)),
            generation: what.generation,
            ..scan.clone()
        };
        Ok((scan, (!same).then(|| found.lines.into())))
    }
}
