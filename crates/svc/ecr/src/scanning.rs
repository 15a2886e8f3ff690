//! Carrying scans out: the layers of an image are read, what is in them is compared with what is known
//! to be wrong, and what was found is written down.
//!
//! | key | woken by | what is done |
//! | --- | --- | --- |
//! | a scan's | its being begun, by a push or by a caller; a start | it is carried out, unless it is done |
//!
//! A scan that a kill cut short is still one that was begun: it is carried out from its beginning.
//! Memory is that of [`WORKERS`] images at most, each within `Config::scan_limits`.

use std::{io, sync::Arc};

use bytes::Bytes;
use parking_lot::Mutex;
use tokio_util::sync::CancellationToken;
use wharf_base::{Permit, Timestamp};
use wharf_blobs::{BlobError, BlobReader};
use wharf_reconcile::{Next, Shard, Takeover};
use wharf_records::{Record as _, Scope};
use wharf_scan::{About, Budget, Inventory, Limits, Reading, ScanError};
use wharf_scandb::{Data, DataError, FindError};
use wharf_service::{Look, OneQueue, Reach};

use crate::{
    catalog::{Catalog, Ended, FoundIn, MAX_FOUND, Read, repository_of},
    error::EcrError,
    manifest::{Content, Manifest, Reference},
    records::{Image, Keys, SERVICE, Scan, ScanStatus},
};

/// Images read at once.
const WORKERS: usize = 2;
/// A scan that was begun this often and did not end is given up: what is in the image may be why.
const MAX_ATTEMPTS: u32 = 3;
const PERMIT: Permit = Permit::for_controller("ecr-scans");

const DONE: &str = "The scan was completed successfully.";
const NO_SYSTEM: &str =
    "UnsupportedImageError: The operating system and/or package manager are not supported.";
const NO_PACKAGES: &str = "UnsupportedImageError: The image has no package database of its operating system that can be read.";
const GIVEN_UP: &str = "the scan was begun again and again and did not end";
const NO_DATA: &str =
    "there is no vulnerability data to compare the image with; `wharf scan-db update` brings some";

/// The data that was last opened.
type Opened = Arc<Mutex<Option<Data>>>;

impl Catalog {
    /// Carries scans out until `stop`.
    pub async fn scan(&self, stop: CancellationToken) {
        let (queue, catalog) = (self.scans().clone(), self.clone());
        let opened = Opened::default();
        let shard = Shard::new("/w1/c0/ecr/shard/scans");
        let held = shard.clone();
        let loops = OneQueue {
            service: SERVICE,
            store: self.store(),
            shard: &shard,
            permit: PERMIT,
            takeover: Takeover::Replace,
            queue: self.scans(),
            workers: WORKERS,
        };
        let changed = move |key: &str, _: Look| {
            if let Some((_, Scan::KIND, _)) = Scope::parse(key) {
                queue.wake(key.to_owned());
            }
            Reach::One
        };
        let work = move |key: String| {
            let (catalog, opened, held) = (catalog.clone(), opened.clone(), held.clone());
            async move { catalog.carry_out(&opened, &held, &key).await }
        };
        loops.run(stop, changed, work).await;
    }

    async fn carry_out(&self, opened: &Opened, shard: &Shard, key: &str) -> Result<Next, EcrError> {
        let Some(seen) = self.read::<Scan>(key).await? else {
            return Ok(Next::Settled);
        };
        let Some((scope, ..)) = Scope::parse(key) else {
            return Ok(Next::Settled);
        };
        if seen.record.status != ScanStatus::InProgress {
            return Ok(Next::Settled);
        }
        let image = Keys::of(scope).image(&repository_of(key), &seen.record.digest);
        // The scan goes with its image.
        let Some(image) = self.read::<Image>(&image).await? else {
            return Ok(Next::Settled);
        };
        // A server that lost the shard writes no more.
        let fence = shard.fence().ok_or(EcrError::Contention)?;
        let begun = self.attempt_scan(&PERMIT, fence.clone(), &seen).await?;
        let Some(attempts) = begun else {
            return Ok(Next::Settled);
        };
        let failed = |why: String| Ended {
            status: ScanStatus::Failed,
            description: why,
            tags: image.record.tags.clone(),
            found: None,
        };
        let outcome = match attempts > MAX_ATTEMPTS {
            true => Ok(failed(GIVEN_UP.to_owned())),
            false => self.outcome(opened, &image).await,
        };
        let ended = match outcome {
            Ok(ended) => ended,
            Err(error) if lasts(&error) || attempts >= MAX_ATTEMPTS => {
                tracing::error!(
                    repository = seen.record.repository, image = %seen.record.digest, %error,
                    "the scan of an image failed and is given up"
                );
                failed(shown(&error))
            }
            Err(error) => return Err(error),
        };
        if ended.status != ScanStatus::Complete {
            tracing::info!(
                repository = seen.record.repository, image = %seen.record.digest,
                status = ended.status.name(), why = ended.description,
                "the scan of an image did not succeed"
            );
        }
        let now = self.wants().now();
        self.end_scan(&PERMIT, fence, &seen, ended, now).await?;
        Ok(Next::Settled)
    }

