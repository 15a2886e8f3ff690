// Written by `cargo xtask generate` from models/. Do not edit.
//! The modelled exceptions, each with its code and status.
#[allow(unused_imports)]
use wharf_wire::Fault;

/// `ExpiredTokenException`, 400
pub fn expired_token_exception(message: impl Into<String>) -> Fault {
    Fault::sender("ExpiredTokenException", 400, message)
}

/// `ExpiredTradeInTokenException`, 400
pub fn expired_trade_in_token_exception(message: impl Into<String>) -> Fault {
    Fault::sender("ExpiredTradeInTokenException", 400, message)
}

/// `IDPCommunicationError`, 400
pub fn idp_communication_error_exception(message: impl Into<String>) -> Fault {
    Fault::sender("IDPCommunicationError", 400, message)
}

/// `IDPRejectedClaim`, 403
pub fn idp_rejected_claim_exception(message: impl Into<String>) -> Fault {
    Fault::sender("IDPRejectedClaim", 403, message)
}

/// `InvalidAuthorizationMessageException`, 400
pub fn invalid_authorization_message_exception(message: impl Into<String>) -> Fault {
    Fault::sender("InvalidAuthorizationMessageException", 400, message)
}

/// `InvalidIdentityToken`, 400
pub fn invalid_identity_token_exception(message: impl Into<String>) -> Fault {
    Fault::sender("InvalidIdentityToken", 400, message)
}

/// `JWTPayloadSizeExceededException`, 400
pub fn jwt_payload_size_exceeded_exception(message: impl Into<String>) -> Fault {
    Fault::sender("JWTPayloadSizeExceededException", 400, message)
}

/// `MalformedPolicyDocument`, 400
pub fn malformed_policy_document_exception(message: impl Into<String>) -> Fault {
    Fault::sender("MalformedPolicyDocument", 400, message)
}

/// `OutboundWebIdentityFederationDisabledException`, 403
pub fn outbound_web_identity_federation_disabled_exception(message: impl Into<String>) -> Fault {
    Fault::sender(
        "OutboundWebIdentityFederationDisabledException",
        403,
        message,
    )
}

/// `PackedPolicyTooLarge`, 400
pub fn packed_policy_too_large_exception(message: impl Into<String>) -> Fault {
    Fault::sender("PackedPolicyTooLarge", 400, message)
}

/// `RegionDisabledException`, 403
pub fn region_disabled_exception(message: impl Into<String>) -> Fault {
    Fault::sender("RegionDisabledException", 403, message)
}

/// `SessionDurationEscalationException`, 403
pub fn session_duration_escalation_exception(message: impl Into<String>) -> Fault {
    Fault::sender("SessionDurationEscalationException", 403, message)
}
