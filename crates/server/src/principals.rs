//! Users and roles, as EKS asks for them.

use std::sync::Arc;

use async_trait::async_trait;
use wharf_base::Clock;
use wharf_svc_eks::{LookupError, Principals as Asked};
use wharf_svc_iam::{AssumeError, Directory};

/// Of whoever tries whether a role can be assumed.
const TRIAL: &str = "usable";

pub struct Principals {
    pub directory: Arc<Directory>,
    pub clock: Arc<dyn Clock>,
}

#[async_trait]
impl Asked for Principals {
    async fn trusts(&self, role: &str, service: &str, source: &str) -> Result<bool, LookupError> {
        let now = self.clock.now();
        let assumed = self
            .directory
            .assume_for_service(role, service, TRIAL, Some(source), now)
            .await;
        match assumed {
            Ok(_) => Ok(true),
            Err(AssumeError::Directory(error)) => Err(unavailable(error)),
            Err(_) => Ok(false),
        }
    }

    async fn id(&self, arn: &str) -> Result<Option<String>, LookupError> {
        self.directory.unique_id(arn).await.map_err(unavailable)
    }
}

fn unavailable(cause: impl std::error::Error + Send + Sync + 'static) -> LookupError {
    LookupError {
        what: "a principal",
        cause: Box::new(cause),
    }
}
