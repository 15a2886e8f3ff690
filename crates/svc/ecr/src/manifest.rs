//! What a manifest refers to. Pure; the bytes themselves are kept verbatim elsewhere.

use std::collections::BTreeMap;

use serde::Deserialize;
use wharf_blobs::{Algorithm, Digest};

/// The largest manifest taken, in bytes: ECR's quota and the model's bound.
pub const MAX_MANIFEST_BYTES: usize = 4 << 20;
/// Layers of one image, and images of one index: ECR's quota for layers. What is named by sha512 counts twice:
/// the records of two images must fit into the one transaction that moves a tag.
const MAX_REFERENCES: usize = 4200;

const DOCKER_MANIFEST: &str = "application/vnd.docker.distribution.manifest.v2+json";
const DOCKER_LIST: &str = "application/vnd.docker.distribution.manifest.list.v2+json";
pub(crate) const OCI_MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";
pub(crate) const OCI_INDEX: &str = "application/vnd.oci.image.index.v1+json";

/// Those that are taken.
pub(crate) const ACCEPTED: [&str; 4] = [OCI_INDEX, OCI_MANIFEST, DOCKER_LIST, DOCKER_MANIFEST];

/// Why a manifest is not taken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ManifestError {
    #[error("the manifest is larger than {MAX_MANIFEST_BYTES} bytes")]
    TooLarge,
    #[error("the manifest is not valid JSON of its media type: {0}")]
    Malformed(String),
    #[error("the manifest has no mediaType, and none was given")]
    NoMediaType,
    #[error("the manifest says its media type is {inside}, the request says {given}")]
    MediaTypesDiffer { inside: String, given: String },
    #[error("manifests of media type {0} are not supported")]
    Unsupported(String),
    #[error("'{0}' is not a supported digest")]
    BadDigest(String),
    #[error(
        "the manifest refers to more than {MAX_REFERENCES} blobs or images, of which those named by sha512 count twice"
    )]
    TooMany,
}

