//! Grants by which EC2 opens data keys, as `wharf_datakeys::grants` has them: each is written down before it is made, and again, to
//! be given back, with the end of what has it. What a kill leaves in between is given back by the reconciler.
//!
//! One that was made for several volumes or instances at once is theirs together: each owes it when it ends, and who ends while
//! another has it owes nothing after all.

use wharf_api_kms::{CreateGrantRequest, GrantConstraints};
use wharf_datakeys::grants::{About, Begun, Grants, PendingGrant, Which};
use wharf_reconcile::Next;
use wharf_records::{Scope, encode};
use wharf_store::Txn;
use wharf_wire::{Call, Fault};

use super::{
    Encryption,
    hand_out::arn_of,
    keys::{asking, bound, principal, refused},
};
use crate::{
    Ec2Service, fault::Ec2Faults, instances::PERMIT, records::Instance, table::SERVICE,
    volumes::Volume,
};

type StepError = wharf_service::StepError<Ec2Faults>;

/// A grant that was made for what is about to be written down.
#[derive(Debug, Clone)]
pub struct Fresh {
    pub id: String,
    begun: Begun,
}

impl Fresh {
    /// The end of its being pending, to be written with what has it.
    pub fn ended(&self) -> Txn {
        self.begun.ended()
    }

    /// Gives it back, unless it was written down.
    pub async fn let_go(&self, service: &Ec2Service) {
        if let Ok(grants) = service.grants() {
            grants.let_go(&self.begun.at).await;
        }
    }
}

/// The same of several.
pub fn ended<'a>(all: impl IntoIterator<Item = &'a Fresh>) -> Txn {
    let mut txn = Txn::new();
    for one in all.into_iter().map(Fresh::ended) {
        txn.compare.extend(one.compare);
        txn.then.extend(one.then);
    }
    txn
}

/// A grant that is to be given back.
#[derive(Debug)]
pub struct Owed {
    at: String,
    pending: PendingGrant,
}

impl Owed {
    /// To be written with the end of what had it.
    pub fn written(&self) -> Txn {
        Txn::new().put(&self.at, encode(&self.pending))
    }
}

/// What the end of something that may have had a grant is written by.
pub fn with_owed(mut txn: Txn, owed: Option<&Owed>) -> Txn {
    txn.then
        .extend(owed.into_iter().flat_map(|it| it.written().then));
    txn
}

/// Gives back what is owed, once that is written. What fails now the reconciler does.
pub async fn settle(service: &Ec2Service, owed: Option<Owed>) {
    let Some(Owed { at, .. }) = owed else {
        return;
    };
    if let Err(error) = look(service, &at).await {
        tracing::warn!(record = at, %error, "failed to give a grant of a volume back; will retry");
    }
}

impl Ec2Service {
    /// Those that are on their way, or on their way back.
    ///
    /// # Errors
    /// There is no KMS.
    pub(super) fn grants(&self) -> Result<Grants<'_, Ec2Faults>, Fault> {
        Ok(Grants {
            table: &self.table,
            kms: self.kms()?,
            permit: PERMIT,
            now: self.instances.now(),
        })
    }
}

/// Lets EC2 open the data key of a volume that is being attached, or of a copy that is to be made.
///
/// # Errors
/// The caller may not grant that, or the key cannot be used now.
pub async fn grant(
    service: &Ec2Service,
    call: &Call,
    encryption: &Encryption,
) -> Result<Fresh, Fault> {
    let (scope, asked) = (Ec2Service::scope(call), asking(service, call).await?);
    let (principal, arn) = subject(&scope, encryption);
    let about = About {
        key: &encryption.key,
        principal: &principal,
        arn: &arn,
    };
    let grants = service.grants()?;
    let begun = grants.begin(&scope, about).await?;
    let input = CreateGrantRequest {
        key_id: Some(encryption.key.clone()),
        name: Some(begun.name.clone()),
        grantee_principal: Some(principal.clone()),
        retiring_principal: Some(principal.clone()),
        operations: Some(vec!["Decrypt".to_owned()]),
        constraints: Some(GrantConstraints {
            encryption_context_subset: Some(bound(&encryption.of)),
            ..GrantConstraints::default()
        }),
        ..CreateGrantRequest::default()
    };
    match grants.kms.create_grant(&asked, input).await {
        Ok(made) => Ok(Fresh {
            id: made.grant_id.unwrap_or_default(),
            begun,
        }),
        Err(fault) => {
            grants.let_go(&begun.at).await;
            Err(refused(fault))
        }
    }
}

/// What is owed by something that has the grant, and ends.
pub(super) fn owed(
    service: &Ec2Service,
    scope: &Scope,
    encryption: &Encryption,
    grant: &str,
) -> Option<Owed> {
    let grants = service.grants().ok()?;
    let (principal, arn) = subject(scope, encryption);
    let about = About {
        key: &encryption.key,
        principal: &principal,
        arn: &arn,
    };
    let (at, pending) = grants.owed(scope, about, grant);
    Some(Owed { at, pending })
}

/// Gives the grant of a copy back that is over. One that KMS refuses to take back is of no use but to who makes that copy.
///
/// # Errors
/// It is to be tried again.
pub(super) async fn retire(
    service: &Ec2Service,
    (account, region): (&str, &str),
    encryption: &Encryption,
    grant: &str,
) -> Result<(), Fault> {
    let Ok(grants) = service.grants() else {
        return Ok(());
    };
    let scope = Scope::new(SERVICE, account, region);
    let (principal, arn) = subject(&scope, encryption);
    let about = About {
        key: &encryption.key,
        principal: &principal,
        arn: &arn,
    };
    let which = Which::Id(grant.to_owned());
    grants.retire(&scope, about, which).await
}

/// Gives back what is pending if nobody is at it any more, nor has it.
///
/// # Errors
/// It is to be tried again.
pub async fn look(service: &Ec2Service, key: &str) -> Result<Next, StepError> {
    let grants = service.grants().map_err(|fault| StepError::Neighbour {
        action: "look for grants",
        fault,
    })?;
    let stored = service.table.read::<PendingGrant>(key).await?;
    if let (Some(stored), Some((scope, ..))) = (stored, Scope::parse(key))
        && let Which::Id(grant) = &stored.record.which
        && is_had(service, &scope, grant).await?
    {
        let txn = Txn::new().when(stored.unchanged()).delete(key);
        service.table.commit(&PERMIT, txn).await?;
        return Ok(Next::Settled);
    }
    grants.look(key).await
}

/// Whether a volume or an instance has a grant.
async fn is_had(service: &Ec2Service, scope: &Scope, grant: &str) -> Result<bool, StepError> {
    let volumes = service.table.all::<Volume>(scope, "").await?;
    let has_it = |it: &Volume| {
        let attachment = it.life.attachment.as_ref();
        attachment.is_some_and(|it| it.grant.as_deref() == Some(grant))
    };
    if volumes.iter().any(|(_, it)| has_it(&it.record)) {
        return Ok(true);
    }
    let instances = service.table.all::<Instance>(scope, "").await?;
    let has_it = |it: &Instance| {
        let root = it.sealed_root.as_ref();
        root.is_some_and(|it| it.grant == grant)
    };
    Ok(instances.iter().any(|(_, it)| has_it(&it.record)))
}

/// EC2 as grants name it, and the ARN of what it acts for.
fn subject(scope: &Scope, encryption: &Encryption) -> (String, String) {
    let Scope {
        account, region, ..
    } = scope;
    (principal(region), arn_of(account, region, &encryption.of))
}
