//! What an image is made of, kept beside it: documents that clients find as its referrers. A repository
//! asks for them by a tag, and they are made before the end of an enhanced scan is written down; made
//! again, they are the same.

use std::{io, sync::Arc};

use bytes::Bytes;
use serde_json::json;
use wharf_base::{Permit, Timestamp};
use wharf_blobs::Digest;
use wharf_scan::{
    Inventory,
    sbom::{self, Format, Subject},
};

use super::{PERMIT, blocking};
use crate::{
    catalog::{Catalog, NewImage, Open, Read, Registry, repository_of},
    error::EcrError,
    manifest::OCI_MANIFEST,
    records::{Image, Scan},
};

/// The tag of a repository that says which formats it wants, in words: `spdx`, `cyclonedx`.
const ASKED: &str = "wharf:sbom";
/// The configuration of an artifact that has none, as OCI has it.
const EMPTY: &str = "application/vnd.oci.empty.v1+json";
/// A longer document is not kept, in bytes.
const MAX_DOCUMENT: usize = 64 << 20;

/// A document in the making.
struct Document {
    bytes: Vec<u8>,
    most: usize,
}

impl io::Write for Document {
    fn write(&mut self, more: &[u8]) -> io::Result<usize> {
        if self.bytes.len() + more.len() > self.most {
            let why = format!("the document is longer than {} bytes", self.most);
            return Err(io::Error::other(why));
        }
        self.bytes.extend_from_slice(more);
        Ok(more.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Catalog {
    /// Keeps the documents that the repository asks for. What keeps it from holding more is no reason
    /// for a scan to fail.
    pub(super) async fn keep_sboms(
        &self,
        registry: &Registry,
        scan: &Read<Scan>,
        image: &Read<Image>,
        inventory: &Arc<Inventory>,
    ) -> Result<(), EcrError> {
        let name = &scan.record.repository;
        let open = match self.open(registry, name).await {
            // Another one has its name by now.
            Ok(open) if open.id() != repository_of(&scan.key) => return Ok(()),
            Ok(open) => open,
            Err(EcrError::RepositoryNotFound { .. }) => return Ok(()),
            Err(error) => return Err(error),
        };
        let asked = open.repository.record.tags.get(ASKED).cloned();
        let asked = asked.as_deref();
        let mut words = asked.unwrap_or_default().split_whitespace();
        for format in Format::ALL {
            if !words.clone().any(|it| it == format.name()) {
                continue;
            }
            match self.keep_sbom(&open, image, inventory, format).await {
                Ok(()) => {}
                Err(
                    error @ (EcrError::RepositoryFull { .. }
                    | EcrError::RegistryFull { .. }
                    | EcrError::LimitExceeded(_)
                    | EcrError::RepositoryNotFound { .. }),
                ) => tracing::warn!(
                    repository = registry.repository_arn(name), image = %image.record.digest,
                    %error, format = format.name(), "failed to store the SBOM of an image"
                ),
                Err(error) => return Err(error),
            }
        }
        if let Some(unknown) = words.find(|word| Format::ALL.iter().all(|it| it.name() != *word)) {
            tracing::warn!(
                repository = registry.repository_arn(name),
                unknown,
                "failed to write an SBOM: its format is not supported"
            );
        }
        Ok(())
    }

    async fn keep_sbom(
        &self,
        open: &Open,
        image: &Read<Image>,
        inventory: &Arc<Inventory>,
        format: Format,
    ) -> Result<(), EcrError> {
        let (registry, name) = (&open.registry, &open.name());
        let image = &image.record;
        let created = image.pushed_at.iso8601_seconds();
        let digest = image.digest.to_string();
        let document = self.sbom(name, image, inventory.clone(), format).await?;
        let now = self.wants().now();
        let permit = PERMIT;
        let add = |bytes: Bytes| self.add_layer(&permit, registry, name, bytes, now);
        let config = add(Bytes::from_static(b"{}")).await?;
        let size = document.len();
        let layer = add(document.into()).await?;
        let manifest = json!({
            "schemaVersion": 2, "mediaType": OCI_MANIFEST, "artifactType": format.media_type(),
            "config": {"mediaType": EMPTY, "digest": config, "size": 2},
            "layers": [{"mediaType": format.media_type(), "digest": layer, "size": size}],
            "subject": {"mediaType": image.media_type, "digest": digest, "size": image.manifest_size},
            "annotations": {"org.opencontainers.image.created": created},
        });
        let new = NewImage {
            manifest: manifest.to_string().into(),
            media_type: None,
            tag: None,
            digest: None,
        };
        match self.put_beside(&PERMIT, open.clone(), new, now).await {
            // It was deleted while it was read: what was to be beside it is collected.
            Err(EcrError::ImageNotFound { .. }) => Ok(()),
            put => put.map(drop),
        }
    }

    /// The document about an image.
    async fn sbom(
        &self,
        repository: &str,
        image: &Image,
        inventory: Arc<Inventory>,
        format: Format,
    ) -> Result<Vec<u8>, EcrError> {
        let created = image.pushed_at.iso8601_seconds();
        let (uri, digest) = (self.repository_uri(repository), image.digest.to_string());
        let written = blocking(move || {
            let subject = Subject {
                name: &uri,
                digest: &digest,
                created: &created,
                tool: "wharf",
            };
            let mut document = Document {
                bytes: Vec::new(),
                most: MAX_DOCUMENT,
            };
            sbom::write(format, &subject, &inventory, &mut document)?;
            Ok::<_, serde_json::Error>(document.bytes)
        });
        let document = written.await?;
        document.map_err(|error| EcrError::LimitExceeded(error.to_string()))
    }

    /// The document about an image that an enhanced scan read, by the scan's key; `None` if it is gone.
    ///
    /// # Errors
    /// [`EcrError::LimitExceeded`]: the document is too long.
    pub async fn inspected_sbom(
        &self,
        registry: &Registry,
        key: &str,
        format: Format,
    ) -> Result<Option<Vec<u8>>, EcrError> {
        let Some(scan) = self.read::<Scan>(key).await? else {
            return Ok(None);
        };
        let scan = scan.record;
        let image = registry.keys().image(&repository_of(key), &scan.digest);
        let Some(image) = self.read::<Image>(&image).await? else {
            return Ok(None);
        };
        if !scan.enhanced || scan.inventory.is_none() {
            return Ok(None);
        }
        let blobs = self.blobs_under(registry, scan.under.as_deref()).await?;
        let inventory = self.kept(&blobs, scan.inventory).await?;
        let parsed = blocking(move || serde_json::from_slice::<Inventory>(&inventory)).await?;
        let parsed = parsed.map_err(|error| EcrError::ScanBroke(error.to_string()))?;
        let name = image.record.repository.clone();
        let document = self.sbom(&name, &image.record, Arc::new(parsed), format);
        Ok(Some(document.await?))
    }

    /// Makes bytes a layer of the repository, unless they are one.
    pub(crate) async fn add_layer(
        &self,
        permit: &Permit,
        registry: &Registry,
        name: &str,
        bytes: Bytes,
        now: Timestamp,
    ) -> Result<Digest, EcrError> {
        let digest = Digest::of(&bytes);
        if self.layer(registry, name, &digest).await?.is_none() {
            let mut upload = self.upload_once(registry, name).await?;
            upload.write(bytes).await?;
            self.finish_upload(permit, registry, name, upload, &digest, now)
                .await?;
        }
        Ok(digest)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_document_is_bounded() {
        let subject = Subject {
            name: "localhost/a",
            digest: "sha256:00",
            created: "2024-01-01T00:00:00Z",
            tool: "wharf",
        };
        let inventory = Inventory::default();
        for format in Format::ALL {
            let written = |most| {
                let bytes = Vec::new();
                let mut document = Document { bytes, most };
                sbom::write(format, &subject, &inventory, &mut document).map(|()| document.bytes)
            };
            let whole = written(MAX_DOCUMENT).unwrap();
            assert_eq!(written(whole.len()).unwrap(), whole);
            let refused = written(whole.len() - 1).unwrap_err().to_string();
            assert!(refused.contains("longer than"), "{refused}");
        }
    }
}
