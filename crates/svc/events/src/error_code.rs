//! What the dead letter of a rule's target says went wrong: the codes that AWS's guide has for `ERROR_CODE`. Pure.

use wharf_delivery::Failure;

pub const FAILED_TO_ASSUME_ROLE: &str = "FAILED_TO_ASSUME_ROLE";
pub const NO_PERMISSIONS: &str = "NO_PERMISSIONS";
pub const NO_RESOURCE: &str = "NO_RESOURCE";

/// Codes by parts of those of services, the first that fits. What is of an API destination comes first: its codes have
/// parts of others.
const CODES: [(&str, &[&str]); 7] = [
    (
        "SDK_CLIENT_ERROR",
        &[
            "AuthorizationFailure",
            "ConnectionNotAuthorized",
            "InvalidConnection",
        ],
    ),
    ("CONNECTION_FAILURE", &["ConnectionFailure"]),
    (
        NO_PERMISSIONS,
        &[
            "AccessDenied",
            "AuthorizationError",
            "NotAuthorized",
            "Unauthorized",
        ],
    ),
    (NO_RESOURCE, &["NotFound", "NonExistent", "DoesNotExist"]),
    ("RESOURCE_LIMIT_EXCEEDED", &["LimitExceeded", "RESOURCE:"]),
    (
        "INTERNAL_ERROR",
        &["Internal", "ServerException", "Unavailable"],
    ),
    ("INVALID_PARAMETER", &["Invalid", "Validation"]),
];

pub fn of(failure: &Failure) -> &'static str {
    let code = failure.code.as_str();
    // A server's own answer.
    let is_status = code.len() == 3 && code.bytes().all(|it| it.is_ascii_digit());
    match code {
        _ if failure.is_throttled() => "THROTTLING",
        _ if is_status => "SDK_CLIENT_ERROR",
        "MalformedDetail" => "INVALID_JSON",
        _ => {
            let found = CODES
                .iter()
                .find(|(_, parts)| parts.iter().any(|it| code.contains(it)));
            found.map_or("ERROR_FROM_TARGET", |it| it.0)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_of_services_and_of_letters() {
        for (code, expected) in [
            ("ThrottlingException", "THROTTLING"),
            ("RequestLimitExceeded", "THROTTLING"),
            ("AccessDenied", NO_PERMISSIONS),
            ("AccessDeniedException", NO_PERMISSIONS),
            ("AuthorizationError", NO_PERMISSIONS),
            ("QueueDoesNotExist", NO_RESOURCE),
            ("AWS.SimpleQueueService.NonExistentQueue", NO_RESOURCE),
            ("NotFound", NO_RESOURCE),
            ("ClusterNotFoundException", NO_RESOURCE),
            ("ResourceNotFoundException", NO_RESOURCE),
            ("404", "SDK_CLIENT_ERROR"),
            ("ConnectionNotAuthorized", "SDK_CLIENT_ERROR"),
            ("ConnectionFailure", "CONNECTION_FAILURE"),
            ("MalformedDetail", "INVALID_JSON"),
            ("RESOURCE:CPU", "RESOURCE_LIMIT_EXCEEDED"),
            ("InternalFailure", "INTERNAL_ERROR"),
            ("ServiceUnavailable", "INTERNAL_ERROR"),
            ("InvalidParameterException", "INVALID_PARAMETER"),
            ("ValidationException", "INVALID_PARAMETER"),
            ("ClientException", "ERROR_FROM_TARGET"),
        ] {
            assert_eq!(of(&Failure::lasting(code, "")), expected, "{code}");
        }
    }
}
