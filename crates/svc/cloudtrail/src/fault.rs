//! Errors of journal and store as faults.

use std::error::Error;

use wharf_api_cloudtrail::faults;
use wharf_journal::JournalError;
use wharf_service::Faults;
use wharf_store::StoreError;
use wharf_wire::Fault;

/// What CloudTrail says when its records or pages fail.
#[derive(Debug)]
pub enum CloudtrailFaults {}

impl Faults for CloudtrailFaults {
    fn internal(cause: &dyn Error) -> Fault {
        internal(cause)
    }

    fn bad_token() -> Fault {
        faults::invalid_next_token_exception("The token is not valid.")
    }
}

pub fn journal(cause: JournalError) -> Fault {
    internal(&cause)
}

pub fn store(cause: StoreError) -> Fault {
    internal(&cause)
}

fn internal(cause: &dyn Error) -> Fault {
    Fault::receiver(
        "InternalFailure",
        500,
        "The request processing has failed because of an unknown error, exception or failure.",
        cause,
    )
}
