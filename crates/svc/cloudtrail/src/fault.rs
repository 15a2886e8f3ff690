//! Errors of journal and store as faults.

use std::error::Error;

use wharf_journal::JournalError;
use wharf_store::StoreError;
use wharf_stored::StoredError;
use wharf_wire::Fault;

pub fn journal(cause: JournalError) -> Fault {
    internal(&cause)
}

pub fn store(cause: StoreError) -> Fault {
    internal(&cause)
}

pub fn stored(cause: StoredError) -> Fault {
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
