//! Clusters and access entries, as they are stored.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
};

use serde::{Deserialize, Serialize};
use wharf_base::{Timestamp, ids};
use wharf_kube_auth::mapping;
use wharf_kube_model::parts::{Part, Parts};
use wharf_records::{Record, Unknown};
use wharf_seal::Sealed;
use wharf_service::tags::Tags;

use crate::{control_planes::LogType, encryption::Encryption, groups::records::Issue};

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Status {
    Creating,
    Active,
    Updating,
    Deleting,
    /// It cannot be made: all that is left is to delete it.
    Failed,
}

impl Status {
    pub fn name(self) -> &'static str {
        match self {
            Self::Creating => "CREATING",
            Self::Active => "ACTIVE",
            Self::Updating => "UPDATING",
            Self::Deleting => "DELETING",
            Self::Failed => "FAILED",
        }
    }
}

/// How principals of IAM enter. It moves to the right only, one step at a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Mode {
    ConfigMap,
    ApiAndConfigMap,
    Api,
}

impl Mode {
    pub const ALL: [Self; 3] = [Self::ConfigMap, Self::ApiAndConfigMap, Self::Api];

    pub fn name(self) -> &'static str {
        match self {
            Self::ConfigMap => "CONFIG_MAP",
            Self::ApiAndConfigMap => "API_AND_CONFIG_MAP",
            Self::Api => "API",
        }
    }

    /// The only one that a cluster of this one goes to.
    pub fn next(self) -> Option<Self> {
        match self {
            Self::ConfigMap => Some(Self::ApiAndConfigMap),
            Self::ApiAndConfigMap => Some(Self::Api),
            Self::Api => None,
        }
    }

    /// Whether access entries count.
    pub fn has_entries(self) -> bool {
        self != Self::ConfigMap
    }

    /// Whether the ConfigMap `aws-auth` counts.
    pub fn has_config_map(self) -> bool {
        self != Self::Api
    }
}

/// Under its name.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
pub struct Cluster {
    pub name: String,
    /// 32 hexadecimal digits, upper case.
    pub id: String,
    pub status: Status,
    pub version: String,
    pub role: String,
    pub vpc: String,
    pub subnets: Vec<String>,
    pub security_groups: Vec<String>,
    /// Made for it; `None` until then.
    #[serde(default)]
    pub own_group: Option<String>,
    /// Node groups that are there.
    #[serde(default)]
    pub groups: u32,
    /// Pod Identity associations that are there.
    #[serde(default)]
    pub associations: u32,
    /// Fargate profiles that are there.
    #[serde(default)]
    pub profiles: u32,
    /// The update that runs.
    #[serde(default)]
    pub update: Option<String>,
    /// The version it had before its own, and since when it has this one; none of a cluster that was never updated, or went back.
    #[serde(default)]
    pub upgraded: Option<Upgraded>,
    /// Parts that it goes without.
    #[serde(default)]
    pub without: Parts,
    /// Roles of the service accounts of parts, as they were given with add-ons.
    #[serde(default)]
    pub roles: BTreeMap<Part, String>,
    /// Roles that were taken from parts, the last of each: one that had a role is nobody without, and not EKS itself.
    #[serde(default)]
    pub taken: BTreeMap<Part, String>,
    /// The key of KMS that its Secrets are under.
    #[serde(default)]
    pub encryption: Option<Encryption>,
    /// The name of its identity provider, until that is gone.
    #[serde(default)]
    pub provider: Option<String>,
    pub admitted: Vec<String>,
    pub service_cidr: String,
    pub mode: Mode,
    /// The unique id of who made it and is its administrator without an entry ([`Mode::ConfigMap`]).
    #[serde(default)]
    pub creator: Option<String>,
    /// What was asked for of its creator.
    pub creator_is_admin: bool,
    pub support: String,
    pub deletion_protection: bool,
    /// Which logs it writes.
    #[serde(default)]
    pub logs: BTreeSet<LogType>,
    #[serde(default)]
    pub authority: Option<Authority>,
    /// Where it answers, once it does.
    #[serde(default)]
    pub port: Option<u16>,
    #[serde(default)]
    pub endpoint: Option<String>,
    /// Why it failed, or what is wrong with it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub issues: Vec<Issue>,
    pub created_at: Timestamp,
    #[serde(default)]
    pub token: Option<String>,
    #[serde(default)]
    pub tags: Tags,
    #[serde(flatten)]
    pub unknown: Unknown,
}

/// A version that a cluster left.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Upgraded {
    pub from: String,
    pub at: Timestamp,
}

/// The keys of a cluster.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
pub struct Authority {
    /// PEM
    pub certificate: String,
    /// PEM, sealed.
    pub key: Sealed,
    /// PKCS #8 of the key that signs tokens, sealed.
    pub tokens: Sealed,
    /// The key that Kubernetes' Secrets are sealed under, sealed; clusters from before have none until they are looked at.
    #[serde(default)]
    pub secrets: Option<Sealed>,
}

impl fmt::Debug for Authority {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("Authority")
    }
}

impl fmt::Debug for Cluster {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Cluster")
            .field("name", &self.name)
            .field("id", &self.id)
            .field("status", &self.status)
            .finish_non_exhaustive()
    }
}

impl Record for Cluster {
    const KIND: &'static str = "cluster";
    const FORMAT: u32 = 1;
}

/// Who may enter a cluster; below the cluster's id, under the principal's ARN.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AccessEntry {
    /// The cluster's name.
    pub cluster: String,
    pub uuid: String,
    pub principal: String,
    /// `AROA…` or `AIDA…`: another of the same name does not enter.
    pub principal_id: String,
    #[serde(rename = "type")]
    pub entry_type: String,
    /// With its templates.
    pub username: String,
    pub groups: Vec<String>,
    /// By their ARNs.
    #[serde(default)]
    pub policies: BTreeMap<String, Association>,
    pub created_at: Timestamp,
    pub modified_at: Timestamp,
    #[serde(default)]
    pub token: Option<String>,
    #[serde(default)]
    pub tags: Tags,
    #[serde(flatten)]
    pub unknown: Unknown,
}

impl AccessEntry {
    /// By which nodes with a role enter; `id` is the role's. `cluster` is the cluster's name.
    pub fn of_nodes(
        cluster: &str,
        (role, id): (&str, String),
        entry_type: &str,
        now: Timestamp,
    ) -> Self {
        Self {
            cluster: cluster.to_owned(),
            uuid: ids::uuid(),
            principal: role.to_owned(),
            principal_id: id,
            entry_type: entry_type.to_owned(),
            username: mapping::usual_name(entry_type, role),
            groups: Vec::new(),
            policies: BTreeMap::new(),
            created_at: now,
            modified_at: now,
            token: None,
            tags: Tags::default(),
            unknown: Unknown::default(),
        }
    }
}

impl Record for AccessEntry {
    const KIND: &'static str = "access-entry";
    const FORMAT: u32 = 1;
}

/// A policy of an access entry.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Association {
    /// Of the namespaces of these names alone, which may hold `*`; nothing: of the whole cluster.
    #[serde(default)]
    pub namespaces: Option<Vec<String>>,
    pub associated_at: Timestamp,
    pub modified_at: Timestamp,
}
