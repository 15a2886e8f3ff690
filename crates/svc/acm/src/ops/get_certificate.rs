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
        // One that was imported without a chain is its own, as tools expect it.
        certificate_chain: Some(issued.chain.unwrap_or_else(|| issued.body.clone())),
        certificate: Some(issued.body),
    })
}
