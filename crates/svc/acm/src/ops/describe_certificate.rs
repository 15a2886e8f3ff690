//! DescribeCertificate: all about one, its key excepted.

use wharf_api_acm::{DescribeCertificateRequest, DescribeCertificateResponse};
use wharf_wire::{Call, Fault};

use crate::{core::Core, describe, names::Place};

pub async fn describe_certificate(
    core: &Core,
    call: &Call,
    input: DescribeCertificateRequest,
) -> Result<DescribeCertificateResponse, Fault> {
    let (place, arn) = (Place::of(call), input.certificate_arn.unwrap_or_default());
    let found = core.find(&place, Some(&arn)).await?.record;
    let usage = core.usage(&place, &arn).await?;
    Ok(DescribeCertificateResponse {
        certificate: Some(describe::detail(&arn, found, usage.users, call.now)),
    })
}
