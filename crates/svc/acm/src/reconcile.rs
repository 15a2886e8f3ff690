//! The executor: reads a certificate, decides by [`crate::plan`], does one thing, writes it down.
//!
//! | key | woken by | what is done |
//! | --- | --- | --- |
//! | a certificate's | its changes; another authority; timers | issued, renewed; that its end comes is written down |
//! | a token's | its coming; a timer | deleted after its hour |
//!
//! Every write compares the shard's lease; a server that lost it stops writing.

use std::{sync::Arc, time::Duration};

use wharf_base::{Permit, Timestamp};
use wharf_reconcile::Next;
use wharf_records::{Record, Scope, encode};
use wharf_service::{Stored, fence};
use wharf_store::Txn;

use crate::{
    authority::AuthorityError,
    core::{ChangeError, Core},
    expiry,
    fault::AcmFaults,
    names::{Certificates as _, Place},
    plan::{self, Step},
    records::{Certificate, Renewal, Token},
};

const PERMIT: Permit = Permit::for_controller("acm-reconciler");
/// A token is remembered for this long, as in AWS.
pub const TOKEN_LIFE: Duration = Duration::from_secs(3600);

type StepError = wharf_service::StepError<AcmFaults>;

impl From<AuthorityError> for StepError {
    fn from(error: AuthorityError) -> Self {
        Self::other(error)
    }
}

/// What is sealed in a certificate is no key.
#[derive(Debug, thiserror::Error)]
#[error("the private key cannot be read")]
struct UnreadableKey;

pub async fn key(core: Arc<Core>, key: String) -> Result<Next, StepError> {
    match Scope::parse(&key) {
        Some((scope, Certificate::KIND, id)) => {
            certificate(&core, &Place::of_scope(&scope), &key, &id).await
        }
        Some((_, Token::KIND, _)) => token(&core, &key).await,
        _ => Ok(Next::Settled),
    }
}

async fn certificate(core: &Core, place: &Place, key: &str, id: &str) -> Result<Next, StepError> {
    let Some(stored) = core.table.read::<Certificate>(key).await? else {
        return Ok(Next::Settled);
    };
    let arn = place.arn(id);
    let in_use = !core.usage(place, &arn).await?.users.is_empty();
    let now = core.now();
    let authority = core.generation().await?;
    let step = plan::step(&stored.record, in_use, authority, now);
    if matches!(step, Step::Nothing | Step::After(_)) {
        let account = core.settings(place).await?;
        if let Some(days) = expiry::due(&stored.record, account.as_ref(), now) {
            let mut record = stored.record.clone();
            record.days_told = Some(days);
            let txn = Txn::new()
                .when(fence(&core.shard)?)
                .when(stored.unchanged())
                .put(key, encode(&record));
            // What was written wakes the key again, as does the write of whoever came between.
            core.table.commit(&PERMIT, txn).await?;
            return Ok(Next::Settled);
        }
    }
    match step {
        Step::Nothing => {
            let later = expiry::look_after(&stored.record, now);
            return Ok(later.map_or(Next::Settled, Next::After));
        }
        Step::After(delay) => return Ok(Next::After(delay)),
        Step::Issue => issue(core, stored, &arn, now).await?,
        Step::Renew => renew(core, stored, (place, &arn), now).await?,
    }
    // What was written wakes the key again.
    Ok(Next::Settled)
}

/// Signs for the key that was made with the request.
async fn issue(
    core: &Core,
    stored: Stored<Certificate>,
    arn: &str,
    now: Timestamp,
) -> Result<(), StepError> {
    let sealed = &stored.record.private_key;
    let pem = core.parts.keyring.open(sealed, &Certificate::purpose(arn));
    let pem = pem.map_err(ChangeError::from)?;
    let pair = pem
        .expose_str()
        .and_then(|it| rcgen::KeyPair::from_pem(it).ok());
    let pair = pair.ok_or_else(|| StepError::other(UnreadableKey))?;
    let mut record = stored.record.clone();
    let authority = core.authority().await?;
    record.issued = Some(authority.issue(&record.names, &pair, record.algorithm, now)?);
    write(core, stored, record, arn).await
}

/// Signs for a new key.
async fn renew(
    core: &Core,
    stored: Stored<Certificate>,
    (place, arn): (&Place, &str),
    now: Timestamp,
) -> Result<(), StepError> {
    let mut record = stored.record.clone();
    let pair = core.make_key(place, record.algorithm).await;
    let pair = pair.map_err(AuthorityError::from)?;
    let authority = core.authority().await?;
    let before = record.issued.take();
    let mut issued = authority.issue(&record.names, &pair, record.algorithm, now)?;
    // It was issued once; what is shown of renewals has a time of its own.
    issued.at = before.map_or(issued.at, |it| it.at);
    record.issued = Some(issued);
    record.private_key = core.seal(&pair, arn);
    record.exported = false;
    record.days_told = None;
    record.renewal = Some(Renewal {
        pending: false,
        updated_at: now,
    });
    write(core, stored, record, arn).await
}

async fn write(
    core: &Core,
    stored: Stored<Certificate>,
    record: Certificate,
    arn: &str,
) -> Result<(), StepError> {
    let txn = Txn::new()
        .when(fence(&core.shard)?)
        .when(stored.unchanged())
        .put(&stored.key, encode(&record));
    // If somebody came between, their write has woken the key.
    if core.table.commit(&PERMIT, txn).await? {
        tracing::info!(arn, "a certificate was issued");
        core.announce(arn);
    }
    Ok(())
}

async fn token(core: &Core, key: &str) -> Result<Next, StepError> {
    let Some(stored) = core.table.read::<Token>(key).await? else {
        return Ok(Next::Settled);
    };
    let (end, now) = (stored.record.created_at + TOKEN_LIFE, core.now());
    if now < end {
        return Ok(Next::After(end.since(now)));
    }
    let txn = Txn::new()
        .when(fence(&core.shard)?)
        .when(stored.unchanged())
        .delete(key);
    core.table.commit(&PERMIT, txn).await?;
    Ok(Next::Settled)
}
