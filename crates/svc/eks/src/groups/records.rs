//! Node groups as they are stored.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use wharf_base::Timestamp;
use wharf_records::{Record, Unknown};
use wharf_service::tags::Tags;

use super::repair::{Repairing, Rules};

/// Of the access entries of roles of nodes.
pub const ENTRY_TYPE: &str = "EC2_LINUX";

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Status {
    Creating,
    Active,
    Updating,
    Degraded,
    CreateFailed,
    Deleting,
    DeleteFailed,
}

impl Status {
    pub fn name(self) -> &'static str {
        match self {
            Self::Creating => "CREATING",
            Self::Active => "ACTIVE",
            Self::Updating => "UPDATING",
            Self::Degraded => "DEGRADED",
            Self::CreateFailed => "CREATE_FAILED",
            Self::Deleting => "DELETING",
            Self::DeleteFailed => "DELETE_FAILED",
        }
    }
}

/// A managed node group; below its cluster's id, under its name.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct NodeGroup {
    /// The cluster's name.
    pub cluster: String,
    pub name: String,
    pub uuid: String,
    pub status: Status,
    pub version: String,
    pub release: String,
    pub role: String,
    pub subnets: Vec<String>,
    /// As asked for last; who scales the Auto Scaling group may have gone on from it.
    pub size: Size,
    pub types: Vec<String>,
    /// Its nodes are Spot instances.
    #[serde(default)]
    pub spot: bool,
    pub ami_type: String,
    /// GiB of the root file systems of its nodes, where no launch template says it.
    #[serde(default = "usual_disk")]
    pub disk_gib: i32,
    #[serde(default)]
    pub source: Option<Source>,
    pub labels: BTreeMap<String, String>,
    pub taints: Vec<Taint>,
    pub unavailable: Unavailable,
    pub strategy: String,
    /// The access entry of its role was made with it.
    #[serde(default)]
    pub made_entry: bool,
    /// Counts what instances start with: labels, taints, version, template.
    pub generation: i64,
    /// Keys of labels and taints that nodes had and are to have no more.
    #[serde(default)]
    pub dropped: Dropped,
    /// Its sizes are to be given to the Auto Scaling group.
    #[serde(default)]
    pub resize: bool,
    /// Of the group's own launch template.
    #[serde(default)]
    pub template: Option<Template>,
    /// Whether the Auto Scaling group was made.
    #[serde(default)]
    pub launched: bool,
    /// Instances that wait to leave, and since when.
    #[serde(default)]
    pub leaving: BTreeMap<String, Timestamp>,
    #[serde(default)]
    pub repair: Rules,
    /// Instances whose nodes are repaired.
    #[serde(default)]
    pub repairs: BTreeMap<String, Repairing>,
    /// The update that runs.
    #[serde(default)]
    pub update: Option<String>,
    #[serde(default)]
    pub rollout: Option<Rollout>,
    #[serde(default)]
    pub issues: Vec<Issue>,
    /// Since when a step of its removal is refused.
    #[serde(default)]
    pub refused_since: Option<Timestamp>,
    /// When nodes must be there at the latest.
    pub due: Timestamp,
    pub created_at: Timestamp,
    pub modified_at: Timestamp,
    #[serde(default)]
    pub token: Option<String>,
    #[serde(default)]
    pub tags: Tags,
    #[serde(flatten)]
    pub unknown: Unknown,
}

impl Record for NodeGroup {
    const KIND: &'static str = "node-group";
    const FORMAT: u32 = 1;
}

impl NodeGroup {
    pub fn capacity_type(&self) -> &'static str {
        match self.spot {
            true => "SPOT",
            false => "ON_DEMAND",
        }
    }

    /// Its Auto Scaling group.
    pub fn scaling_group(&self) -> String {
        format!("eks-{}-{}", self.name, self.uuid)
    }

    /// Its launch template and its instance profile.
    pub fn own_name(&self) -> String {
        format!("eks-{}", self.uuid)
    }
}

/// What an instance has where nobody says how much, in GiB: so have nodes of groups from before they had AWS's default.
pub const USUAL_DISK: i32 = 8;
/// What nodes of a group have where nobody says how much, as on AWS.
pub const DEFAULT_DISK: i32 = 20;

fn usual_disk() -> i32 {
    USUAL_DISK
}

/// Numbers of instances.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Size {
    pub min: i32,
    pub max: i32,
    pub desired: i32,
}

/// A version of the launch template of somebody, and what it held.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Source {
    pub id: String,
    pub name: String,
    pub version: String,
    #[serde(default)]
    pub image: Option<String>,
    #[serde(default)]
    pub instance_type: Option<String>,
    #[serde(default)]
    pub key: Option<String>,
    #[serde(default)]
    pub security_groups: Vec<String>,
    /// base64
    #[serde(default)]
    pub user_data: Option<String>,
    /// By the type of the resource.
    #[serde(default)]
    pub tags: BTreeMap<String, BTreeMap<String, String>>,
    /// `HttpTokens` and the number of hops.
    #[serde(default)]
    pub metadata_tokens: Option<String>,
    #[serde(default)]
    pub metadata_hops: Option<i32>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub devices: Vec<Device>,
}

/// A block device of nodes, as the launch template says it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Device {
    pub name: String,
    /// It is none, whatever the image says.
    pub suppressed: bool,
    pub delete_on_termination: Option<bool>,
    pub iops: Option<i32>,
    pub throughput: Option<i32>,
    pub snapshot: Option<String>,
    pub gib: Option<i32>,
    pub kind: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Taint {
    pub key: String,
    pub value: String,
    /// As EKS spells it: `NO_SCHEDULE`.
    pub effect: String,
}

/// How many nodes an update may take away at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Unavailable {
    Number(i32),
    Percent(i32),
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Dropped {
    pub labels: BTreeSet<String>,
    /// Key and effect.
    pub taints: BTreeSet<(String, String)>,
}

/// The launch template, at the version that was made for a generation of the group.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Template {
    pub id: String,
    pub version: i64,
    pub generation: i64,
}

/// An update that replaces nodes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Rollout {
    /// Pods that cannot be evicted are deleted.
    pub force: bool,
    /// Sizes before; nodes are these many again at the end.
    pub before: Size,
    /// What nodes ran until then, for an update that fails; those that run since before it was written down do not change it.
    #[serde(default)]
    pub version: Option<String>,
    pub release: String,
    #[serde(default)]
    pub source: Option<Source>,
    /// Nodes there are more of, once they were asked for.
    #[serde(default)]
    pub surge: Option<i32>,
    /// Instances whose nodes are emptied, and since when.
    #[serde(default)]
    pub draining: BTreeMap<String, Timestamp>,
    /// Those of them whose nodes are empty, and since when.
    #[serde(default)]
    pub emptied: BTreeMap<String, Timestamp>,
    /// New nodes that were ready at most, and since when.
    pub ready: usize,
    pub since: Timestamp,
}

/// What is wrong with a group.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Issue {
    pub code: String,
    pub message: String,
    pub resources: Vec<String>,
}

impl Issue {
    pub fn new(code: &str, message: impl Into<String>, resources: Vec<String>) -> Self {
        Self {
            code: code.to_owned(),
            message: message.into(),
            resources,
        }
    }
}
