//! `wharf images index`: has an image say where its files lie, so that tasks start before all of it is on their node.
//!
//! What is pushed is what SOCI's tools make (its second form): for each large layer its index, for each image a manifest of
//! those, which the image's own manifest names by digest, and an index of images with both. So it is another image than
//! before, of the same layers, and the tag moves to it.

use std::{
    collections::BTreeMap,
    io::{self, Read, Write as _},
};

use bytes::{Buf as _, Bytes};
use http_body_util::BodyExt as _;
use hyper::body::Incoming;
use indicatif::ProgressBar;
use serde_json::{Map, Value, json};
use tokio::sync::mpsc;
use wharf_blobs::Digest;
use wharf_container::image::{LEAST_LAYER, index_names as names, index_of};

use super::{bar, export::Images, manifest::Manifest, registry::Registry, show};
use crate::problem::Problem;

const IMAGE: &str = "application/vnd.oci.image.manifest.v1+json";
const IMAGES: &str = "application/vnd.oci.image.index.v1+json";
const CONFIG: &str = "application/vnd.oci.image.config.v1+json";
/// What SOCI calls an index of a layer.
const INDEX: &str = "application/octet-stream";
const EMPTY: &[u8] = b"{}";
/// Pieces of a layer between the connection and the thread that reads them.
const PIECES: usize = 16;

/// What came of it.
#[derive(Debug, Default)]
pub struct Indexed {
    pub images: usize,
    pub layers: usize,
    /// Of the indexes.
    pub bytes: u64,
    /// Which the tag means now.
    pub digest: Option<Digest>,
}

pub async fn run(registry: &mut Registry, tag: &str, held: &Images) -> Result<Indexed, Problem> {
    let named = held.iter().find(|(_, tags)| tags.contains(tag));
    let missing = || {
        Problem::other(format!(
            "the repository has no image {tag}: `aws ecr list-images --repository-name NAME` shows what it has"
        ))
    };
    let (digest, _) = named.ok_or_else(missing)?;
    let (text, kind) = registry.manifest(digest).await?;
    let manifest = Manifest::read(&text)?;
    let mut indexing = Indexing {
        bar: bar(1),
        registry,
        known: BTreeMap::new(),
        report: Indexed::default(),
    };
    show(&indexing.bar, tag, 0);
    let mut entries = Vec::new();
    if manifest.manifests.is_empty() {
        let entry = json!({"mediaType": kind, "digest": digest.to_string(), "size": text.len()});
        indexing.image(object(entry), &text, &mut entries).await?;
    }
    for child in &manifest.manifests {
        let entry = object(serde_json::to_value(child).unwrap_or_default());
        match is_image(&entry) {
            true => {
                let (text, _) = indexing.registry.manifest(&child.digest()?).await?;
                indexing.image(entry, &text, &mut entries).await?;
            }
            false => entries.push(entry.into()),
        }
    }
    indexing.bar.finish_and_clear();
    let mut report = indexing.report;
    if report.layers > 0 {
        let images = json!({"schemaVersion": 2, "mediaType": IMAGES, "manifests": entries});
        let (text, digest) = bytes_of(&images);
        registry.put_manifest(tag, &digest, IMAGES, text).await?;
        report.digest = Some(digest);
    }
    Ok(report)
}

/// Whether an entry of an index is an image of Linux, and no signature or the like. skopeo before 1.16 has index entries lose what
/// kind of artifact they are; those of indexes still say which image they are of.
fn is_image(entry: &Map<String, Value>) -> bool {
    let os = (entry.get("platform")).map(|it| it["os"].as_str().unwrap_or_default());
    let of_other = (entry.get("annotations")).and_then(|it| it.get(names::MANIFEST_OF));
    let is_artifact = entry.contains_key("artifactType") || of_other.is_some();
    !is_artifact && os.is_none_or(|os| os == "linux")
}

fn object(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(object) => object,
        _ => Map::new(),
    }
}

fn bytes_of(document: &Value) -> (Vec<u8>, Digest) {
    let text = document.to_string().into_bytes();
    let digest = Digest::of(&text);
    (text, digest)
}

