//! DeleteCertificate: unless somebody uses it.

use wharf_api_acm::DeleteCertificateRequest;
use wharf_store::Txn;
use wharf_wire::{Call, Fault};

use crate::{
    core::{Core, MAX_TRIES, conflict},
    fault,
    names::Place,
};

pub async fn delete_certificate(
    core: &Core,
    call: &Call,
    input: DeleteCertificateRequest,
) -> Result<(), Fault> {
    let (place, arn) = (Place::of(call), input.certificate_arn.unwrap_or_default());
    for _ in 0..MAX_TRIES {
        let found = core.find(&place, Some(&arn)).await?;
        let usage = core.usage(&place, &arn).await?;
        if !usage.users.is_empty() {
            return Err(fault::in_use(&arn, &place.account));
        }
        let mut txn = Txn::new().when(found.unchanged()).delete(&found.key);
        // A listener that takes it in this very moment fails one of the two.
        if let Some(unchanged) = usage.unchanged {
            txn = txn.when(unchanged);
        }
        if core.commit(&call.permit, txn).await? {
            return Ok(());
        }
    }
    Err(conflict(&arn).into())
}
