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
        // Whoever reaches this has used up its retries: the caller may simply try again.
        StoreError::Conflict { .. } => {
            client("The resource was changed by another request meanwhile. Try again.")
        }
        other => server(&other),
    }
}

pub fn of_record(error: RecordError) -> Fault {
    server(&error)
}
