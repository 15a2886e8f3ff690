//! Repositories under keys of KMS.
//!
//! Such a repository has a data key, which KMS sealed. Its layers, manifests and uploads are blobs under that key
//! (`wharf_blobs::Lock`), each with a key of its own derived from it; the records of layers and images say which
//! blob is theirs, so no other repository comes to one by its digest. Nothing of the data key is kept between
//! requests: a key that is disabled shuts the repository at once, and opens it when it is enabled.
//!
//! KMS lets ECR use the key by a grant, which who makes the repository makes: so whoever may pull needs no right to
//! the key. What is used in its name is bound to the repository's ARN.

use std::{fmt, sync::Arc};

use base64::{Engine as _, engine::general_purpose::STANDARD as BASE64};
use serde_json::json;
use wharf_api_kms::{CreateGrantRequest, DescribeKeyRequest, GrantConstraints, Kms};
use wharf_base::Permit;
use wharf_blobs::{Blobs, Layers, Lock};
use wharf_datakeys::{
    Context as Bound,
    grants::{About, Begun, Grants, PendingGrant, Which},
};
use wharf_delivery::{Actor, Request};
use wharf_wire::{Call, Context, Fault, call::Caller};

use super::{Catalog, Open, Read, Registry, SCAN_PAGE, pull_through::Called};
use crate::{
    error::EcrError,
    fault::EcrFaults,
    records::{Encryption, EncryptionKind, Keys as RecordKeys, WantedEncryption},
};

const PERMIT: Permit = Permit::for_controller("ecr-keys");
/// How ECR calls KMS in the name of others, and what roles trust.
const SERVICE: &str = "ecr.amazonaws.com";
/// An account's own key for ECR.
const OWN_KEY: &str = "alias/aws/ecr";
/// What the grant is for.
const GRANTED: [&str; 2] = ["Decrypt", "GenerateDataKey"];

/// The way to KMS, behind its gate.
#[derive(Clone)]
pub struct Keys(pub Arc<dyn Kms>);

impl fmt::Debug for Keys {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("Keys")
    }
}

/// Who uses a key, and for what.
pub(super) struct Grantee {
    /// How it calls KMS in the name of others.
    pub service: &'static str,
    /// As grants name it.
    pub principal: String,
    /// What it acts for.
    pub arn: String,
    /// What data keys are bound to.
    pub bound: Bound,
}

/// In whose name a grant is made.
enum By<'a> {
    Call(Call),
    Role(&'a str),
}

impl Grantee {
    /// What a grant of it on a key is about.
    pub(super) fn about<'a>(&'a self, key: &'a str) -> About<'a> {
        About {
            key,
            principal: &self.principal,
            arn: &self.arn,
        }
    }

    /// ECR, for the repository of an ARN.
    fn repository(registry: &Registry, arn: &str) -> Self {
        Self {
            service: SERVICE,
            principal: principal(&registry.region),
            arn: arn.to_owned(),
            bound: bound(arn),
        }
    }
}

