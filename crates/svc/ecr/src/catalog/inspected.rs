//! Images under enhanced scanning, and what was found in them, for Inspector.

use std::sync::Arc;

use wharf_api_ecr::types::EnhancedImageScanFinding;
use wharf_base::{Permit, Timestamp};
use wharf_blobs::Digest;
use wharf_service::transact;

use super::{Catalog, ImageRef, Read, Registry, frequency, repository_of};
use crate::{
    error::EcrError,
    ops::enhanced_findings::{self, Subject},
    platforms::Choices,
    records::{Frequency, Image, Repository, Scan, ScanRule, Scanning},
};

/// An image that enhanced scanning is about.
#[derive(Debug, Clone, PartialEq)]
pub struct Inspected {
    /// Of its scan: what they come in the order of.
    pub key: String,
    pub image: Image,
    /// `CONTINUOUS_SCAN`, `SCAN_ON_PUSH`, `MANUAL`.
    pub frequency: &'static str,
    /// As DescribeImageScanFindings has it.
    pub status: &'static str,
    pub scanned_at: Option<Timestamp>,
}

impl Catalog {
    /// Whether the registry scans in the enhanced way.
    pub async fn is_inspected(&self, registry: &Registry) -> Result<bool, EcrError> {
        Ok(self.scanning(registry).await?.enhanced)
    }

    /// Has it do so, with all repositories under continuous scanning, or back to basic scanning.
    pub async fn inspect(
        &self,
        permit: &Permit,
        registry: &Registry,
        on: bool,
    ) -> Result<(), EcrError> {
        let key = registry.keys().scanning();
        transact!(self.table(), permit, |tx| {
            let before: Option<Scanning> = tx.find(&key).await?;
            let rule = ScanRule {
                frequency: Frequency::Continuous.name().to_owned(),
                filters: vec!["*".to_owned()],
            };
            if before.is_some_and(|it| it.enhanced) != on {
                let scanning = Scanning {
                    enhanced: on,
                    rules: on.then_some(rule).into_iter().collect(),
                    ..Scanning::default()
                };
                tx.put(&key, &scanning);
            }
        });
        Ok(())
    }

    /// At most `limit` of the images behind a key, and whether there are more. None only if there are no more:
    /// callers go on behind the last one.
    pub async fn inspected(
        &self,
        registry: &Registry,
        after: Option<&str>,
        limit: usize,
    ) -> Result<(Vec<Inspected>, bool), EcrError> {
        let scanning = self.scanning(registry).await?;
        let mut after = after.map(str::to_owned);
        loop {
            let (images, last) = self
                .inspected_among(registry, &scanning, after, limit)
                .await?;
            if !images.is_empty() || last.is_none() {
                return Ok((images, last.is_some()));
            }
            after = last;
        }
    }

    /// The indexes of the repository that list an image.
    pub async fn indexes_of(
        &self,
        registry: &Registry,
        name: &str,
        digest: &Digest,
    ) -> Result<Vec<Digest>, EcrError> {
        match self.find_repository(registry, name).await? {
            Some(open) => self.parents(&open, digest).await,
            None => Ok(Vec::new()),
        }
    }

    /// Which images of an index machines run; `None` if it is none, or not there.
    pub async fn choices(
        &self,
        registry: &Registry,
        name: &str,
        index: &Digest,
    ) -> Result<Option<Arc<Choices>>, EcrError> {
        let Some(open) = self.find_repository(registry, name).await? else {
            return Ok(None);
        };
        let found = self.find(&open, &ImageRef::Digest(*index)).await?;
        let found = found.map(|it| it.record);
        let Some(image) = found.filter(|it| !it.children.is_empty()) else {
            return Ok(None);
        };
        if let Some(known) = self.inner.choices.get(index) {
            return Ok(Some(known));
        }
        let unread = || Arc::new(Choices::Unknown(image.children.clone()));
        let manifest = match self.manifest_of(&open, &image).await {
            Ok(manifest) => manifest,
            // Its key is shut, or its bytes are lost: each of its images may be the one, until it is known.
            Err(
                EcrError::Kms(_)
                | EcrError::Encryption(_)
                | EcrError::BytesMissing(_)
                | EcrError::Blob(_),
            ) => return Ok(Some(unread())),
            Err(error) => return Err(error),
        };
        let read = Choices::read(&manifest);
        let known = read.map(|it| self.inner.choices.remember(*index, it));
        Ok(Some(known.unwrap_or_else(unread)))
    }

    /// Those of so many scans whose images are there, and the key of the last scan if there are more.
    async fn inspected_among(
        &self,
        registry: &Registry,
        scanning: &Scanning,
        after: Option<String>,
        limit: usize,
    ) -> Result<(Vec<Inspected>, Option<String>), EcrError> {
        let keys = registry.keys();
        let enhanced = |it: &Read<Scan>| it.record.enhanced;
        let found = self
            .table()
            .page(&keys.all_scans(), after, limit, enhanced)
            .await?;
        let last = found.records.last().map(|it| it.key.clone());
        let last = last.filter(|_| found.more);
        let mut images = Vec::new();
        for Read {
            key, record: scan, ..
        } in found.records
        {
            let image = keys.image(&repository_of(&key), &scan.digest);
            // The scan goes with its image, or soon after.
            let Some(image) = self.read::<Image>(&image).await? else {
                continue;
            };
            let repository = keys.repository(&scan.repository);
            let repository = self.read::<Repository>(&repository).await?;
            let manual = Frequency::Manual;
            let of = |it: Read<Repository>| frequency(scanning, &it.record);
            let scan = scan.of(image.record.status);
            images.push(Inspected {
                key,
                image: image.record,
                frequency: repository.map_or(manual, of).name(),
                status: scan.status.name(),
                scanned_at: scan.completed_at,
            });
        }
        Ok((images, last))
    }

    /// At most `most` of what was found in an image, by its key and when it was scanned, from a place on, and
    /// the place of what follows. Nothing, if it was scanned again since.
    pub async fn inspected_findings(
        &self,
        registry: &Registry,
        key: &str,
        scanned_at: Option<Timestamp>,
        from: u64,
        most: usize,
    ) -> Result<(Vec<EnhancedImageScanFinding>, Option<u64>), EcrError> {
        let keys = registry.keys();
        let nothing = (Vec::new(), None);
        let Some(scan) = self.read::<Scan>(key).await? else {
            return Ok(nothing);
        };
        let scan = scan.record;
        let image = keys.image(&repository_of(key), &scan.digest);
        let Some(image) = self.read::<Image>(&image).await? else {
            return Ok(nothing);
        };
        let scan = scan.of(image.record.status);
        // Another scan's findings have other places.
        if scan.completed_at != scanned_at || !scan.enhanced || !scan.status.has_findings() {
            return Ok(nothing);
        }
        let (found, next) = self.findings_of(registry, &scan, from, most).await?;
        let subject = Subject {
            registry,
            name: &image.record.repository,
            image: &image.record,
            scan: &scan,
        };
        let shown = found
            .into_iter()
            .map(|it| enhanced_findings::show(&subject, it));
        Ok((shown.collect(), next))
    }
}
