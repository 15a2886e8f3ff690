//! The folder: OCI image layout.

use std::{
    collections::BTreeSet,
    fs::{self, File},
    io::Write,
    path::{Path, PathBuf},
};

use serde::{Deserialize, Serialize};
use wharf_blobs::Digest;

use super::{MAX_MANIFEST, manifest::Descriptor};
use crate::problem::Problem;

const REF_NAME: &str = "org.opencontainers.image.ref.name";
const VERSION: &[u8] = br#"{"imageLayoutVersion":"1.0.0"}"#;
const INDEX_TYPE: &str = "application/vnd.oci.image.index.v1+json";

#[derive(Debug)]
pub struct Folder {
    dir: PathBuf,
    index: Index,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Index {
    schema_version: u32,
    #[serde(default)]
    media_type: Option<String>,
    manifests: Vec<Descriptor>,
}

/// A blob that is being written.
pub struct Incoming {
    file: tempfile::NamedTempFile,
    to: PathBuf,
}

impl Folder {
    /// One that is a layout, or is empty, or is not there yet.
    pub fn open_or_create(dir: &Path) -> Result<Self, Problem> {
        if dir.join("index.json").exists() {
            return Self::open(dir);
        }
        let blobs = dir.join("blobs/sha256");
        fs::create_dir_all(&blobs).map_err(Problem::file("cannot create", &blobs))?;
        let version = dir.join("oci-layout");
        fs::write(&version, VERSION).map_err(Problem::file("cannot write", &version))?;
        Ok(Self {
            dir: dir.to_owned(),
            index: Index {
                schema_version: 2,
                media_type: Some(INDEX_TYPE.to_owned()),
                manifests: Vec::new(),
            },
        })
    }

    pub fn open(dir: &Path) -> Result<Self, Problem> {
        let path = dir.join("index.json");
        let size = fs::metadata(&path)
            .map_err(Problem::file("cannot read", &path))?
            .len();
        if size > 16 * MAX_MANIFEST {
            return Err(Problem::other(format!("{} is too large", path.display())));
        }
        let text = fs::read(&path).map_err(Problem::file("cannot read", &path))?;
        let index = serde_json::from_slice(&text).map_err(|cause| {
            Problem::caused(
                format!(
                    "{} is not the index of an OCI layout, as `wharf images export` makes one",
                    path.display()
                ),
                cause,
            )
        })?;
        Ok(Self {
            dir: dir.to_owned(),
            index,
        })
    }

    /// What is in it, each with its tag.
    pub fn images(&self) -> impl Iterator<Item = (&Descriptor, Option<&str>)> {
        self.index.manifests.iter().map(|it| (it, tag_of(it)))
    }

    pub fn path(&self, digest: &Digest) -> PathBuf {
        let algorithm = digest.algorithm().name();
        self.dir.join("blobs").join(algorithm).join(digest.hex())
    }

    /// Whether a blob of this size is there: its bytes were verified when it was written.
    pub fn has(&self, digest: &Digest, size: u64) -> bool {
        fs::metadata(self.path(digest)).is_ok_and(|found| found.is_file() && found.len() == size)
    }

    /// A manifest's bytes, verified.
    pub fn manifest(&self, digest: &Digest) -> Result<Vec<u8>, Problem> {
        let path = self.path(digest);
        let size = fs::metadata(&path)
            .map_err(Problem::file("cannot read", &path))?
            .len();
        if size > MAX_MANIFEST {
            return Err(Problem::other(format!(
                "the manifest {} is too large",
                path.display()
            )));
        }
        let text = fs::read(&path).map_err(Problem::file("cannot read", &path))?;
        match digest.names(&text) {
            true => Ok(text),
            false => Err(Problem::other(format!(
                "{} is damaged: its content is not what its name says",
                path.display()
            ))),
        }
    }

    pub fn incoming(&self, digest: &Digest) -> Result<Incoming, Problem> {
        let to = self.path(digest);
        let blobs = to.parent().unwrap_or(&self.dir);
        fs::create_dir_all(blobs).map_err(Problem::file("cannot create", blobs))?;
        let file = tempfile::Builder::new()
            .prefix(".incoming-")
            .tempfile_in(blobs);
        let file = file.map_err(Problem::file("cannot write to", blobs))?;
        Ok(Incoming { file, to })
    }

