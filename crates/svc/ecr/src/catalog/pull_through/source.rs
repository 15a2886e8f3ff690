//! Where a rule brings images from: a registry somewhere else, or another one of this installation, whose
//! bytes are shared and not copied.

use std::fmt;

use wharf_base::{Arn, Permit, Timestamp};
use wharf_blobs::Digest;
use wharf_delivery::{Actor, Operations};

use super::{
    super::{Catalog, ImageRef, Registry},
    access::NoUpstream,
};
use crate::{
    error::EcrError,
    records::{PullThrough, SERVICE},
    upstream::{PRINCIPAL, Remote, Served, UpstreamError},
};

/// All operations of the installation, which say what a role may do.
pub(crate) struct Called(pub(crate) std::sync::Arc<dyn Operations>);

impl fmt::Debug for Called {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("Called")
    }
}

/// One upstream repository.
pub(super) enum Source {
    Remote(Box<Remote>),
    Own(Own),
}

/// A repository of this installation, as the rule's role or ECR itself may read it.
pub(super) struct Own {
    host: String,
    registry: Registry,
    name: String,
    actor: Actor,
}

impl Source {
    pub(super) fn host(&self) -> &str {
        match self {
            Self::Remote(remote) => remote.host(),
            Self::Own(own) => &own.host,
        }
    }
}

impl PullThrough {
    /// In whose name a registry of the installation is read.
    pub(super) fn actor(&self, registry: &Registry) -> Actor {
        let Registry {
            account, region, ..
        } = registry;
        let rule = format!("pull-through-cache-rule/{}", self.prefix);
        let source_arn = Arn::new(SERVICE, region, account, rule).to_string();
        match &self.role {
            Some(arn) => Actor::Role {
                arn: arn.clone(),
                service: PRINCIPAL.to_owned(),
                source_arn,
            },
            None => Actor::Service {
                name: PRINCIPAL.to_owned(),
                account: account.clone(),
                source_arn,
            },
        }
    }
}

impl Catalog {
    /// The upstream repository of that name, as the rule has it.
    pub(super) async fn source(
        &self,
        registry: &Registry,
        rule: &PullThrough,
        name: String,
        permit: &Permit,
        now: Timestamp,
    ) -> Result<Source, EcrError> {
        let address = rule.address()?;
        if let Some(upstream) = address.registry() {
            return Ok(Source::Own(Own {
                host: address.host().to_owned(),
                registry: upstream,
                name,
                actor: rule.actor(registry),
            }));
        }
        let remote = self.remote(registry, rule, name, permit, now).await?;
        Ok(Source::Remote(Box::new(remote)))
    }

    /// The digest that a tag has there; `None` if the registry does not say.
    pub(super) async fn digest_at(
        &self,
        source: &Source,
        tag: &str,
    ) -> Result<Option<Digest>, EcrError> {
        match source {
            Source::Remote(remote) => Ok(remote.digest_of(tag).await?),
            Source::Own(own) => {
                self.may_read(own, "ecr:BatchGetImage").await?;
                let tag = ImageRef::Tag(tag.to_owned());
                let image = self.pullable(&own.registry, &own.name, &tag);
                let image = image.await.map_err(|it| own.missing(it))?;
                Ok(Some(image.ok_or_else(|| own.not_found())?.digest))
            }
        }
    }

    pub(super) async fn manifest_at(
        &self,
        source: &Source,
        reference: &ImageRef,
    ) -> Result<Served, EcrError> {
        match source {
            Source::Remote(remote) => Ok(match reference {
                ImageRef::Tag(tag) => remote.manifest(tag).await?,
                ImageRef::Digest(digest) => remote.manifest(&digest.to_string()).await?,
            }),
            Source::Own(own) => {
                self.may_read(own, "ecr:BatchGetImage").await?;
                let stored = self.manifest(&own.registry, &own.name, reference);
                let stored = stored.await.map_err(|it| own.missing(it))?;
                let stored = stored.ok_or_else(|| own.not_found())?;
                Ok(Served {
                    bytes: stored.manifest.into(),
                    media_type: Some(stored.image.media_type),
                    digest: Some(stored.image.digest),
                })
            }
        }
    }

    /// Makes a layer of a repository of this installation one of another as well.
    pub(super) async fn share_at(
        &self,
        permit: &Permit,
        own: &Own,
        registry: &Registry,
        name: &str,
        digest: &Digest,
    ) -> Result<(), EcrError> {
        self.may_read(own, "ecr:GetDownloadUrlForLayer").await?;
        let source = self.open(&own.registry, &own.name).await;
        let source = source.map_err(|it| own.missing(it))?;
        let open = self.open(registry, name).await?;
        // Between keys the bytes are copied, as from a registry outside.
        let _turn = match open.is_locked() || source.is_locked() {
            true => Some(self.inner.coming.layer_turn(&registry.account).await?),
            false => None,
        };
        let now = self.wants().now();
        let shared = self.bring_over(permit, &source, &open, digest, now);
        shared.await?.ok_or_else(|| own.not_found())?;
        Ok(())
    }

    /// Whether the role of a rule lets ECR act in its name; why not.
    pub(super) async fn may_act(&self, own: &Own) -> Result<(), NoUpstream> {
        let Actor::Role {
            arn,
            service,
            source_arn,
        } = &own.actor
        else {
            return Ok(());
        };
        let Some(Called(operations)) = self.inner.operations.get() else {
            return Err(NoUpstream::Starting);
        };
        let may = operations.may_assume(arn, service, source_arn).await;
        may.map_err(NoUpstream::Role)
    }

    async fn may_read(&self, own: &Own, action: &str) -> Result<(), EcrError> {
        let operations = self.inner.operations.get();
        let none = || UpstreamError::unavailable(&own.host, "the server is starting");
        let Called(operations) = operations.ok_or_else(none)?;
        let check = [self.check(action, &own.registry, &own.name).await?];
        let may = operations.may(&own.actor, &own.registry.region, &check);
        may.await.map_err(|fault| match fault.sender {
            true => UpstreamError::denied(&own.host, fault.message).into(),
            false => UpstreamError::unavailable(&own.host, fault.message).into(),
        })
    }
}

impl Own {
    fn not_found(&self) -> EcrError {
        UpstreamError::NotFound(self.host.clone()).into()
    }

    /// No repository is no image.
    fn missing(&self, error: EcrError) -> EcrError {
        match error {
            EcrError::RepositoryNotFound { .. } | EcrError::ImageArchived { .. } => {
                self.not_found()
            }
            other => other,
        }
    }
}
