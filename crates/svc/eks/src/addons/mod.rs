//! Add-ons: the parts that are built into clusters ([`wharf_kube_model::parts`]), as EKS manages them.
//!
//! A cluster has a part unless its record says that it goes without; an add-on is the wish to have it managed. Making one gives the
//! part back, deleting one takes it away, unless it is to be preserved. `settle` does what was asked for, [`facts`] is what add-ons
//! are, [`names`] judges the one object that a part has in a cluster, [`roles`] says whom a part acts as.

pub mod facts;
pub mod names;
pub mod roles;
pub mod settle;

use serde::{Deserialize, Serialize};
use wharf_api_eks as api;
use wharf_base::{Timestamp, arn};
use wharf_kube_model::parts::Part;
use wharf_records::{Record, Unknown};
use wharf_service::{Place, tags::Tags};

use crate::{names as keys, pod_identity::Association};

/// Where the objects of add-ons are.
pub const NAMESPACE: &str = "kube-system";

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Status {
    Creating,
    Active,
    CreateFailed,
    Updating,
    UpdateFailed,
    Deleting,
    DeleteFailed,
}

impl Status {
    pub fn name(self) -> &'static str {
        match self {
            Self::Creating => "CREATING",
            Self::Active => "ACTIVE",
            Self::CreateFailed => "CREATE_FAILED",
            Self::Updating => "UPDATING",
            Self::UpdateFailed => "UPDATE_FAILED",
            Self::Deleting => "DELETING",
            Self::DeleteFailed => "DELETE_FAILED",
        }
    }
}

/// What becomes of objects that somebody else changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Conflicts {
    /// They stay, and the add-on fails.
    None,
    Overwrite,
    /// They stay.
    Preserve,
}

impl Conflicts {
    pub fn named(name: Option<&str>) -> Self {
        match name {
            Some("OVERWRITE") => Self::Overwrite,
            Some("PRESERVE") => Self::Preserve,
            _ => Self::None,
        }
    }

    pub fn name(self) -> &'static str {
        match self {
            Self::None => "NONE",
            Self::Overwrite => "OVERWRITE",
            Self::Preserve => "PRESERVE",
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Issue {
    pub code: String,
    pub message: String,
    #[serde(default)]
    pub resources: Vec<String>,
}

impl Issue {
    pub fn new(code: &str, message: impl Into<String>, resources: &[&str]) -> Self {
        Self {
            code: code.to_owned(),
            message: message.into(),
            resources: resources.iter().map(|it| (*it).to_owned()).collect(),
        }
    }
}

/// Below its cluster's id, under its name. Its version is that of the part which runs ([`facts::VERSION`]).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Addon {
    pub part: Part,
    /// The cluster's name.
    pub cluster: String,
    pub uuid: String,
    pub status: Status,
    /// As it was given.
    #[serde(default)]
    pub configuration: Option<String>,
    pub conflicts: Conflicts,
    /// Of its service account; an association of Pod Identity is a record of its own.
    #[serde(default)]
    pub role: Option<String>,
    #[serde(default)]
    pub issues: Vec<Issue>,
    /// The update that runs.
    #[serde(default)]
    pub update: Option<String>,
    /// The part stays when this goes.
    #[serde(default)]
    pub preserved: bool,
    pub created_at: Timestamp,
    pub modified_at: Timestamp,
    #[serde(default)]
    pub token: Option<String>,
    #[serde(default)]
    pub tags: Tags,
    #[serde(flatten)]
    pub unknown: Unknown,
}

impl Record for Addon {
    const KIND: &'static str = "addon";
    const FORMAT: u32 = 1;
}

impl Addon {
    pub fn resource(&self) -> String {
        keys::addon_resource(&self.cluster, self.part.name(), &self.uuid)
    }

    /// As it is shown; `ailing` is what is wrong with it now, beside what its record says, `owned` the association that it owns.
    pub fn shown(
        &self,
        place: &Place,
        ailing: Option<Issue>,
        owned: Option<&Association>,
    ) -> api::Addon {
        let text = |it: &str| Some(it.to_owned());
        let status = match ailing {
            Some(_) => "DEGRADED",
            None => self.status.name(),
        };
        let issues = self.issues.iter().cloned().chain(ailing);
        let issues = issues.map(|it| api::AddonIssue {
            code: Some(it.code),
            message: Some(it.message),
            resource_ids: Some(it.resources),
        });
        let facts = facts::of(self.part);
        api::Addon {
            addon_name: text(self.part.name()),
            cluster_name: text(&self.cluster),
            status: text(status),
            addon_version: text(facts::VERSION),
            health: Some(api::AddonHealth {
                issues: Some(issues.collect()),
            }),
            addon_arn: Some(keys::arn(place, self.resource())),
            created_at: Some(self.created_at),
            modified_at: Some(self.modified_at),
            tags: Some(self.tags.clone()),
            publisher: text(facts::PUBLISHER),
            owner: text(facts.owner),
            configuration_values: self.configuration.clone(),
            service_account_role_arn: self
                .role
                .as_ref()
                .map(|it| arn::as_seen_from(&place.region, it).into_owned()),
            pod_identity_associations: Some(
                owned
                    .iter()
                    .map(|it| keys::arn(place, it.resource()))
                    .collect(),
            ),
            namespace_config: Some(api::AddonNamespaceConfigResponse {
                namespace: text(NAMESPACE),
            }),
            ..api::Addon::default()
        }
    }
}
