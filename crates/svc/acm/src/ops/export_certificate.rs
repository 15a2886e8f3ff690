//! ExportCertificate: certificate, chain and the key under a passphrase, where the request allowed it.

use wharf_api_acm::{ExportCertificateRequest, ExportCertificateResponse};
use wharf_wire::{Call, Fault};

use crate::{
    core::{ChangeError, Core},
    fault,
    names::Place,
    pem,
    records::Certificate,
};

pub async fn export_certificate(
    core: &Core,
    call: &Call,
    input: ExportCertificateRequest,
) -> Result<ExportCertificateResponse, Fault> {
    let (place, arn) = (Place::of(call), input.certificate_arn.unwrap_or_default());
    let passphrase = pem::passphrase(input.passphrase.unwrap_or_default())?;
    let found = core.find(&place, Some(&arn)).await?.record;
    if !found.is_exportable() {
        return Err(fault::invalid(format!(
            "Certificate {arn} cannot be exported. It must have been requested with the option \
             Export set to ENABLED."
        )));
    }
    let issued = found.issued.ok_or_else(|| fault::in_progress(&arn))?;
    let keyring = &core.parts.keyring;
    let key = keyring.open(&found.private_key, &Certificate::purpose(&arn));
    let key = key.map_err(ChangeError::from)?;
    let work = move || pem::encrypted(&key, &passphrase);
    let encrypted = core.off_thread(&place, work).await;
    let encrypted = encrypted.map_err(|cause| fault::server(&cause))?;
    // It is renewed from now on; the same key, if it was renewed in this very moment, is not.
    let serial = issued.facts.serial;
    core.change(&call.permit, &place, Some(&arn), |certificate| {
        let now = certificate.issued.as_ref().map(|it| &it.facts.serial);
        certificate.exported |= now == Some(&serial);
        Ok(())
    })
    .await?;
    Ok(ExportCertificateResponse {
        certificate: Some(issued.body),
        certificate_chain: issued.chain,
        private_key: Some(encrypted),
    })
}
