//! `availabilityZoneRebalancing`: of which services tasks may be moved across zones.
//!
//! AWS has it for REPLICA services that are spread over zones first, or say nothing of placement. It is not for DAEMON, EXTERNAL, a
//! `maximumPercent` of 100, and constraints on the zone. (Classic load balancers, the last of AWS' list, no service here has.)

use wharf_records::ecs::{Launch, PlacementRule, Scheduling, Service, ServiceOptions};
use wharf_wire::Fault;

use crate::fault;

pub const ENABLED: &str = "ENABLED";
pub const DISABLED: &str = "DISABLED";

const ZONE: &str = "attribute:ecs.availability-zone";

/// Whether tasks of a service are moved. Services of earlier versions may say ENABLED although theirs cannot be.
pub fn is_on(service: &Service) -> bool {
    let launch = service.primary().map(|primary| primary.revision.launch);
    service.options.zone_rebalancing == ENABLED
        && unsupported(service.scheduling, &service.options, launch).is_none()
}

/// As the API shows it.
pub fn shown(service: &Service) -> &'static str {
    match is_on(service) {
        true => ENABLED,
        false => DISABLED,
    }
}

/// Of a new service: where nothing is `asked`, it is on if it can be.
///
/// # Errors
/// It is asked for and cannot be, or the value is none.
pub fn settle_new(service: &mut Service, launch: Launch, asked: Option<&str>) -> Result<(), Fault> {
    let unsupported = unsupported(service.scheduling, &service.options, Some(launch));
    service.options.zone_rebalancing = match (read(asked)?, unsupported) {
        (Some(ENABLED), Some(why)) => return Err(fault::invalid(why)),
        (None, None) => ENABLED,
        (None, Some(_)) => DISABLED,
        (Some(asked), _) => asked,
    }
    .to_owned();
    Ok(())
}

/// Of a service whose options were `before`: it stays as it was unless something is `asked`.
///
/// # Errors
/// It is on and cannot be with the options that the service has now.
pub fn settle_update(
    service: &mut Service,
    before: &ServiceOptions,
    asked: Option<&str>,
) -> Result<(), Fault> {
    let launch = service.primary().map(|primary| primary.revision.launch);
    let was = match unsupported(service.scheduling, before, launch) {
        // An earlier version said ENABLED of every service.
        Some(_) => DISABLED,
        None => &before.zone_rebalancing,
    };
    let now = read(asked)?.unwrap_or(was);
    match unsupported(service.scheduling, &service.options, launch) {
        Some(why) if now == ENABLED => return Err(fault::invalid(why)),
        _ => now.clone_into(&mut service.options.zone_rebalancing),
    }
    Ok(())
}

fn read(given: Option<&str>) -> Result<Option<&'static str>, Fault> {
    match given {
        None | Some("") => Ok(None),
        Some(ENABLED) => Ok(Some(ENABLED)),
        Some(DISABLED) => Ok(Some(DISABLED)),
        Some(_) => Err(fault::invalid(
            "availabilityZoneRebalancing should be one of [ENABLED, DISABLED].",
        )),
    }
}

/// Why it cannot be on. The texts of DAEMON and `maximumPercent` are AWS' own; of the others only the rules are known.
fn unsupported(
    scheduling: Scheduling,
    options: &ServiceOptions,
    launch: Option<Launch>,
) -> Option<&'static str> {
    let by_zone =
        |rule: &PlacementRule| rule.kind == "spread" && rule.argument.as_deref() == Some(ZONE);
    let on_zone = |rule: &PlacementRule| {
        let expression = rule.argument.as_deref();
        expression.is_some_and(|expression| expression.contains(ZONE))
    };
    if scheduling == Scheduling::Daemon {
        return Some("Availability Zone Rebalancing does not support DAEMON services.");
    }
    if options.maximum_percent <= 100 {
        return Some(
            "Availability Zone Rebalancing does not support maximumPercent <= 100 % as deployment configuration.",
        );
    }
    if launch == Some(Launch::External) {
        return Some("Availability Zone Rebalancing does not support the EXTERNAL launch type.");
    }
    if options.strategies.first().is_some_and(|it| !by_zone(it)) {
        return Some(
            "Availability Zone Rebalancing does not support a placement strategy whose first item is not spread by \
             attribute:ecs.availability-zone.",
        );
    }
    if options.constraints.iter().any(on_zone) {
        return Some(
            "Availability Zone Rebalancing does not support attribute:ecs.availability-zone as a placement \
             constraint.",
        );
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::validate::default_options;

    fn rule(kind: &str, argument: &str) -> PlacementRule {
        PlacementRule {
            kind: kind.to_owned(),
            argument: Some(argument.to_owned()),
        }
    }

    #[test]
    fn it_is_for_what_is_spread_over_zones_first() {
        let of = |change: &dyn Fn(&mut ServiceOptions)| {
            let mut options = default_options(Scheduling::Replica);
            change(&mut options);
            unsupported(Scheduling::Replica, &options, Some(Launch::Ec2)).is_none()
        };
        let zones = || rule("spread", ZONE);
        assert!(of(&|_| {}));
        assert!(of(
            &|it| it.strategies = vec![zones(), rule("binpack", "memory")]
        ));
        assert!(!of(
            &|it| it.strategies = vec![rule("binpack", "memory"), zones()]
        ));
        assert!(!of(&|it| it.strategies = vec![rule("spread", "instanceId")]));
        assert!(of(
            &|it| it.constraints = vec![rule("memberOf", "attribute:rack == a")]
        ));
        let in_a = || rule("memberOf", &format!("{ZONE} == us-east-1a"));
        assert!(!of(&|it| it.constraints = vec![in_a()]));
        assert!(!of(&|it| it.maximum_percent = 100));
        let options = default_options(Scheduling::Replica);
        let external = unsupported(Scheduling::Replica, &options, Some(Launch::External));
        assert!(external.is_some());
        assert!(unsupported(Scheduling::Daemon, &options, None).is_some());
    }
}
