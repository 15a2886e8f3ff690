//! Certificates of listeners: looked up where they come from, kept with the key sealed, and told to
//! those who ask whether they are in use.

use std::collections::BTreeSet;

use wharf_planeproto::balancer as plane;
use wharf_records::{Record, Unknown, decode, encode};
use wharf_seal::Keyring;
use wharf_store::{Compare, Store, Txn};
use wharf_wire::{Fault, fault::Chain};

use crate::{
    config::{CertificateLookup, FoundCertificate},
    core::{ChangeError, Core},
    fault,
    names::{self, Names as _, Place},
    records::Certificate,
};

pub fn context(arn: &str) -> String {
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
            let found = self.parts.certificates.find(place, arn).await;
            let found = match found.map_err(|error| fault::server(&error))? {
                CertificateLookup::Found(found) => found,
                CertificateLookup::NotServable => return Err(fault::unsupported_certificate(arn)),
                CertificateLookup::Unknown => return Err(fault::certificate_not_found(arn)),
            };
            let key = place.scope().key(Certificate::KIND, arn);
            let stored = self.table.read::<Certificate>(&key).await?;
            let (mut used_by, unknown, as_read) = match stored {
                Some(stored) => {
                    let as_read = stored.unchanged();
                    (stored.record.used_by, stored.record.unknown, as_read)
                }
                None => (BTreeSet::new(), Unknown::new(), Compare::absent(&key)),
            };
            used_by.insert(listener.to_owned());
            if let Some(unchanged) = &found.unchanged {
                txn = txn.when(unchanged.clone());
            }
            let record = self.sealed(arn, found, used_by, unknown);
            txn = txn.when(as_read).put(key, encode(&record));
        }
        let gone: Vec<String> = before
            .iter()
            .filter(|arn| !after.contains(arn))
            .cloned()
            .collect();
        Ok(self.drop_certificates(txn, place, listener, &gone).await?)
    }

    /// The record of a certificate that was found.
    pub fn sealed(
        &self,
        arn: &str,
        found: FoundCertificate,
        used_by: BTreeSet<String>,
        unknown: Unknown,
    ) -> Certificate {
        let keyring = &self.parts.keyring;
        Certificate {
            private_key: keyring.seal(found.private_key.expose(), &context(arn)),
            names: found.names,
            chain: found.chain,
            used_by,
            unknown,
        }
    }

    /// Adds to a transaction: the listener no longer has these certificates.
    pub async fn drop_certificates(
        &self,
        mut txn: Txn,
        place: &Place,
        listener: &str,
        arns: &[String],
    ) -> Result<Txn, ChangeError> {
        // The default one may be among the others as well.
        for arn in arns.iter().collect::<BTreeSet<_>>() {
            let key = place.scope().key(Certificate::KIND, arn);
            let Some(stored) = self.table.read::<Certificate>(&key).await? else {
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
            tracing::error!(arn, error = %Chain(&error), "failed to decrypt the private key of a certificate");
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

/// Who has a certificate: ARNs of load balancers, and a comparison that holds for as long as no
/// listener comes or goes.
pub async fn users(
    store: &Store,
    account: &str,
    region: &str,
    arn: &str,
) -> Result<(BTreeSet<String>, Compare), ChangeError> {
    let place = Place {
        account: account.to_owned(),
        region: region.to_owned(),
    };
    let key = place.scope().key(Certificate::KIND, arn);
    let Some(entry) = store.get(&key).await? else {
        return Ok((BTreeSet::new(), Compare::absent(key)));
    };
    let record: Certificate = decode(&entry.value)?;
    let listeners = record.used_by.iter();
    let balancers = listeners.filter_map(|it| names::balancer_of(it)).collect();
    Ok((balancers, Compare::unchanged(&entry)))
}
