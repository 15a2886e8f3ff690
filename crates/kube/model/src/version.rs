//! The versions of Kubernetes that clusters and nodes have here: the one place that knows them. Pure.
//!
//! One server and one node serve them all, the newest as it is and an older one as upstream's `--emulated-version` does it: what came
//! after it is not there. A version is named by the patch whose published API is meant, in `/version`, in OpenAPI and by nodes.

use std::cmp::Ordering;

use serde_json::{Value, json};

/// A minor version, and its patch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Version {
    minor: u32,
    name: &'static str,
    patch: &'static str,
}

/// How many minor versions a kubelet may be older than the API server.
pub const MOST_SKEW: u32 = 3;

impl Version {
    pub const V1_35: Self = Self {
        minor: 35,
        name: "1.35",
        patch: "1.35.8",
    };
    pub const V1_36: Self = Self {
        minor: 36,
        name: "1.36",
        patch: "1.36.4",
    };
    /// The newest first.
    pub const ALL: [Self; 2] = [Self::V1_36, Self::V1_35];
    /// What clusters have where nobody says which.
    pub const DEFAULT: Self = Self::V1_36;

    /// By its name: `1.36`.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|it| it.name == name)
    }

    /// `1.36`
    #[must_use]
    pub fn name(self) -> &'static str {
        self.name
    }

    /// `1.36.4`
    #[must_use]
    pub fn patch(self) -> &'static str {
        self.patch
    }

    /// The 36 of `1.36`.
    #[must_use]
    pub fn minor(self) -> u32 {
        self.minor
    }

    /// As a cluster and its nodes say it. Which build of EKS, they do not say.
    #[must_use]
    pub fn git_version(self) -> String {
        format!("v{}-eks-wharf", self.patch)
    }

    /// The numbers of `/version`. Upstream's server is compatible with one minor version before the one it emulates.
    #[must_use]
    pub fn numbers(self) -> Value {
        json!({
            "major": "1",
            "minor": self.minor.to_string(),
            "emulationMajor": "1",
            "emulationMinor": self.minor.to_string(),
            "minCompatibilityMajor": "1",
            "minCompatibilityMinor": (self.minor - 1).to_string(),
            "gitVersion": self.git_version(),
        })
    }

    /// The version that the `/version` of a server tells, if it is one of these.
    #[must_use]
    pub fn told(of: &Value) -> Option<Self> {
        let minor = minor_of(of["gitVersion"].as_str()?)?;
        Self::ALL.into_iter().find(|it| it.minor == minor)
    }
}

impl Default for Version {
    fn default() -> Self {
        Self::DEFAULT
    }
}

impl Ord for Version {
    fn cmp(&self, other: &Self) -> Ordering {
        self.minor.cmp(&other.minor)
    }
}

impl PartialOrd for Version {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// The 36 of `1.36`, `v1.36.4` and `v1.36.4-eks-wharf`.
#[must_use]
pub fn minor_of(version: &str) -> Option<u32> {
    let (major, rest) = version.trim_start_matches('v').split_once('.')?;
    let digits = rest.split(|it: char| !it.is_ascii_digit()).next()?;
    (major == "1").then(|| digits.parse().ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_numbers_are_of_one_version() {
        for (at, version) in Version::ALL.into_iter().enumerate() {
            assert_eq!(version.name, format!("1.{}", version.minor));
            assert!(version.patch.starts_with(&format!("{}.", version.name)));
            assert_eq!(Version::named(version.name), Some(version));
            assert_eq!(minor_of(&version.git_version()), Some(version.minor));
            assert_eq!(Version::told(&version.numbers()), Some(version));
            // One can be updated to the next without leaving one out.
            let newer = at.checked_sub(1).map(|it| Version::ALL[it].minor);
            assert!(newer.is_none_or(|it| it == version.minor + 1));
        }
        assert!(Version::ALL.contains(&Version::DEFAULT));
        assert_eq!(Version::V1_35.numbers()["minCompatibilityMinor"], "34");
    }

    #[test]
    fn what_others_say() {
        for (text, minor) in [
            ("v1.20.2", Some(20)),
            ("1.36", Some(36)),
            ("v1.36+", Some(36)),
            ("v2.36.0", None),
            ("1", None),
            ("1.x", None),
            ("1.99999999999", None),
            ("", None),
        ] {
            assert_eq!(minor_of(text), minor, "{text}");
        }
        assert_eq!(Version::named("1.20"), None);
        assert_eq!(Version::told(&json!({"gitVersion": "v1.20.2"})), None);
        assert_eq!(Version::told(&json!([])), None);
    }
}
