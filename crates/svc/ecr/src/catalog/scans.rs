//! Scans of images as records: begun, found, forgotten. Who carries them out: `scanning`.

use std::time::Duration;

use wharf_base::{Glob, Permit, Timestamp};
use wharf_blobs::Digest;
use wharf_records::Unknown;
use wharf_service::transact;

use super::{Catalog, Change, ImageRef, Open, Registry};
use crate::{
    error::EcrError,
    records::{
        Frequency, FrequencyChange, Image, Repository, Rescan, Scan, ScanRule, ScanStatus,
        Scanning, Status, scan_of,
    },
};

mod ended;
mod found;
mod keys;
mod usage;

pub(crate) use ended::{AGAIN_AT_ONCE, Ended, KeptFindings, ScannedAgain, Shut, With};
pub(crate) use found::{FoundIn, MAX_FOUND, counts, lines};

/// An image is scanned once in this time, as in AWS.
const SCAN_AGAIN: Duration = Duration::from_secs(24 * 3600);
/// What images have as their configuration; artifacts have something else.
const CONFIGURATIONS: [&str; 2] = [
    "application/vnd.oci.image.config.v1+json",
    "application/vnd.docker.container.image.v1+json",
];

impl Catalog {
    /// Begins a scan of the image; its digest.
    pub(crate) async fn start_scan(
        &self,
        permit: &Permit,
        registry: &Registry,
        name: &str,
        reference: &ImageRef,
        now: Timestamp,
    ) -> Result<Image, EcrError> {
        let _turn = self.turn(registry, name).await;
        Ok(transact!(self.inner.table, permit, |tx| {
            let open = self.open_in(&mut tx, registry, name).await?;
            let found = self.find(&open, reference).await?;
            let image = found.ok_or_else(|| missing(registry, name, reference))?;
            let image = image.record;
            if !scannable(&image) {
                return Err(EcrError::NotScannable(image.media_type));
            }
            if image.status != Status::Active {
                return Err(EcrError::ArchivedNotScanned {
                    digest: image.digest,
                    status: image.status,
                    name: name.to_owned(),
                    account: registry.account.clone(),
                });
            }
            let scanning: Option<Scanning> = tx.find(&open.keys.scanning()).await?;
            if scanning.is_some_and(|it| it.enhanced) {
                return Err(EcrError::ScansEnhanced);
            }
            let key = open.keys.scan(open.id(), &image.digest);
            let before: Option<Scan> = tx.find(&key).await?;
            let own = before.as_ref().filter(|it| !it.enhanced);
            let counts = own.filter(|it| it.status != ScanStatus::Failed);
            if counts.is_some_and(|it| now.since(it.requested_at) < SCAN_AGAIN) {
                return Err(EcrError::ScanQuota);
            }
            let scan = Scan {
                by_rule: false,
                ..begun(before, name, &image, false, false, now)
            };
            tx.put(key, &scan);
            image
        }))
    }

    /// Adds a scan to the push of an image, if it is to be scanned then.
    pub(super) async fn scan_on_push(
        &self,
        open: &Open,
        change: &mut Change<'_>,
        image: &Image,
    ) -> Result<(), EcrError> {
        let scanning: Option<Scanning> = change.find(&open.keys.scanning()).await?;
        let scanning = scanning.unwrap_or_default();
        let frequency = frequency(&scanning, &open.repository.record);
        if frequency != Frequency::Manual && scannable(image) {
            let key = open.keys.scan(open.id(), &image.digest);
            let continuous = scanning.enhanced && frequency == Frequency::Continuous;
            let (name, enhanced) = (&open.repository.record.name, scanning.enhanced);
            let scan = Scan {
                by_rule: !enhanced,
                ..begun(None, name, image, enhanced, continuous, image.pushed_at)
            };
            change.put(key, &scan);
        }
        Ok(())
    }

    /// The scan of an image, if there was one.
    pub(crate) async fn scan_of(
        &self,
        registry: &Registry,
        name: &str,
        image: &Digest,
    ) -> Result<Option<Scan>, EcrError> {
        let open = self.open(registry, name).await?;
        let found = self.read::<Scan>(&open.keys.scan(open.id(), image)).await?;
        Ok(found.map(|it| it.record))
    }

    pub(crate) async fn scanning(&self, registry: &Registry) -> Result<Scanning, EcrError> {
        let found = self.read::<Scanning>(&registry.keys().scanning()).await?;
        Ok(found.map(|it| it.record).unwrap_or_default())
    }

    /// For how long images under continuous scanning are compared again.
    pub async fn rescan(&self, registry: &Registry) -> Result<Rescan, EcrError> {
        let found = self.read::<Rescan>(&registry.keys().rescan()).await?;
        Ok(found.map(|it| it.record).unwrap_or_default())
    }

