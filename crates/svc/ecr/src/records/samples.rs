//! Records that tests have.

use bytes::Bytes;
use wharf_base::Timestamp;
use wharf_blobs::Digest;
use wharf_store::{Entry, Revision};

use super::{Image, Layer};

/// Without a tag, a layer or any past.
pub(crate) fn image(digest: Digest, manifest_size: u64) -> Image {
    Image {
        digest,
        repository: "app".to_owned(),
        media_type: "application/vnd.oci.image.manifest.v1+json".to_owned(),
        artifact_type: None,
        manifest_size,
        image_size: 0,
        pushed_at: Timestamp(0),
        last_pull: None,
        last_in_use: None,
        status: Default::default(),
        archived_at: None,
        activated_at: None,
        replicas: Default::default(),
        tags: Vec::new(),
        blobs: Vec::new(),
        children: Vec::new(),
        subject: None,
        origin: None,
        stored: None,
        unknown: Default::default(),
    }
}

pub(crate) fn layer(size: u64) -> Layer {
    Layer {
        size,
        uploaded_at: Timestamp(0),
        stored: None,
        unknown: Default::default(),
    }
}

/// As the store has it, made and last changed at `revision`.
pub(crate) fn entry(key: &str, value: Bytes, revision: Revision, version: u64) -> Entry {
    Entry {
        key: key.to_owned(),
        value,
        create_revision: revision,
        mod_revision: revision,
        version,
        lease: None,
    }
}