    /// Puts the images into the index and writes it: a tag that was another image's is this one's now.
    pub fn add(&mut self, images: Vec<(Descriptor, Option<String>)>) -> Result<(), Problem> {
        let tags: BTreeSet<&str> = images
            .iter()
            .filter_map(|(_, tag)| tag.as_deref())
            .collect();
        let digests: BTreeSet<&str> = images
            .iter()
            .map(|(image, _)| image.digest.as_str())
            .collect();
        self.index.manifests.retain(|held| match tag_of(held) {
            Some(tag) => !tags.contains(tag),
            None => !digests.contains(held.digest.as_str()),
        });
        for (mut image, tag) in images {
            let annotations =
                tag.map(|tag| [(REF_NAME.to_owned(), tag.into())].into_iter().collect());
            image.annotations = annotations;
            self.index.manifests.push(image);
        }
        let path = self.dir.join("index.json");
        let text = serde_json::to_vec_pretty(&self.index)
            .map_err(|cause| Problem::caused("the index cannot be written", cause))?;
        let saved = tempfile::NamedTempFile::new_in(&self.dir).and_then(|mut file| {
            file.write_all(&text)?;
            file.as_file().sync_all()?;
            file.persist(&path).map_err(|error| error.error)?;
            File::open(&self.dir)?.sync_all()
        });
        saved.map_err(Problem::file("cannot write", &path))
    }
}

impl Incoming {
    pub fn write(&mut self, bytes: &[u8]) -> Result<(), Problem> {
        let written = self.file.write_all(bytes);
        written.map_err(Problem::file("cannot write", self.file.path()))
    }

    pub fn keep(self) -> Result<(), Problem> {
        let Self { file, to } = self;
        let kept = file.as_file().sync_all();
        let kept = kept.and_then(|()| file.persist(&to).map_err(|error| error.error));
        kept.map(drop).map_err(Problem::file("cannot write", &to))
    }
}

fn tag_of(descriptor: &Descriptor) -> Option<&str> {
    let annotations = descriptor.annotations.as_ref()?;
    annotations.get(REF_NAME)?.as_str()
}

#[cfg(test)]
mod tests {
    use wharf_blobs::Algorithm;

    use super::*;

    fn image(letter: char) -> Descriptor {
        let digest = format!("sha256:{}", letter.to_string().repeat(64));
        serde_json::from_str(&format!(
            r#"{{"mediaType":"m","digest":"{digest}","size":1}}"#
        ))
        .unwrap()
    }

    fn held(folder: &Folder) -> Vec<(char, Option<String>)> {
        let all = folder.images();
        all.map(|(it, tag)| (it.digest.chars().last().unwrap(), tag.map(str::to_owned)))
            .collect()
    }

    #[test]
    fn a_tag_that_moved_moves_and_others_stay() {
        let dir = tempfile::tempdir().unwrap();
        let mut folder = Folder::open_or_create(dir.path()).unwrap();
        let tagged = |letter, tag: &str| (image(letter), Some(tag.to_owned()));
        folder
            .add(vec![tagged('a', "1"), tagged('b', "2"), (image('c'), None)])
            .unwrap();
        let mut folder = Folder::open(dir.path()).unwrap();
        folder
            .add(vec![tagged('d', "2"), (image('c'), None)])
            .unwrap();
        let two = |letter, tag: &str| (letter, Some(tag.to_owned()));
        assert_eq!(held(&folder), [two('a', "1"), two('d', "2"), ('c', None)]);
        let again = Folder::open_or_create(dir.path()).unwrap();
        assert_eq!(held(&again), held(&folder));
    }

    #[test]
    fn what_is_no_layout_is_refused_and_a_damaged_manifest_is_not_read() {
        let dir = tempfile::tempdir().unwrap();
        assert!(Folder::open(dir.path()).is_err());
        fs::write(dir.path().join("index.json"), "{}").unwrap();
        assert!(Folder::open_or_create(dir.path()).is_err());
        fs::remove_file(dir.path().join("index.json")).unwrap();
        let folder = Folder::open_or_create(dir.path()).unwrap();
        let write = |digest: &Digest, bytes: &[u8]| {
            let mut incoming = folder.incoming(digest).unwrap();
            incoming.write(bytes).unwrap();
            incoming.keep().unwrap();
        };
        for algorithm in [Algorithm::Sha256, Algorithm::Sha512] {
            let digest = Digest::by(algorithm, b"content");
            write(&digest, b"changed");
            assert!(folder.has(&digest, 7) && !folder.has(&digest, 8));
            assert!(folder.manifest(&digest).is_err());
            write(&digest, b"content");
            assert_eq!(folder.manifest(&digest).unwrap(), b"content");
            let path = format!("blobs/{}/{}", algorithm.name(), digest.hex());
            assert!(dir.path().join(path).is_file());
        }
    }
}