/// A manifest as far as the registry cares.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Manifest {
    pub media_type: String,
    /// The type of the artifact: its `artifactType`, else its config's media type.
    pub artifact_type: Option<String>,
    pub subject: Option<Digest>,
    pub annotations: BTreeMap<String, String>,
    pub content: Content,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Content {
    /// Config first, then the layers that the registry holds.
    Image {
        blobs: Vec<Reference>,
    },
    Index {
        images: Vec<Reference>,
    },
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Reference {
    pub digest: Digest,
    pub media_type: String,
    /// Bytes, as the manifest says.
    pub size: u64,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Text {
    schema_version: Option<u32>,
    media_type: Option<String>,
    artifact_type: Option<String>,
    config: Option<Descriptor>,
    layers: Option<Vec<Descriptor>>,
    manifests: Option<Vec<Descriptor>>,
    subject: Option<Descriptor>,
    annotations: Option<BTreeMap<String, String>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Descriptor {
    #[serde(default)]
    media_type: String,
    digest: String,
    #[serde(default)]
    size: u64,
    #[serde(default)]
    urls: Vec<String>,
}

impl Manifest {
    /// Reads `bytes`; `given` is the media type the request names, if any.
    pub(crate) fn parse(bytes: &[u8], given: Option<&str>) -> Result<Self, ManifestError> {
        if bytes.len() > MAX_MANIFEST_BYTES {
            return Err(ManifestError::TooLarge);
        }
        let text: Text = serde_json::from_slice(bytes)
            .map_err(|cause| ManifestError::Malformed(cause.to_string()))?;
        let media_type = agree(text.media_type, given)?;
        if text.schema_version != Some(2) {
            return Err(ManifestError::Malformed(
                "schemaVersion is not 2".to_owned(),
            ));
        }
        let config_type = text.config.as_ref().map(|config| config.media_type.clone());
        let content = match media_type.as_str() {
            DOCKER_MANIFEST | OCI_MANIFEST => image(text.config, text.layers)?,
            DOCKER_LIST | OCI_INDEX => index(text.manifests)?,
            _ => return Err(ManifestError::Unsupported(media_type)),
        };
        Ok(Self {
            media_type,
            artifact_type: text
                .artifact_type
                .or(config_type)
                .filter(|kind| !kind.is_empty()),
            subject: text
                .subject
                .map(Descriptor::reference)
                .transpose()?
                .map(|s| s.digest),
            annotations: text.annotations.unwrap_or_default(),
            content,
        })
    }
}

fn agree(inside: Option<String>, given: Option<&str>) -> Result<String, ManifestError> {
    // A client that sends a content type without meaning it sends one of these.
    let given = given.filter(|given| !matches!(*given, "" | "application/json"));
    match (inside, given) {
        (Some(inside), Some(given)) if inside != given => Err(ManifestError::MediaTypesDiffer {
            inside,
            given: given.to_owned(),
        }),
        (Some(inside), _) => Ok(inside),
        (None, Some(given)) => Ok(given.to_owned()),
        (None, None) => Err(ManifestError::NoMediaType),
    }
}

fn image(
    config: Option<Descriptor>,
    layers: Option<Vec<Descriptor>>,
) -> Result<Content, ManifestError> {
    let missing = |what: &str| ManifestError::Malformed(format!("{what} is missing"));
    let config = config.ok_or_else(|| missing("config"))?;
    let layers = layers.ok_or_else(|| missing("layers"))?;
    // A layer with addresses is fetched from there, and clients do not push it.
    let held = layers.into_iter().filter(|layer| layer.urls.is_empty());
    let mut blobs = vec![config.reference()?];
    blobs.append(&mut bounded(held)?);
    Ok(Content::Image { blobs })
}

fn index(manifests: Option<Vec<Descriptor>>) -> Result<Content, ManifestError> {
    let manifests =
        manifests.ok_or_else(|| ManifestError::Malformed("manifests is missing".to_owned()))?;
    Ok(Content::Index {
        images: bounded(manifests.into_iter())?,
    })
}

fn bounded(of: impl Iterator<Item = Descriptor>) -> Result<Vec<Reference>, ManifestError> {
    let (mut references, mut count) = (Vec::new(), 0);
    for descriptor in of {
        let reference = descriptor.reference()?;
        count += match reference.digest.algorithm() {
            Algorithm::Sha256 => 1,
            Algorithm::Sha512 => 2,
        };
        if count > MAX_REFERENCES {
            return Err(ManifestError::TooMany);
        }
        references.push(reference);
    }
    Ok(references)
}

impl Descriptor {
    fn reference(self) -> Result<Reference, ManifestError> {
        let Ok(digest) = self.digest.parse() else {
            // Shown to whoever sent it, but not at any length.
            let shown: String = self.digest.chars().take(100).collect();
            return Err(ManifestError::BadDigest(shown));
        };
        Ok(Reference {
            digest,
            media_type: self.media_type,
            size: self.size,
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    proptest! {
        #[test]
        fn hostile_bytes_are_refused_without_a_panic(
            bytes: Vec<u8>,
            cut in 0..400_usize,
            flip in 0..400_usize,
            byte: u8,
        ) {
            let _ = Manifest::parse(&bytes, Some(OCI_MANIFEST));
            let mut text = image_text().to_string().into_bytes();
            let flip = flip.min(text.len() - 1);
            text[flip] = byte;
            let _ = Manifest::parse(&text, None);
            text.truncate(cut);
            let _ = Manifest::parse(&text, None);
        }
    }

    const D: &str = "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

    fn parse(value: &serde_json::Value, given: Option<&str>) -> Result<Manifest, ManifestError> {
        Manifest::parse(value.to_string().as_bytes(), given)
    }

    fn image_text() -> serde_json::Value {
        json!({"schemaVersion": 2, "mediaType": OCI_MANIFEST,
            "config": {"mediaType": "application/vnd.oci.image.config.v1+json", "digest": D, "size": 2},
            "layers": [{"mediaType": "l", "digest": D, "size": 3},
                {"mediaType": "f", "digest": D, "size": 4, "urls": ["https://x"]}]})
    }

    #[test]
    fn an_image() {
        let manifest = parse(&image_text(), None).unwrap();
        let Content::Image { blobs } = manifest.content else {
            panic!("an index")
        };
        assert_eq!(
            blobs.iter().map(|b| b.size).collect::<Vec<_>>(),
            [2, 3],
            "foreign ones are not held"
        );
        assert_eq!(
            manifest.artifact_type.as_deref(),
            Some("application/vnd.oci.image.config.v1+json")
        );
    }

    #[test]
    fn an_index_with_a_subject() {
        let text = json!({"schemaVersion": 2, "manifests": [{"digest": D, "size": 1}],
            "subject": {"digest": D}, "artifactType": "a/b", "annotations": {"k": "v"}});
        let manifest = parse(&text, Some(OCI_INDEX)).unwrap();
        assert!(matches!(manifest.content, Content::Index { ref images } if images.len() == 1));
        assert_eq!(manifest.subject, Some(D.parse().unwrap()));
        assert_eq!(manifest.artifact_type.as_deref(), Some("a/b"));
    }

    #[test]
    fn the_media_type_comes_from_either_side_and_both_agree() {
        let mut bare = image_text();
        bare.as_object_mut().unwrap().remove("mediaType");
        assert_eq!(parse(&bare, None), Err(ManifestError::NoMediaType));
        assert_eq!(
            parse(&bare, Some("application/json")),
            Err(ManifestError::NoMediaType)
        );
        assert_eq!(
            parse(&bare, Some(DOCKER_MANIFEST)).unwrap().media_type,
            DOCKER_MANIFEST
        );
        let differ = parse(&image_text(), Some(DOCKER_MANIFEST));
        assert!(matches!(
            differ,
            Err(ManifestError::MediaTypesDiffer { .. })
        ));
    }

    #[test]
    fn refuses_what_is_none() {
        for text in [
            json!(1),
            json!({}),
            json!({"schemaVersion": 2, "mediaType": OCI_MANIFEST}),
            json!({"schemaVersion": 1, "mediaType": OCI_INDEX, "manifests": []}),
            json!({"schemaVersion": 2, "mediaType": "text/plain"}),
            json!({"schemaVersion": 2, "mediaType": OCI_INDEX, "manifests": [{"digest": "sha512:00"}]}),
        ] {
            assert!(parse(&text, None).is_err(), "{text}");
        }
        for (algorithm, hex, most) in [("sha256", 64, 4200), ("sha512", 128, 2100)] {
            let of = |count: usize| {
                let named = |n: usize| json!({"digest": format!("{algorithm}:{n:0hex$x}")});
                let manifests: Vec<_> = (0..count).map(named).collect();
                json!({"schemaVersion": 2, "mediaType": OCI_INDEX, "manifests": manifests})
            };
            assert!(parse(&of(most), None).is_ok(), "{algorithm}");
            assert_eq!(parse(&of(most + 1), None), Err(ManifestError::TooMany));
        }
        let deep = "[".repeat(100_000);
        assert!(Manifest::parse(deep.as_bytes(), None).is_err());
        assert_eq!(
            Manifest::parse(&vec![b' '; MAX_MANIFEST_BYTES + 1], None),
            Err(ManifestError::TooLarge)
        );
    }
}
