//! The certificates of the authority that signs what is requested of Certificate Manager, for
//! `wharf ca`. It is made when it is first asked for, if nothing was signed before.

use wharf_base::chain::Chain;
use wharf_egress::Roots;
use wharf_svc_acm::AcmService;
use wharf_wire::{Fault, async_trait};

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

/// Endpoints behind this installation's load balancers are endpoints like others.
#[async_trait]
impl Roots for CertificateAuthority {
    async fn pem(&self) -> String {
        let all = self.acm.authorities().await.unwrap_or_else(|error| {
            tracing::warn!(error = %Chain(&error), "failed to read the authorities; requests trust those of the system alone");
            Vec::new()
        });
        all.into_iter().map(|it| it.certificate).collect()
    }
}
