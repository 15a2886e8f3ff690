//! The service's own sentences. Those of its model are in `wharf_api_ce::faults`.

use wharf_api_ce::faults;
use wharf_service::Faults;
use wharf_wire::Fault;

/// What the service says when its records or pages fail.
#[derive(Debug)]
pub(crate) enum CeFaults {}

impl Faults for CeFaults {
    fn internal(cause: &dyn std::error::Error) -> Fault {
        let text = "An internal error has occurred.";
        Fault::receiver("InternalFailure", 500, text, cause)
    }

    fn bad_token() -> Fault {
        faults::invalid_next_token_exception("The pagination token is invalid.")
    }
}

pub(crate) fn invalid(text: impl Into<String>) -> Fault {
    Fault::sender("ValidationException", 400, text)
}

pub(crate) fn unavailable(text: impl Into<String>) -> Fault {
    faults::data_unavailable_exception(text)
}

pub(crate) fn limit(text: impl Into<String>) -> Fault {
    faults::limit_exceeded_exception(text)
}
