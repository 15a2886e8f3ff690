//! The service's own sentences. What goes wrong in the catalog has ECR's, under the same names.

use wharf_api_ecr_public::faults;
use wharf_service::Faults;
use wharf_svc_ecr::{EcrError, GALLERY_REGION, Registry};
use wharf_wire::{Fault, constraints::Violation};

/// What ECR Public says when its pages fail.
#[derive(Debug)]
pub(crate) enum PublicFaults {}

impl Faults for PublicFaults {
    fn internal(cause: &dyn std::error::Error) -> Fault {
        faults::server_exception("An error on the server's side; it was logged.", cause)
    }

    fn bad_token() -> Fault {
        EcrError::bad_token().into()
    }
}

/// With AWS there is no endpoint in other regions.
pub(crate) fn elsewhere(region: &str) -> Fault {
    faults::unsupported_command_exception(format!(
        "The public gallery is not in the {region} Region. Use the {GALLERY_REGION} Region."
    ))
}

pub(crate) fn no_registry(id: &str) -> Fault {
    let text = format!("The registry with id '{id}' does not exist");
    faults::registry_not_found_exception(text)
}

pub(crate) fn no_catalog_data(name: &str, registry: &Registry) -> Fault {
    let account = &registry.account;
    faults::repository_catalog_data_not_found_exception(format!(
        "Catalog data does not exist for the repository with name '{name}' in the registry with id \
         '{account}'"
    ))
}

/// ECR's own words for an input that breaks the model.
pub(crate) fn refuse(_operation: &str, violations: &[Violation]) -> Option<Fault> {
    let first = violations.first()?;
    let constraint = first.constraint();
    let constraint = constraint.strip_prefix("Member ").unwrap_or(&constraint);
    let text = format!(
        "Invalid parameter at '{}' failed to satisfy constraint: '{constraint}'",
        first.path
    );
    Some(faults::invalid_parameter_exception(text))
}
