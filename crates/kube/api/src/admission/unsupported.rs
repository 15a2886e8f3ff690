//! Kinds that would be accepted without effect: refused by name until there is one.

use wharf_kube_model::status::Status;

use super::Operation;
use crate::{answer::Fault, call::Call};

/// Groups that this server does not act by yet, and why they are refused.
const WITHOUT_EFFECT: [(&str, &str); 1] = [(
    "admissionregistration.k8s.io",
    "admission policies are not supported by this server yet",
)];

pub fn check(call: &Call, operation: Operation<'_>) -> Result<(), Fault> {
    if operation != Operation::Create {
        return Ok(());
    }
    let plural = call.resource.plural.as_str();
    if plural.ends_with("webhookconfigurations") {
        return Ok(());
    }
    let known = WITHOUT_EFFECT
        .iter()
        .find(|(group, _)| *group == call.group());
    match known {
        None => Ok(()),
        Some((group, why)) => Err(Status::forbidden(group, plural, "", why).into()),
    }
}