    async fn outcome(&self, opened: &Opened, image: &Read<Image>) -> Result<Ended, EcrError> {
        let tags = image.record.tags.clone();
        let ended = |status, description: String, found| Ended {
            status,
            description,
            tags,
            found,
        };
        let Some(data) = self.data(opened).await? else {
            return Ok(ended(ScanStatus::Failed, NO_DATA.to_owned(), None));
        };
        let layers = match self.layers(&image.record).await? {
            Ok(layers) => layers,
            Err(artifact) => {
                let why = format!(
                    "An artifact with media type '{artifact}' cannot be scanned. For more information, see the Amazon ECR documentation."
                );
                return Ok(ended(ScanStatus::UnsupportedImage, why, None));
            }
        };
        let inventory = match self.inventory(layers).await? {
            Ok(inventory) => inventory,
            Err(error) => return Ok(ended(status_of(&error), error.to_string(), None)),
        };
        let system = inventory.system.as_ref();
        let Some(ecosystem) = system.and_then(|it| it.ecosystem()) else {
            let why = NO_SYSTEM.to_owned();
            return Ok(ended(ScanStatus::UnsupportedImage, why, None));
        };
        if !inventory.packages.iter().any(|it| it.manager.is_system()) {
            let why = NO_PACKAGES.to_owned();
            return Ok(ended(ScanStatus::UnsupportedImage, why, None));
        }
        if !data.what().knows(&ecosystem) {
            let why = format!(
                "there is no vulnerability data about {ecosystem}; `wharf scan-db update` brings some"
            );
            return Ok(ended(ScanStatus::Failed, why, None));
        }
        let limits = self.config().scan_limits.clone();
        let found = blocking(move || compare(&data, &inventory, &ecosystem, &limits)).await?;
        let found = match found {
            Ok(found) => found,
            Err(FindError::Scan(error)) => {
                return Ok(ended(status_of(&error), error.to_string(), None));
            }
            Err(FindError::Data(error)) => return Err(data_error(error)),
        };
        if found.inventory.len().max(found.findings.len()) > MAX_FOUND {
            let error = ScanError::TooMuch(format!("{MAX_FOUND} bytes of findings or packages"));
            return Ok(ended(status_of(&error), error.to_string(), None));
        }
        Ok(ended(ScanStatus::Complete, DONE.to_owned(), Some(found)))
    }

    /// The data that counts now; `None` if there is none.
    async fn data(&self, opened: &Opened) -> Result<Option<Data>, EcrError> {
        let Some(dir) = self.config().scan_data.clone() else {
            return Ok(None);
        };
        let opened = opened.clone();
        let read = move || -> Result<Option<Data>, DataError> {
            let current = Data::current(&dir)?;
            let mut kept = opened.lock();
            let same = kept
                .as_ref()
                .is_some_and(|it| Some(it.what()) == current.as_ref());
            if !same {
                *kept = Data::open(&dir)?;
            }
            Ok(kept.clone())
        };
        blocking(read).await?.map_err(data_error)
    }

    /// The layers of an image, or the type of what is none.
    async fn layers(&self, image: &Image) -> Result<Result<Vec<Reference>, String>, EcrError> {
        let bytes = self.manifest_of(image).await?;
        let manifest = Manifest::parse(&bytes, Some(&image.media_type))?;
        let Content::Image { blobs } = manifest.content else {
            return Ok(Err(image.media_type.clone()));
        };
        // The first is the configuration.
        let layers: Vec<Reference> = blobs.into_iter().skip(1).collect();
        Ok(match layers.iter().all(|it| is_tar(&it.media_type)) {
            true => Ok(layers),
            false => Err(manifest.artifact_type.unwrap_or(manifest.media_type)),
        })
    }

