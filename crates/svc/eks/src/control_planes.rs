//! The seam to the API servers of clusters.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use wharf_kube_auth::oidc::Provider;
use wharf_kube_client::Client;
use wharf_kube_model::{Version, parts::Parts};
use wharf_seal::Secret;
use wharf_service::{Cluster, Place};
use wharf_store::Revision;
use wharf_wire::async_trait;

/// A log of a cluster, as EKS names them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum LogType {
    Api,
    Audit,
    Authenticator,
    ControllerManager,
    Scheduler,
}

impl LogType {
    pub const ALL: [Self; 5] = [
        Self::Api,
        Self::Audit,
        Self::Authenticator,
        Self::ControllerManager,
        Self::Scheduler,
    ];

    pub fn name(self) -> &'static str {
        match self {
            Self::Api => "api",
            Self::Audit => "audit",
            Self::Authenticator => "authenticator",
            Self::ControllerManager => "controllerManager",
            Self::Scheduler => "scheduler",
        }
    }
}

/// A cluster as its API server needs to know it.
pub struct Wanted {
    /// 32 hexadecimal digits, upper case; of one cluster alone, for ever.
    pub id: String,
    /// Of its record: while that is the same, only the data key can be another.
    pub revision: Revision,
    pub place: Place,
    pub name: String,
    /// What it is served as.
    pub version: Version,
    /// Where its nodes and load balancers are.
    pub vpc: String,
    pub subnets: Vec<String>,
    /// Its own security group, which Fargate's machines have.
    pub group: Option<String>,
    pub service_cidr: String,
    /// From which addresses the endpoint is reached.
    pub admitted: Vec<String>,
    /// Which logs it writes.
    pub logs: BTreeSet<LogType>,
    /// Which parts it goes without.
    pub without: Parts,
    /// Whose tokens it takes beside its own.
    pub provider: Option<Provider>,
    /// Where it was listened on before.
    pub port: Option<u16>,
    /// PEM of the cluster's authority and its key.
    pub authority: String,
    pub authority_key: Secret,
    /// PKCS #8 of the key that signs tokens of service accounts.
    pub token_key: Secret,
    /// What Secrets are sealed under.
    pub secrets_key: Secret,
    /// … and what they are sealed under instead, if a key of KMS was named for them.
    pub data_key: Option<DataKey>,
    /// `https://oidc.eks.<region>.amazonaws.com/id/<id>`
    pub issuer: String,
}

impl Wanted {
    pub fn cluster(&self) -> Cluster {
        Cluster {
            place: self.place.clone(),
            name: self.name.clone(),
            id: self.id.clone(),
        }
    }
}

/// The data key of a cluster's Secrets, as KMS gave it.
pub enum DataKey {
    Open(Secret),
    /// KMS does not open it, and says why.
    Shut(String),
    /// KMS does not say whether it opens, for a reason that will pass: what is in place stays, and a cluster that begins has it shut.
    Unknown(String),
}

/// Where a cluster answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Running {
    pub port: u16,
    /// `https://host:port`
    pub endpoint: String,
}

#[derive(Debug, thiserror::Error)]
#[error("{action} failed")]
pub struct ControlPlaneError {
    pub action: &'static str,
    #[source]
    pub cause: Box<dyn std::error::Error + Send + Sync>,
}

impl ControlPlaneError {
    pub fn new(
        action: &'static str,
        cause: impl Into<Box<dyn std::error::Error + Send + Sync>>,
    ) -> Self {
        Self {
            action,
            cause: cause.into(),
        }
    }
}

/// The pod that a token is bound to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PodOfToken {
    pub namespace: String,
    pub service_account: String,
    pub name: String,
    pub uid: String,
}

/// Why a token says of no pod that it is there.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TokenRefused {
    #[error("the token has expired")]
    Expired,
    #[error("{0}")]
    Invalid(String),
    #[error("the cluster does not answer")]
    Unavailable,
}

/// Runs the API servers of clusters.
#[async_trait]
pub trait ControlPlanes: Send + Sync + 'static {
    /// The cluster answers when this returns; one that does already goes on.
    async fn run(&self, cluster: Wanted) -> Result<Running, ControlPlaneError>;

    /// The API of a cluster, for its node groups; nothing while it does not answer.
    async fn client(&self, id: &str) -> Option<Client>;

    /// The pod that a token of the cluster for Pod Identity is bound to, which is there still.
    async fn pod(&self, id: &str, token: &str) -> Result<PodOfToken, TokenRefused>;

    /// Nobody is answered any more, and all objects are gone when this returns.
    async fn erase(&self, place: &Place, id: &str) -> Result<(), ControlPlaneError>;
}
