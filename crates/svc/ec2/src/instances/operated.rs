//! Instances that a service operates for an account: its users see them, and change nothing of them.

use wharf_api_ec2::types::{OperatorRequest, OperatorResponse};
use wharf_records::Record as _;
use wharf_wire::{Call, CallerKind, Context, Fault};

use crate::{
    fault,
    records::{Instance, arn},
};

/// By which policies ask who operates an instance.
pub const OPERATOR_KEY: &str = "ec2:ManagedResourceOperator";

/// Services that operate instances. Others act in roles for whatever users have them call, as schedules do: nobody would end what
/// was launched so.
const OPERATORS: [&str; 1] = ["ecs.amazonaws.com"];

/// The service that a request names as the operator of what it makes: one that calls itself, or in a role that it was given.
///
/// # Errors
/// Somebody else names one.
pub fn operator(call: &Call, given: Option<&OperatorRequest>) -> Result<Option<String>, Fault> {
    let named = given.and_then(|it| it.principal.clone());
    match named.filter(|it| !it.is_empty()) {
        Some(principal)
            if OPERATORS.contains(&principal.as_str()) && is_operator(call, &principal) =>
        {
            Ok(Some(principal))
        }
        Some(_) => Err(fault::operator_reserved()),
        None => Ok(None),
    }
}

fn is_operator(call: &Call, principal: &str) -> bool {
    let is_it = call.caller.kind == CallerKind::Service && call.caller.arn == principal;
    is_it || call.acting.as_deref() == Some(principal)
}

impl Instance {
    /// That whoever calls may change it. `operation`: `StopInstances`.
    ///
    /// # Errors
    /// A service operates it, and somebody else calls.
    pub fn lets(&self, call: &Call, operation: &str) -> Result<(), Fault> {
        self.lets_there((call, call.context()), operation)
    }

    /// The same of an instance that may be another account's. `there`: where it is, which its ARN says.
    ///
    /// # Errors
    /// As [`Instance::lets`].
    pub fn lets_there(
        &self,
        (call, there): (&Call, &Context),
        operation: &str,
    ) -> Result<(), Fault> {
        let operator = self.operator.as_deref();
        match operator.is_none_or(|it| is_operator(call, it)) {
            true => Ok(()),
            false => Err(fault::operated(
                &call.caller.arn,
                operation,
                &arn(there, Self::KIND, &self.id),
            )),
        }
    }

    /// As answers show it.
    pub fn operated(&self) -> OperatorResponse {
        OperatorResponse {
            managed: Some(self.operator.is_some()),
            principal: self.operator.clone(),
            hidden_by_default: None,
        }
    }
}

#[cfg(test)]
mod tests {
    use wharf_base::{Permit, Timestamp};
    use wharf_wire::Caller;

    use super::*;

    const ECS: &str = "ecs.amazonaws.com";

    fn call(caller: Caller, acting: Option<&str>) -> Call {
        let context = Context {
            caller,
            acting: acting.map(str::to_owned),
            ..Context::internal("000000000000", "us-east-1", "test", Timestamp(0))
        };
        Call::by_controller(context, Permit::for_controller("test"))
    }

    #[test]
    fn a_service_names_itself_alone() {
        let request = OperatorRequest {
            principal: Some(ECS.to_owned()),
        };
        let named = |call: &Call| operator(call, Some(&request));
        let service = |name: &str| Caller::service("000000000000", name);
        assert_eq!(
            named(&call(service(ECS), None)).unwrap().as_deref(),
            Some(ECS)
        );
        let root = Caller::root("000000000000");
        assert!(named(&call(root.clone(), Some(ECS))).is_ok());
        for other in [
            call(root.clone(), None),
            call(root, Some("eks.amazonaws.com")),
            call(service("autoscaling.amazonaws.com"), None),
        ] {
            assert_eq!(named(&other).unwrap_err().code, "OperationNotPermitted");
            assert_eq!(operator(&other, None).unwrap(), None);
        }
        let scheduler = "scheduler.amazonaws.com";
        let request = OperatorRequest {
            principal: Some(scheduler.to_owned()),
        };
        let by_schedule = call(Caller::root("000000000000"), Some(scheduler));
        assert!(operator(&by_schedule, Some(&request)).is_err());
    }
}
