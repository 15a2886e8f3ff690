//! Pods of EKS on Fargate, as the records of their machines say of them: EC2 keeps those, and Cost Explorer meters by them.

use serde::{Deserialize, Serialize};
use wharf_base::Timestamp;

use crate::Record;

/// The pod that a machine is for, and the size that it has for it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OfPod {
    /// Name and id of the cluster.
    pub cluster: String,
    pub cluster_id: String,
    /// ARN of the Fargate profile that the pod is of.
    pub profile: String,
    /// ARN of the pod execution role, which the machine's node has.
    pub role: String,
    pub namespace: String,
    pub name: String,
    pub uid: String,
    /// CPU units, 1024 a core.
    pub cpu: u32,
    pub memory_mib: u32,
    /// What the pod may write, in GiB.
    pub ephemeral_gib: u32,
    /// When the pod came to it, and when it was to end after that: it is metered between.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub started_at: Option<Timestamp>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended_at: Option<Timestamp>,
}

/// An instance of EC2, as far as it is the machine of a pod. For those who only read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MachineOfPod {
    #[serde(default)]
    pub pod: Option<OfPod>,
}

impl Record for MachineOfPod {
    const KIND: &'static str = "instance";
    const FORMAT: u32 = 1;
}
