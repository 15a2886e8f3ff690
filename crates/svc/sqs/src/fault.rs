//! The service's own sentences. Those of its model are in `wharf_api_sqs::faults`.

use wharf_service::Faults;
use wharf_wire::Fault;

/// What the service says when its records or pages fail.
#[derive(Debug)]
pub(crate) enum SqsFaults {}

impl Faults for SqsFaults {
    fn internal(cause: &dyn std::error::Error) -> Fault {
        let text = "An internal error has occurred.";
        Fault::receiver("InternalFailure", 500, text, cause)
    }

    fn bad_token() -> Fault {
        Fault::sender("InvalidNextToken", 400, "The page token is not valid.")
    }
}
