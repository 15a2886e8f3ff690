//! What is stored.

use std::{collections::BTreeMap, net::Ipv4Addr};

use serde::{Deserialize, Serialize};
use wharf_base::Timestamp;
use wharf_billing::Stretch;
use wharf_file_server::Permissions;
use wharf_records::{Record, Unknown};
use wharf_seal::Sealed;
use wharf_service::tags::Tags;

use crate::encryption::Encryption;

/// A file system, with all that its host is to know.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FileSystem {
    pub token: String,
    pub performance_mode: String,
    pub throughput_mode: String,
    #[serde(default)]
    pub provisioned_throughput: Option<f64>,
    #[serde(default)]
    pub tags: Tags,
    pub created_at: Timestamp,
    /// The account's own, as it was given.
    #[serde(default)]
    pub policy: Option<String>,
    /// What those may that show no ticket, by that policy: over any connection, and over one that is encrypted.
    pub anonymous: [Permissions; 2],
    /// It is of One Zone storage, in that zone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub zone: Option<Zone>,
    /// Instance id of the host that its files lie on, from its first mount target on.
    #[serde(default)]
    pub host: Option<String>,
    /// The host said that it has its disk.
    #[serde(default)]
    pub made: bool,
    /// How that is sealed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub encryption: Option<Encryption>,
    /// What tickets are signed with, sealed.
    pub ticket_key: Sealed,
    /// PEM: what its server shows.
    pub certificate: String,
    /// PEM, sealed.
    pub private_key: Sealed,
    /// By id.
    #[serde(default)]
    pub mount_targets: BTreeMap<String, Target>,
    /// By id.
    #[serde(default)]
    pub access_points: BTreeMap<String, wharf_file_server::AccessPoint>,
    /// What the host says of it.
    #[serde(default)]
    pub reported: Reported,
    #[serde(default)]
    pub deleting: bool,
    /// What it is billed for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub metered: Option<Stretch>,
    #[serde(flatten)]
    pub unknown: Unknown,
}

/// An availability zone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Zone {
    /// `us-east-1a`
    pub name: String,
    /// `use1-az1`
    #[serde(default)]
    pub id: Option<String>,
}

/// What of a mount target concerns the file system.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Target {
    pub vpc: String,
    pub subnet: String,
    pub zone: String,
    /// Once it has an interface that is attached.
    #[serde(default)]
    pub interface: Option<Served>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Served {
    /// `eni-…`
    pub id: String,
    pub address: Ipv4Addr,
}

/// What a host says.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Reported {
    /// What its files take.
    pub bytes: u64,
    #[serde(default)]
    pub at: Option<Timestamp>,
    /// Where it is served.
    #[serde(default)]
    pub serving: Vec<Ipv4Addr>,
    /// Why it is not.
    #[serde(default)]
    pub reason: Option<String>,
    /// Since its key does not open it.
    #[serde(default)]
    pub shut: bool,
}

impl Record for FileSystem {
    const KIND: &'static str = "file-system";
    const FORMAT: u32 = 1;
}

/// Which file system a creation token made.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CreationToken {
    pub id: String,
    #[serde(flatten)]
    pub unknown: Unknown,
}

impl Record for CreationToken {
    const KIND: &'static str = "creation-token";
    const FORMAT: u32 = 1;
}

/// A mount target.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct MountTarget {
    pub file_system: String,
    pub subnet: String,
    pub vpc: String,
    pub zone: String,
    #[serde(default)]
    pub zone_id: Option<String>,
    pub groups: Vec<String>,
    /// The address that was asked for.
    #[serde(default)]
    pub wanted_address: Option<Ipv4Addr>,
    #[serde(default)]
    pub interface: Option<Served>,
    #[serde(default)]
    pub attachment: Option<String>,
    /// The host serves it.
    #[serde(default)]
    pub available: bool,
    #[serde(default)]
    pub deleting: bool,
    #[serde(flatten)]
    pub unknown: Unknown,
}

impl Record for MountTarget {
    const KIND: &'static str = "mount-target";
    const FORMAT: u32 = 1;
}

/// An access point.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AccessPoint {
    pub file_system: String,
    pub token: String,
    pub at: wharf_file_server::AccessPoint,
    /// As it was given: `0755`.
    #[serde(default)]
    pub permissions: Option<String>,
    #[serde(default)]
    pub tags: Tags,
    #[serde(flatten)]
    pub unknown: Unknown,
}

impl Record for AccessPoint {
    const KIND: &'static str = "access-point";
    const FORMAT: u32 = 1;
}
