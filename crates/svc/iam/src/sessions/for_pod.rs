//! Roles of pods by EKS Pod Identity: assumed by the platform with tags that say which pod it is for, and perhaps a second role behind
//! the first.

use std::collections::BTreeMap;

use wharf_base::Timestamp;
use wharf_wire::Context;

use super::{AssumeError, AssumeRole, Minted, weighed::role_account};
use crate::directory::{Directory, IdentifyError};

/// Whom trust policies of such roles name.
const PODS: &str = "pods.eks.amazonaws.com";

/// What a pod's session is made of.
#[derive(Debug, Clone, Default)]
pub struct PodSession {
    pub role_arn: String,
    pub session_name: String,
    /// All of them go on to roles that the session assumes.
    pub tags: BTreeMap<String, String>,
    /// What the credentials may do at most.
    pub policy: Option<String>,
    /// A role that the first one assumes, and the external id that it shows: the pod has that one's credentials.
    pub target: Option<(String, String)>,
    pub cluster_arn: String,
    pub region: String,
}

impl Directory {
    /// Credentials for a pod: six hours, of a role behind another one hour.
    pub async fn assume_for_pod(
        &self,
        wanted: PodSession,
        now: Timestamp,
    ) -> Result<Minted, AssumeError> {
        let account = role_account(&wanted.role_arn);
        let mut first = AssumeRole {
            role_arn: wanted.role_arn,
            session_name: wanted.session_name.clone(),
            transitive_tag_keys: wanted.tags.keys().cloned().collect(),
            tags: wanted.tags,
            ..AssumeRole::default()
        }
        .canonical();
        let Some((target, external_id)) = wanted.target else {
            first.policy = wanted.policy;
            self.check_policies(&account, &first).await?;
            let source = Some(wanted.cluster_arn.as_str());
            return self.for_service(first, PODS, source, now).await;
        };
        let source = Some(wanted.cluster_arn.as_str());
        let minted = self.for_service(first, PODS, source, now).await?;
        let session = self.identify(&minted.access_key_id, Some(&minted.token), now);
        let caller = match session.await {
            Ok(found) => found.caller,
            Err(IdentifyError::Directory(error)) => return Err(error.into()),
            Err(_) => return Err(AssumeError::NotAuthorized("sts:AssumeRole")),
        };
        let cx = Context {
            caller,
            ..Context::internal(&account, &wanted.region, PODS, now)
        };
        let second = AssumeRole {
            role_arn: target,
            session_name: wanted.session_name,
            external_id: Some(external_id),
            policy: wanted.policy,
            ..AssumeRole::default()
        };
        self.assume_in(&cx, second, None).await
    }
}
