//! `GET /wharf/ca`: the certificate of the authority that signs what is requested of Certificate
//! Manager, for `wharf ca`. It is made when it is first asked for, if nothing was signed before.

use wharf_svc_acm::AcmService;
use wharf_wire::fault::Chain;

pub struct CertificateAuthority {
    pub acm: AcmService,
}

impl CertificateAuthority {
    /// In PEM; the error is a text for people.
    pub async fn certificate(&self) -> Result<String, String> {
        self.acm.authority().await.map_err(|error| {
            tracing::error!(error = %Chain(&error), "failed to load the certificate authority");
            "The authority cannot be used; the server's log says why.".to_owned()
        })
    }
}
