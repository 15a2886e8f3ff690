//! Keys of volumes.

use wharf_wire::Fault;

use super::sender;

pub fn key_without_encryption() -> Fault {
    sender(
        "InvalidParameterDependency",
        "The parameter KmsKeyId requires the parameter Encrypted to be set.".to_owned(),
    )
}

pub fn stays_encrypted() -> Fault {
    sender(
        "InvalidParameterCombination",
        "The parameter Encrypted cannot be false: what is made of an encrypted snapshot is encrypted."
            .to_owned(),
    )
}

pub fn key_state(key: &str, state: &str) -> Fault {
    key_unusable(&format!("{key} is in the state {state}."))
}

/// `why`: what KMS says.
pub fn key_unusable(why: &str) -> Fault {
    sender(
        "InvalidKmsKey.InvalidState",
        format!("The KMS key provided is in an incorrect state: {why}"),
    )
}

pub fn no_such_key(why: &str) -> Fault {
    sender(
        "InvalidKmsKey.NotFound",
        format!("The KMS key provided does not exist: {why}"),
    )
}

pub fn key_not_allowed(why: &str) -> Fault {
    Fault::sender(
        "UnauthorizedOperation",
        403,
        format!("You are not authorized to use the KMS key: {why}"),
    )
}

pub fn encrypted_not_public(id: &str) -> Fault {
    sender(
        "OperationNotPermitted",
        format!("Encrypted snapshot '{id}' cannot be made public."),
    )
}

pub fn own_key_not_shared() -> Fault {
    sender(
        "OperationNotPermitted",
        "Encrypted snapshots with EBS default key cannot be shared".to_owned(),
    )
}

pub fn encrypted_image_not_public() -> Fault {
    sender(
        "UnsupportedOperation",
        "Encrypted snapshots can’t be shared publicly. Specify another snapshot.".to_owned(),
    )
}

pub fn own_key_of_image_not_shared() -> Fault {
    sender(
        "InvalidParameter",
        "Snapshots encrypted with the AWS Managed CMK can’t be shared. Specify another snapshot"
            .to_owned(),
    )
}
