//! `GET /wharf/ca`: the certificate of the authority that signs what is requested of Certificate
//! Manager, for `wharf ca`. It is made when it is first asked for, if nothing was signed before.

use wharf_svc_acm::AcmService;
use wharf_wire::{Check, Context, Dispatcher, fault::Chain};

pub struct CertificateAuthority {
    pub acm: AcmService,
    pub dispatcher: Dispatcher,
}

impl CertificateAuthority {
    /// In PEM, for whom policies let do `wharf:GetCertificateAuthority`; the error is a text for people.
    pub async fn certificate(&self, cx: Context) -> Result<String, String> {
        let checks = [Check::any("wharf:GetCertificateAuthority")];
        self.dispatcher.authorize(cx, &checks).await?;
        self.acm.authority().await.map_err(|error| {
            tracing::error!(error = %Chain(&error), "the authority of certificates cannot be used");
            "The authority cannot be used; the server's log says why.".to_owned()
        })
    }
}
