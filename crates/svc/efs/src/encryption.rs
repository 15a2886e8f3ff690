//! File systems whose disks are sealed under keys of KMS.
//!
//! Such a file system has a data key, which KMS sealed for it and which stands in its record as that. Who makes it grants EFS the
//! right to open the data key for as long as there is the file system; then its host is given the key whenever it opens the disk
//! ([`EfsService::disk_key`]), and nobody else. So a key that is disabled opens no disk, and one that is open goes on.

use std::{collections::BTreeMap, sync::Arc};

use base64::{Engine as _, engine::general_purpose::STANDARD as BASE64};
use serde::{Deserialize, Serialize};
use wharf_api_efs::CreateFileSystemRequest;
use wharf_api_kms::{
    CreateGrantRequest, DecryptRequest, DescribeKeyRequest, GenerateDataKeyWithoutPlaintextRequest,
    GrantConstraints, Kms,
};
use wharf_base::Permit;
use wharf_datakeys::grants::{About, Begun, Grants, Which};
use wharf_planeproto::file_system::DiskKey;
use wharf_sectors::KEY;
use wharf_service::Place;
use wharf_wire::{Call, Context, Fault};
use zeroize::Zeroizing;

use crate::{
    EfsService,
    core::Core,
    fault::{self, EfsFaults},
    names::{self, PRINCIPAL},
    records::FileSystem,
};

/// An account's own key for EFS.
const OWN_KEY: &str = "alias/aws/elasticfilesystem";
const PERMIT: Permit = Permit::for_controller("efs-keys");

/// How the disk of a file system is sealed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Encryption {
    /// ARN of the key.
    pub key: String,
    /// The data key in base 64, as KMS sealed it.
    pub sealed: String,
    /// By it EFS opens the data key.
    pub grant: String,
}

/// Why a host gets no key.
#[derive(Debug, thiserror::Error)]
pub enum NoKey {
    #[error("there is no such file system here, or it is not encrypted")]
    Gone,
    #[error("its key does not open it: {0}")]
    Shut(String),
    #[error("{0}")]
    Failed(Fault),
}

impl From<Fault> for NoKey {
    fn from(fault: Fault) -> Self {
        Self::Failed(fault)
    }
}

/// Name of the key that a file system is asked for under; `None` if it is not to be sealed.
///
/// # Errors
/// A key is named for one that is not to be sealed.
pub fn wanted(input: &CreateFileSystemRequest) -> Result<Option<String>, Fault> {
    match (input.encrypted, &input.kms_key_id) {
        (Some(true), key) => Ok(Some(key.clone().unwrap_or_else(|| OWN_KEY.to_owned()))),
        (_, None) => Ok(None),
        (_, Some(_)) => Err(fault::key_without_encryption()),
    }
}

/// What a data key is bound to, as policies and the audit log show it.
fn bound(id: &str) -> BTreeMap<String, String> {
    let name = "aws:elasticfilesystem:filesystem:id".to_owned();
    BTreeMap::from([(name, id.to_owned())])
}

/// EFS of a region, as grants name it.
fn principal(region: &str) -> String {
    format!("elasticfilesystem.{region}.amazonaws.com")
}

fn kms(core: &Core) -> Result<&dyn Kms, Fault> {
    let known = core.kms.get().map(|it| &**it);
    known.ok_or_else(|| fault::unsupported("Encryption at rest (Encrypted)"))
}

/// Grants that are on their way, or on their way back.
///
/// # Errors
/// There is no KMS.
pub fn grants(core: &Core) -> Result<Grants<'_, EfsFaults>, Fault> {
    Ok(Grants {
        table: &core.table,
        kms: kms(core)?,
        permit: PERMIT,
        now: core.now(),
    })
}

/// A data key for a file system that is about to be made, and the grant to open it: pending until it is written down with that.
///
/// # Errors
/// The caller may not use the key or not grant that, or it cannot be used now.
pub async fn prepare(
    core: &Core,
    call: &Call,
    id: &str,
    named: &str,
) -> Result<(Encryption, Begun), Fault> {
    let place = Place::of(call);
    let (kms, call) = (kms(core)?, call.forwarded_by(PRINCIPAL));
    let input = DescribeKeyRequest {
        key_id: Some(named.to_owned()),
        ..DescribeKeyRequest::default()
    };
    let found = kms.describe_key(&call, input).await.map_err(refused)?;
    let metadata = found.key_metadata.unwrap_or_default();
    let key = metadata.arn.unwrap_or_default();
    if metadata.key_spec.as_deref() != Some("SYMMETRIC_DEFAULT")
        || metadata.key_usage.as_deref() != Some("ENCRYPT_DECRYPT")
    {
        let text = format!("{key} is no symmetric key for encryption, and EFS accepts no other.");
        return Err(fault::bad_key("InvalidKeyUsageException", &text));
    }
    let input = GenerateDataKeyWithoutPlaintextRequest {
        key_id: Some(key.clone()),
        number_of_bytes: i32::try_from(KEY).ok(),
        encryption_context: Some(bound(id)),
        ..GenerateDataKeyWithoutPlaintextRequest::default()
    };
    let made = kms.generate_data_key_without_plaintext(&call, input).await;
    let sealed = made.map_err(refused)?.ciphertext_blob.unwrap_or_default();
    let (principal, arn) = (principal(&place.region), names::file_system_arn(&place, id));
    let about = About {
        key: &key,
        principal: &principal,
        arn: &arn,
    };
    let grants = grants(core)?;
    let begun = grants.begin(&names::scope(&place), about).await?;
    let input = CreateGrantRequest {
        key_id: Some(key.clone()),
        name: Some(begun.name.clone()),
        grantee_principal: Some(principal.clone()),
        retiring_principal: Some(principal.clone()),
        operations: Some(vec!["Decrypt".to_owned()]),
        constraints: Some(GrantConstraints {
            encryption_context_subset: Some(bound(id)),
            ..GrantConstraints::default()
        }),
        ..CreateGrantRequest::default()
    };
    match kms.create_grant(&call, input).await {
        Ok(granted) => {
            let encryption = Encryption {
                sealed: BASE64.encode(sealed),
                grant: granted.grant_id.unwrap_or_default(),
                key,
            };
            Ok((encryption, begun))
        }
        Err(fault) => {
            grants.let_go(&begun.at).await;
            Err(refused(fault))
        }
    }
}

