//! DeleteCertificate: unless somebody uses it.

use wharf_api_acm::DeleteCertificateRequest;
use wharf_service::transact;
use wharf_wire::{Call, Fault};

use crate::{
    core::{Core, key_of},
    fault,
    names::Place,
    records::Certificate,
};

pub async fn delete_certificate(
    core: &Core,
    call: &Call,
    input: DeleteCertificateRequest,
) -> Result<(), Fault> {
    let (place, arn) = (Place::of(call), input.certificate_arn.unwrap_or_default());
    let key = key_of(&place, Some(&arn))?;
    transact!(core.table, &call.permit, |tx| {
        let found = tx.find::<Certificate>(&key).await?;
        found.ok_or_else(|| fault::not_found(&arn, &place.account))?;
        let usage = core.usage(&place, &arn).await?;
        if !usage.users.is_empty() {
            return Err(fault::in_use(&arn, &place.account));
        }
        // A listener that takes it in this very moment fails one of the two.
        if let Some(unchanged) = usage.unchanged {
            tx.when(unchanged);
        }
        tx.delete(&key);
    });
    Ok(())
}
