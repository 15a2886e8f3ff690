//! The faults of the service `wharf`.

use std::error::Error;

use wharf_api_wharf::faults;
use wharf_service::Faults;
use wharf_store::StoreError;
use wharf_wire::{Fault, fault::Chain};

/// What the service says when its records fail.
#[derive(Debug)]
pub enum WharfFaults {}

impl Faults for WharfFaults {
    fn internal(cause: &dyn Error) -> Fault {
        faults::internal_exception("The server failed; its log says why.", cause)
    }

    fn conflict(cause: &StoreError) -> Fault {
        let what = match cause {
            StoreError::Conflict { key } => format!("The record {key} changes"),
            _ => "A record changes".to_owned(),
        };
        invalid(format!("{what} all the time; try again."))
    }

    fn bad_token() -> Fault {
        invalid("The token is of no page here.")
    }
}

/// The request makes no sense, or not as things are.
pub fn invalid(text: impl Into<String>) -> Fault {
    faults::invalid_request_exception(text)
}

/// Why it makes no sense, in the words of what refused it.
pub fn refused(cause: impl Error) -> Fault {
    invalid(Chain(&cause).to_string())
}

pub fn denied(text: impl Into<String>) -> Fault {
    faults::access_denied_exception(text)
}

/// Something failed here; the operator finds the cause in the log.
pub fn failed(cause: impl Error) -> Fault {
    faults::internal_exception("The server failed; its log says why.", &cause)
}