/// In whose name the grant of a new repository is made.
#[derive(Clone, Copy)]
pub(crate) enum Granter<'a> {
    Caller(&'a Call),
    /// Of a template, for what it makes.
    Role(&'a str),
    /// The account, with its own key for ECR.
    Account,
}

impl Catalog {
    /// A data key for a new repository, and the grant that it opens by: pending until it is written down with the repository.
    pub(super) async fn encrypt(
        &self,
        granter: Granter<'_>,
        registry: &Registry,
        name: &str,
        wanted: &WantedEncryption,
    ) -> Result<(Encryption, Begun), EcrError> {
        let kms = self.kms(wanted.kind)?;
        let arn = registry.repository_arn(name);
        let grantee = Grantee::repository(registry, &arn);
        let named = wanted.key.as_deref().unwrap_or(OWN_KEY);
        let by = match granter {
            Granter::Caller(call) => By::Call(call.clone()),
            Granter::Account => {
                let context = Context {
                    caller: Caller::root(&registry.account),
                    ..self.own_call(registry, &grantee).context().clone()
                };
                By::Call(Call::by_controller(context, PERMIT))
            }
            Granter::Role(role) => By::Role(role),
        };
        let key = match &by {
            By::Call(call) => key_of(&grantee, kms, call, named).await?,
            By::Role(_) => named.to_owned(),
        };
        let grants = self.grants(kms);
        let keys = registry.keys();
        let begun = grants.begin(keys.scope(), grantee.about(&key)).await?;
        let made = async {
            let grant = match &by {
                By::Call(call) => grant_on(&grantee, kms, call, &key, &begun.name)
                    .await
                    .map_err(EcrError::Kms)?,
                By::Role(role) => {
                    let called = (*role, begun.name.as_str());
                    self.grant_by(called, registry, &arn, &key).await?
                }
            };
            let call = self.own_call(registry, &grantee);
            let made = wharf_datakeys::make(kms, &call, &key, grantee.bound.clone()).await;
            Ok::<_, EcrError>(Encryption {
                kind: wanted.kind,
                sealed: BASE64.encode(made.map_err(EcrError::Kms)?.sealed),
                grant,
                key: key.clone(),
            })
        };
        let made = made.await;
        match made {
            Ok(made) => Ok((made, begun)),
            Err(refused) => {
                grants.let_go(&begun.at).await;
                Err(refused)
            }
        }
    }

    /// A grant by a template's role, which names the key by its ARN.
    async fn grant_by(
        &self,
        (role, name): (&str, &str),
        registry: &Registry,
        arn: &str,
        key: &str,
    ) -> Result<String, EcrError> {
        let Some(Called(operations)) = self.inner.operations.get() else {
            return Err(EcrError::Contention);
        };
        let actor = Actor::Role {
            arn: role.to_owned(),
            service: SERVICE.to_owned(),
            source_arn: arn.to_owned(),
        };
        let principal = principal(&registry.region);
        let input = json!({
            "KeyId": key, "Name": name, "GranteePrincipal": principal, "RetiringPrincipal": principal,
            "Operations": GRANTED, "Constraints": {"EncryptionContextSubset": bound(arn)},
        });
        let request = Request::new("kms", "CreateGrant", &registry.region, input);
        let made = operations.call(&actor, &request).await;
        let made = made.map_err(EcrError::Kms)?;
        Ok(made["GrantId"].as_str().unwrap_or_default().to_owned())
    }

    /// Gives the grant of a repository back that is gone; `false`: it is to be tried again. One that KMS refuses to take back
    /// lets ECR do nothing: it is for that repository's data key, which is gone too.
    pub(super) async fn retire(
        &self,
        registry: &Registry,
        arn: &str,
        encryption: &Encryption,
    ) -> bool {
        let Ok(kms) = self.kms(encryption.kind) else {
            return true;
        };
        let (keys, grantee) = (registry.keys(), Grantee::repository(registry, arn));
        let (grants, about) = (self.grants(kms), grantee.about(&encryption.key));
        let which = Which::Id(encryption.grant.clone());
        let retired = grants.retire(keys.scope(), about, which).await;
        if let Err(fault) = &retired {
            tracing::warn!(
                resource = arn,
                key = encryption.key,
                why = %fault.message,
                "failed to retire the grant of a repository that is gone; will retry"
            );
        }
        retired.is_ok()
    }

    /// Those that are on their way, or on their way back.
    pub(super) fn grants<'a>(&'a self, kms: &'a dyn Kms) -> Grants<'a, EcrFaults> {
        Grants {
            table: self.table(),
            kms,
            permit: PERMIT,
            now: self.wants().now(),
        }
    }

    /// Gives the pending grant back, which did not come to be used.
    pub(super) async fn let_go(&self, at: &str) {
        if let Ok(kms) = self.kms(EncryptionKind::Kms) {
            self.grants(kms).let_go(at).await;
        }
    }

    /// Gives back the grants of a registry that a kill left behind.
    pub(super) async fn settle_grants(&self, keys: &RecordKeys) -> Result<(), EcrError> {
        let Ok(kms) = self.kms(EncryptionKind::Kms) else {
            return Ok(());
        };
        let (grants, mut after) = (self.grants(kms), None);
        loop {
            let (pending, more): (Vec<Read<PendingGrant>>, _) =
                self.page(keys.pending_grants(), after, SCAN_PAGE).await?;
            after = pending.last().map(|it| it.key.clone());
            for Read { key, .. } in pending {
                if let Err(error) = grants.look(&key).await {
                    tracing::warn!(record = key, %error, "failed to give a grant back; will retry with the next run");
                }
            }
            if !more {
                return Ok(());
            }
        }
    }

    /// The blobs as those of the repository are to be read and written. KMS is asked where it has a key.
    pub(crate) async fn blobs_of(&self, open: &Open) -> Result<Blobs, EcrError> {
        let repository = &open.repository.record;
        let Some(encryption) = &repository.encryption else {
            return Ok(self.blobs().clone());
        };
        let kms = self.kms(encryption.kind)?;
        let arn = open.registry.repository_arn(&repository.name);
        let grantee = Grantee::repository(&open.registry, &arn);
        let call = self.own_call(&open.registry, &grantee);
        // What does not decode does not open either.
        let sealed = BASE64.decode(&encryption.sealed).unwrap_or_default();
        let opened = wharf_datakeys::open(kms, &call, sealed, grantee.bound).await;
        let opened = opened.map_err(EcrError::Kms)?;
        let layers = match encryption.kind {
            EncryptionKind::Kms => Layers::One,
            EncryptionKind::Dsse => Layers::Two,
        };
        Ok(self.blobs().under(Lock::new(*opened.bytes(), layers)))
    }

    pub(super) fn kms(&self, kind: EncryptionKind) -> Result<&dyn Kms, EcrError> {
        let keys = self.config().keys.as_ref();
        let keys = keys.ok_or(EcrError::Encryption(kind.name()))?;
        Ok(&*keys.0)
    }

    /// A call of KMS in the grantee's own name.
    pub(super) fn own_call(&self, registry: &Registry, grantee: &Grantee) -> Call {
        let Registry {
            account, region, ..
        } = registry;
        let now = self.wants().now();
        let context = Context::internal(account, region, &grantee.principal, now);
        Call::by_controller(context.acting_for(grantee.arn.clone()), PERMIT)
    }
}

/// The ARN of a key that the caller names in any form.
pub(super) async fn key_of(
    grantee: &Grantee,
    kms: &dyn Kms,
    call: &Call,
    named: &str,
) -> Result<String, EcrError> {
    let call = call.forwarded_by(grantee.service);
    let input = DescribeKeyRequest {
        key_id: Some(named.to_owned()),
        ..DescribeKeyRequest::default()
    };
    let found = kms
        .describe_key(&call, input)
        .await
        .map_err(EcrError::Kms)?;
    Ok(found.key_metadata.and_then(|it| it.arn).unwrap_or_default())
}

/// Has the caller let a service use a key, by a pending grant of that name.
pub(super) async fn grant_on(
    grantee: &Grantee,
    kms: &dyn Kms,
    call: &Call,
    key: &str,
    name: &str,
) -> Result<String, Fault> {
    let input = CreateGrantRequest {
        key_id: Some(key.to_owned()),
        name: Some(name.to_owned()),
        grantee_principal: Some(grantee.principal.clone()),
        retiring_principal: Some(grantee.principal.clone()),
        operations: Some(GRANTED.map(str::to_owned).into()),
        constraints: Some(GrantConstraints {
            encryption_context_subset: Some(grantee.bound.clone()),
            ..GrantConstraints::default()
        }),
        ..CreateGrantRequest::default()
    };
    let call = call.forwarded_by(grantee.service);
    let made = kms.create_grant(&call, input).await?;
    Ok(made.grant_id.unwrap_or_default())
}

/// ECR of a region, as grants name it.
fn principal(region: &str) -> String {
    format!("ecr.{region}.amazonaws.com")
}

/// What a repository's data key is bound to.
fn bound(arn: &str) -> Bound {
    Bound::from([("aws:ecr:arn".to_owned(), arn.to_owned())])
}
