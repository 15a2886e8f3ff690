//! The service's own sentences.

use wharf_api_inspector2::faults;
use wharf_base::ShareFull;
use wharf_service::Faults;
use wharf_store::StoreError;
use wharf_wire::Fault;

use crate::images::ImagesError;

/// What Inspector says when its records or pages fail.
#[derive(Debug)]
pub(crate) enum Inspector2Faults {}

impl Faults for Inspector2Faults {
    fn internal(cause: &dyn std::error::Error) -> Fault {
        faults::internal_server_exception("An error on the server's side; it was logged.", cause)
    }

    fn conflict(_: &StoreError) -> Fault {
        faults::throttling_exception("The resource is being changed by too many requests at once.")
    }

    fn full(cause: &ShareFull) -> Fault {
        faults::service_quota_exceeded_exception(cause.to_string())
    }

    fn bad_token() -> Fault {
        invalid("The page token is not of this list.")
    }
}

pub(crate) fn invalid(text: impl Into<String>) -> Fault {
    faults::validation_exception(text).with("reason", "OTHER")
}

pub(crate) fn no_filter(arn: &str) -> Fault {
    faults::resource_not_found_exception(format!("The filter {arn} does not exist."))
}

pub(crate) fn no_report(id: &str) -> Fault {
    faults::resource_not_found_exception(format!("The report {id} does not exist."))
}

pub(crate) fn no_reports() -> Fault {
    faults::resource_not_found_exception("There is no report.")
}

pub(crate) fn filter_exists(name: &str) -> Fault {
    faults::bad_request_exception(format!("A filter with the name {name} exists already."))
}

pub(crate) fn too_many_filters(most: usize) -> Fault {
    let text = format!("The account has the most filters that it may have: {most}.");
    faults::service_quota_exceeded_exception(text).with("resourceId", "filter")
}

pub(crate) fn no_key(scan: &str, resource: &str) -> Fault {
    faults::resource_not_found_exception(format!(
        "There is no encryption key for scans of the type {scan} of resources of the type {resource}."
    ))
}

/// What KMS says of a key that is to be used.
pub(crate) fn key(refused: Fault) -> Fault {
    let text = format!("{}: {}", refused.code, refused.message);
    match &*refused.code {
        "AccessDeniedException" => faults::access_denied_exception(refused.message),
        "NotFoundException" => faults::resource_not_found_exception(refused.message),
        _ => invalid(text),
    }
}

pub(crate) fn images(error: ImagesError) -> Fault {
    match error {
        ImagesError::Key(refused) => invalid(format!(
            "The findings cannot be decrypted: {}: {}",
            refused.code, refused.message
        )),
        failed @ ImagesError::Failed(_) => Inspector2Faults::internal(&failed),
    }
}
