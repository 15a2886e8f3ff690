//! The authority of requested certificates: another signs from the rotation on, and signs anew what the
//! one before has signed; that one is shown by `wharf ca` until it is retired or ends.

use serde_json::{Value, json};

use super::{Keys, failed};

impl Keys {
    pub(super) async fn rotate_certificates(&self) -> Result<Value, String> {
        let name = self.acm.rotate_authority().await.map_err(failed)?;
        let Some(name) = name else {
            return Err(
                "There is no authority yet: the first request of a certificate makes it."
                    .to_owned(),
            );
        };
        let renewed = self.acm.outdated().await.map_err(failed)?.len();
        Ok(json!({ "authority": name, "renewing": renewed }))
    }

    /// The authorities, and the certificates that those before have signed and that still count.
    pub(super) async fn show_certificates(&self) -> Result<Value, String> {
        let all = self.acm.authorities().await.map_err(failed)?;
        let all = all
            .into_iter()
            .map(|it| json!({ "name": it.name, "notAfter": it.not_after, "active": it.active }));
        let all: Vec<Value> = all.collect();
        let outdated = self.acm.outdated().await.map_err(failed)?;
        Ok(json!({ "authorities": all, "outdated": outdated }))
    }

    pub(super) async fn retire_certificates(&self, now: bool) -> Result<Value, String> {
        let outdated = self.acm.outdated().await.map_err(failed)?;
        if !outdated.is_empty() && !now {
            return Err(format!(
                "These certificates are not renewed yet: {}. They will be in a moment; --now retires the \
                 authority that signed them all the same.",
                outdated.join(", ")
            ));
        }
        let gone = self.acm.retire_authorities().await.map_err(failed)?;
        if gone.is_empty() {
            return Err(
                "There is no authority to retire: `wharf keys rotate certificates` makes the next one."
                    .to_owned(),
            );
        }
        Ok(json!({ "retired": gone, "outdated": outdated }))
    }
}
