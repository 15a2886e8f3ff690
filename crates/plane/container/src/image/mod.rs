//! Images: pulled, verified, unpacked once a layer, kept until nobody needs them.

mod config;

use std::{path::PathBuf, sync::Arc};

pub use self::config::{ExposedPort, ImageConfig};

/// An image whose layers lie unpacked on this node; cheap to clone.
#[derive(Debug, Clone)]
pub struct Image {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    digest: String,
    config: ImageConfig,
    layers: Vec<PathBuf>,
}

impl Image {
    /// An image from folders that are there already, lowest first.
    pub fn from_layers(digest: String, config: ImageConfig, layers: Vec<PathBuf>) -> Self {
        Self { inner: Arc::new(Inner { digest, config, layers }) }
    }
    pub fn digest(&self) -> &str {
        &self.inner.digest
    }
    pub fn config(&self) -> &ImageConfig {
        &self.inner.config
    }
    pub fn layers(&self) -> &[PathBuf] {
        &self.inner.layers
    }
}
