//! What a manifest names.

use serde::{Deserialize, Serialize};
use wharf_blobs::Digest;

use crate::problem::Problem;

/// OCI image specification, descriptor.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Descriptor {
    pub media_type: String,
    pub digest: String,
    pub size: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub annotations: Option<serde_json::Map<String, serde_json::Value>>,
    /// Platform, artifact type and what else there is.
    #[serde(flatten)]
    pub others: serde_json::Map<String, serde_json::Value>,
}

impl Descriptor {
    pub fn digest(&self) -> Result<Digest, Problem> {
        let parsed = self.digest.parse();
        parsed.map_err(|cause| Problem::caused(format!("{:?} is not a digest", self.digest), cause))
    }
}

/// The parts of manifests and indexes that matter to who copies them.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Manifest {
    #[serde(default)]
    pub media_type: Option<String>,
    #[serde(default)]
    config: Option<Descriptor>,
    #[serde(default)]
    layers: Vec<Descriptor>,
    /// Of an index.
    #[serde(default)]
    pub manifests: Vec<Descriptor>,
}

impl Manifest {
    pub fn read(text: &[u8]) -> Result<Self, Problem> {
        // A list would do as a structure all of whose members may be missing.
        let document: Result<serde_json::Map<_, _>, _> = serde_json::from_slice(text);
        let read = document.and_then(|it| serde_json::from_value(it.into()));
        read.map_err(|cause| Problem::caused("a manifest is not understood", cause))
    }

    /// Configuration and layers, without those that lie elsewhere by their nature.
    pub fn blobs(&self) -> impl Iterator<Item = &Descriptor> {
        let all = self.config.iter().chain(&self.layers);
        let elsewhere = |it: &Descriptor| {
            let urls = it.others.get("urls").and_then(|urls| urls.as_array());
            urls.is_some_and(|urls| !urls.is_empty())
        };
        all.filter(move |it| !elsewhere(it))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blobs_and_children_are_found_and_descriptors_keep_what_else_they_say() {
        let digest = format!("sha256:{}", "a".repeat(64));
        let one = |more: &str| format!(r#"{{"mediaType":"x","digest":"{digest}","size":7{more}}}"#);
        let image = format!(
            r#"{{"schemaVersion":2,"config":{},"layers":[{},{}]}}"#,
            one(""),
            one(r#","urls":[]"#),
            one(r#","urls":["https://elsewhere"]"#)
        );
        let image = Manifest::read(image.as_bytes()).unwrap();
        // An empty list of places is none.
        assert_eq!(image.blobs().count(), 2);
        let index = format!(
            r#"{{"manifests":[{}]}}"#,
            one(r#","platform":{"os":"linux"}"#)
        );
        let index = Manifest::read(index.as_bytes()).unwrap();
        assert_eq!(index.blobs().count(), 0);
        let child = &index.manifests[0];
        assert_eq!(child.digest().unwrap().to_string(), digest);
        let again: serde_json::Value = serde_json::to_value(child).unwrap();
        assert_eq!(again["platform"]["os"], "linux");
        assert!(again.get("annotations").is_none());
    }

    #[test]
    fn what_is_no_manifest_or_digest_is_refused() {
        for bad in [
            "",
            "[]",
            "7",
            r#"{"layers":7}"#,
            r#"{"config":{"digest":"x"}}"#,
        ] {
            assert!(Manifest::read(bad.as_bytes()).is_err(), "{bad}");
        }
        let mut descriptor: Descriptor =
            serde_json::from_str(r#"{"mediaType":"x","digest":"sha256:../../etc","size":1}"#)
                .unwrap();
        assert!(descriptor.digest().is_err());
        descriptor.digest = "md5:00".to_owned();
        assert!(descriptor.digest().is_err());
    }
}
