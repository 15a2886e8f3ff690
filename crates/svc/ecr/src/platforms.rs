//! Which image of an index a machine runs, as nodes choose it (`wharf_container::image`). Pure, but for what is remembered.

use std::{collections::HashMap, sync::Arc};

use parking_lot::Mutex;
use serde::Deserialize;
use wharf_blobs::Digest;

use crate::manifest::{DOCKER_MANIFEST, OCI_MANIFEST};

/// Indexes and images of theirs that are remembered together: about a hundred bytes each.
const MAX_REMEMBERED: usize = 50_000;
/// No machine's architecture has a longer name.
const MAX_NAME: usize = 16;

/// The images of an index that machines may run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Choices(Vec<Choice>);

#[derive(Debug, Clone, PartialEq, Eq)]
struct Choice {
    digest: Digest,
    /// As images name it; `None` where it is not said.
    architecture: Option<String>,
    fit: Fit,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fit {
    /// For every processor of the architecture.
    Every,
    /// For some of them.
    Some,
    /// It does not say what it is for: it is taken where nothing else fits.
    Unsaid,
}

#[derive(Deserialize)]
struct Text {
    #[serde(default)]
    manifests: Vec<Entry>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Entry {
    digest: String,
    #[serde(default)]
    media_type: String,
    #[serde(default)]
    artifact_type: Option<String>,
    #[serde(default)]
    platform: Option<Platform>,
}

#[derive(Deserialize)]
struct Platform {
    #[serde(default)]
    architecture: String,
    #[serde(default)]
    os: String,
    /// `v8` of arm64, `v3` of amd64.
    #[serde(default)]
    variant: String,
}

impl Choices {
    /// Those of an index by its manifest; `None` if it cannot be read.
    pub fn read(manifest: &[u8]) -> Option<Self> {
        let text: Text = serde_json::from_slice(manifest).ok()?;
        Some(Self(
            text.manifests.into_iter().filter_map(choice).collect(),
        ))
    }

    /// Each of these may be the one that runs.
    pub(crate) fn unknown(images: &[Digest]) -> Self {
        let any = |digest: &Digest| Choice {
            digest: *digest,
            architecture: None,
            fit: Fit::Some,
        };
        Self(images.iter().map(any).collect())
    }

    /// How much of what may be remembered it is. An index of signatures alone is something, too.
    fn size(&self) -> usize {
        self.0.len() + 1
    }

    /// Those that a machine of an architecture, as images name it, may run: more than one only where it depends on
    /// what its processor can do.
    pub fn on(&self, architecture: &str) -> Vec<Digest> {
        let fitting = |fit: Fit| {
            self.0.iter().filter(move |it| {
                let named = it.architecture.as_deref();
                it.fit == fit && named.is_none_or(|it| it == architecture)
            })
        };
        if let Some(every) = fitting(Fit::Every).next() {
            return vec![every.digest];
        }
        let others = fitting(Fit::Some).chain(fitting(Fit::Unsaid).take(1));
        others.map(|it| it.digest).collect()
    }
}

/// `None` for what no machine runs: signatures and the like stand in indexes too, and images of other systems.
fn choice(entry: Entry) -> Option<Choice> {
    if entry.artifact_type.is_some() {
        return None;
    }
    let digest = entry.digest.parse().ok()?;
    let Some(platform) = entry.platform else {
        let kind = entry.media_type.as_str();
        return matches!(kind, "" | OCI_MANIFEST | DOCKER_MANIFEST).then_some(Choice {
            digest,
            architecture: None,
            fit: Fit::Unsaid,
        });
    };
    if platform.os != "linux" || platform.architecture.len() > MAX_NAME {
        return None;
    }
    // What every processor of the architecture is.
    let least = if platform.architecture == "arm64" {
        8
    } else {
        1
    };
    let fit = match platform.variant.strip_prefix('v').map(str::parse::<u8>) {
        None if platform.variant.is_empty() => Fit::Every,
        Some(Ok(level)) if level == least => Fit::Every,
        Some(Ok(level)) if level > least => Fit::Some,
        _ => return None,
    };
    Some(Choice {
        digest,
        architecture: Some(platform.architecture),
        fit,
    })
}

/// The choices of indexes that were read: what a digest names never changes.
#[derive(Debug, Default)]
pub(crate) struct Known(Mutex<Remembered>);

#[derive(Debug, Default)]
struct Remembered {
    choices: HashMap<Digest, Arc<Choices>>,
    /// Of all of them.
    size: usize,
}

impl Known {
    pub(crate) fn get(&self, index: &Digest) -> Option<Arc<Choices>> {
        self.0.lock().choices.get(index).cloned()
    }