struct Indexing<'a> {
    registry: &'a mut Registry,
    /// Layers that were looked at, with their indexes; images share some.
    known: BTreeMap<String, Option<Value>>,
    report: Indexed,
    bar: ProgressBar,
}

impl Indexing<'_> {
    /// Adds the image to the entries, and behind it what it says of its layers if that is anything.
    async fn image(
        &mut self,
        mut entry: Map<String, Value>,
        text: &[u8],
        entries: &mut Vec<Value>,
    ) -> Result<(), Problem> {
        let mut image: Value = serde_json::from_slice(text)
            .map_err(|cause| Problem::caused("a manifest is not understood", cause))?;
        let has_some = image["annotations"].get(names::OF_IMAGE).is_some();
        let mut indexes = Vec::new();
        if !has_some {
            for layer in image["layers"].as_array().cloned().unwrap_or_default() {
                indexes.extend(self.layer(&layer).await?);
            }
        }
        if indexes.is_empty() {
            entries.push(entry.into());
            return Ok(());
        }
        let own = json!({
            "schemaVersion": 2, "mediaType": IMAGE, "layers": indexes,
            "config": {"mediaType": names::KIND, "digest": Digest::of(EMPTY).to_string(), "size": EMPTY.len()},
            "annotations": {"com.amazon.soci.build-tool-identifier": concat!("wharf ", env!("CARGO_PKG_VERSION"))},
        });
        self.put(EMPTY).await?;
        let (text, of_layers) = bytes_of(&own);
        let length = text.len();
        self.registry
            .put_manifest(&of_layers.to_string(), &of_layers, IMAGE, text)
            .await?;
        annotate(&mut image, &of_layers);
        let (text, digest) = bytes_of(&image);
        let mut beside = json!({
            "mediaType": IMAGE, "artifactType": names::KIND, "digest": of_layers.to_string(), "size": length,
            "annotations": {names::MANIFEST_OF: digest.to_string()},
        });
        if let Some(platform) = entry.get("platform") {
            beside["platform"] = platform.clone();
        }
        entry.insert("mediaType".to_owned(), IMAGE.into());
        entry.insert("digest".to_owned(), digest.to_string().into());
        entry.insert("size".to_owned(), text.len().into());
        self.registry
            .put_manifest(&digest.to_string(), &digest, IMAGE, text)
            .await?;
        entries.push(entry.into());
        entries.push(beside);
        self.report.images += 1;
        Ok(())
    }

    /// The descriptor of the layer's index, which is pushed; nothing for layers that are small or not compressed with gzip.
    async fn layer(&mut self, layer: &Value) -> Result<Option<Value>, Problem> {
        let named = layer["digest"].as_str().unwrap_or_default().to_owned();
        if layer["size"].as_u64().is_none_or(|size| size < LEAST_LAYER) {
            return Ok(None);
        }
        if let Some(known) = self.known.get(&named) {
            return Ok(known.clone());
        }
        let digest: Digest = named
            .parse()
            .map_err(|cause| Problem::caused(format!("{named:?} is not a digest"), cause))?;
        let body = self.registry.blob(&digest).await?;
        let index = match read(body).await? {
            Ok(index) => index,
            Err(error) => {
                self.bar
                    .suspend(|| eprintln!("wharf: {named} gets no index: {error}"));
                self.known.insert(named, None);
                return Ok(None);
            }
        };
        let own = self.put(&index).await?;
        let descriptor = json!({
            "mediaType": INDEX, "digest": own.to_string(), "size": index.len(),
            "annotations": {
                names::OF_LAYER: named,
                "com.amazon.soci.image-layer-mediaType": layer["mediaType"],
            },
        });
        self.report.layers += 1;
        self.report.bytes += index.len() as u64;
        self.known.insert(named, Some(descriptor.clone()));
        Ok(Some(descriptor))
    }

    async fn put(&mut self, bytes: &[u8]) -> Result<Digest, Problem> {
        let digest = Digest::of(bytes);
        if !self.registry.has_blob(&digest).await? {
            let failed = |cause| Problem::caused("the index cannot be written down", cause);
            let mut file = tempfile::NamedTempFile::new().map_err(failed)?;
            file.write_all(bytes).map_err(failed)?;
            self.registry.put_blob(&digest, file.path(), |_| ()).await?;
        }
        Ok(digest)
    }
}

