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
use wharf_api_kms::{
    CreateGrantRequest, DescribeKeyRequest, GrantConstraints, Kms, RetireGrantRequest,
};
use wharf_base::Permit;
use wharf_blobs::{Blobs, Layers, Lock};
use wharf_datakeys::Context as Bound;
use wharf_delivery::{Actor, Request};
use wharf_wire::{Call, Context, Fault, call::Caller};

use super::{Catalog, Open, Registry, pull_through::Called};
use crate::{
    error::EcrError,
    records::{Encryption, EncryptionKind, WantedEncryption},
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

impl Grantee {
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
    /// A data key for a new repository, and the grant that it opens by.
    pub(super) async fn encrypt(
        &self,
        granter: Granter<'_>,
        registry: &Registry,
        name: &str,
        wanted: &WantedEncryption,
    ) -> Result<Encryption, EcrError> {
        let kind = wanted.kind;
        let kms = self.kms(kind)?;
        let arn = registry.repository_arn(name);
        let grantee = Grantee::repository(registry, &arn);
        let named = wanted.key.as_deref().unwrap_or(OWN_KEY);
        let (key, grant) = match granter {
            Granter::Caller(call) => grant_to(&grantee, kms, call, named).await?,
            Granter::Account => {
                let context = Context {
                    caller: Caller::root(&registry.account),
                    ..self.own_call(registry, &grantee).context().clone()
                };
                let call = Call::by_controller(context, PERMIT);
                grant_to(&grantee, kms, &call, named).await?
            }
            Granter::Role(role) => self.grant_by(role, registry, &arn, named).await?,
        };
        let call = self.own_call(registry, &grantee);
        let made = wharf_datakeys::make(kms, &call, &key, grantee.bound).await;
        let mut encryption = Encryption {
            kind,
            key,
            sealed: String::new(),
            grant,
        };
        match made {
            Ok(made) => encryption.sealed = BASE64.encode(made.sealed),
            Err(refused) => {
                self.retire(registry, &arn, &encryption).await;
                return Err(EcrError::Kms(refused));
            }
        }
        Ok(encryption)
    }

    /// The same by a template's role, which names the key by its ARN.
    async fn grant_by(
        &self,
        role: &str,
        registry: &Registry,
        arn: &str,
        key: &str,
    ) -> Result<(String, String), EcrError> {
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
            "KeyId": key, "GranteePrincipal": principal, "RetiringPrincipal": principal,
            "Operations": GRANTED, "Constraints": {"EncryptionContextSubset": bound(arn)},
        });
        let request = Request::new("kms", "CreateGrant", &registry.region, input);
        let made = operations.call(&actor, &request).await;
        let made = made.map_err(EcrError::Kms)?;
        let grant = made["GrantId"].as_str().unwrap_or_default();
        Ok((key.to_owned(), grant.to_owned()))
    }

    /// Gives the grant of a repository back that is gone. One that stays lets ECR do nothing: it is for that
    /// repository's data key, which is gone too.
    pub(super) async fn retire(&self, registry: &Registry, arn: &str, encryption: &Encryption) {
        let grantee = Grantee::repository(registry, arn);
        let Encryption { key, grant, .. } = encryption;
        self.retire_grant(registry, &grantee, key, grant).await;
    }

    pub(super) async fn retire_grant(
        &self,
        registry: &Registry,
        grantee: &Grantee,
        key: &str,
        grant: &str,
    ) {
        let Ok(kms) = self.kms(EncryptionKind::Kms) else {
            return;
        };
        let call = self.own_call(registry, grantee);
        if let Err(fault) = retire(kms, &call, key, grant).await {
            tracing::warn!(
                resource = grantee.arn,
                key,
                why = fault.message,
                "failed to retire a grant that is of no more use"
            );
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

/// Gives a grant back.
pub(super) async fn retire(
    kms: &dyn Kms,
    call: &Call,
    key: &str,
    grant: &str,
) -> Result<(), Fault> {
    let input = RetireGrantRequest {
        key_id: Some(key.to_owned()),
        grant_id: Some(grant.to_owned()),
        ..RetireGrantRequest::default()
    };
    kms.retire_grant(call, input).await
}

/// Has the caller let a service use a key, which it names in any form: ARN of the key, and the grant.
async fn grant_to(
    grantee: &Grantee,
    kms: &dyn Kms,
    call: &Call,
    named: &str,
) -> Result<(String, String), EcrError> {
    let key = key_of(grantee, kms, call, named).await?;
    let made = grant_on(grantee, kms, call, &key, None).await;
    let grant = made.map_err(EcrError::Kms)?;
    Ok((key, grant))
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

/// Has the caller let a service use a key. By `name` the grant is found again.
pub(super) async fn grant_on(
    grantee: &Grantee,
    kms: &dyn Kms,
    call: &Call,
    key: &str,
    name: Option<String>,
) -> Result<String, Fault> {
    let input = CreateGrantRequest {
        key_id: Some(key.to_owned()),
        name,
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