    /// What an image is made of, or why that cannot be said.
    async fn inventory(
        &self,
        layers: Vec<Reference>,
    ) -> Result<Result<Inventory, ScanError>, EcrError> {
        let budget = Budget::new(self.config().scan_limits.clone());
        let (handle, catalog) = (tokio::runtime::Handle::current(), self.clone());
        blocking(move || {
            let mut reading = Reading::new(budget);
            for Reference { digest, .. } in layers {
                // One file is open at a time, however many layers there are.
                let reader = handle.block_on(catalog.blobs().read(&digest))?;
                let bytes = Layer {
                    reader: reader.ok_or(EcrError::BytesMissing(digest))?,
                    handle: handle.clone(),
                    chunk: Bytes::new(),
                };
                if let Err(error) = reading.layer(&digest.to_string(), bytes) {
                    return Ok(Err(error));
                }
            }
            Ok(reading.end())
        })
        .await?
    }
}

/// What is wrong with the packages of the operating system: basic scanning is about those.
fn compare(
    data: &Data,
    inventory: &Inventory,
    ecosystem: &str,
    limits: &Limits,
) -> Result<FoundIn, FindError> {
    let own = About::new(ecosystem, "").ecosystem;
    let findings = data.findings_where(inventory, limits, |about| about.ecosystem == own)?;
    let updated_at = Timestamp::from_millis(data.what().updated_at);
    FoundIn::new(inventory, &findings, updated_at).map_err(|error| FindError::Data(error.into()))
}

/// Whether a layer is one of an image, `application/vnd.oci.image.layer.v1.tar+gzip`.
fn is_tar(media_type: &str) -> bool {
    media_type.split(['.', '+']).any(|part| part == "tar")
}

/// Whether it will be the same at the next try.
fn lasts(error: &EcrError) -> bool {
    matches!(
        error,
        EcrError::ScanData(_)
            | EcrError::ScanBroke(_)
            | EcrError::BytesMissing(_)
            | EcrError::Manifest(_)
            | EcrError::Blob(BlobError::Damaged { .. } | BlobError::DigestMismatch { .. })
    )
}

/// Without what is of nobody's business but the operator's, which was logged.
fn shown(error: &EcrError) -> String {
    match error {
        EcrError::ScanData(_) => "the vulnerability data cannot be read".to_owned(),
        EcrError::BytesMissing(_) | EcrError::Manifest(_) => error.to_string(),
        EcrError::Blob(BlobError::Damaged { .. } | BlobError::DigestMismatch { .. }) => {
            "the bytes of the image are damaged".to_owned()
        }
        _ => "an error on the server's side, which was logged".to_owned(),
    }
}

fn status_of(error: &ScanError) -> ScanStatus {
    match error {
        ScanError::TooMuch(_) => ScanStatus::ImageSizeExceeded,
        ScanError::Unsupported(_) => ScanStatus::UnsupportedImage,
        ScanError::Damaged(..) | ScanError::TooSlow(_) => ScanStatus::Failed,
    }
}

/// Runs what takes a while off the async threads.
async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, EcrError> {
    let done = tokio::task::spawn_blocking(work).await;
    done.map_err(|lost| match lost.is_cancelled() {
        // The server stops, and the next one begins again.
        true => EcrError::Contention,
        false => EcrError::ScanBroke(lost.to_string()),
    })
}

fn data_error(error: impl std::error::Error) -> EcrError {
    EcrError::ScanData(error.to_string())
}

/// A layer as the reading, which blocks, takes it.
struct Layer {
    reader: BlobReader,
    handle: tokio::runtime::Handle,
    chunk: Bytes,
}

impl io::Read for Layer {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.chunk.is_empty() {
            let next = self.handle.block_on(self.reader.next_chunk());
            self.chunk = next.map_err(io::Error::other)?.unwrap_or_default();
        }
        let some = self.chunk.len().min(buffer.len());
        buffer[..some].copy_from_slice(&self.chunk.split_to(some));
        Ok(some)
    }
}
