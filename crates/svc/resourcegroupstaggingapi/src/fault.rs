//! The service's own sentences.

use wharf_service::Faults;
use wharf_wire::Fault;

/// What the service says when reading or pages fail.
#[derive(Debug)]
pub(crate) enum TaggingFaults {}

impl Faults for TaggingFaults {
    fn internal(cause: &dyn std::error::Error) -> Fault {
        let text =
            "The request processing failed because of an unknown error, exception, or failure.";
        Fault::receiver("InternalServiceException", 500, text, cause)
    }

    fn bad_token() -> Fault {
        let text = "The PaginationToken is not valid for this request.";
        Fault::sender("PaginationTokenExpiredException", 400, text)
    }
}

pub(crate) fn invalid(text: impl Into<String>) -> Fault {
    Fault::sender("InvalidParameterException", 400, text)
}
