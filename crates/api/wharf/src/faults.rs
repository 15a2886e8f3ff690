// Written by `cargo xtask generate` from models/. Do not edit.
//! The modelled exceptions, each with its code and status.
#[allow(unused_imports)]
use wharf_wire::Fault;

/// `AccessDeniedException`, 403
pub fn access_denied_exception(message: impl Into<String>) -> Fault {
    Fault::sender("AccessDeniedException", 403, message)
}

/// `InternalException`, 500; `cause` is logged, never sent.
pub fn internal_exception(message: impl Into<String>, cause: &dyn std::error::Error) -> Fault {
    Fault::receiver("InternalException", 500, message, cause)
}

/// `InvalidRequestException`, 400
pub fn invalid_request_exception(message: impl Into<String>) -> Fault {
    Fault::sender("InvalidRequestException", 400, message)
}
