//! How an image says that its layers have indexes: SOCI's second form, in which the image's own manifest names the digest of
//! a manifest of indexes. So whoever has an image by its digest has its indexes by theirs.

use std::collections::BTreeMap;

use serde::Deserialize;
use wharf_userns::MOST_LAYERS;

use super::super::{digest::Digest, manifest::Descriptor};

/// In the manifest of an image: the digest of the manifest of its indexes.
pub const OF_IMAGE: &str = "com.amazon.soci.index-digest";
/// Of a layer's index, in the manifest of indexes: which layer it is of.
pub const OF_LAYER: &str = "com.amazon.soci.image-layer-digest";
/// What such a manifest is.
pub const KIND: &str = "application/vnd.amazon.soci.index.v2+json";
/// In an index of images, beside the manifest of indexes: which image it is of.
pub const MANIFEST_OF: &str = "com.amazon.soci.image-manifest-digest";

#[derive(Deserialize)]
struct Wire {
    config: Config,
    layers: Vec<Index>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Config {
    media_type: String,
}

#[derive(Deserialize)]
struct Index {
    #[serde(flatten)]
    descriptor: Descriptor,
    #[serde(default)]
    annotations: BTreeMap<String, String>,
}

/// Why a manifest of indexes tells of none.
#[derive(Debug, thiserror::Error)]
pub enum NoIndexes {
    #[error(transparent)]
    Json(#[from] serde_json::Error),
    #[error("{0} is no manifest of indexes")]
    Kind(String),
    #[error("it has {0} indexes")]
    TooMany(usize),
}

/// The indexes by the digests of the layers that they are of.
pub fn indexes(bytes: &[u8]) -> Result<BTreeMap<Digest, Descriptor>, NoIndexes> {
    let wire: Wire = serde_json::from_slice(bytes)?;
    if wire.config.media_type != KIND {
        return Err(NoIndexes::Kind(wire.config.media_type));
    }
    if wire.layers.len() > MOST_LAYERS {
        return Err(NoIndexes::TooMany(wire.layers.len()));
    }
    let mut indexes = BTreeMap::new();
    for index in wire.layers {
        let of = index.annotations.get(OF_LAYER).cloned();
        if let Some(of) = of.and_then(|it| Digest::try_from(it).ok()) {
            indexes.insert(of, index.descriptor);
        }
    }
    Ok(indexes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn manifests_of_indexes() {
        let digest = |c: &str| format!("sha256:{}", c.repeat(64));
        let manifest = |kind: &str| {
            serde_json::json!({
                "schemaVersion": 2,
                "config": {"mediaType": kind, "digest": digest("0"), "size": 2},
                "layers": [
                    {"digest": digest("1"), "size": 7, "annotations": {OF_LAYER: digest("a")}},
                    {"digest": digest("2"), "size": 8},
                    {"digest": digest("3"), "size": 9, "annotations": {OF_LAYER: "none"}},
                ],
            })
            .to_string()
        };
        let found = indexes(manifest(KIND).as_bytes()).unwrap();
        let of: Digest = digest("a").try_into().unwrap();
        assert_eq!(found.len(), 1);
        assert_eq!(found[&of].size, 7);
        let image = "application/vnd.oci.image.config.v1+json";
        for bad in ["", "{}", manifest(image).as_str()] {
            assert!(indexes(bad.as_bytes()).is_err(), "{bad}");
        }
    }
}
