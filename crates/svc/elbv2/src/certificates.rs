//! Certificates of listeners: looked up where they come from, kept with the key sealed.

use wharf_planeproto::balancer as plane;
use wharf_records::{Record, Unknown, encode};
use wharf_seal::Keyring;
use wharf_store::{Compare, Txn};
use wharf_wire::{Fault, fault::Chain};

use crate::{
    core::{ChangeError, Core},
    fault,
    names::Place,
    records::Certificate,
};

fn context(arn: &str) -> String {
    format!("elbv2/certificate/{arn}")
}

impl Core {
    /// Adds to a transaction: the listener has the certificates `after` instead of `before`.
    pub async fn change_certificates(
        &self,
        mut txn: Txn,
        place: &Place,
        listener: &str,
        before: &[String],
        after: &[String],
    ) -> Result<Txn, Fault> {
        for arn in after.iter().filter(|arn| !before.contains(arn)) {
            let found = self.parts.certificates.find(&place.account, arn).await;
            let found = found.map_err(|error| fault::server(&error))?;
            let found = found.ok_or_else(|| fault::certificate_not_found(arn))?;
            let key = place.scope().key(Certificate::KIND, arn);
            let stored = self.read::<Certificate>(&key).await?;
            let mut used_by = match &stored {
                Some(stored) => stored.record.used_by.clone(),
                None => std::collections::BTreeSet::new(),
            };
            used_by.insert(listener.to_owned());
            let sealed = self
                .parts
                .keyring
                .seal(found.private_key.expose(), &context(arn));
            let record = Certificate {
                names: found.names,
                chain: found.chain,
                private_key: sealed,
                used_by,
                unknown: stored
                    .as_ref()
                    .map_or_else(Unknown::new, |it| it.record.unknown.clone()),
            };
            let as_read = match &stored {
                Some(stored) => stored.unchanged(),
                None => Compare::absent(&key),
            };
            txn = txn.when(as_read).put(key, encode(&record));
        }
        let gone: Vec<String> = before
            .iter()
            .filter(|arn| !after.contains(arn))
            .cloned()
            .collect();
        Ok(self.drop_certificates(txn, place, listener, &gone).await?)
    }

    /// Adds to a transaction: the listener no longer has these certificates.
    pub async fn drop_certificates(
        &self,
        mut txn: Txn,
        place: &Place,
        listener: &str,
        arns: &[String],
    ) -> Result<Txn, ChangeError> {
        for arn in arns {
            let key = place.scope().key(Certificate::KIND, arn);
            let Some(stored) = self.read::<Certificate>(&key).await? else {
                continue;
            };
            let mut record = stored.record.clone();
            record.used_by.remove(listener);
            txn = txn.when(stored.unchanged());
            txn = if record.used_by.is_empty() {
                txn.delete(key)
            } else {
                txn.put(key, encode(&record))
            };
        }
        Ok(txn)
    }
}

/// The certificate with its key opened, for a plane; `None` if the key does not open.
pub fn opened(arn: &str, record: Certificate, keyring: &Keyring) -> Option<plane::Certificate> {
    let secret = match keyring.open(&record.private_key, &context(arn)) {
        Ok(secret) => secret,
        Err(error) => {
            tracing::error!(arn, error = %Chain(&error), "a certificate's key does not open");
            return None;
        }
    };
    Some(plane::Certificate {
        arn: arn.to_owned(),
        names: record.names,
        chain: record.chain,
        private_key: secret.expose_str()?.to_owned(),
    })
}
