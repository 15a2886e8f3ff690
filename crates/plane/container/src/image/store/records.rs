//! What is written about images, names and layers, and where.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs::{self, File},
    io,
    path::{Path, PathBuf},
    time::SystemTime,
};

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use wharf_durable::{self as durable, Durability};

use super::{
    super::{Image, ImageConfig, digest::Digest, error::ImageError},
    ImageSummary, Inner,
};

pub(super) const RECORD_LIMIT: u64 = 16 << 20;

#[derive(Debug, Serialize, Deserialize)]
pub(super) struct ImageRecord {
    pub(super) digest: Digest,
    pub(super) config: ImageConfig,
    pub(super) layers: Vec<Digest>,
    /// The repositories that it was pulled from.
    #[serde(default)]
    pub(super) sources: BTreeSet<String>,
    /// Layers that were only shown when it was pulled. What its author wrote of each is not proven before one is here that came
    /// from there.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub(super) claims: BTreeSet<Claim>,
}

/// That a layer is what a blob holds.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(super) struct Claim {
    pub(super) diff_id: Digest,
    pub(super) origin: Origin,
}

/// Where a layer came from.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(in crate::image) struct Origin {
    pub registry: String,
    /// Of the blob, as it was sent.
    pub blob: Digest,
}

#[derive(Debug, Serialize, Deserialize)]
pub(super) struct ReferenceRecord {
    pub(super) reference: String,
    pub(super) digest: Digest,
}

#[derive(Debug, Serialize, Deserialize)]
pub(super) struct LayerRecord {
    pub(super) boot: String,
    pub(super) flushed: bool,
    pub(super) bytes: u64,
    /// Who sent all of it. None is known of layers that versions before unpacked.
    #[serde(default)]
    pub(super) origins: BTreeSet<Origin>,
}

/// Of its layers, unpacked, if all of them are here.
pub(super) fn bytes_of(image: &Image) -> Option<u64> {
    let layers = image.layers().iter();
    let bytes = layers.map(|path| {
        let record = path.with_extension("json");
        let record: LayerRecord = durable::read_json(&record, RECORD_LIMIT).ok()??;
        Some(record.bytes)
    });
    bytes.sum()
}

impl Inner {
    pub(super) fn image_path(&self, digest: &Digest) -> PathBuf {
        self.dir
            .join("images")
            .join(format!("{}.json", digest.hex()))
    }

    pub(super) fn reference_path(&self, name: &str) -> PathBuf {
        let hash = hex::encode(Sha256::digest(name.as_bytes()));
        self.dir.join("references").join(format!("{hash}.json"))
    }

    pub(in crate::image) fn layer_path(&self, diff_id: &Digest) -> PathBuf {
        self.dir.join("layers").join(diff_id.hex())
    }

    pub(super) fn layer_record_path(&self, diff_id: &Digest) -> PathBuf {
        self.dir
            .join("layers")
            .join(format!("{}.json", diff_id.hex()))
    }

    /// Here, and whole.
    pub(super) fn layer(&self, diff_id: &Digest) -> Option<LayerRecord> {
        let record: LayerRecord =
            durable::read_json(&self.layer_record_path(diff_id), RECORD_LIMIT).ok()??;
        let trusted = record.flushed || record.boot == self.boot;
        (trusted && self.layer_path(diff_id).is_dir()).then_some(record)
    }

    pub(in crate::image) fn has_layer(&self, diff_id: &Digest) -> bool {
        self.layer(diff_id).is_some()
    }

    /// Unpacked from what came from there, and compared.
    pub(in crate::image) fn has_layer_from(&self, diff_id: &Digest, origin: &Origin) -> bool {
        let here = self.layer(diff_id);
        here.is_some_and(|it| it.origins.contains(origin))
    }

    pub(super) fn remember(
        &self,
        name: &str,
        mut record: ImageRecord,
    ) -> Result<Image, ImageError> {
        let _records = self.records.lock();
        let path = self.image_path(&record.digest);
        if let Some(known) = read::<ImageRecord>(&path)? {
            record.sources.extend(known.sources);
        }
        durable::replace_json(&path, &record, Durability::Process)
            .map_err(ImageError::io("write", path))?;
        let reference = ReferenceRecord {
            reference: name.to_owned(),
            digest: record.digest.clone(),
        };
        let path = self.reference_path(name);
        durable::replace_json(&path, &reference, Durability::Process)
            .map_err(ImageError::io("write", path))?;
        Ok(self.to_image(record))
    }

    pub(super) fn to_image(&self, record: ImageRecord) -> Image {
        let layers = record
            .layers
            .iter()
            .map(|diff_id| self.layer_path(diff_id))
            .collect();
        Image::from_layers(record.digest, record.config, layers)
    }

    pub(super) fn meaning(&self, name: &str) -> Result<Option<Digest>, ImageError> {
        let record: Option<ReferenceRecord> = read(&self.reference_path(name))?;
        Ok(record
            .filter(|record| record.reference == name)
            .map(|record| record.digest))
    }

