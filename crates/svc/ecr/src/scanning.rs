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
use wharf_blobs::{BlobReader, Digest};
use wharf_reconcile::{Next, Shard, Takeover};
use wharf_records::{Record as _, Scope};
use wharf_scan::{Budget, Finding, Inventory, Reading, ScanError};
use wharf_scandb::{Data, DataError};
use wharf_service::{Look, OneQueue, Reach};

use crate::{
    catalog::{Catalog, Ended, FoundIn, Read, repository_of},
    error::EcrError,
    manifest::{Content, Manifest},
    records::{Image, Keys, SERVICE, Scan, ScanStatus},
};

/// Images read at once.
const WORKERS: usize = 2;
const PERMIT: Permit = Permit::for_controller("ecr-scans");

const DONE: &str = "The scan was completed successfully.";
const NO_SYSTEM: &str =
    "UnsupportedImageError: The operating system and/or package manager are not supported.";
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
        let ended = self.outcome(opened, &image).await?;
        if ended.status != ScanStatus::Complete {
            tracing::info!(
                repository = seen.record.repository, image = %seen.record.digest,
                status = ended.status.name(), why = ended.description,
                "the scan of an image did not succeed"
            );
        }
        let now = self.wants().now();
        // A server that lost the shard writes no more.
        let fence = shard.fence().ok_or(EcrError::Contention)?;
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
        let inventory = match self.inventory(&image.record).await? {
            Ok(inventory) => inventory,
            Err(error) => return Ok(ended(status_of(&error), error.to_string(), None)),
        };
        let system = inventory.system.as_ref();
        if system.and_then(|it| it.ecosystem()).is_none() {
            let why = NO_SYSTEM.to_owned();
            return Ok(ended(ScanStatus::UnsupportedImage, why, None));
        }
        let source_updated_at = Timestamp::from_millis(data.what().updated_at);
        let (inventory, found) = blocking(move || {
            let found = data.findings(&inventory);
            (inventory, found)
        })
        .await?;
        // Basic scanning is about the packages of the operating system.
        let of_system = |it: &Finding| it.package.manager.is_system();
        let findings = found.map_err(data_error)?.into_iter().filter(of_system);
        let found = FoundIn {
            findings: findings.collect(),
            inventory,
            source_updated_at,
        };
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

    /// What an image is made of, or why that cannot be said.
    async fn inventory(&self, image: &Image) -> Result<Result<Inventory, ScanError>, EcrError> {
        let bytes = self.manifest_of(image).await?;
        let manifest = Manifest::parse(&bytes, Some(&image.media_type))?;
        let Content::Image { blobs } = manifest.content else {
            return Ok(Err(ScanError::Unsupported(image.media_type.clone())));
        };
        let mut layers = Vec::new();
        // The first is the configuration.
        for layer in blobs.iter().skip(1) {
            let read = self.blobs().read(&layer.digest).await?;
            layers.push(read.ok_or(EcrError::BytesMissing(layer.digest))?);
        }
        let budget = Budget::new(self.config().scan_limits.clone());
        let handle = tokio::runtime::Handle::current();
        blocking(move || {
            let mut reading = Reading::new(budget);
            for layer in layers {
                let digest: Digest = *layer.digest();
                let bytes = Layer {
                    reader: layer,
                    handle: handle.clone(),
                    chunk: Bytes::new(),
                };
                reading.layer(&digest.to_string(), bytes)?;
            }
            reading.end()
        })
        .await
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
    done.map_err(|lost| EcrError::ScanData(lost.to_string()))
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
