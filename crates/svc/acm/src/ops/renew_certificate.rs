//! RenewCertificate: asks the reconciler for a certificate with a new key, at once.

use wharf_api_acm::RenewCertificateRequest;
use wharf_wire::{Call, Fault};

use crate::{
    core::Core,
    fault,
    names::Place,
    records::{Origin, Renewal},
};

pub async fn renew_certificate(
    core: &Core,
    call: &Call,
    input: RenewCertificateRequest,
) -> Result<(), Fault> {
    let (place, arn) = (Place::of(call), input.certificate_arn.unwrap_or_default());
    core.change(&call.permit, &place, Some(&arn), |certificate| {
        if certificate.origin == Origin::Imported {
            return Err(fault::invalid(format!(
                "Certificate {arn} was imported and is not eligible for renewal."
            )));
        }
        let pending = certificate.renewal.is_some_and(|it| it.pending);
        if certificate.issued.is_none() || pending {
            return Err(fault::in_progress(&arn));
        }
        certificate.renewal = Some(Renewal {
            pending: true,
            updated_at: call.now,
        });
        Ok(())
    })
    .await
}
