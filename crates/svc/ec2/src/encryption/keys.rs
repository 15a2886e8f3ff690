//! What is asked of KMS, in the name of who makes or attaches a volume.

use std::{collections::BTreeMap, sync::Arc};

use base64::{Engine as _, engine::general_purpose::STANDARD as BASE64};
use wharf_api_kms::{
    DecryptRequest, DescribeKeyRequest, GenerateDataKeyWithoutPlaintextRequest, Kms,
    ReEncryptRequest,
};
use wharf_base::ids;
use wharf_sectors::KEY;
use wharf_wire::{Call, CallerKind, Context, Fault, async_trait, call::Caller};
use zeroize::Zeroizing;

use super::{Encryption, SourceKey, Wanted};
use crate::{Ec2Service, fault, instances::PERMIT};

/// How EC2 calls KMS in the name of others.
const SERVICE: &str = "ec2.amazonaws.com";

/// EC2 of a region, as grants name it.
pub fn principal(region: &str) -> String {
    format!("ec2.{region}.amazonaws.com")
}

/// Sessions of roles, for services that make volumes in one.
#[async_trait]
pub trait Roles: Send + Sync + 'static {
    /// Who is in a session of the role that `service` assumed for a resource of its own.
    async fn session(&self, role: &str, service: &str, source_arn: &str) -> Result<Caller, Fault>;
}

/// What a data key is bound to, as policies and the audit log show it.
pub fn bound(id: &str) -> BTreeMap<String, String> {
    BTreeMap::from([("aws:ebs:id".to_owned(), id.to_owned())])
}

pub fn decoded(sealed: &str) -> Vec<u8> {
    // What does not decode does not open either.
    BASE64.decode(sealed).unwrap_or_default()
}

impl Ec2Service {
    /// Keys of volumes are those of KMS, which is there once all services are built. Without it nothing is sealed.
    pub fn keys_from(&self, kms: Arc<dyn Kms>) {
        let _ = self.kms.keys.set(kms);
    }

    /// Who knows of roles that services make volumes in.
    pub fn roles_from(&self, roles: Arc<dyn Roles>) {
        let _ = self.kms.roles.set(roles);
    }

    pub(super) fn kms(&self) -> Result<&dyn Kms, Fault> {
        let known = self.kms.keys.get().map(|it| &**it);
        known.ok_or_else(|| fault::unsupported_parameter("Encrypted"))
    }
}

/// In whose name KMS is asked. A service that makes volumes in a role, as ECS does, is asked for as that role; EKS has none of
/// its own and is the account. In the role of an add-on it calls as that role's session.
///
/// # Errors
/// The role cannot be had.
pub(super) async fn asking(service: &Ec2Service, call: &Call) -> Result<Call, Fault> {
    let caller = &call.caller;
    let caller = match (caller.kind, &*caller.role_arn) {
        (CallerKind::Service, "") => Caller::root(&call.account),
        (CallerKind::Service, role) => {
            let source = call.source_arn.as_deref().unwrap_or_default();
            let roles = service.kms.roles.get().ok_or_else(|| {
                fault::key_not_allowed("Nobody here knows of the role that is to use the key.")
            })?;
            let session = roles.session(role, &caller.arn, source).await;
            session.map_err(refused)?
        }
        _ => return Ok(call.forwarded_by(SERVICE)),
    };
    let context = Context {
        caller,
        ..call.context().clone()
    };
    Ok(Call::by_controller(context, PERMIT).forwarded_by(SERVICE))
}

