//! Fargate profiles: which pods of a cluster run on Fargate, in which subnets, and with which role their nodes pull images.
//!
//! A profile is a record below its cluster's id and never changes but for its status and tags. [`checks`] is what requests may ask,
//! `reconcile` brings one to be active and ends it with its pods. Pods are chosen by the API server of the cluster, which asks for the
//! active profiles ([`active`]); whoever gives pods machines asks for them too.

pub mod checks;
pub mod reconcile;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use wharf_api_eks as api;
use wharf_base::{Timestamp, arn};
use wharf_kube_model::fargate;
use wharf_records::{Record, Unknown};
use wharf_service::{ChangeError, Place, tags::Tags};

use crate::{core::Core, fault::EksFaults, names};

/// Whom trust policies of pod execution roles name.
pub const PRINCIPAL: &str = "eks-fargate-pods.amazonaws.com";
/// What a cluster may have, as with EKS.
pub const MOST: u32 = 10;
/// Of the access entries of pod execution roles.
pub const ENTRY_TYPE: &str = "FARGATE_LINUX";

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Status {
    Creating,
    Active,
    Deleting,
    CreateFailed,
    DeleteFailed,
}

impl Status {
    pub fn name(self) -> &'static str {
        match self {
            Self::Creating => "CREATING",
            Self::Active => "ACTIVE",
            Self::Deleting => "DELETING",
            Self::CreateFailed => "CREATE_FAILED",
            Self::DeleteFailed => "DELETE_FAILED",
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Selector {
    pub namespace: String,
    #[serde(default)]
    pub labels: BTreeMap<String, String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Issue {
    pub code: String,
    pub message: String,
    #[serde(default)]
    pub resources: Vec<String>,
}

/// Below its cluster's id, under its name.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FargateProfile {
    /// The cluster's name.
    pub cluster: String,
    pub name: String,
    pub uuid: String,
    pub status: Status,
    /// The pod execution role.
    pub role: String,
    pub subnets: Vec<String>,
    pub selectors: Vec<Selector>,
    /// The access entry of its role was made with it.
    #[serde(default)]
    pub made_entry: bool,
    #[serde(default)]
    pub issues: Vec<Issue>,
    /// Until when its pods have to be gone, once it is being deleted.
    #[serde(default)]
    pub due: Option<Timestamp>,
    pub created_at: Timestamp,
    #[serde(default)]
    pub token: Option<String>,
    #[serde(default)]
    pub tags: Tags,
    #[serde(flatten)]
    pub unknown: Unknown,
}

impl Record for FargateProfile {
    const KIND: &'static str = "fargate-profile";
    const FORMAT: u32 = 1;
}

impl FargateProfile {
    pub fn resource(&self) -> String {
        names::profile_resource(&self.cluster, &self.name, &self.uuid)
    }

    pub fn described(&self, place: &Place) -> api::FargateProfile {
        let selectors = self.selectors.iter().map(|it| api::FargateProfileSelector {
            namespace: Some(it.namespace.clone()),
            labels: Some(it.labels.clone()).filter(|it| !it.is_empty()),
        });
        let issues = self.issues.iter().map(|it| api::FargateProfileIssue {
            code: Some(it.code.clone()),
            message: Some(it.message.clone()),
            resource_ids: Some(it.resources.clone()),
        });
        api::FargateProfile {
            fargate_profile_name: Some(self.name.clone()),
            fargate_profile_arn: Some(names::arn(place, self.resource())),
            cluster_name: Some(self.cluster.clone()),
            created_at: Some(self.created_at),
            pod_execution_role_arn: Some(arn::as_seen_from(&place.region, &self.role).into_owned()),
            subnets: Some(self.subnets.clone()),
            selectors: Some(selectors.collect()),
            status: Some(self.status.name().to_owned()),
            tags: Some(self.tags.clone()),
            health: Some(api::FargateProfileHealth {
                issues: Some(issues.collect()),
            }),
        }
    }
}

/// A profile as those know it who choose pods by it and run them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ActiveProfile {
    /// Its name, and what it chooses.
    pub of: fargate::Profile,
    pub arn: String,
    pub role: String,
    pub subnets: Vec<String>,
}

/// The active profiles of a cluster, by its id.
pub(crate) async fn active(
    core: &Core,
    place: &Place,
    cluster: &str,
) -> Result<Vec<ActiveProfile>, ChangeError<EksFaults>> {
    let all = core.below::<FargateProfile>(place, cluster).await?;
    let all = all.into_iter().map(|it| it.record);
    let all = all.filter(|it| it.status == Status::Active);
    let shown = all.map(|it| ActiveProfile {
        arn: names::arn(place, it.resource()),
        of: fargate::Profile {
            name: it.name,
            selectors: it
                .selectors
                .into_iter()
                .map(|it| fargate::Selector {
                    namespace: it.namespace,
                    labels: it.labels,
                })
                .collect(),
        },
        role: it.role,
        subnets: it.subnets,
    });
    Ok(shown.collect())
}
