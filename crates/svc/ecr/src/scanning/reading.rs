//! Reading what an image is made of out of its layers.

use std::io;

use bytes::Bytes;
use wharf_blobs::{BlobReader, Blobs, Digest};
use wharf_scan::{Budget, Inventory, Reading, ScanError};

use super::blocking;
use crate::{
    catalog::{Catalog, MAX_FOUND, Open},
    error::EcrError,
    manifest::{Content, Manifest, Reference},
    records::{Image, Scan},
};

/// What an image is whose layers are none: an artifact of that media type.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "An artifact with media type '{0}' cannot be scanned. For more information, see the Amazon ECR documentation."
)]
pub(super) struct Artifact(pub String);

impl Catalog {
    /// What an earlier scan wrote down; `blobs`: as [`Catalog::blobs_under`] gives them.
    pub(super) async fn kept(
        &self,
        blobs: &Blobs,
        blob: Option<Digest>,
    ) -> Result<Vec<u8>, EcrError> {
        let Some(digest) = blob else {
            return Ok(Vec::new());
        };
        let bytes = blobs.get(&digest, MAX_FOUND as u64).await?;
        bytes.ok_or(EcrError::BytesMissing(digest))
    }

    /// What an earlier scan found; `None` if that cannot be read: it is found anew then, and when it was
    /// first seen is lost.
    pub(super) async fn kept_findings(&self, blobs: &Blobs, scan: &Scan) -> Option<Vec<u8>> {
        let kept = self.kept(blobs, scan.findings).await;
        let kept = kept.inspect_err(|error| {
            tracing::warn!(
                repository = scan.repository, image = %scan.digest, %error,
                "failed to read the findings of an earlier scan"
            );
        });
        kept.ok()
    }

    /// The layers of an image, if it is one.
    pub(super) async fn layers(
        &self,
        open: &Open,
        image: &Image,
    ) -> Result<Result<Vec<Reference>, Artifact>, EcrError> {
        let bytes = self.manifest_of(open, image).await?;
        let manifest = Manifest::parse(&bytes, Some(&image.media_type))?;
        let Content::Image { blobs } = manifest.content else {
            return Ok(Err(Artifact(image.media_type.clone())));
        };
        // The first is the configuration.
        let layers: Vec<Reference> = blobs.into_iter().skip(1).collect();
        Ok(match layers.iter().all(|it| is_tar(&it.media_type)) {
            true => Ok(layers),
            false => {
                let kind = manifest.artifact_type.unwrap_or(manifest.media_type);
                Err(Artifact(kind))
            }
        })
    }

    /// What an image is made of, or why that cannot be said.
    pub(super) async fn inventory(
        &self,
        open: &Open,
        layers: Vec<Reference>,
    ) -> Result<Result<Inventory, ScanError>, EcrError> {
        let (open, blobs) = (open.clone(), self.blobs_of(open).await?);
        let budget = Budget::new(self.config().scan_limits.clone());
        let (handle, catalog) = (tokio::runtime::Handle::current(), self.clone());
        blocking(move || {
            let mut reading = Reading::new(budget);
            for Reference { digest, .. } in layers {
                // One file is open at a time, however many layers there are.
                let reader = catalog.read_layer_in(&open, &blobs, &digest);
                let reader = handle.block_on(reader)?;
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

/// Whether a layer is one of an image, `application/vnd.oci.image.layer.v1.tar+gzip`.
fn is_tar(media_type: &str) -> bool {
    media_type.split(['.', '+']).any(|part| part == "tar")
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
