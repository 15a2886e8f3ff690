//! Values under keys of KMS. Each has a data key of its own, which KMS makes and opens in the name of the
//! caller: whoever reads a secret may use its key, and a key that is disabled shuts its secrets.

use wharf_api_kms::{DescribeKeyRequest, Kms};
use wharf_base::Arn;
use wharf_datakeys::{Context, Made, Open};
use wharf_service::Place;
use wharf_wire::{Call, Fault};

use crate::{fault, names::PRINCIPAL, reconcile::PERMIT};

/// The key that a request asks for; `None` for the service's own.
pub fn chosen(given: Option<String>) -> Option<String> {
    let ours = ["", "aws/secretsmanager", "alias/aws/secretsmanager"];
    given.filter(|it| !ours.contains(&it.as_str()) && !it.ends_with(":alias/aws/secretsmanager"))
}

/// The ARN of the key that a request names, for the policies of who asks. An alias is looked up in their name; one that they may not
/// see, or that leads nowhere, stands for itself.
///
/// # Errors
/// It cannot be looked up now.
pub async fn arn_of(kms: &dyn Kms, cx: &wharf_wire::Context, key: &str) -> Result<String, Fault> {
    let place = Place::of(cx);
    let whole = |resource: String| match resource.starts_with("arn:") {
        true => resource,
        false => Arn::new("kms", &place.region, &place.account, resource).to_string(),
    };
    if !key.starts_with("alias/") && !key.contains(":alias/") {
        return Ok(match key.starts_with("arn:") {
            true => key.to_owned(),
            false => whole(format!("key/{key}")),
        });
    }
    let call = Call::by_controller(cx.clone(), PERMIT).forwarded_by(PRINCIPAL);
    let input = DescribeKeyRequest {
        key_id: Some(key.to_owned()),
        ..DescribeKeyRequest::default()
    };
    match kms.describe_key(&call, input).await {
        Ok(found) => {
            let arn = found.key_metadata.and_then(|it| it.arn);
            Ok(arn.unwrap_or_else(|| whole(key.to_owned())))
        }
        Err(fault) if fault.sender => Ok(whole(key.to_owned())),
        Err(fault) => Err(fault),
    }
}

/// What a data key is bound to.
fn context(arn: &str, version: &str) -> Context {
    Context::from([
        ("SecretARN".to_owned(), arn.to_owned()),
        ("SecretVersionId".to_owned(), version.to_owned()),
    ])
}

/// A new data key for a version of a secret.
///
/// # Errors
/// The caller may not use the key, or it cannot be used.
pub async fn data_key(
    kms: &dyn Kms,
    call: &Call,
    key: &str,
    arn: &str,
    version: &str,
) -> Result<Made, Fault> {
    let call = call.forwarded_by(PRINCIPAL);
    let made = wharf_datakeys::make(kms, &call, key, context(arn, version)).await;
    made.map_err(|it| refused(it, fault::not_encrypted))
}

/// Opens the data key of a version of a secret.
///
/// # Errors
/// As [`data_key`].
pub async fn open(
    kms: &dyn Kms,
    call: &Call,
    sealed: Vec<u8>,
    arn: &str,
    version: &str,
) -> Result<Open, Fault> {
    let call = call.forwarded_by(PRINCIPAL);
    let opened = wharf_datakeys::open(kms, &call, sealed, context(arn, version)).await;
    opened.map_err(|it| refused(it, fault::not_decrypted))
}

/// What callers of this service learn of a refusal by KMS.
fn refused(fault: Fault, otherwise: fn() -> Fault) -> Fault {
    match &*fault.code {
        "AccessDeniedException" => fault::no_access_to_key(),
        // It passes, and clients know what to do with it.
        "ThrottlingException" => fault,
        _ if fault.sender => otherwise(),
        _ => fault,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_services_own_key_has_many_names() {
        let arn = "arn:aws:kms:us-east-1:000000000000:alias/aws/secretsmanager";
        for own in ["", "aws/secretsmanager", "alias/aws/secretsmanager", arn] {
            assert_eq!(chosen(Some(own.to_owned())), None);
        }
        assert_eq!(chosen(None), None);
        let other = Some("alias/app".to_owned());
        assert_eq!(chosen(other.clone()), other);
    }
}
