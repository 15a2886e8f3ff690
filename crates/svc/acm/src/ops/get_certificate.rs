//! GetCertificate: the certificate and its chain in PEM.

use wharf_api_acm::{GetCertificateRequest, GetCertificateResponse};
use wharf_wire::{Call, Fault};

use crate::{core::Core, fault, names::Place};

pub async fn get_certificate(
    core: &Core,
    call: &Call,
    input: GetCertificateRequest,
) -> Result<GetCertificateResponse, Fault> {
    let (place, arn) = (Place::of(call), input.certificate_arn.unwrap_or_default());
    let found = core.find(&place, Some(&arn)).await?;
    let issued = found
        .record
        .issued
        .ok_or_else(|| fault::in_progress(&arn))?;
    Ok(GetCertificateResponse {
        certificate: Some(issued.body),
        certificate_chain: issued.chain,
    })
}
