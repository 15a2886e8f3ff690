//! Images: pulled, verified, unpacked once a layer, kept until nobody needs them.

mod budget;
mod config;
mod digest;
mod download;
mod error;
#[doc(hidden)]
pub mod fuzz;
mod layer;
mod lazy;
mod manifest;
mod peers;
mod reference;
mod registry;
mod store;
mod tar;
mod unpack;

use std::{path::PathBuf, sync::Arc};

pub use self::{
    budget::UnpackLimits,
    config::{ExposedPort, ImageConfig},
    digest::Digest,
    error::{ImageError, LayerError, PullError, RegistryError, UnpackError},
    lazy::{
        Event as OnDemandEvent, LEAST_LAYER, OnDemand, User as OnDemandUser, index_of,
        names as index_names, unmount_all,
    },
    manifest::{UnusableImage, level},
    reference::{BadReference, Reference},
    registry::{Endpoint, RegistryAuth},
    store::{
        Collected, GarbageRules, ImageDisk, ImageOptions, ImageStore, ImageSummary, PullRequest,
    },
};

/// An image whose layers lie unpacked on this node; cheap to clone.
#[derive(Debug, Clone)]
pub struct Image {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    digest: Digest,
    config: ImageConfig,
    layers: Vec<PathBuf>,
}

impl Image {
    /// An image from folders that are there already, lowest first, absolute.
    pub fn from_layers(digest: Digest, config: ImageConfig, layers: Vec<PathBuf>) -> Self {
        Self {
            inner: Arc::new(Inner {
                digest,
                config,
                layers,
            }),
        }
    }

    /// Of what its name stands for at the registry: the manifest, or the index it was chosen from.
    pub fn digest(&self) -> &Digest {
        &self.inner.digest
    }

    pub fn config(&self) -> &ImageConfig {
        &self.inner.config
    }

    /// Unpacked, lowest first.
    pub fn layers(&self) -> &[PathBuf] {
        &self.inner.layers
    }
}
