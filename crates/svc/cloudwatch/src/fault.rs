//! The service's errors with their texts (spec platform §7).

use std::error::Error;

use wharf_api_cloudwatch::faults;
use wharf_base::ShareFull;
use wharf_series::{AppendError, ReadError};
use wharf_service::Faults;
use wharf_store::StoreError;
use wharf_wire::Fault;

use crate::math::Bad;

/// What CloudWatch says when its records or pages fail.
#[derive(Debug)]
pub enum CloudwatchFaults {}

impl Faults for CloudwatchFaults {
    fn internal(cause: &dyn Error) -> Fault {
        faults::internal_service_fault(
            "Request processing has failed because of an unknown error.",
            cause,
        )
    }

    fn conflict(_: &StoreError) -> Fault {
        let text = "Another request changed the resource at the same time.";
        faults::conflict_exception(text)
    }

    fn full(cause: &ShareFull) -> Fault {
        faults::limit_exceeded_fault(cause.to_string())
    }

    fn bad_token() -> Fault {
        faults::invalid_next_token("The next token is invalid.")
    }
}

pub fn invalid(text: impl Into<String>) -> Fault {
    faults::invalid_parameter_value_exception(text)
}

pub fn combination(text: impl Into<String>) -> Fault {
    faults::invalid_parameter_combination_exception(text)
}

pub fn missing(parameter: &str) -> Fault {
    faults::missing_required_parameter_exception(format!("The parameter {parameter} is required."))
}

/// What operations without an error of their own for it say.
pub fn validation(text: impl Into<String>) -> Fault {
    faults::validation_exception(text)
}

pub fn expression(id: &str, bad: &Bad) -> Fault {
    validation(format!("Error in expression '{id}': {bad}"))
}

pub fn append(error: &AppendError) -> Fault {
    match error {
        AppendError::TooManySeries { .. }
        | AppendError::NamesTooLong { .. }
        | AppendError::TooLarge => {
            faults::limit_exceeded_exception(format!("The samples were not taken: {error}."))
        }
        AppendError::Busy | AppendError::TooManyNewSeries { .. } => {
            Fault::sender("Throttling", 400, "Rate exceeded")
        }
        AppendError::Later { .. } | AppendError::Failed { .. } | AppendError::Closed => {
            CloudwatchFaults::internal(error)
        }
    }
}

pub fn read(error: &ReadError) -> Fault {
    CloudwatchFaults::internal(error)
}
