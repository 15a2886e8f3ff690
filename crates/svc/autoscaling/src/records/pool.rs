//! The warm pool of a group.

use serde::{Deserialize, Serialize};

use super::Group;

/// Instances that are prepared and wait until the group grows.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Pool {
    /// Group and pool together have so many; the group's maximum if it is not said.
    #[serde(default)]
    pub prepared: Option<u32>,
    /// The pool has at least so many.
    #[serde(default)]
    pub min: u32,
    /// In what state its instances wait.
    pub rest: Rest,
    /// Instances return to it when the group shrinks.
    #[serde(default)]
    pub reuses: bool,
    /// It goes, with its instances.
    #[serde(default)]
    pub deleting: bool,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Rest {
    #[default]
    Stopped,
    Running,
}

impl Rest {
    pub fn name(self) -> &'static str {
        match self {
            Self::Stopped => "Stopped",
            Self::Running => "Running",
        }
    }
}

/// What a member has to do with its group's pool.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Pooled {
    #[default]
    No,
    /// It is of the pool, and of the group only as what may become one of its instances.
    Of,
    /// It leaves the pool for the group.
    From,
    /// It is taken out of service and returns to the pool.
    To,
}

impl Pool {
    /// How many instances it is to have.
    pub fn wanted(&self, group: &Group) -> usize {
        if self.deleting || group.deleting {
            return 0;
        }
        let beside = self
            .prepared
            .unwrap_or(group.max)
            .saturating_sub(group.desired);
        beside.max(self.min) as usize
    }
}
