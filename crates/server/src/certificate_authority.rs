//! The certificates of the authority that signs what is requested of Certificate Manager, for
//! `wharf ca`. It is made when it is first asked for, if nothing was signed before.

use wharf_svc_acm::AcmService;
use wharf_wire::Fault;

use crate::control::fault::failed;

pub struct CertificateAuthority {
    pub acm: AcmService,
}

impl CertificateAuthority {
    /// In PEM: the one that signs, and those before that count.
    pub async fn certificates(&self) -> Result<String, Fault> {
        self.acm.authority().await.map_err(failed)
    }
}
