//! Roles of pods, as EKS Auth asks for them.

use std::sync::Arc;

use async_trait::async_trait;
use wharf_base::Clock;
use wharf_svc_eks_auth::{Credentials, NoCredentials, Roles, Session};
use wharf_svc_iam::{AssumeError, Directory, PodSession};

pub struct PodRoles {
    pub directory: Arc<Directory>,
    pub clock: Arc<dyn Clock>,
}

#[async_trait]
impl Roles for PodRoles {
    async fn assume(&self, session: Session) -> Result<Credentials, NoCredentials> {
        let wanted = PodSession {
            role_arn: session.role,
            session_name: session.name,
            tags: session.tags,
            policy: session.policy,
            target: session.target,
            cluster_arn: session.cluster_arn,
            region: session.region,
        };
        let minted = self.directory.assume_for_pod(wanted, self.clock.now());
        let minted = minted.await.map_err(|error| match error {
            AssumeError::Directory(error) => NoCredentials::Unavailable(Box::new(error)),
            other => NoCredentials::Refused(other.to_string()),
        })?;
        Ok(Credentials {
            access_key_id: minted.access_key_id,
            secret_access_key: minted.secret.expose().to_owned(),
            session_token: minted.token,
            expires: minted.expires,
            arn: minted.arn,
            role_id: minted.user_id,
        })
    }
}
