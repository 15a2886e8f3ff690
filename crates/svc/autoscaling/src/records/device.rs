//! Disks of the instances of a launch configuration.

use serde::{Deserialize, Serialize};

/// What a device of an instance is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Device {
    /// `/dev/sdf`
    pub name: String,
    #[serde(default)]
    pub disk: Option<Disk>,
    /// One that the image brings is left out.
    #[serde(default)]
    pub absent: bool,
}

/// As it was given: EC2 knows what is usual, and what goes together.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Disk {
    #[serde(default)]
    pub snapshot: Option<String>,
    #[serde(default)]
    pub gib: Option<i32>,
    #[serde(default)]
    pub kind: Option<String>,
    #[serde(default)]
    pub ends_with_instance: Option<bool>,
    #[serde(default)]
    pub iops: Option<i32>,
    #[serde(default)]
    pub encrypted: Option<bool>,
    #[serde(default)]
    pub throughput: Option<i32>,
}
