//! What EC2 says of flow logs.

use wharf_wire::Fault;

fn sender(code: &'static str, text: String) -> Fault {
    Fault::sender(code, 400, text)
}

pub fn not_found(id: &str) -> Fault {
    none_of(&[id.to_owned()])
}

pub fn none_of(ids: &[String]) -> Fault {
    sender(
        "InvalidFlowLogId.NotFound",
        format!(
            "These flow log ids in the input list are not found: [TotalCount: {}] {}",
            ids.len(),
            ids.join(" ")
        ),
    )
}

pub fn bad_parameter(text: impl Into<String>) -> Fault {
    sender("InvalidParameter", text.into())
}

pub fn empty_beside(member: &str, of: &str, value: &str) -> Fault {
    bad_parameter(format!("{member} can't be empty if {of} is {value}."))
}

pub fn unknown_fields(names: &[&str]) -> Fault {
    bad_parameter(format!("Unknown fields provided: {}", names.join(", ")))
}

pub fn field_not_here(name: &str) -> Fault {
    sender(
        "UnsupportedOperation",
        format!("The field ${{{name}}} of LogFormat is not supported by this version of wharf."),
    )
}

/// One like it is there; an item of those that failed.
pub fn exists() -> Fault {
    sender(
        "FlowLogAlreadyExists",
        "Error. There is an existing Flow Log with the same configuration and log destination."
            .to_owned(),
    )
}

pub fn too_many(resource: &str, limit: usize) -> Fault {
    sender(
        "FlowLogsLimitExceeded",
        format!(
            "The maximum number of flow logs for the resource {resource} has been reached: {limit}."
        ),
    )
}

pub fn no_bucket(bucket: &str) -> Fault {
    bad_parameter(format!("LogDestination: {bucket} does not exist."))
}

pub fn shut_bucket(bucket: &str) -> Fault {
    bad_parameter(format!(
        "Access Denied for LogDestination: {bucket}. Please check LogDestination permission"
    ))
}
