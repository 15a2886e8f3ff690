//! Capacity providers of ECS Managed Instances: what their instances are to be like, and those instances that ECS has.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use wharf_base::Timestamp;

use crate::value::{Record, Unknown};

/// The `managedInstancesProvider` of a provider.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ManagedInstances {
    /// The one cluster that has it.
    pub cluster: String,
    /// ARN of the role in which ECS launches.
    pub role: String,
    /// ARN of the instance profile.
    pub profile: String,
    pub subnets: Vec<String>,
    #[serde(default)]
    pub security_groups: Vec<String>,
    /// Its instances are Spot capacity.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub spot: bool,
    /// Of the root file system.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub storage_gib: Option<u32>,
    /// `BASIC` or `DETAILED`, where that was said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub monitoring: Option<String>,
    /// Instances get the tags of the provider.
    #[serde(default)]
    pub propagate_tags: bool,
    /// Seconds that an instance is idle before it ends; -1: it never does. Where nothing is said ECS decides.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scale_in_after: Option<i32>,
    /// Without them ECS chooses among all types.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub requirements: Option<InstanceRequirements>,
    #[serde(flatten)]
    pub unknown: Unknown,
}

/// Which instance types may be launched.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct InstanceRequirements {
    pub vcpus: Range,
    pub memory_mib: Range,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub memory_gib_per_vcpu: Option<Share>,
    /// `intel`, `amd`, `amazon-web-services`, `apple`; all where none is named.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub manufacturers: Vec<String>,
    /// Names, in which `*` stands for any letters.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub allowed: Vec<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub excluded: Vec<String>,
    /// `current`, `previous`; both where none is named.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub generations: Vec<String>,
    /// `included`, `required` or `excluded`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bare_metal: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub burstable: Option<String>,
    #[serde(flatten)]
    pub unknown: Unknown,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Range {
    pub min: u32,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max: Option<u32>,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct Share {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub min: Option<f64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max: Option<f64>,
}

/// An instance that ECS has ordered, until nothing is left of it. It is written before EC2 hears of it, so none is
/// launched that nobody knows.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ManagedInstance {
    /// The client token of its launch too.
    pub id: String,
    pub provider: String,
    pub cluster: String,
    /// `m5.large`
    pub instance_type: String,
    pub subnet: String,
    pub zone: String,
    /// In whose name, and what RunInstances is asked for: each try asks for the same.
    pub role: String,
    pub request: Value,
    pub ordered_at: Timestamp,
    /// `i-…`, once EC2 has said it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ec2_instance: Option<String>,
    /// It takes no more tasks, and ends when it is empty.
    #[serde(default)]
    pub ending: bool,
    #[serde(flatten)]
    pub unknown: Unknown,
}

impl ManagedInstance {
    /// The id of its record within the provider's account and region.
    pub fn record_id(provider: &str, id: &str) -> String {
        format!("{provider}:{id}")
    }
}

impl Record for ManagedInstance {
    const KIND: &'static str = "managed-instance";
    const FORMAT: u32 = 1;
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{decode, encode};

    /// What this version stores, and what it must go on reading.
    const STORED: &str = r#"{"kind":"managed-instance","format":1,"body":{"id":"0123","provider":"spare","cluster":"web","instance_type":"m5.large","subnet":"subnet-1","zone":"us-east-1a","role":"arn:aws:iam::000000000000:role/infra","request":{"ImageId":"ami-1"},"ordered_at":1700000000000,"ec2_instance":"i-1","ending":true}}"#;

    #[test]
    fn a_stored_instance_stays_readable() {
        let it: ManagedInstance = decode(STORED.as_bytes()).unwrap();
        assert!(it.ending && it.ec2_instance.as_deref() == Some("i-1"));
        assert_eq!(encode(&it), STORED);
        assert_eq!(ManagedInstance::record_id("spare", "0123"), "spare:0123");
    }
}