/// A call of KMS in EFS's own name, for a file system.
fn own_call(core: &Core, place: &Place, id: &str) -> Call {
    let Place { account, region } = place;
    let context = Context::internal(account, region, &principal(region), core.now());
    let context = context.acting_for(names::file_system_arn(place, id));
    Call::by_controller(context, PERMIT)
}

/// Gives the grant of a file system back that is no more. One that KMS refuses to take back is of no use but for a disk that nobody
/// has.
///
/// # Errors
/// It is to be tried again.
pub async fn retire(
    core: &Core,
    place: &Place,
    id: &str,
    encryption: Option<&Encryption>,
) -> Result<(), Fault> {
    let (Some(encryption), Ok(grants)) = (encryption, grants(core)) else {
        return Ok(());
    };
    let (principal, arn) = (principal(&place.region), names::file_system_arn(place, id));
    let about = About {
        key: &encryption.key,
        principal: &principal,
        arn: &arn,
    };
    let which = Which::Id(encryption.grant.clone());
    grants.retire(&names::scope(place), about, which).await
}

/// What callers of EFS learn of a refusal by KMS.
fn refused(fault: Fault) -> Fault {
    const NOT_FOUND: &str =
        "The request was rejected because the specified key could not be found.";
    match &*fault.code {
        "AccessDeniedException" => fault::key_not_allowed(&fault.message),
        "NotFoundException" => fault::bad_key(&fault.code, NOT_FOUND),
        _ if fault.sender => fault::bad_key(&fault.code, &fault.message),
        _ => fault,
    }
}

impl EfsService {
    /// Keys of disks are those of KMS, which is there once all services are built.
    pub fn keys_from(&self, kms: Arc<dyn Kms>) {
        let _ = self.core.kms.set(kms);
    }

    /// Instance id of the host that an encrypted file system lies on.
    ///
    /// # Errors
    /// The store's; there is none.
    pub async fn sealed_host(&self, place: &Place, id: &str) -> Result<String, NoKey> {
        Ok(self.sealed(place, id).await?.0)
    }

    async fn sealed(&self, place: &Place, id: &str) -> Result<(String, Encryption), NoKey> {
        let key = names::file_system_key(place, id);
        let found = self.core.table.read::<FileSystem>(&key).await;
        let found = found.map_err(Fault::from)?.map(|it| it.record);
        let found = found.filter(|it| !it.deleting).ok_or(NoKey::Gone)?;
        found.host.zip(found.encryption).ok_or(NoKey::Gone)
    }

    /// What its disk is sealed by, for its host. Who may ask is found out before (`server`).
    ///
    /// # Errors
    /// KMS does not open its key: [`NoKey::Shut`].
    pub async fn disk_key(&self, place: &Place, id: &str) -> Result<DiskKey, NoKey> {
        let (_, encryption) = self.sealed(place, id).await?;
        let input = DecryptRequest {
            key_id: Some(encryption.key.clone()),
            // What does not decode does not open either.
            ciphertext_blob: Some(BASE64.decode(&encryption.sealed).unwrap_or_default()),
            encryption_context: Some(bound(id)),
            ..DecryptRequest::default()
        };
        let call = own_call(&self.core, place, id);
        let opened = kms(&self.core)?.decrypt(&call, input).await;
        let opened = opened.map_err(|fault| match fault.sender {
            true => NoKey::Shut(fault.message.to_string()),
            false => NoKey::Failed(fault),
        })?;
        let own = Zeroizing::new(opened.plaintext.unwrap_or_default());
        Ok(DiskKey { own })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_for_what_is_encrypted() {
        let asked = |encrypted, key: Option<&str>| {
            wanted(&CreateFileSystemRequest {
                encrypted,
                kms_key_id: key.map(str::to_owned),
                ..CreateFileSystemRequest::default()
            })
        };
        for (encrypted, key, under) in [
            (None, None, None),
            (Some(false), None, None),
            (Some(true), None, Some(OWN_KEY)),
            (Some(true), Some("alias/team"), Some("alias/team")),
        ] {
            assert_eq!(asked(encrypted, key).unwrap().as_deref(), under);
        }
        for encrypted in [None, Some(false)] {
            assert_eq!(asked(encrypted, Some("k")).unwrap_err().code, "BadRequest");
        }
    }
}