    pub(crate) fn remember(&self, index: Digest, choices: Choices) -> Arc<Choices> {
        let choices = Arc::new(choices);
        let mut known = self.0.lock();
        if known.size + choices.size() > MAX_REMEMBERED {
            *known = Remembered::default();
        }
        known.size += choices.size();
        let before = known.choices.insert(index, choices.clone());
        known.size -= before.map_or(0, |it| it.size());
        choices
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::{Value, json};

    use super::*;

    fn digest(at: usize) -> Digest {
        Digest::of(at.to_string().as_bytes())
    }

    fn of(architecture: &str, variant: &str) -> Value {
        json!({"platform": {"os": "linux", "architecture": architecture, "variant": variant}})
    }

    /// The entries of an index, by their places, that a machine may run.
    fn on(architecture: &str, mut entries: Vec<Value>) -> Vec<usize> {
        for (at, entry) in entries.iter_mut().enumerate() {
            entry["digest"] = digest(at).to_string().into();
        }
        let count = entries.len();
        let text = json!({"schemaVersion": 2, "manifests": entries});
        let choices = Choices::read(text.to_string().as_bytes()).unwrap();
        let chosen = choices.on(architecture);
        (0..count)
            .filter(|at| chosen.contains(&digest(*at)))
            .collect()
    }

    #[test]
    fn a_machine_runs_the_image_of_its_platform() {
        let unsaid = || json!({});
        let windows = json!({"platform": {"os": "windows", "architecture": "amd64"}});
        let signature = json!({"artifactType": "application/x-signature",
            "platform": {"os": "linux", "architecture": "amd64"}});
        let attested = json!({"platform": {"os": "unknown", "architecture": "unknown"}});
        let nested = json!({"mediaType": "application/vnd.oci.image.index.v1+json"});
        for (machine, entries, expected) in [
            ("amd64", vec![of("arm64", "v8"), of("amd64", "")], vec![1]),
            ("arm64", vec![of("arm64", "v8"), of("amd64", "")], vec![0]),
            ("arm64", vec![of("amd64", "")], vec![]),
            ("amd64", vec![of("amd64", "v3"), of("amd64", "v1")], vec![1]),
            ("amd64", vec![of("amd64", ""), of("amd64", "")], vec![0]),
            (
                "amd64",
                vec![windows, signature, attested, nested, unsaid(), unsaid()],
                vec![4],
            ),
            ("amd64", vec![unsaid(), of("amd64", "")], vec![1]),
            // Which of them, the processor says.
            (
                "amd64",
                vec![of("amd64", "v2"), of("amd64", "v3"), unsaid()],
                vec![0, 1, 2],
            ),
            ("arm64", vec![of("arm64", "v7")], vec![]),
            ("amd64", vec![of("amd64", "best")], vec![]),
            ("amd64", vec![], vec![]),
        ] {
            assert_eq!(on(machine, entries.clone()), expected, "{entries:?}");
        }
        let unknown = Choices::unknown(&[digest(1), digest(2)]);
        assert_eq!(unknown.on("amd64"), [digest(1), digest(2)]);
        assert_eq!(Choices::read(b"{"), None);
    }

    #[test]
    fn what_is_remembered_is_bounded() {
        let known = Known::default();
        let all: Vec<Digest> = (0..MAX_REMEMBERED / 2).map(digest).collect();
        for index in 0..3 {
            known.remember(digest(index), Choices::unknown(&all));
        }
        assert_eq!(known.get(&digest(1)), None);
        assert_eq!(known.get(&digest(2)), Some(Choices::unknown(&all).into()));
        for index in 3..MAX_REMEMBERED {
            known.remember(digest(index), Choices::unknown(&[]));
        }
        assert_eq!(known.get(&digest(2)), None);
    }

    proptest! {
        #[test]
        fn hostile_bytes_are_read_without_a_panic(bytes: Vec<u8>) {
            let _ = Choices::read(&bytes);
        }
    }
}
