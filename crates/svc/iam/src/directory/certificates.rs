//! Server certificates for those who serve them.

use wharf_records::decode;
use wharf_seal::Secret;

use super::{Directory, DirectoryError};
use crate::{
    names::entity_arn,
    records::{ServerCertificateRecord, Stored, folded},
};

/// A server certificate with its key.
#[derive(Debug)]
pub struct ServerCertificate {
    /// Names it is for.
    pub names: Vec<String>,
    /// PEM, the leaf first.
    pub chain: String,
    /// PEM
    pub private_key: Secret,
}

impl Directory {
    /// The account's server certificate of that ARN.
    pub async fn server_certificate(
        &self,
        account: &str,
        arn: &str,
    ) -> Result<Option<ServerCertificate>, DirectoryError> {
        let Some((owner, path, name)) = entity_arn(arn, "server-certificate") else {
            return Ok(None);
        };
        let key = ServerCertificateRecord::key(account, &folded(name));
        let Some(entry) = self
            .records
            .store()
            .get(&key)
            .await?
            .filter(|_| owner == account)
        else {
            return Ok(None);
        };
        let record: ServerCertificateRecord = decode(&entry.value)?;
        if record.name != name || record.path != path {
            return Ok(None);
        }
        let purpose = ServerCertificateRecord::purpose(&record.id);
        let private_key = self.keyring.open(&record.private_key, &purpose)?;
        let mut chain = record.body;
        if let Some(rest) = record.chain {
            if !chain.ends_with('\n') {
                chain.push('\n');
            }
            chain.push_str(&rest);
        }
        Ok(Some(ServerCertificate {
            names: record.names,
            chain,
            private_key,
        }))
    }
}
