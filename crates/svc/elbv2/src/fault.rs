//! The faults of Elastic Load Balancing, and what inner errors become on the wire (platform §5).

use wharf_api_elbv2::faults;
use wharf_base::ShareFull;
use wharf_service::Faults;
use wharf_store::StoreError;
use wharf_wire::Fault;

/// What Elastic Load Balancing says when its records or pages fail.
#[derive(Debug)]
pub enum Elbv2Faults {}

impl Faults for Elbv2Faults {
    fn internal(cause: &dyn std::error::Error) -> Fault {
        server(cause)
    }

    fn conflict(_: &StoreError) -> Fault {
        faults::prior_request_not_complete_exception(
            "The resource was changed by other requests meanwhile. Try again.",
        )
    }

    fn full(cause: &ShareFull) -> Fault {
        Fault::sender("LimitExceeded", 400, cause.to_string())
    }

    fn bad_token() -> Fault {
        invalid("The provided marker is not valid.")
    }
}

pub fn invalid(message: impl Into<String>) -> Fault {
    Fault::sender("ValidationError", 400, message)
}

pub fn configuration(message: impl Into<String>) -> Fault {
    faults::invalid_configuration_request_exception(message)
}

/// A bucket that is not there, or whose policy does not let access logs in.
pub fn shut_bucket(bucket: &str) -> Fault {
    configuration(format!(
        "Access Denied for bucket: {bucket}. Please check S3bucket permission"
    ))
}

/// What AWS has and this version does not; said, never dropped in silence.
pub fn unsupported(what: impl std::fmt::Display) -> Fault {
    Fault::sender(
        "UnsupportedOperation",
        400,
        format!("{what} is not supported by this version of wharf."),
    )
}

pub fn not_an_arn(given: &str, noun: &str) -> Fault {
    invalid(format!("'{given}' is not a valid {noun} ARN"))
}

pub fn balancer_not_found() -> Fault {
    faults::load_balancer_not_found_exception("One or more load balancers not found")
}

pub fn listener_not_found() -> Fault {
    faults::listener_not_found_exception("One or more listeners not found")
}

pub fn rule_not_found() -> Fault {
    faults::rule_not_found_exception("One or more rules not found")
}

pub fn group_not_found() -> Fault {
    faults::target_group_not_found_exception("One or more target groups not found")
}

pub fn duplicate_balancer(name: &str) -> Fault {
    faults::duplicate_load_balancer_name_exception(format!(
        "A load balancer with the same name '{name}' exists, but with different settings"
    ))
}

pub fn duplicate_group(name: &str) -> Fault {
    faults::duplicate_target_group_name_exception(format!(
        "A target group with the same name '{name}' exists, but with different settings"
    ))
}

pub fn duplicate_listener(balancer: &str) -> Fault {
    faults::duplicate_listener_exception(format!(
        "A listener already exists on this port for this load balancer '{balancer}'"
    ))
}

pub fn port_in_use(port: u16) -> Fault {
    invalid(format!("Listener port '{port}' is already in use"))
}

pub fn priority_in_use(priority: u32) -> Fault {
    faults::priority_in_use_exception(format!("Priority '{priority}' is currently in use"))
}

pub fn deletion_protected(arn: &str) -> Fault {
    faults::operation_not_permitted_exception(format!(
        "Load balancer '{arn}' cannot be deleted because deletion protection is enabled"
    ))
}

pub fn balancer_in_use(arn: &str) -> Fault {
    faults::resource_in_use_exception(format!(
        "Load balancer '{arn}' cannot be deleted because it is currently associated with another service"
    ))
}

pub fn default_rule(arn: &str, done: &str) -> Fault {
    faults::operation_not_permitted_exception(format!("Default rule '{arn}' cannot be {done}"))
}

pub fn group_in_use(arn: &str) -> Fault {
    faults::resource_in_use_exception(format!(
        "Target group '{arn}' is currently in use by a listener or a rule"
    ))
}

pub fn group_of_other_balancer(arn: &str) -> Fault {
    faults::target_group_association_limit_exception(format!(
        "The following target groups cannot be associated with more than one load balancer: {arn}"
    ))
}

pub fn group_of_other_vpc(arn: &str, group_vpc: &str, vpc: &str) -> Fault {
    configuration(format!(
        "Target group '{arn}' is in the VPC '{group_vpc}', the load balancer in '{vpc}'"
    ))
}

pub fn group_needs_dual_stack(arn: &str) -> Fault {
    configuration(format!(
        "The target group '{arn}' has the IP address type 'ipv6', which needs a load balancer of the type 'dualstack'"
    ))
}

pub fn datagrams_of_dual_stack() -> Fault {
    configuration(
        "A load balancer of the IP address type 'dualstack' cannot have listeners of UDP or TCP_UDP",
    )
}

/// The listener's protocol, and the group's.
pub fn incompatible(group: &str, listener: &str, of_group: &str) -> Fault {
    faults::incompatible_protocols_exception(format!(
        "The listener and its associated target group '{group}' have incompatible protocols ({listener}, {of_group})"
    ))
}

/// What the targets of a group speak.
pub fn version_needs_https(version: &str) -> Fault {
    faults::invalid_load_balancer_action_exception(format!(
        "Listener protocol 'HTTP' is not supported with a target group with the protocol-version '{version}'"
    ))
}

pub fn certificate_not_found(arn: &str) -> Fault {
    faults::certificate_not_found_exception(format!("Certificate '{arn}' not found"))
}

pub fn unsupported_certificate(arn: &str) -> Fault {
    Fault::sender(
        "UnsupportedCertificate",
        400,
        format!(
            "The certificate '{arn}' must have a fully-qualified domain name, a supported signature, \
             and a supported key size."
        ),
    )
}

pub fn redirect_loop() -> Fault {
    faults::invalid_load_balancer_action_exception(
        "The redirect configuration is not valid because it creates a loop.",
    )
}

/// Something on our side; the cause is logged in full, the caller learns nothing of it.
pub fn server(cause: &dyn std::error::Error) -> Fault {
    Fault::receiver(
        "InternalFailure",
        500,
        "An internal error occurred. Try again.",
        cause,
    )
}

/// What EC2 answered, in this service's words: a refusal of the caller's ids stays the caller's.
pub fn of_ec2(fault: &Fault) -> Fault {
    match fault.code.as_ref() {
        "InvalidSubnetID.NotFound" | "InvalidSubnetID.Malformed" => {
            faults::subnet_not_found_exception(&fault.message)
        }
        "InvalidGroup.NotFound"
        | "InvalidGroupId.Malformed"
        | "InvalidSecurityGroupID.NotFound" => {
            faults::invalid_security_group_exception(&fault.message)
        }
        "InvalidVpcID.NotFound" | "InvalidVpcId.Malformed" => invalid(&fault.message),
        "UnauthorizedOperation" => Fault::sender("AccessDenied", 403, &fault.message),
        _ if fault.sender => configuration(&fault.message),
        _ => server(fault),
    }
}