    /// An image that may be had, which counts as used now: a cleanup that waits knows nothing of the container that it is for.
    /// `None` also if a layer is missing: then it has to be pulled again.
    pub(super) fn use_image(
        &self,
        digest: &Digest,
        may_be_had: impl Fn(&ImageRecord) -> bool,
    ) -> Result<Option<Image>, ImageError> {
        let Some(record) = self.whole_image(digest)?.filter(may_be_had) else {
            return Ok(None);
        };
        let path = self.image_path(digest);
        let _records = self.records.lock();
        let file = File::options().write(true).open(&path);
        match file.and_then(|file| file.set_modified(SystemTime::now())) {
            // A cleanup was faster.
            Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(None),
            other => other.map_err(ImageError::io("touch", path))?,
        }
        Ok(Some(self.to_image(record)))
    }

    pub(super) fn whole_image(&self, digest: &Digest) -> Result<Option<ImageRecord>, ImageError> {
        let record: Option<ImageRecord> = read(&self.image_path(digest))?;
        let is_proven = |claim: &Claim| self.has_layer_from(&claim.diff_id, &claim.origin);
        Ok(record.filter(|record| {
            let mut layers = record.layers.iter();
            layers.all(|diff_id| self.has_layer(diff_id)) && record.claims.iter().all(is_proven)
        }))
    }

    /// A layer turned out not to be what was said of it: images that say so are not here any more.
    pub(in crate::image) fn forget_claims(
        &self,
        diff_id: &Digest,
        origin: &Origin,
    ) -> Result<(), ImageError> {
        let _records = self.records.lock();
        let names = self.names()?;
        let is_it = |claim: &Claim| claim.diff_id == *diff_id && claim.origin == *origin;
        for (_, record) in self.records()? {
            if record.claims.iter().any(is_it) {
                for name in names.get(&record.digest).into_iter().flatten() {
                    remove_file(&self.reference_path(name))?;
                }
                remove_file(&self.image_path(&record.digest))?;
            }
        }
        Ok(())
    }

    pub(super) fn records(&self) -> Result<Vec<(SystemTime, ImageRecord)>, ImageError> {
        let mut records = Vec::new();
        for path in self.files("images")? {
            let used = fs::metadata(&path)
                .and_then(|meta| meta.modified())
                .unwrap_or(SystemTime::UNIX_EPOCH);
            if let Some(record) = read(&path)? {
                records.push((used, record));
            }
        }
        records.sort_by_key(|(used, _)| *used);
        Ok(records)
    }

    pub(super) fn names(&self) -> Result<BTreeMap<Digest, Vec<String>>, ImageError> {
        let mut names: BTreeMap<Digest, Vec<String>> = BTreeMap::new();
        for path in self.files("references")? {
            if let Some(record) = read::<ReferenceRecord>(&path)? {
                names
                    .entry(record.digest)
                    .or_default()
                    .push(record.reference);
            }
        }
        Ok(names)
    }

    pub(super) fn summaries(&self) -> Result<Vec<ImageSummary>, ImageError> {
        let mut names = self.names()?;
        let summary = |(last_used, record): (SystemTime, ImageRecord)| ImageSummary {
            references: names.remove(&record.digest).unwrap_or_default(),
            bytes: record
                .layers
                .iter()
                .filter_map(|diff_id| self.layer(diff_id))
                .map(|layer| layer.bytes)
                .sum(),
            digest: record.digest,
            last_used,
        };
        Ok(self.records()?.into_iter().map(summary).collect())
    }

    /// The `.json` files of a folder.
    pub(super) fn files(&self, folder: &str) -> Result<Vec<PathBuf>, ImageError> {
        let folder = self.dir.join(folder);
        let entries = fs::read_dir(&folder).map_err(ImageError::io("list", &folder))?;
        let paths = entries.filter_map(Result::ok).map(|entry| entry.path());
        Ok(paths
            .filter(|path| {
                path.extension()
                    .is_some_and(|extension| extension == "json")
            })
            .collect())
    }
}

/// A record; a file that is not one counts as absent, and is replaced by the next pull.
pub(super) fn read<T: serde::de::DeserializeOwned>(path: &Path) -> Result<Option<T>, ImageError> {
    match durable::read_json(path, RECORD_LIMIT) {
        Err(e) if e.kind() == io::ErrorKind::InvalidData => {
            tracing::warn!(error = %e, path = %path.display(), "ignoring a damaged image record");
            Ok(None)
        }
        other => other.map_err(ImageError::io("read", path)),
    }
}

pub(super) fn remove_file(path: &Path) -> Result<(), ImageError> {
    match fs::remove_file(path) {
        Err(e) if e.kind() != io::ErrorKind::NotFound => Err(ImageError::io("remove", path)(e)),
        _ => Ok(()),
    }
}
