//! The images that enhanced scanning is about, as Inspector reads them: ECR's records. And what Inspector says of their
//! findings, for ECR to tell.

use std::{
    error::Error,
    sync::{Arc, Weak},
};

use async_trait::async_trait;
use serde_json::Value;
use wharf_api_ecr::types::EnhancedImageScanFinding;
use wharf_base::{Permit, Timestamp};
use wharf_scan::{Advisory, sbom::Format};
use wharf_service::Place;
use wharf_svc_ecr::{Catalog, EcrError, Inspected, Inspector, Registry, UsedImage};
use wharf_svc_inspector2::{
    Images, ImagesError, Inspector2Service, Rescan, Sbom, SbomFormat, Scanned, Scans,
};
use wharf_wire::Call;

use crate::destinations::Destinations;

/// ECR's, for Inspector.
pub struct ScannedImages(pub Catalog);

fn registry(place: &Place) -> Registry {
    Registry::new(&place.account, &place.region)
}

fn failed(error: EcrError) -> ImagesError {
    match error {
        EcrError::Shut(refused) => ImagesError::Key(refused),
        EcrError::Kms(refused) if refused.sender => ImagesError::Key(refused),
        other => ImagesError::Failed(Box::new(other)),
    }
}

#[async_trait]
impl Images for ScannedImages {
    async fn enabled(&self, place: &Place) -> Result<bool, ImagesError> {
        self.0.is_inspected(&registry(place)).await.map_err(failed)
    }

    async fn enable(&self, permit: &Permit, place: &Place, on: bool) -> Result<(), ImagesError> {
        let registry = registry(place);
        self.0.inspect(permit, &registry, on).await.map_err(failed)
    }

    async fn rescan(&self, place: &Place) -> Result<Rescan, ImagesError> {
        let found = self.0.rescan(&registry(place)).await.map_err(failed)?;
        Ok(Rescan {
            pushed_days: found.pushed_days,
            pulled_days: found.pulled_days,
            by_use: found.by_use,
            updated_at: Some(found.updated_at).filter(|at| at.0 > 0),
        })
    }

    async fn set_rescan(
        &self,
        permit: &Permit,
        place: &Place,
        pushed_days: Option<u32>,
        pulled_days: Option<u32>,
        by_use: Option<bool>,
        now: Timestamp,
    ) -> Result<(), ImagesError> {
        let (catalog, registry) = (&self.0, registry(place));
        let set = catalog.set_rescan(permit, &registry, pushed_days, pulled_days, by_use, now);
        set.await.map_err(failed)
    }

    async fn encryption_key(&self, place: &Place) -> Result<Option<String>, ImagesError> {
        self.0.scan_key(&registry(place)).await.map_err(failed)
    }

    async fn encrypt(
        &self,
        call: &Call,
        place: &Place,
        key: Option<&str>,
    ) -> Result<(), ImagesError> {
        let registry = registry(place);
        let set = self.0.set_scan_key(call, &registry, key);
        set.await.map_err(failed)
    }

    async fn scanned(
        &self,
        place: &Place,
        after: Option<&str>,
        limit: usize,
    ) -> Result<(Vec<Scanned>, bool), ImagesError> {
        let registry = registry(place);
        let found = self.0.inspected(&registry, after, limit);
        let (images, more) = found.await.map_err(failed)?;
        let show = |it: Inspected| Scanned {
            key: it.key,
            repository_arn: registry.repository_arn(&it.image.repository),
            repository: it.image.repository,
            digest: it.image.digest.to_string(),
            tags: it.image.tags,
            last_pull: it.image.last_pull,
            last_in_use: it.image.last_in_use,
            frequency: it.frequency,
            status: it.status,
            scanned_at: it.scanned_at,
        };
        Ok((images.into_iter().map(show).collect(), more))
    }

    async fn findings(
        &self,
        place: &Place,
        image: &Scanned,
        from: u64,
        most: usize,
    ) -> Result<(Vec<EnhancedImageScanFinding>, Option<u64>), ImagesError> {
        let (registry, at) = (registry(place), image.scanned_at);
        let found = self
            .0
            .inspected_findings(&registry, &image.key, at, from, most);
        found.await.map_err(failed)
    }

    async fn sbom(
        &self,
        place: &Place,
        image: &Scanned,
        format: SbomFormat,
    ) -> Result<Sbom, ImagesError> {
        let format = match format {
            SbomFormat::Spdx => Format::Spdx,
            SbomFormat::CycloneDx => Format::CycloneDx14,
        };
        let found = self
            .0
            .inspected_sbom(&registry(place), &image.key, format)
            .await;
        match found {
            Ok(Some(document)) => Ok(Sbom::Document(document)),
            Ok(None) => Ok(Sbom::Gone),
            Err(EcrError::LimitExceeded(why)) => Ok(Sbom::TooLong(why)),
            Err(error) => Err(failed(error)),
        }
    }

    async fn known_of(
        &self,
        account: &str,
        vulnerability: &str,
    ) -> Result<Vec<Advisory>, ImagesError> {
        let found = self.0.known_of(account, vulnerability).await;
        found.map_err(failed)
    }

    async fn scans(&self, place: &Place, now: Timestamp) -> Result<Scans, ImagesError> {
        let counted = self.0.scans_counted(&registry(place), now).await;
        let (first, again) = counted.map_err(failed)?;
        Ok(Scans { first, again })
    }
}

/// Inspector's, for ECR.
pub(crate) struct Findings {
    /// Weak, for it has the catalog that has this.
    pub(crate) inspector: Weak<Inspector2Service>,
    pub(crate) events: Arc<Destinations>,
}

impl Findings {
    fn inspector(&self) -> Result<Arc<Inspector2Service>, Box<dyn Error + Send + Sync>> {
        let there = self.inspector.upgrade();
        there.ok_or_else(|| "Inspector is not there any more".into())
    }
}

#[async_trait]
impl Inspector for Findings {
    async fn is_heard(&self, place: &Place) -> Result<bool, Box<dyn Error + Send + Sync>> {
        let events = self
            .events
            .service()
            .ok_or("EventBridge is not there yet")?;
        Ok(events.may_want(place, "aws.inspector2").await?)
    }

    async fn suppressing(&self, place: &Place) -> Result<String, Box<dyn Error + Send + Sync>> {
        Ok(self.inspector()?.suppressing_text(place).await?)
    }

    async fn told(
        &self,
        place: &Place,
        findings: Vec<EnhancedImageScanFinding>,
        gone: Option<Timestamp>,
    ) -> Result<Vec<Value>, Box<dyn Error + Send + Sync>> {
        Ok(self.inspector()?.told(place, findings, gone).await?)
    }

    async fn in_use(&self, place: &Place) -> Result<Vec<UsedImage>, Box<dyn Error + Send + Sync>> {
        let in_use = self.inspector()?.in_use(place).await?;
        let used = in_use.each().map(|(repository, digest, used)| UsedImage {
            repository: repository.to_owned(),
            digest: digest.to_owned(),
            count: used.count,
            last: used.last,
        });
        Ok(used.collect())
    }
}
