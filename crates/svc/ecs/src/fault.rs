//! The faults of ECS, and what inner errors become on the wire.

use wharf_api_ecs::faults;
use wharf_records::RecordError;
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

/// Something on our side; the cause is logged in full, the caller learns nothing of it.
pub fn server(cause: &dyn std::error::Error) -> Fault {
    Fault::receiver(
        "ServerException",
        500,
        "Service Unavailable. Please try again later.",
        cause,
    )
}

pub fn of_store(error: StoreError) -> Fault {
    match error {
        // Whoever reaches this has used up its tries: nothing is wrong with the request. To agents a
        // ClientException is final; a ServerException they, as SDKs, try again.
        conflict @ StoreError::Conflict { .. } => Fault::receiver(
            "ServerException",
            500,
            "The resource was changed by other requests meanwhile. Try again.",
            &conflict,
        ),
        other => server(&other),
    }
}

pub fn of_record(error: RecordError) -> Fault {
    server(&error)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lost_race_is_tried_again_by_whoever_asked() {
        let key = "k".to_owned();
        let fault = of_store(StoreError::Conflict { key });
        assert_eq!((&*fault.code, fault.status), ("ServerException", 500));
        assert!(!fault.sender);
    }
}
