//! The service's errors with their texts (spec platform.md §10).

use std::error::Error;

use wharf_api_secretsmanager::faults;
use wharf_service::Faults;
use wharf_store::StoreError;
use wharf_wire::Fault;

/// What Secrets Manager says when its records or pages fail.
#[derive(Debug)]
pub enum SecretFaults {}

impl Faults for SecretFaults {
    fn internal(cause: &dyn Error) -> Fault {
        faults::internal_service_error("An error occurred on the server side.", cause)
    }

    fn conflict(_: &StoreError) -> Fault {
        request(
            "You can't perform this operation on the secret because it is being changed. Try again.",
        )
    }

    fn bad_token() -> Fault {
        faults::invalid_next_token_exception("Invalid token")
    }
}

pub fn parameter(text: impl Into<String>) -> Fault {
    faults::invalid_parameter_exception(text)
}

pub fn request(text: impl Into<String>) -> Fault {
    faults::invalid_request_exception(text)
}

/// In the words of a member's constraint; the value is shown to nobody.
pub fn too_long(member: &str, most: usize) -> Fault {
    Fault::sender(
        "ValidationException",
        400,
        format!(
            "1 validation error detected: Value at '{member}' failed to satisfy constraint: Member must \
             have length less than or equal to {most}"
        ),
    )
}

/// What AWS has and this version does not; said, never dropped in silence.
pub fn unsupported(what: &str) -> Fault {
    parameter(format!(
        "The parameter {what} is not supported by this version of wharf."
    ))
}

pub fn no_secret() -> Fault {
    faults::resource_not_found_exception("Secrets Manager can't find the specified secret.")
}

/// `by` is `staging label: AWSCURRENT` or `VersionId: …`.
pub fn no_value(by: &str) -> Fault {
    faults::resource_not_found_exception(format!(
        "Secrets Manager can't find the specified secret value for {by}"
    ))
}

/// Nothing says what would rotate the secret.
pub fn no_rotation() -> Fault {
    request("No Lambda rotation function ARN is associated with this secret.")
}

pub fn not_rotated() -> Fault {
    request("You can't cancel rotation for a secret that isn't being rotated.")
}

pub fn no_role(role: &str) -> Fault {
    parameter(format!("Secrets Manager can't assume the role {role}."))
}

pub fn deleted() -> Fault {
    request("You can't perform this operation on the secret because it was marked for deletion.")
}

pub fn replica() -> Fault {
    request(
        "Operation not permitted on a replica secret. Call must be made in primary secret's region.",
    )
}

/// Only the service that keeps the secret may change it.
pub fn managed(owner: &str) -> Fault {
    request(format!(
        "You can't perform this operation on the secret because it is managed by the service {owner}."
    ))
}

pub fn exists(name: &str) -> Fault {
    faults::resource_exists_exception(format!(
        "The operation failed because the secret {name} already exists."
    ))
}

/// A version with that id has another value.
pub fn version_exists() -> Fault {
    faults::resource_exists_exception("A resource with the ID you requested already exists.")
}

/// The caller may not use the secret's key.
pub fn no_access_to_key() -> Fault {
    Fault::sender("AccessDeniedException", 400, "Access to KMS is not allowed")
}

pub fn not_encrypted() -> Fault {
    faults::encryption_failure(
        "Secrets Manager can't encrypt the protected secret text using the provided KMS key. Check that \
         the KMS key is available, enabled, and not in an invalid state.",
    )
}

pub fn not_decrypted() -> Fault {
    faults::decryption_failure(
        "Secrets Manager can't decrypt the protected secret text using the provided KMS key.",
    )
}

/// The stored value does not open.
pub fn unreadable(cause: &dyn Error) -> Fault {
    Fault::receiver(
        "DecryptionFailure",
        400,
        "Secrets Manager can't decrypt the protected secret text using the provided KMS key.",
        cause,
    )
}
