//! The service's errors with their texts (spec platform.md §10).

use std::error::Error;

use wharf_api_kms::faults;
use wharf_service::Faults;
use wharf_store::StoreError;
use wharf_wire::Fault;

/// What KMS says when its records or pages fail.
#[derive(Debug)]
pub enum KmsFaults {}

impl Faults for KmsFaults {
    fn internal(cause: &dyn Error) -> Fault {
        internal(cause)
    }

    fn conflict(_: &StoreError) -> Fault {
        faults::conflict_exception("The KMS key is being changed. Try again.")
    }

    fn bad_token() -> Fault {
        faults::invalid_marker_exception(
            "The marker that specifies where pagination should next begin is not valid.",
        )
    }
}

pub fn internal(cause: &dyn Error) -> Fault {
    faults::kms_internal_exception("An internal error occurred.", cause)
}

pub fn invalid(text: impl Into<String>) -> Fault {
    Fault::sender("ValidationException", 400, text)
}

/// What AWS has and this version does not; said, never dropped in silence.
pub fn unsupported(what: &str) -> Fault {
    faults::unsupported_operation_exception(format!(
        "{what} is not supported by this version of wharf."
    ))
}

/// An operation that keys of this type do not have.
pub fn not_for(arn: &str, operation: &str) -> Fault {
    faults::unsupported_operation_exception(format!("{arn} is not valid for {operation}."))
}

pub fn no_key(arn: &str) -> Fault {
    faults::not_found_exception(format!("Key '{arn}' does not exist"))
}

pub fn no_alias(arn: &str) -> Fault {
    faults::not_found_exception(format!("Alias {arn} is not found."))
}

/// The text stands for no key at all.
pub fn bad_key_id(given: &str) -> Fault {
    faults::not_found_exception(format!("Invalid keyId '{given}'"))
}

/// An ARN of another region.
pub fn wrong_region(region: &str) -> Fault {
    faults::not_found_exception(format!("Invalid arn {region}"))
}

pub fn disabled(arn: &str) -> Fault {
    faults::disabled_exception(format!("{arn} is disabled."))
}

pub fn pending_deletion(arn: &str) -> Fault {
    faults::kms_invalid_state_exception(format!("{arn} is pending deletion."))
}

pub fn pending_replica_deletion(arn: &str) -> Fault {
    faults::kms_invalid_state_exception(format!("{arn} is pending replica deletion."))
}

/// Material of this type does not come wrapped like that.
pub fn wrong_wrapping(algorithm: &str, by: &str, spec: &str) -> Fault {
    faults::unsupported_operation_exception(format!(
        "Wrapping algorithm {algorithm} with wrapping key spec {by} is not valid for key spec {spec}."
    ))
}

/// Operations on keys of several regions.
pub fn one_region(arn: &str) -> Fault {
    faults::unsupported_operation_exception(format!("{arn} is not a multi-Region key."))
}

pub fn not_primary(arn: &str) -> Fault {
    faults::unsupported_operation_exception(format!("{arn} is not a multi-Region primary key."))
}

pub fn already_replicated(arn: &str) -> Fault {
    faults::already_exists_exception(format!("Key '{arn}' already exists"))
}

pub fn pending_import(arn: &str) -> Fault {
    faults::kms_invalid_state_exception(format!("{arn} is pending import."))
}

/// One material at a time waits for a rotation.
pub fn waits_for_rotation(arn: &str) -> Fault {
    faults::kms_invalid_state_exception(format!(
        "{arn} already has key material that is pending rotation."
    ))
}

/// Nothing waits, or it is not in all regions.
pub fn nothing_to_rotate_to(arn: &str) -> Fault {
    faults::kms_invalid_state_exception(format!(
        "{arn} has no imported key material in the PENDING_ROTATION state."
    ))
}

/// An operation that keys with material of this origin do not have.
pub fn wrong_origin(arn: &str, origin: &str) -> Fault {
    faults::unsupported_operation_exception(format!(
        "{arn} origin is {origin} which is not valid for this operation."
    ))
}

pub fn not_pending_deletion(arn: &str) -> Fault {
    faults::kms_invalid_state_exception(format!("{arn} is not pending deletion."))
}

pub fn wrong_usage(arn: &str, usage: &str, operation: &str) -> Fault {
    faults::invalid_key_usage_exception(format!(
        "{arn} key usage is {usage} which is not valid for {operation}."
    ))
}

pub fn wrong_algorithm(algorithm: &str, spec: &str) -> Fault {
    faults::invalid_key_usage_exception(format!(
        "Algorithm {algorithm} is incompatible with key spec {spec}."
    ))
}

/// AWS says no more of it.
pub fn bad_ciphertext() -> Fault {
    faults::invalid_ciphertext_exception("")
}

pub fn wrong_key() -> Fault {
    faults::incorrect_key_exception(
        "The key ID in the request does not identify a CMK that can perform this operation.",
    )
}

pub fn dry_run() -> Fault {
    faults::dry_run_operation_exception(
        "The request would have succeeded, but the DryRun option is set.",
    )
}

pub fn bad_policy(cause: &dyn std::fmt::Display) -> Fault {
    faults::malformed_policy_document_exception(cause.to_string())
}

/// Limits of a key or an account.
pub fn limit(text: impl Into<String>) -> Fault {
    faults::limit_exceeded_exception(text)
}

pub fn no_grant(id: &str) -> Fault {
    faults::not_found_exception(format!("Grant ID {id} not found"))
}
