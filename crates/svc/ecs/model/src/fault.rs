//! The faults of ECS, and what inner errors become on the wire.

use wharf_api_ecs::{Failure, faults};
use wharf_service::Faults;
use wharf_store::StoreError;
use wharf_wire::Fault;

pub fn invalid(message: impl Into<String>) -> Fault {
    faults::invalid_parameter_exception(message)
}

pub fn client(message: impl Into<String>) -> Fault {
    faults::client_exception(message)
}

/// `what` is the subject of a sentence, as `The deployment controller EXTERNAL`.
pub fn unsupported(what: &str) -> Fault {
    faults::unsupported_feature_exception(format!(
        "{what} is not supported by this version of wharf."
    ))
}

pub fn cluster_not_found() -> Fault {
    faults::cluster_not_found_exception("Cluster not found.")
}

/// One of the failures that a call lists beside what it did.
pub fn failure(arn: impl Into<String>, reason: &str) -> Failure {
    Failure {
        arn: Some(arn.into()),
        reason: Some(reason.to_owned()),
        detail: None,
    }
}

/// Something on our side; the cause is logged in full, the caller learns nothing of it.
pub fn server(cause: &dyn std::error::Error) -> Fault {
    Fault::receiver(
        "ServerException",
        500,
        "Service Unavailable. Please try again later.",
        cause,
    )
}

/// What ECS says when its records or pages fail.
#[derive(Debug)]
pub enum EcsFaults {}

impl Faults for EcsFaults {
    fn internal(cause: &dyn std::error::Error) -> Fault {
        server(cause)
    }

    /// To agents a ClientException is final; a ServerException they, as SDKs, try again.
    fn conflict(cause: &StoreError) -> Fault {
        Fault::receiver(
            "ServerException",
            500,
            "The resource was changed by other requests meanwhile. Try again.",
            cause,
        )
    }

    fn bad_token() -> Fault {
        invalid("Invalid token.")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lost_race_is_tried_again_by_whoever_asked() {
        let key = "k".to_owned();
        let fault = Fault::from(wharf_service::ChangeError::<EcsFaults>::conflict(key));
        assert_eq!((&*fault.code, fault.status), ("ServerException", 500));
        assert!(!fault.sender);
    }
}