/// How a volume is to be sealed that is not there yet; `id`: whose, or of several that are made at once whatever stands for
/// them. `source`: how what it is made of is.
///
/// # Errors
/// The caller may not use the key, or it cannot be used now.
pub async fn prepare(
    service: &Ec2Service,
    call: &Call,
    wanted: &Wanted,
    id: Option<&str>,
    source: Option<&Encryption>,
) -> Result<Option<Encryption>, Fault> {
    let Wanted::Under(named) = wanted else {
        return Ok(None);
    };
    let (kms, call) = (service.kms()?, asking(service, call).await?);
    let named = named.as_ref().or(source.map(|it| &it.key));
    let named = named.map_or("", String::as_str);
    let (key, managed) = described(kms, &call, named).await?;
    if let Some(same) = source.filter(|it| it.key == key) {
        return Ok(Some(same.taken_over()));
    }
    let of = id.map_or_else(|| ids::ec2_id("vol"), str::to_owned);
    let input = GenerateDataKeyWithoutPlaintextRequest {
        key_id: Some(key.clone()),
        number_of_bytes: i32::try_from(KEY).ok(),
        encryption_context: Some(bound(&of)),
        ..GenerateDataKeyWithoutPlaintextRequest::default()
    };
    let made = kms.generate_data_key_without_plaintext(&call, input).await;
    let sealed = made.map_err(refused)?.ciphertext_blob.unwrap_or_default();
    let source = match source {
        None => None,
        Some(from) => {
            let input = ReEncryptRequest {
                ciphertext_blob: Some(decoded(&from.sealed)),
                source_encryption_context: Some(bound(&from.of)),
                destination_key_id: Some(key.clone()),
                destination_encryption_context: Some(bound(&of)),
                ..ReEncryptRequest::default()
            };
            let moved = kms.re_encrypt(&call, input).await.map_err(refused)?;
            Some(SourceKey {
                sealed: BASE64.encode(moved.ciphertext_blob.unwrap_or_default()),
                origin: from.origin.clone(),
            })
        }
    };
    Ok(Some(Encryption {
        key,
        sealed: BASE64.encode(sealed),
        origin: id.unwrap_or_default().to_owned(),
        of,
        managed,
        source,
    }))
}

/// ARN of a key that the caller names and may see.
///
/// # Errors
/// There is none, or it cannot be used now.
pub async fn named_key(service: &Ec2Service, call: &Call, name: &str) -> Result<String, Fault> {
    let found = described(service.kms()?, &asking(service, call).await?, name).await?;
    Ok(found.0)
}

/// ARN, and whether it is one that a service manages.
async fn described(kms: &dyn Kms, call: &Call, name: &str) -> Result<(String, bool), Fault> {
    let input = DescribeKeyRequest {
        key_id: Some(name.to_owned()),
        ..DescribeKeyRequest::default()
    };
    let found = kms.describe_key(call, input).await.map_err(refused)?;
    let key = found.key_metadata.unwrap_or_default();
    let arn = key.arn.unwrap_or_default();
    if key.key_spec.as_deref() != Some("SYMMETRIC_DEFAULT") {
        return Err(fault::key_unusable(&format!(
            "{arn} is not a symmetric key for encryption."
        )));
    }
    match key.enabled {
        Some(true) => Ok((arn, key.key_manager.as_deref() == Some("AWS"))),
        _ => Err(fault::key_state(&arn, &key.key_state.unwrap_or_default())),
    }
}

/// Whether the caller may open a data key, now.
///
/// # Errors
/// See [`named_key`].
pub async fn may_open(
    service: &Ec2Service,
    call: &Call,
    encryption: &Encryption,
) -> Result<(), Fault> {
    let input = DecryptRequest {
        key_id: Some(encryption.key.clone()),
        ciphertext_blob: Some(decoded(&encryption.sealed)),
        encryption_context: Some(bound(&encryption.of)),
        ..DecryptRequest::default()
    };
    let call = asking(service, call).await?;
    let opened = service
        .kms()?
        .decrypt(&call, input)
        .await
        .map_err(refused)?;
    drop(opened.plaintext.map(Zeroizing::new));
    Ok(())
}

/// What callers of EC2 learn of a refusal by KMS.
pub fn refused(fault: Fault) -> Fault {
    match &*fault.code {
        "AccessDeniedException" => fault::key_not_allowed(&fault.message),
        "DisabledException" | "KMSInvalidStateException" | "InvalidKeyUsageException" => {
            fault::key_unusable(&fault.message)
        }
        "NotFoundException" | "InvalidArnException" | "ValidationException" => {
            fault::no_such_key(&fault.message)
        }
        _ => fault,
    }
}
