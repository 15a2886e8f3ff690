//! Listeners' copies of certificates follow those they were taken from: one that was renewed or imported
//! anew is given to the hosts with the next change of the plane, and connections that there are go on.

use std::sync::Arc;

use wharf_reconcile::Next;
use wharf_records::{Scope, encode};
use wharf_service::fence;
use wharf_store::Txn;

use super::{PERMIT, StepError};
use crate::{
    config::CertificateLookup,
    core::{ChangeError, Core, MAX_TRIES},
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
    for _ in 0..MAX_TRIES {
        let Some(stored) = core.table.read::<Certificate>(&key).await? else {
            return Ok(Next::Settled);
        };
        let found = match core.parts.certificates.find(&place, &arn).await? {
            CertificateLookup::Found(found) if found.chain != stored.record.chain => found,
            _ => return Ok(Next::Settled),
        };
        let as_read = stored.unchanged();
        let mut txn = Txn::new().when(fence(&core.shard)?).when(as_read);
        if let Some(unchanged) = &found.unchanged {
            txn = txn.when(unchanged.clone());
        }
        let record = core.sealed(&arn, found, stored.record.used_by, stored.record.unknown);
        if core
            .table
            .commit(&PERMIT, txn.put(&key, encode(&record)))
            .await?
        {
            tracing::info!(arn, "listeners are given another certificate");
            return Ok(Next::Settled);
        }
    }
    Err(ChangeError::conflict(&key).into())
}
