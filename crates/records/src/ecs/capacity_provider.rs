//! Capacity providers over Auto Scaling groups, and of Managed Instances: where tasks find container instances, and how
//! ECS keeps the group. FARGATE and FARGATE_SPOT are always there and have no record.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use wharf_base::Timestamp;

use super::{ManagedInstances, Tags};
use crate::value::{Record, Unknown};

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CapacityProvider {
    pub name: String,
    pub arn: String,
    pub status: ProviderStatus,
    /// How the last change of it went; none before the first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub update: Option<ProviderUpdate>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub update_reason: Option<String>,
    /// The Auto Scaling group, which no other provider has; empty for one of Managed Instances.
    pub group_arn: String,
    pub group_name: String,
    pub scaling: ManagedScaling,
    /// Instances with tasks are protected from scale in.
    pub termination_protection: bool,
    /// Instances are drained before they end.
    pub draining: bool,
    /// ECS's own instances stand where others have a group.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub managed: Option<Box<ManagedInstances>>,
    /// Names of the clusters it is associated with; changed together with theirs.
    #[serde(default)]
    pub clusters: BTreeSet<String>,
    #[serde(default)]
    pub tags: Tags,
    pub created_at: Timestamp,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deleted_at: Option<Timestamp>,
    #[serde(flatten)]
    pub unknown: Unknown,
}

impl Record for CapacityProvider {
    const KIND: &'static str = "capacity-provider";
    const FORMAT: u32 = 1;
}

/// Whose group an Auto Scaling group is, by the group's name: what makes sure that it is one provider's.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ProviderGroup {
    /// Name of the provider.
    pub provider: String,
    #[serde(flatten)]
    pub unknown: Unknown,
}

impl Record for ProviderGroup {
    const KIND: &'static str = "capacity-provider-group";
    const FORMAT: u32 = 1;
}

/// The `managedScaling` of a provider.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ManagedScaling {
    pub enabled: bool,
    /// Percent of the group that is to be in use.
    pub target_capacity: i32,
    /// Instances that are added at once, at least and at most.
    pub minimum_step: i32,
    pub maximum_step: i32,
    /// Seconds.
    pub warmup: i32,
    #[serde(flatten)]
    pub unknown: Unknown,
}

impl Default for ManagedScaling {
    fn default() -> Self {
        Self {
            enabled: false,
            target_capacity: 100,
            minimum_step: 1,
            maximum_step: 10_000,
            warmup: 300,
            unknown: Unknown::new(),
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum ProviderStatus {
    Active,
    /// Its own instances end.
    Deprovisioning,
    Inactive,
}

impl ProviderStatus {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Active => "ACTIVE",
            Self::Deprovisioning => "DEPROVISIONING",
            Self::Inactive => "INACTIVE",
        }
    }
}

/// The `updateStatus` of a provider.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum ProviderUpdate {
    CreateInProgress,
    CreateComplete,
    CreateFailed,
    UpdateInProgress,
    UpdateComplete,
    UpdateFailed,
    DeleteInProgress,
    DeleteComplete,
    DeleteFailed,
}

impl ProviderUpdate {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::CreateInProgress => "CREATE_IN_PROGRESS",
            Self::CreateComplete => "CREATE_COMPLETE",
            Self::CreateFailed => "CREATE_FAILED",
            Self::UpdateInProgress => "UPDATE_IN_PROGRESS",
            Self::UpdateComplete => "UPDATE_COMPLETE",
            Self::UpdateFailed => "UPDATE_FAILED",
            Self::DeleteInProgress => "DELETE_IN_PROGRESS",
            Self::DeleteComplete => "DELETE_COMPLETE",
            Self::DeleteFailed => "DELETE_FAILED",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{decode, encode};

    /// What this version stores, and what it must go on reading.
    const STORED: &str = r#"{"kind":"capacity-provider","format":1,"body":{"name":"spare","arn":"arn:aws:ecs:us-east-1:000000000000:capacity-provider/spare","status":"ACTIVE","update":"UPDATE_COMPLETE","group_arn":"arn:aws:autoscaling:us-east-1:000000000000:autoScalingGroup:u:autoScalingGroupName/workers","group_name":"workers","scaling":{"enabled":true,"target_capacity":80,"minimum_step":1,"maximum_step":10,"warmup":0},"termination_protection":false,"draining":true,"clusters":["web"],"tags":{"team":"a"},"created_at":1700000000000}}"#;

    #[test]
    fn a_stored_provider_stays_readable() {
        let provider: CapacityProvider = decode(STORED.as_bytes()).unwrap();
        assert_eq!(provider.scaling.target_capacity, 80);
        assert!(provider.clusters.contains("web"));
        assert_eq!(encode(&provider), STORED);
        let group = r#"{"kind":"capacity-provider-group","format":1,"body":{"provider":"spare"}}"#;
        let read: ProviderGroup = decode(group.as_bytes()).unwrap();
        assert_eq!(encode(&read), group);
    }
}
