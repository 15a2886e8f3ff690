//! What upstream registries are shown: in whose name secrets are read, and who may have them sent where.

use wharf_base::{Arn, Permit, Timestamp};
use wharf_wire::{Call, Context, Fault};

use super::{
    super::{Catalog, Registry},
    source::Source,
};
use crate::{
    error::EcrError,
    records::PullThrough,
    upstream::{Address, Login, Outside, PRINCIPAL, Remote, SecretError, UpstreamError},
};

/// Why nothing can be pulled by a rule, as ValidatePullThroughCacheRule says it.
#[derive(Debug, thiserror::Error)]
pub(crate) enum NoUpstream {
    #[error(transparent)]
    Upstream(UpstreamError),
    #[error(transparent)]
    Secret(SecretError),
    /// The role of the rule does not let ECR act in its name.
    #[error("{}", .0.message)]
    Role(Fault),
    #[error("the server is starting")]
    Starting,
}

impl Catalog {
    /// Whether the upstream registry of a rule answers and takes the login; why not.
    pub(crate) async fn try_rule(
        &self,
        registry: &Registry,
        rule: &PullThrough,
        permit: &Permit,
        now: Timestamp,
    ) -> Result<Result<(), NoUpstream>, EcrError> {
        let source = self.source(registry, rule, String::new(), permit, now);
        let tried = match source.await {
            Ok(Source::Remote(remote)) => {
                let lane = self.inner.coming.lane(&registry.account, "images");
                let turn = lane.acquire_owned().await;
                let _turn = turn.map_err(|_| EcrError::Contention)?;
                remote.greet().await.map_err(NoUpstream::Upstream)
            }
            Ok(Source::Own(own)) => self.may_act(&own).await,
            Err(EcrError::Secret(error)) if !matches!(error, SecretError::Failed(_)) => {
                Err(NoUpstream::Secret(error))
            }
            Err(other) => return Err(other),
        };
        Ok(tried)
    }

    /// The upstream repository of that name, with the rule's login.
    pub(super) async fn remote(
        &self,
        registry: &Registry,
        rule: &PullThrough,
        repository: String,
        permit: &Permit,
        now: Timestamp,
    ) -> Result<Remote, EcrError> {
        let outside = self.outside()?;
        let address = rule.address()?;
        let login = match &rule.credential {
            Some(arn) => {
                let call = own_call(registry, permit, now);
                Some(Login::of_secret(&*outside.secrets, &call, arn).await?)
            }
            None => None,
        };
        let egress = outside.way(&registry.account);
        Ok(Remote::new(egress, address, login, repository))
    }

    fn outside(&self) -> Result<&Outside, EcrError> {
        let outside = self.config().outside.as_ref();
        Ok(outside.ok_or_else(|| UpstreamError::unavailable("", "there is no way to it"))?)
    }

    /// The secret must be one that ECR may read in this account. Where its content is sent to a registry
    /// that nobody vouches for, whoever says so must be able to read it: the rule would show it to them.
    pub(super) async fn try_secret(
        &self,
        call: &Call,
        registry: &Registry,
        address: &Address,
        secret: &str,
    ) -> Result<(), EcrError> {
        let arn: Option<Arn> = secret.parse().ok();
        let near =
            arn.is_some_and(|it| it.account == registry.account && it.region == registry.region);
        if !near {
            let text = "must be a secret of the registry's account and region";
            return Err(EcrError::invalid("credentialArn", text));
        }
        let secrets = &*self.outside()?.secrets;
        if address.known().is_none() {
            let asked = call.forwarded_by("ecr.amazonaws.com");
            Login::of_secret(secrets, &asked, secret).await?;
        }
        let own = own_call(registry, &call.permit, call.now);
        Login::of_secret(secrets, &own, secret).await?;
        Ok(())
    }
}

/// ECR's own, bound by the policy of its service-linked role.
fn own_call(registry: &Registry, permit: &Permit, now: Timestamp) -> Call {
    let Registry {
        account, region, ..
    } = registry;
    let context = Context::internal(account, region, PRINCIPAL, now);
    Call::by_controller(context, permit.clone())
}
