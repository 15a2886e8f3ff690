//! Which image of an index a machine runs. Nodes choose by this what they pull, and the control plane tells by the same what they
//! have chosen.

use serde::Deserialize;

/// Under this name machines tell the level of their processor ([`Machine::level`]): an attribute of container instances, an
/// annotation of nodes of Kubernetes.
pub const LEVEL: &str = "wharf.processor-level";

/// The media types of images in an index.
const IMAGES: [&str; 2] = [
    "application/vnd.oci.image.manifest.v1+json",
    "application/vnd.docker.distribution.manifest.v2+json",
];

/// What an index says of one of those that it lists.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Entry<D> {
    pub digest: D,
    #[serde(default)]
    media_type: String,
    #[serde(default)]
    artifact_type: Option<String>,
    #[serde(default)]
    platform: Option<Platform>,
}

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
struct Platform {
    #[serde(default)]
    architecture: String,
    #[serde(default)]
    os: String,
    /// `v8` of arm64, `v3` of amd64; none is the least that the architecture has.
    #[serde(default)]
    variant: String,
}

/// What an image in an index is for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Wants {
    /// It does not say: its configuration does.
    Unsaid,
    /// Linux on a processor of this architecture that has this level.
    Processor { architecture: String, level: u8 },
}

/// A machine, as images name what they are for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Machine {
    /// `amd64`, `arm64`.
    pub architecture: &'static str,
    /// The highest variant that its processor runs: 3 for `v3` of amd64. `None`: nobody said.
    pub level: Option<u8>,
}

/// How well an entry of an index fits a machine, the best last.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fit {
    Unsaid,
    /// For processors that can more than the least, as this one can.
    Above(u8),
    Exact,
}

/// The variant that every processor of an architecture is.
pub fn least(architecture: &str) -> u8 {
    match architecture {
        "arm64" => 8,
        _ => 1,
    }
}

impl<D> Entry<D> {
    /// `None` for what no machine runs: signatures, indexes of layers and the like stand in indexes too, some of them with the
    /// platform of their image, and images of other systems.
    pub fn wants(&self) -> Option<Wants> {
        if self.artifact_type.is_some() {
            return None;
        }
        let Some(platform) = &self.platform else {
            let image = self.media_type.is_empty() || IMAGES.contains(&self.media_type.as_str());
            return image.then_some(Wants::Unsaid);
        };
        if platform.os != "linux" {
            return None;
        }
        let least = least(&platform.architecture);
        let level = match platform.variant.as_str() {
            "" => least,
            variant => variant.strip_prefix('v')?.parse().ok()?,
        };
        (level >= least).then(|| Wants::Processor {
            architecture: platform.architecture.clone(),
            level,
        })
    }
}

impl Wants {
    /// How well it fits a machine whose processor has that level; `None`: it does not run there.
    pub fn fit(&self, architecture: &str, level: u8) -> Option<Fit> {
        let Self::Processor {
            architecture: of,
            level: wanted,
        } = self
        else {
            return Some(Fit::Unsaid);
        };
        match *wanted {
            _ if of != architecture => None,
            wanted if wanted == least(of) => Some(Fit::Exact),
            wanted => (wanted <= level).then_some(Fit::Above(wanted)),
        }
    }
}

/// The one that fits best, of those that fit alike the first.
pub fn best<T>(fitting: impl IntoIterator<Item = (Fit, T)>) -> Option<T> {
    let mut best: Option<(Fit, T)> = None;
    for (fit, one) in fitting {
        if best.as_ref().is_none_or(|(found, _)| fit > *found) {
            best = Some((fit, one));
        }
    }
    best.map(|(_, one)| one)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    #[test]
    fn what_an_entry_is_for() {
        let of = |architecture: &str, variant: &str| {
            let platform = json!({"os": "linux", "architecture": architecture, "variant": variant});
            json!({"platform": platform})
        };
        let processor = |architecture: &str, level| {
            Some(Wants::Processor {
                architecture: architecture.to_owned(),
                level,
            })
        };
        for (entry, expected) in [
            (json!({}), Some(Wants::Unsaid)),
            (json!({"mediaType": IMAGES[1]}), Some(Wants::Unsaid)),
            (
                json!({"mediaType": "application/vnd.oci.image.index.v1+json"}),
                None,
            ),
            (
                json!({"artifactType": "application/x-signature", "mediaType": IMAGES[0]}),
                None,
            ),
            (
                json!({"platform": {"os": "windows", "architecture": "amd64"}}),
                None,
            ),
            (
                json!({"platform": {"os": "unknown", "architecture": "unknown"}}),
                None,
            ),
            (of("amd64", ""), processor("amd64", 1)),
            (of("amd64", "v1"), processor("amd64", 1)),
            (of("amd64", "v3"), processor("amd64", 3)),
            (of("arm64", ""), processor("arm64", 8)),
            (of("arm64", "v8"), processor("arm64", 8)),
            (of("arm64", "v7"), None),
            (of("amd64", "v"), None),
            (of("amd64", "v999"), None),
            (of("amd64", "best"), None),
        ] {
            let mut text: Value = entry;
            text["digest"] = "d".into();
            let read: Entry<String> = serde_json::from_value(text.clone()).unwrap();
            assert_eq!(read.wants(), expected, "{text}");
        }
    }

    #[test]
    fn the_highest_that_a_processor_runs_is_taken_where_none_is_for_all() {
        let amd64 = |level| Wants::Processor {
            architecture: "amd64".to_owned(),
            level,
        };
        let unsaid = || Wants::Unsaid;
        for (all, level, expected) in [
            (vec![amd64(2), amd64(1)], 4, Some(1)),
            (vec![amd64(1), amd64(1)], 1, Some(0)),
            (vec![amd64(2), amd64(3), amd64(4)], 3, Some(1)),
            (vec![amd64(2)], 1, None),
            (vec![amd64(2), unsaid()], 1, Some(1)),
            (vec![unsaid(), amd64(2), unsaid()], 2, Some(1)),
        ] {
            let fit = |(at, it): (usize, &Wants)| Some((it.fit("amd64", level)?, at));
            let fitting = all.iter().enumerate().filter_map(fit);
            assert_eq!(best(fitting), expected, "{all:?} at {level}");
        }
        assert_eq!(amd64(1).fit("arm64", 8), None);
    }
}
