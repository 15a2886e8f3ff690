//! Which image of an index a machine runs, as nodes choose it (`wharf_base::image_index`). Pure, but for what is remembered.

use std::{collections::HashMap, sync::Arc};

use parking_lot::Mutex;
use serde::Deserialize;
use wharf_base::image_index::{Entry, Fit, Machine, Wants, best};
use wharf_blobs::Digest;

/// Indexes and images of theirs that are remembered together: about a hundred bytes each.
const MAX_REMEMBERED: usize = 50_000;
/// No machine's architecture has a longer name.
const MAX_NAME: usize = 16;

/// The images of an index that machines may run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Choices {
    Read(Vec<Choice>),
    /// It could not be read: each of these may be the one that runs.
    Unknown(Vec<Digest>),
}

/// One that Linux runs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Choice {
    digest: Digest,
    wants: Wants,
}

#[derive(Deserialize)]
struct Text {
    #[serde(default)]
    manifests: Vec<Entry<String>>,
}

impl Choices {
    /// Those of an index by its manifest; `None` if it cannot be read.
    pub fn read(manifest: &[u8]) -> Option<Self> {
        let text: Text = serde_json::from_slice(manifest).ok()?;
        Some(Self::Read(
            text.manifests.iter().filter_map(choice).collect(),
        ))
    }

    /// How much of what may be remembered it is. An index of signatures alone is something, too.
    fn size(&self) -> usize {
        1 + match self {
            Self::Read(all) => all.len(),
            Self::Unknown(all) => all.len(),
        }
    }

    /// The one that a machine runs, if it runs any. Where nobody knows what its processor can do, those that it may run: several,
    /// if none of them is for every processor of the architecture.
    pub fn on(&self, machine: Machine) -> Vec<Digest> {
        let all = match self {
            Self::Read(all) => all,
            Self::Unknown(all) => return all.clone(),
        };
        let fitting = |level: u8| {
            let fit =
                move |it: &Choice| Some((it.wants.fit(machine.architecture, level)?, it.digest));
            all.iter().filter_map(fit)
        };
        if let Some(level) = machine.level {
            return best(fitting(level)).into_iter().collect();
        }
        let of = |kind: fn(Fit) -> bool| {
            let is = move |(fit, _): &(Fit, Digest)| kind(*fit);
            fitting(u8::MAX).filter(is).map(|(_, digest)| digest)
        };
        if let Some(exact) = of(|fit| fit == Fit::Exact).next() {
            return vec![exact];
        }
        let above = of(|fit| matches!(fit, Fit::Above(_)));
        above.chain(of(|fit| fit == Fit::Unsaid).take(1)).collect()
    }
}

/// `None` for what no machine runs.
fn choice(entry: &Entry<String>) -> Option<Choice> {
    let wants = entry.wants()?;
    if let Wants::Processor { architecture, .. } = &wants
        && architecture.len() > MAX_NAME
    {
        return None;
    }
    let digest = entry.digest.parse().ok()?;
    Some(Choice { digest, wants })
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
    fn on(architecture: &'static str, level: Option<u8>, mut entries: Vec<Value>) -> Vec<usize> {
        for (at, entry) in entries.iter_mut().enumerate() {
            entry["digest"] = digest(at).to_string().into();
        }
        let count = entries.len();
        let text = json!({"schemaVersion": 2, "manifests": entries});
        let choices = Choices::read(text.to_string().as_bytes()).unwrap();
        let chosen = choices.on(Machine {
            architecture,
            level,
        });
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
            let found = on(machine, None, entries.clone());
            assert_eq!(found, expected, "{entries:?}");
        }
        // Where it is known what the processor can do, one counts.
        let variants = || vec![of("amd64", "v2"), of("amd64", "v3"), unsaid()];
        for (level, expected) in [(1, 2), (2, 0), (3, 1), (4, 1)] {
            let found = on("amd64", Some(level), variants());
            assert_eq!(found, [expected], "{level}");
        }
        // Versions of a system tell nothing apart that Linux runs.
        let mut older = of("amd64", "");
        older["platform"]["os.version"] = "1".into();
        for level in [None, Some(4)] {
            let both = vec![older.clone(), of("amd64", ""), of("amd64", "v4")];
            assert_eq!(on("amd64", level, both), [0]);
        }
        let unknown = Choices::Unknown(vec![digest(1), digest(2)]);
        let machine = Machine {
            architecture: "amd64",
            level: Some(4),
        };
        assert_eq!(unknown.on(machine), [digest(1), digest(2)]);
        assert_eq!(Choices::read(b"{"), None);
    }

    #[test]
    fn what_is_remembered_is_bounded() {
        let known = Known::default();
        let all: Vec<Digest> = (0..MAX_REMEMBERED / 2).map(digest).collect();
        for index in 0..3 {
            known.remember(digest(index), Choices::Unknown(all.clone()));
        }
        assert_eq!(known.get(&digest(1)), None);
        let kept = Arc::new(Choices::Unknown(all));
        assert_eq!(known.get(&digest(2)), Some(kept));
        for index in 3..MAX_REMEMBERED {
            known.remember(digest(index), Choices::Unknown(Vec::new()));
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
