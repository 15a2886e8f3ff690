//! EKS Pod Identity: which role the pods of a service account have. Associations, and what is asked about them.

pub mod webhook;

use serde::{Deserialize, Serialize};
use wharf_api_eks as api;
use wharf_base::{Timestamp, arn};
use wharf_kube_model::parts::Part;
use wharf_records::{Record, Unknown};
use wharf_service::{ChangeError, Place, tags::Tags};
use wharf_wire::Fault;

use crate::{
    control_planes::{PodOfToken, TokenRefused},
    core::Core,
    fault::{self, EksFaults},
    names,
    records::{Cluster, Status},
};

/// Whom trust policies of roles of pods name.
pub const PRINCIPAL: &str = "pods.eks.amazonaws.com";
/// What a cluster may have, as with EKS.
pub const MOST: u32 = 1000;

/// The role of a service account; below the cluster's id, under namespace and name of the account, which need not be there.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Association {
    /// `a-…`
    pub id: String,
    /// The cluster's name.
    pub cluster: String,
    pub namespace: String,
    pub service_account: String,
    pub role: String,
    /// A role that the first one assumes: its credentials are what pods get.
    #[serde(default)]
    pub target: Option<String>,
    /// Sessions do not say which pod they are of.
    #[serde(default)]
    pub untagged: bool,
    /// What sessions may do at most.
    #[serde(default)]
    pub policy: Option<String>,
    /// The add-on that made it, by its resource: it goes with that.
    #[serde(default)]
    pub owner: Option<String>,
    pub created_at: Timestamp,
    pub modified_at: Timestamp,
    #[serde(default)]
    pub token: Option<String>,
    #[serde(default)]
    pub tags: Tags,
    #[serde(flatten)]
    pub unknown: Unknown,
}

impl Record for Association {
    const KIND: &'static str = "pod-identity";
    const FORMAT: u32 = 1;
}

impl Association {
    pub fn resource(&self) -> String {
        names::association_resource(&self.cluster, &self.id)
    }

    /// What the trust policy of the target may ask for, so that no other association gets there.
    pub fn external_id(&self, place: &Place) -> String {
        let Place { account, region } = place;
        let (cluster, namespace) = (&self.cluster, &self.namespace);
        format!(
            "{region}/{account}/{cluster}/{namespace}/{}",
            self.service_account
        )
    }

    fn owner_arn(&self, place: &Place) -> Option<String> {
        let owner = self.owner.as_ref();
        owner.map(|it| names::arn(place, it.clone()))
    }

    pub fn described(&self, place: &Place) -> api::PodIdentityAssociation {
        let seen = |role: &String| arn::as_seen_from(&place.region, role).into_owned();
        let external_id = self.target.as_ref().map(|_| self.external_id(place));
        api::PodIdentityAssociation {
            cluster_name: Some(self.cluster.clone()),
            namespace: Some(self.namespace.clone()),
            service_account: Some(self.service_account.clone()),
            role_arn: Some(seen(&self.role)),
            association_arn: Some(names::arn(place, self.resource())),
            association_id: Some(self.id.clone()),
            tags: Some(self.tags.clone()),
            created_at: Some(self.created_at),
            modified_at: Some(self.modified_at),
            disable_session_tags: Some(self.untagged),
            target_role_arn: self.target.as_ref().map(seen),
            external_id,
            policy: self.policy.clone(),
            owner_arn: self.owner_arn(place),
        }
    }

    pub fn summary(&self, place: &Place) -> api::PodIdentityAssociationSummary {
        api::PodIdentityAssociationSummary {
            cluster_name: Some(self.cluster.clone()),
            namespace: Some(self.namespace.clone()),
            service_account: Some(self.service_account.clone()),
            association_arn: Some(names::arn(place, self.resource())),
            association_id: Some(self.id.clone()),
            owner_arn: self.owner_arn(place),
        }
    }
}

/// A pod that proved which one it is, and what it is to have.
#[derive(Debug, Clone, PartialEq)]
pub struct PodRole {
    pub cluster_arn: String,
    pub pod: PodOfToken,
    pub association: Association,
    pub association_arn: String,
    pub external_id: String,
}

impl PodRole {
    pub(crate) fn of(
        place: &Place,
        cluster: &str,
        pod: PodOfToken,
        association: Association,
    ) -> Self {
        Self {
            cluster_arn: names::cluster_arn(place, cluster),
            association_arn: names::arn(place, association.resource()),
            external_id: association.external_id(place),
            pod,
            association,
        }
    }
}

/// The pod that the program of a part would be in, by namespace and name of its service account. There is none.
pub(crate) fn pod_of_part(account: (&str, &str), part: Part) -> PodOfToken {
    PodOfToken {
        namespace: account.0.to_owned(),
        service_account: account.1.to_owned(),
        name: part.name().to_owned(),
        uid: String::new(),
    }
}

/// # Errors
/// The cluster has as many as it may have.
pub(crate) fn count_one_more(cluster: &mut Cluster) -> Result<(), Fault> {
    if cluster.associations >= MOST {
        return Err(fault::too_many_associations(MOST));
    }
    cluster.associations += 1;
    Ok(())
}

/// Why a pod gets nothing.
#[derive(Debug, thiserror::Error)]
pub enum NoPodRole {
    #[error("there is no such cluster, or it does not answer")]
    NoCluster,
    #[error(transparent)]
    Token(#[from] TokenRefused),
    #[error("its service account {namespace}/{service_account} has no association")]
    NoAssociation {
        namespace: String,
        service_account: String,
    },
    #[error("the records of a cluster cannot be read")]
    Records(#[from] ChangeError<EksFaults>),
}

/// Whether the pods of a service account, by namespace and name, have a role; `cluster` is the cluster's id.
pub(crate) async fn has(
    core: &Core,
    place: &Place,
    cluster: &str,
    account: (&str, &str),
) -> Result<bool, ChangeError<EksFaults>> {
    let key = names::association_key(place, cluster, account);
    Ok(core.table.read::<Association>(&key).await?.is_some())
}

/// What the pod of a token is to have; `cluster` is the cluster's name.
pub(crate) async fn of_token(
    core: &Core,
    place: &Place,
    cluster: &str,
    token: &str,
) -> Result<PodRole, NoPodRole> {
    let key = names::cluster_key(place, cluster);
    let found = core.table.read::<Cluster>(&key).await?.map(|it| it.record);
    let cluster = found.filter(|it| it.status != Status::Deleting);
    let cluster = cluster.ok_or(NoPodRole::NoCluster)?;
    let pod = core.parts.control_planes.pod(&cluster.id, token).await?;
    let account = (pod.namespace.as_str(), pod.service_account.as_str());
    let key = names::association_key(place, &cluster.id, account);
    let found = core.table.read::<Association>(&key).await?;
    let Some(found) = found else {
        return Err(NoPodRole::NoAssociation {
            namespace: pod.namespace,
            service_account: pod.service_account,
        });
    };
    Ok(PodRole::of(place, &cluster.name, pod, found.record))
}
