//! The service's errors with their texts (spec platform.md §9).

use std::error::Error;

use wharf_api_events::faults;
use wharf_patterns::NotAPattern;
use wharf_service::Faults;
use wharf_store::StoreError;
use wharf_wire::Fault;

use crate::targets::BadTarget;

/// What EventBridge says when its records or pages fail.
#[derive(Debug)]
pub enum EventsFaults {}

impl Faults for EventsFaults {
    fn internal(cause: &dyn Error) -> Fault {
        faults::internal_exception("An internal error occurred.", cause)
    }

    fn conflict(_: &StoreError) -> Fault {
        faults::concurrent_modification_exception(
            "The resource is being changed by another request. Try again.",
        )
    }

    fn bad_token() -> Fault {
        invalid("Parameter NextToken is not valid.")
    }
}

pub fn invalid(text: impl Into<String>) -> Fault {
    Fault::sender("ValidationException", 400, text)
}

pub fn bad_target(why: BadTarget) -> Fault {
    invalid(why.to_string())
}

pub fn not_a_pattern(reason: &NotAPattern) -> Fault {
    faults::invalid_event_pattern_exception(format!("Event pattern is not valid. Reason: {reason}"))
}

pub fn no_bus(name: &str) -> Fault {
    faults::resource_not_found_exception(format!("Event bus {name} does not exist."))
}

pub fn bus_exists(name: &str) -> Fault {
    faults::resource_already_exists_exception(format!("Event bus {name} already exists."))
}

pub fn no_rule(rule: &str, bus: &str) -> Fault {
    faults::resource_not_found_exception(format!("Rule {rule} does not exist on EventBus {bus}."))
}

pub fn too_many() -> Fault {
    faults::limit_exceeded_exception("The requested resource exceeds the maximum number allowed.")
}

pub fn managed(rule: &str, by: &str) -> Fault {
    faults::managed_rule_exception(format!(
        "Rule {rule} is managed by {by} and can't be modified."
    ))
}
