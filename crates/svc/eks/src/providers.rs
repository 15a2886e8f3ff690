//! The identity provider of a cluster: whose tokens its API server takes beside those of EKS and of service accounts.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use wharf_api_eks as api;
use wharf_base::Timestamp;
use wharf_kube_auth::oidc::{Provider, SUBJECT};
use wharf_records::{Record, Unknown};
use wharf_service::{Place, tags::Tags};

use crate::names;

/// The only type that there is.
pub const OIDC: &str = "oidc";

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Status {
    Creating,
    Active,
    Deleting,
}

impl Status {
    pub fn name(self) -> &'static str {
        match self {
            Self::Creating => "CREATING",
            Self::Active => "ACTIVE",
            Self::Deleting => "DELETING",
        }
    }
}

/// Below its cluster's id, under its name; a cluster has one at most.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct IdentityProvider {
    pub name: String,
    /// The cluster's name.
    pub cluster: String,
    pub uuid: String,
    pub status: Status,
    pub issuer: String,
    pub client_id: String,
    #[serde(default)]
    pub username_claim: Option<String>,
    #[serde(default)]
    pub username_prefix: Option<String>,
    #[serde(default)]
    pub groups_claim: Option<String>,
    #[serde(default)]
    pub groups_prefix: Option<String>,
    #[serde(default)]
    pub required_claims: BTreeMap<String, String>,
    pub created_at: Timestamp,
    #[serde(default)]
    pub tags: Tags,
    #[serde(flatten)]
    pub unknown: Unknown,
}

impl Record for IdentityProvider {
    const KIND: &'static str = "identity-provider";
    const FORMAT: u32 = 1;
}

impl IdentityProvider {
    pub fn resource(&self) -> String {
        names::provider_resource(&self.cluster, &self.name, &self.uuid)
    }

    /// As the API server has it.
    pub fn provider(&self) -> Provider {
        Provider {
            issuer: self.issuer.clone(),
            client_id: self.client_id.clone(),
            username_claim: self.username_claim.clone(),
            username_prefix: self.username_prefix.clone(),
            groups_claim: self.groups_claim.clone(),
            groups_prefix: self.groups_prefix.clone(),
            required_claims: self.required_claims.clone(),
        }
    }

    pub fn described(&self, place: &Place) -> api::OidcIdentityProviderConfig {
        let claim = self.username_claim.as_deref().unwrap_or(SUBJECT);
        api::OidcIdentityProviderConfig {
            identity_provider_config_name: Some(self.name.clone()),
            identity_provider_config_arn: Some(names::arn(place, self.resource())),
            cluster_name: Some(self.cluster.clone()),
            issuer_url: Some(self.issuer.clone()),
            client_id: Some(self.client_id.clone()),
            username_claim: Some(claim.to_owned()),
            username_prefix: self.username_prefix.clone(),
            groups_claim: self.groups_claim.clone(),
            groups_prefix: self.groups_prefix.clone(),
            required_claims: Some(self.required_claims.clone()),
            tags: Some(self.tags.clone()),
            status: Some(self.status.name().to_owned()),
        }
    }
}
