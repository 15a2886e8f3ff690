//! The authority of requested certificates: another signs from the rotation on, and signs anew what the
//! one before has signed; that one is shown by `wharf ca` until it is retired or ends.

use wharf_api_wharf::types::{
    CertificateAuthorities, CertificateAuthority, RetireKeysResponse, RotateKeysResponse,
};
use wharf_wire::Fault;

use super::{Keys, count, failed, invalid};

impl Keys {
    pub(super) async fn rotate_certificates(&self) -> Result<RotateKeysResponse, Fault> {
        let name = self.acm.rotate_authority().await.map_err(failed)?;
        let Some(name) = name else {
            return Err(invalid(
                "There is no authority yet: the first request of a certificate makes it.",
            ));
        };
        let renewed = self.acm.outdated().await.map_err(failed)?.len();
        Ok(RotateKeysResponse {
            authority: Some(name),
            renewing: count(renewed),
            ..RotateKeysResponse::default()
        })
    }

    /// The authorities, and the certificates that those before have signed and that still count.
    pub(super) async fn show_certificates(&self) -> Result<CertificateAuthorities, Fault> {
        let all = self.acm.authorities().await.map_err(failed)?;
        let all = all.into_iter().map(|it| CertificateAuthority {
            name: Some(it.name),
            not_after: Some(it.not_after),
            active: Some(it.active),
        });
        let outdated = self.acm.outdated().await.map_err(failed)?;
        Ok(CertificateAuthorities {
            authorities: Some(all.collect()),
            outdated: Some(outdated),
        })
    }

    pub(super) async fn retire_certificates(&self, now: bool) -> Result<RetireKeysResponse, Fault> {
        let outdated = self.acm.outdated().await.map_err(failed)?;
        if !outdated.is_empty() && !now {
            return Err(invalid(format!(
                "These certificates are not renewed yet: {}. They will be in a moment; --now retires the \
                 authority that signed them all the same.",
                outdated.join(", ")
            )));
        }
        let gone = self.acm.retire_authorities().await.map_err(failed)?;
        if gone.is_empty() {
            return Err(invalid(
                "There is no authority to retire: `wharf keys rotate certificates` makes the next one.",
            ));
        }
        Ok(RetireKeysResponse {
            retired: Some(gone),
            locked_out: None,
            outdated: Some(outdated),
        })
    }
}