    /// `pulled_days` and `by_use`: as they were, where none are said.
    pub async fn set_rescan(
        &self,
        permit: &Permit,
        registry: &Registry,
        pushed_days: Option<u32>,
        pulled_days: Option<u32>,
        by_use: Option<bool>,
        now: Timestamp,
    ) -> Result<(), EcrError> {
        let key = registry.keys().rescan();
        transact!(self.table(), permit, |tx| {
            let mut record = tx.find::<Rescan>(&key).await?.unwrap_or_default();
            record.pushed_days = pushed_days;
            record.pulled_days = pulled_days.or(record.pulled_days);
            record.by_use = by_use.unwrap_or(record.by_use);
            record.updated_at = now;
            tx.put(&key, &record);
        });
        Ok(())
    }

    pub(crate) async fn set_scanning(
        &self,
        permit: &Permit,
        registry: &Registry,
        record: &Scanning,
        now: Timestamp,
    ) -> Result<(), EcrError> {
        let keys = registry.keys();
        let key = keys.scanning();
        transact!(self.table(), permit, |tx| {
            let before = tx.find::<Scanning>(&key).await?.unwrap_or_default();
            // When repositories are scanned in the basic way is nothing that ECR tells of.
            if before != *record && (before.enhanced || record.enhanced) {
                let change = FrequencyChange {
                    before,
                    after: record.clone(),
                    at: now,
                    told_to: None,
                    done: false,
                    changed: Vec::new(),
                    unknown: Unknown::new(),
                };
                tx.put(keys.frequency_change(), &change);
            }
            tx.put(&key, record);
        });
        Ok(())
    }
}

/// A scan of the image that begins now. What was found before is kept until there is something new, and
/// not shown meanwhile. The repository's name is not the image's: those of earlier versions have none.
pub(crate) fn begun(
    before: Option<Scan>,
    repository: &str,
    image: &Image,
    enhanced: bool,
    continuous: bool,
    now: Timestamp,
) -> Scan {
    let before = before.unwrap_or_else(|| scan_of(repository, image.digest, now));
    // Of a scan of another kind, or of one that never found anything, nothing was completed.
    let compared = before.findings.is_some() && before.status != ScanStatus::Pending;
    let completed = before.completed_at.filter(|_| compared);
    Scan {
        repository: repository.to_owned(),
        status: ScanStatus::InProgress,
        requested_at: now,
        attempts: 0,
        shut: 0,
        completed_at: completed.filter(|_| before.enhanced == enhanced),
        enhanced,
        continuous,
        ..before
    }
}

/// An image of one platform, not an index nor an artifact.
pub(crate) fn scannable(image: &Image) -> bool {
    let kind = image.artifact_type.as_deref().unwrap_or_default();
    image.children.is_empty() && CONFIGURATIONS.contains(&kind)
}

/// The wildcards by which a registry scans the repository when something is pushed.
pub(crate) fn filters_of(scanning: &Scanning, name: &str) -> Vec<String> {
    let filters = scanning.rules.iter().flat_map(|rule| &rule.filters);
    filters.filter(|it| fits(it, name)).cloned().collect()
}

/// One without a wildcard is about all names that have it in them.
fn fits(filter: &str, name: &str) -> bool {
    match filter.contains('*') {
        true => Glob::stars(filter).matches(name),
        false => name.contains(filter),
    }
}

/// When images of the repository are scanned. Enhanced scanning goes by the registry's rules alone.
pub(crate) fn frequency(scanning: &Scanning, repository: &Repository) -> Frequency {
    let fits = |rule: &&ScanRule| rule.filters.iter().any(|it| fits(it, &repository.name));
    let mut rules = scanning.rules.iter().filter(fits).peekable();
    let any = rules.peek().is_some();
    if rules.any(|rule| rule.frequency == Frequency::Continuous.name()) {
        Frequency::Continuous
    } else if any || repository.scan_on_push && !scanning.enhanced {
        Frequency::OnPush
    } else {
        Frequency::Manual
    }
}

/// The id of the repository that a scan's key is inside of.
pub(crate) fn repository_of(key: &str) -> String {
    let id = wharf_records::Scope::parse(key).map(|(_, _, id)| id);
    let id = id.unwrap_or_default();
    id.split('.').next().unwrap_or_default().to_owned()
}

pub(crate) fn missing(registry: &Registry, name: &str, reference: &ImageRef) -> EcrError {
    let null = || "null".to_owned();
    let (digest, tag) = match reference {
        ImageRef::Digest(digest) => (digest.to_string(), null()),
        ImageRef::Tag(tag) => (null(), tag.clone()),
    };
    EcrError::ImageNotFound {
        digest,
        tag,
        name: name.to_owned(),
        account: registry.account.clone(),
    }
}
