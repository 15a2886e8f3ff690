//! A container's name, safe as a file name and as a cgroup's.

use std::{borrow::Borrow, fmt};

use serde::{Deserialize, Serialize};

/// The name of a container within its task: 1–255 of `A-Z a-z 0-9 _ - ~`, as ECS allows them
/// (spec/ecs.md §3), the tilde being the agent's own (`~internal~ecs~pause`).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ContainerName(String);

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no container name: 1 to 255 letters, digits, `-`, `_` or `~`")]
pub struct BadName(String);

impl ContainerName {
    /// What a file name may have.
    pub const MAX_BYTES: usize = 255;

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for ContainerName {
    type Error = BadName;
    fn try_from(name: String) -> Result<Self, BadName> {
        let fits = (1..=Self::MAX_BYTES).contains(&name.len())
            && name
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'~'));
        if fits {
            Ok(Self(name))
        } else {
            Err(BadName(name.chars().take(64).collect()))
        }
    }
}

impl TryFrom<&str> for ContainerName {
    type Error = BadName;
    fn try_from(name: &str) -> Result<Self, BadName> {
        Self::try_from(name.to_owned())
    }
}

impl From<ContainerName> for String {
    fn from(name: ContainerName) -> Self {
        name.0
    }
}

impl Borrow<str> for ContainerName {
    fn borrow(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for ContainerName {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_never_leave_their_folder() {
        for good in ["web", "~internal~ecs~pause", "a_b-C9"] {
            assert!(ContainerName::try_from(good).is_ok(), "{good}");
        }
        for bad in ["", ".", "..", "a/b", "../x", "a b", "ä", "x\0"] {
            assert!(ContainerName::try_from(bad).is_err(), "{bad:?}");
        }
        assert!(ContainerName::try_from("x".repeat(256)).is_err());
        assert!(serde_json::from_str::<ContainerName>("\"../x\"").is_err());
    }
}
