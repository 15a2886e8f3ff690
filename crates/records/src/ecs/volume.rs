//! The EBS volume of a task.

use serde::{Deserialize, Serialize};

use super::{Tags, task::InterfaceState};

/// `managedEBSVolume`, as it was asked for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct VolumeSpec {
    /// That of the definition's volume.
    pub name: String,
    /// ARN of the infrastructure role.
    pub role: String,
    /// 0 for that of the snapshot.
    pub gib: i32,
    /// `snap-…` that it is made of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub snapshot: Option<String>,
    /// As asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub encrypted: Option<bool>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kms_key: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub volume_type: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub iops: Option<i32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub throughput: Option<i32>,
    /// As asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub filesystem: Option<String>,
    #[serde(default, skip_serializing_if = "Tags::is_empty")]
    pub tags: Tags,
    /// `TASK_DEFINITION`, `SERVICE`, `NONE`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub propagate_tags: Option<String>,
    /// It goes with its task.
    pub delete: bool,
}

/// What a task wants, and what it was given.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TaskVolume {
    /// The attachment's id, minted with the task: the client token of the volume.
    pub attachment: String,
    pub spec: VolumeSpec,
    /// Once it is made and attached to the task's host.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub given: Option<GivenVolume>,
    /// The task ended before a volume was recorded, and EC2 holds none under this attachment any more.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub abandoned: bool,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct GivenVolume {
    /// `vol-…`
    pub id: String,
    pub state: InterfaceState,
}

impl TaskVolume {
    /// The volume, unless the task let it go.
    pub fn live(&self) -> Option<&GivenVolume> {
        let given = self.given.as_ref();
        given.filter(|it| it.state < InterfaceState::Deleted)
    }

    pub fn raise(&mut self, to: InterfaceState) {
        if let Some(given) = &mut self.given {
            given.state = given.state.max(to);
        }
    }
}
