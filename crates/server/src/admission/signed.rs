//! The signatures of an image that its repository has: those that refer to it, and those under the tag that
//! cosign makes of its digest. All of it is input of whoever may push there, so it is bounded; a signature
//! beyond the bounds does not count.

use serde::Deserialize;
use wharf_blobs::Digest;
use wharf_signature::{notation, simple_signing};
use wharf_svc_ecr::{Catalog, EcrError, ImageRef, Registry};

use super::decide::Signature;

/// Artifacts that are looked at.
const MAX_ARTIFACTS: usize = 200;
/// Signatures that are verified, by each key of each rule.
const MAX_SIGNATURES: usize = 20;
/// Longest manifest and longest document of a signature.
const MAX_BYTES: u64 = 64 << 10;
const PAGE: usize = 50;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Manifest {
    #[serde(default)]
    artifact_type: Option<String>,
    config: Config,
    #[serde(default)]
    layers: Vec<Layer>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Config {
    #[serde(default)]
    media_type: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Layer {
    media_type: String,
    digest: String,
    size: u64,
    #[serde(default)]
    annotations: std::collections::BTreeMap<String, String>,
}

/// All of an image's that can be read.
///
/// # Errors
/// The registry cannot be read.
pub async fn signatures(
    catalog: &Catalog,
    registry: &Registry,
    name: &str,
    image: &Digest,
) -> Result<Vec<Signature>, EcrError> {
    let mut found = Vec::new();
    for artifact in artifacts(catalog, registry, name, image).await? {
        let reference = ImageRef::Digest(artifact);
        let stored = match catalog.manifest(registry, name, &reference).await {
            Ok(Some(stored)) => stored,
            // Deleted meanwhile, or in the archive.
            Ok(None) | Err(EcrError::ImageArchived { .. }) => continue,
            Err(other) => return Err(other),
        };
        let Ok(manifest) = serde_json::from_slice::<Manifest>(&stored.manifest) else {
            continue;
        };
        for layer in &manifest.layers {
            if found.len() == MAX_SIGNATURES {
                return Ok(found);
            }
            if let Some(signature) = read(catalog, registry, name, &manifest, layer).await? {
                found.push(signature);
            }
        }
    }
    Ok(found)
}

/// Digests of manifests that may be signatures.
async fn artifacts(
    catalog: &Catalog,
    registry: &Registry,
    name: &str,
    image: &Digest,
) -> Result<Vec<Digest>, EcrError> {
    let mut found = Vec::new();
    let tag = ImageRef::Tag(simple_signing::tag(&image.to_string()));
    if let Some(tagged) = catalog.image(registry, name, &tag).await?
        && fits(tagged.manifest_size)
    {
        found.push(tagged.digest);
    }
    let (mut after, mut seen) = (None, 0);
    while seen < MAX_ARTIFACTS {
        let page = catalog.referrers(registry, name, image, after.as_ref(), PAGE);
        let (referrers, end) = page.await?;
        // A page may be empty: all on it were deleted meanwhile.
        seen += referrers.len().max(1);
        let kinds = [
            simple_signing::ARTIFACT,
            simple_signing::LAYER,
            notation::ARTIFACT,
        ];
        let signs = |kind: &String| kinds.contains(&kind.as_str());
        let of = referrers.into_iter().map(|referrer| referrer.image);
        let of = of.filter(|it| it.artifact_type.as_ref().is_some_and(signs));
        found.extend(of.filter(|it| fits(it.manifest_size)).map(|it| it.digest));
        if end.is_none() {
            break;
        }
        after = end;
    }
    Ok(found)
}

fn fits(bytes: impl TryInto<u64>) -> bool {
    bytes.try_into().is_ok_and(|bytes| bytes <= MAX_BYTES)
}

/// The signature in a layer, if it is one.
async fn read(
    catalog: &Catalog,
    registry: &Registry,
    name: &str,
    manifest: &Manifest,
    layer: &Layer,
) -> Result<Option<Signature>, EcrError> {
    if layer.size > MAX_BYTES {
        return Ok(None);
    }
    let of_notation = [&manifest.artifact_type, &manifest.config.media_type]
        .iter()
        .any(|kind| kind.as_deref() == Some(notation::ARTIFACT));
    let simple = layer.media_type == simple_signing::LAYER;
    let said = layer.annotations.get(simple_signing::ANNOTATION);
    let envelope = of_notation && layer.media_type == notation::LAYER;
    let Ok(digest) = layer.digest.parse::<Digest>() else {
        return Ok(None);
    };
    match (simple.then_some(said).flatten(), envelope) {
        (Some(signature), _) => {
            let document = bytes(catalog, registry, name, &digest).await?;
            Ok(document.map(|document| Signature::Simple {
                document,
                signature: signature.clone(),
            }))
        }
        (None, true) => {
            let envelope = bytes(catalog, registry, name, &digest).await?;
            Ok(envelope.map(Signature::Notation))
        }
        (None, false) => Ok(None),
    }
}

/// What is longer than its manifest said is no signature.
async fn bytes(
    catalog: &Catalog,
    registry: &Registry,
    name: &str,
    digest: &Digest,
) -> Result<Option<Vec<u8>>, EcrError> {
    let Some(mut reader) = catalog.read_layer(registry, name, digest).await? else {
        return Ok(None);
    };
    let mut all = Vec::new();
    while let Some(chunk) = reader.next_chunk().await? {
        all.extend_from_slice(&chunk);
        if !fits(all.len()) {
            return Ok(None);
        }
    }
    Ok(Some(all))
}
