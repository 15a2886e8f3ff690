//! Listeners' copies of certificates follow those they were taken from: one that was renewed or imported
//! anew is given to the hosts with the next change of the plane, and connections that there are go on.

use std::sync::Arc;

use wharf_reconcile::Next;
use wharf_records::Scope;
use wharf_service::{fence, transact};

use super::{PERMIT, StepError};
use crate::{
    config::CertificateLookup,
    core::Core,
    names::{Place, is_managed_certificate},
    records::Certificate,
};

pub async fn certificate(core: Arc<Core>, key: String) -> Result<Next, StepError> {
    // IAM's never become others: what listeners have of them outlives them.
    let parsed = Scope::parse(&key).filter(|(_, _, arn)| is_managed_certificate(arn));
    let Some((scope, _, arn)) = parsed else {
        return Ok(Next::Settled);
    };
    let place = Place::of_scope(&scope);
    transact!(core.table, &PERMIT, |tx| {
        let Some(record) = tx.find::<Certificate>(&key).await? else {
            return Ok(Next::Settled);
        };
        let found = match core.parts.certificates.find(&place, &arn).await? {
            CertificateLookup::Found(found) if found.chain != record.chain => found,
            _ => return Ok(Next::Settled),
        };
        tx.fence(fence(&core.shard)?);
        if let Some(unchanged) = &found.unchanged {
            tx.when(unchanged.clone());
        }
        tx.put(
            &key,
            &core.sealed(&arn, found, record.used_by, record.unknown),
        );
    });
    tracing::info!(arn, "listeners get the renewed certificate");
    Ok(Next::Settled)
}