/// The form that SOCI's tools give an image, since its indexes are OCI's.
fn annotate(image: &mut Value, indexes: &Digest) {
    image["mediaType"] = IMAGE.into();
    image["config"]["mediaType"] = CONFIG.into();
    for layer in image["layers"].as_array_mut().into_iter().flatten() {
        let kind = layer["mediaType"].as_str().unwrap_or_default();
        if kind == "application/vnd.docker.image.rootfs.diff.tar.gzip" {
            layer["mediaType"] = "application/vnd.oci.image.layer.v1.tar+gzip".into();
        }
    }
    if !image["annotations"].is_object() {
        image["annotations"] = json!({});
    }
    image["annotations"][names::OF_IMAGE] = indexes.to_string().into();
}

/// The layer's index, while the layer comes.
async fn read(mut body: Incoming) -> Result<io::Result<Vec<u8>>, Problem> {
    let (pieces, receiver) = mpsc::channel::<Bytes>(PIECES);
    let current = Bytes::new();
    let making = tokio::task::spawn_blocking(move || index_of(Pieces { receiver, current }));
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|cause| Problem::caused("a layer ended early", cause))?;
        if let Ok(piece) = frame.into_data()
            && pieces.send(piece).await.is_err()
        {
            break;
        }
    }
    // What is left of a layer that has no index: the connection is used again.
    while let Some(Ok(_)) = body.frame().await {}
    drop(pieces);
    Ok(making.await.unwrap_or_else(|e| Err(io::Error::other(e))))
}

struct Pieces {
    receiver: mpsc::Receiver<Bytes>,
    current: Bytes,
}

impl Read for Pieces {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.current.is_empty() {
            match self.receiver.blocking_recv() {
                None => return Ok(0),
                Some(piece) => self.current = piece,
            }
        }
        let n = buffer.len().min(self.current.len());
        self.current.copy_to_slice(&mut buffer[..n]);
        Ok(n)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn images_are_told_from_what_stands_beside_them() {
        let of = |entry: Value| is_image(&object(entry));
        let platform = |os: &str| json!({"os": os, "architecture": "amd64"});
        assert!(
            of(json!({}))
                && of(json!({"platform": platform("linux"), "annotations": {"own": "1"}}))
        );
        assert!(!of(json!({"platform": platform("unknown")})));
        assert!(!of(
            json!({"platform": platform("linux"), "artifactType": names::KIND})
        ));
        let without_kind = json!({names::MANIFEST_OF: Digest::of(b"x").to_string()});
        assert!(!of(
            json!({"platform": platform("linux"), "annotations": without_kind})
        ));
    }

    #[test]
    fn an_image_names_its_indexes_and_keeps_what_else_it_says() {
        let mut image = json!({
            "config": {"mediaType": "application/vnd.docker.container.image.v1+json", "size": 7},
            "layers": [{"mediaType": "application/vnd.docker.image.rootfs.diff.tar.gzip", "size": 8}, {"mediaType": "other"}],
            "annotations": {"own": "1"},
        });
        let digest = Digest::of(b"x");
        annotate(&mut image, &digest);
        assert_eq!(image["annotations"]["own"], "1");
        assert_eq!(image["annotations"][names::OF_IMAGE], digest.to_string());
        assert_eq!(
            image["layers"][0]["mediaType"],
            "application/vnd.oci.image.layer.v1.tar+gzip"
        );
        assert_eq!(image["layers"][1]["mediaType"], "other");
        assert_eq!(
            (image["config"]["size"].as_u64(), &image["mediaType"]),
            (Some(7), &json!(IMAGE))
        );
    }
}
