//! What requests give groups, checked.

use std::collections::BTreeSet;

use wharf_api_autoscaling::{
    AvailabilityZoneDistribution, InstanceMaintenancePolicy, LaunchTemplateSpecification,
};
use wharf_api_ec2::{
    DescribeLaunchTemplateVersionsRequest, DescribePlacementGroupsRequest, DescribeSubnetsRequest,
    Filter, LaunchTemplateVersion,
};
use wharf_service::{Changes, Place};
use wharf_wire::{Call, Fault};

use crate::{
    core::Core,
    fault::{self, AutoscalingFaults, invalid},
    launch,
    names::{self, PRINCIPAL},
    records::{Configuration, Maintenance, Mixed, Pool, Source, Subnet, Termination},
};

/// Instances of one group: what a group's records are read with at each look.
pub const MOST_INSTANCES: u32 = 1000;
/// Subnets of one group.
const MOST_SUBNETS: usize = 50;
const MOST_POLICIES: usize = 10;
const DAY: i32 = 86_400;
/// EC2 takes no higher price.
const MOST_DOLLARS: u64 = 1_000_000;
/// What a template that is named in both ways or in none is refused with.
pub const ONE_NAME: &str =
    "Valid requests must contain either launchTemplateId or LaunchTemplateName";
/// How instances are spread over zones; the first is usual.
pub const BALANCED: &str = "balanced-best-effort";
pub const BALANCED_ONLY: &str = "balanced-only";

/// # Errors
/// It is no count, or more than a group may have.
pub fn size(given: i32, name: &str) -> Result<u32, Fault> {
    let read = u32::try_from(given).map_err(|_| {
        invalid(format!(
            "1 validation error detected: Value '{given}' at '{name}' failed to satisfy constraint: Member must have value greater than or equal to 0"
        ))
    })?;
    match read <= MOST_INSTANCES {
        true => Ok(read),
        false => Err(invalid(format!(
            "{name} must not be more than {MOST_INSTANCES} in this version of wharf: {given}"
        ))),
    }
}

/// # Errors
/// It is less than nothing.
pub fn seconds(given: i32, name: &str) -> Result<u32, Fault> {
    u32::try_from(given).map_err(|_| {
        invalid(format!(
            "1 validation error detected: Value '{given}' at '{name}' failed to satisfy constraint: Member must have value greater than or equal to 0"
        ))
    })
}

/// How long new instances warm up; minus one says nothing of it.
///
/// # Errors
/// It is less than that.
pub fn warmup(given: i32) -> Result<Option<u32>, Fault> {
    match given {
        ..-1 => Err(invalid(format!(
            "1 validation error detected: Value '{given}' at 'defaultInstanceWarmup' failed to satisfy constraint: Member must have value greater than or equal to -1"
        ))),
        _ => Ok(u32::try_from(given).ok()),
    }
}

/// Dollars an hour, read as EC2 reads them, for which a launch would be too late to say that they are wrong: what is smaller than a
/// millionth does not count. An empty one is none.
///
/// # Errors
/// It is not.
pub fn price(given: String, name: &str) -> Result<String, Fault> {
    let (whole, part) = given.split_once('.').unwrap_or((given.as_str(), ""));
    let digits = |text: &str| text.len() <= 18 && text.bytes().all(|it| it.is_ascii_digit());
    let dollars = || match whole {
        "" => Some(0),
        _ => whole.parse::<u64>().ok(),
    };
    let counts = part.get(..6).unwrap_or(part);
    let is_price = digits(whole)
        && digits(part)
        && dollars().is_some_and(|it| {
            it <= MOST_DOLLARS && (it > 0 || counts.bytes().any(|digit| digit != b'0'))
        });
    match given.is_empty() || is_price {
        true => Ok(given),
        false => Err(invalid(format!(
            "Invalid {name}: {given}. It must be a price in US dollars that is greater than 0."
        ))),
    }
}

/// # Errors
/// The sizes do not go together.
pub fn sizes(min: u32, max: u32, desired: u32) -> Result<(), Fault> {
    if min > max {
        return Err(invalid(format!(
            "Max bound, {max}, must be greater than or equal to min bound, {min}"
        )));
    }
    match (min..=max).contains(&desired) {
        true => Ok(()),
        false => Err(invalid(format!(
            "Desired capacity:{desired} must be between the specified min size:{min} and max size:{max}"
        ))),
    }
}

/// # Errors
/// A group of so many and its warm pool are too large together.
pub fn pool_size(pool: &Pool, max: u32) -> Result<(), Fault> {
    match pool.min > MOST_INSTANCES.saturating_sub(max) {
        false => Ok(()),
        true => Err(invalid(format!(
            "A group and its warm pool must not have more than {MOST_INSTANCES} instances in this version of wharf."
        ))),
    }
}

/// Zero takes the lifetime away.
///
/// # Errors
/// It is less than a day.
pub fn lifetime(given: i32) -> Result<Option<u32>, Fault> {
    match given {
        0 => Ok(None),
        DAY..=31_536_000 => Ok(u32::try_from(given).ok()),
        _ => Err(invalid(format!(
            "MaxInstanceLifetime must be 0, or from {DAY} to 31536000: {given}"
        ))),
    }
}

/// Whether instances are spread over zones evenly or not at all; `None`: nothing is said of it.
pub fn evenly_only(given: Option<&AvailabilityZoneDistribution>) -> Option<bool> {
    let strategy = given?.capacity_distribution_strategy.as_deref()?;
    Some(strategy == BALANCED_ONLY)
}

/// Minus one for both takes the policy away.
///
/// # Errors
/// They are no such percentages, or lie too far apart.
pub fn maintenance(given: &InstanceMaintenancePolicy) -> Result<Option<Maintenance>, Fault> {
    let (min, max) = (given.min_healthy_percentage, given.max_healthy_percentage);
    let (Some(min), Some(max)) = (min, max) else {
        return Err(invalid(
            "An instance maintenance policy needs both MinHealthyPercentage and MaxHealthyPercentage.",
        ));
    };
    match (min, max) {
        (-1, -1) => Ok(None),
        (0..=100, 100..=200) if max - min > 100 => Err(invalid(
            "The difference between MaxHealthyPercentage and MinHealthyPercentage cannot be greater than 100.",
        )),
        (0..=100, 100..=200) => Ok(Some(Maintenance {
            min_healthy: seconds(min, "minHealthyPercentage")?,
            max_healthy: seconds(max, "maxHealthyPercentage")?,
        })),
        _ => Err(invalid(
            "MinHealthyPercentage must be from 0 to 100 and MaxHealthyPercentage from 100 to 200, or both -1.",
        )),
    }
}

/// # Errors
/// One is none that is known here.
pub fn termination(given: &[String]) -> Result<Vec<Termination>, Fault> {
    if given.len() > MOST_POLICIES {
        return Err(invalid("There are too many termination policies."));
    }
    let read = given.iter().map(|it| {
        Termination::named(it).ok_or_else(|| match it.as_str() {
            "AllocationStrategy" => invalid(
                "The termination policy AllocationStrategy is not supported by this version of wharf.",
            ),
            it if it.starts_with("arn:") => invalid(
                "Termination policies of functions are not supported by this version of wharf.",
            ),
            it => invalid(format!("Termination policy {it} is not valid.")),
        })
    });
    let read: Vec<Termination> = read.collect::<Result<_, _>>()?;
    match read.is_empty() {
        true => Ok(vec![Termination::Default]),
        false => Ok(read),
    }
}

/// Whether load balancing has a say.
///
/// # Errors
/// It is no kind of check that is known here.
pub fn health_check(given: &str) -> Result<bool, Fault> {
    let mut kinds = BTreeSet::new();
    for kind in given.split(',').map(str::trim) {
        match kind {
            "EC2" | "ELB" => kinds.insert(kind),
            "EBS" | "VPC_LATTICE" => {
                return Err(invalid(format!(
                    "The health check type {kind} is not supported by this version of wharf."
                )));
            }
            _ => return Err(invalid(format!("Invalid Health Check Type: {kind}"))),
        };
    }
    Ok(kinds.contains("ELB"))
}

/// The subnets of `VPCZoneIdentifier`, or the default ones of zones.
///
/// # Errors
/// One is not there; there is none.
pub async fn subnets(
    core: &Core,
    call: &Call,
    identifier: Option<&str>,
    zones: Option<&[String]>,
) -> Result<Vec<Subnet>, Fault> {
    let listed = identifier.unwrap_or_default().split(',').map(str::trim);
    let ids: BTreeSet<&str> = listed.filter(|it| !it.is_empty()).collect();
    let zones: BTreeSet<&String> = zones.unwrap_or_default().iter().collect();
    if ids.len().max(zones.len()) > MOST_SUBNETS {
        return Err(invalid("There are too many subnets."));
    }
    if ids.is_empty() && zones.is_empty() {
        return Err(invalid(
            "At least one Availability Zone or VPC Subnet is required.",
        ));
    }
    let filter = |name: &str, values: Vec<String>| Filter {
        name: Some(name.to_owned()),
        values: Some(values),
    };
    let request = match ids.is_empty() {
        false => DescribeSubnetsRequest {
            subnet_ids: Some(ids.iter().map(|it| (*it).to_owned()).collect()),
            ..DescribeSubnetsRequest::default()
        },
        true => DescribeSubnetsRequest {
            filters: Some(vec![
                filter("default-for-az", vec!["true".to_owned()]),
                filter(
                    "availability-zone",
                    zones.iter().map(|it| (*it).clone()).collect(),
                ),
            ]),
            ..DescribeSubnetsRequest::default()
        },
    };
    let asked = call.passed_on_by(PRINCIPAL);
    let found = core.parts.ec2.describe_subnets(&asked, request).await;
    let found = found.map_err(fault::of_ec2)?.subnets.unwrap_or_default();
    let mut vpcs = BTreeSet::new();
    let mut subnets: Vec<Subnet> = Vec::new();
    for it in found {
        vpcs.extend(it.vpc_id);
        subnets.push(Subnet {
            id: it.subnet_id.unwrap_or_default(),
            zone: it.availability_zone.unwrap_or_default(),
        });
    }
    subnets.sort_by(|one, other| (&one.zone, &one.id).cmp(&(&other.zone, &other.id)));
    if vpcs.len() > 1 {
        return Err(invalid("The subnets must be in one VPC."));
    }
    let there = |zone: &String| subnets.iter().any(|it| it.zone == *zone);
    if let Some(zone) = zones.into_iter().find(|it| !there(it)) {
        return Err(invalid(format!("Invalid Availability Zones {zone}")));
    }
    Ok(subnets)
}

/// What a request wants launched, if it says so; EC2 would launch it for the caller.
///
/// # Errors
/// There is no such configuration or template, or the caller could not launch it.
pub async fn source(
    core: &Core,
    call: &Call,
    configuration: Option<&str>,
    template: Option<&LaunchTemplateSpecification>,
) -> Result<Option<Source>, Fault> {
    let place = Place::of(call);
    match (configuration, template) {
        (None, None) => Ok(None),
        (Some(_), Some(_)) => Err(invalid(
            "Valid requests must contain either LaunchTemplate, LaunchConfigurationName, InstanceId or MixedInstancesPolicy parameter.",
        )),
        (Some(name), None) => {
            let key = names::configuration_key(&place, name);
            let found = core.table.read::<Configuration>(&key).await?;
            let found = found.ok_or_else(|| fault::no_configuration(name))?;
            Ok(Some(Source::Configuration {
                name: name.to_owned(),
                created_at: found.record.created_at,
            }))
        }
        (None, Some(given)) => of_template(core, call, given).await.map(Some),
    }
}

/// What a group is written with: a configuration that it uses is there, and written anew, so that a deletion either sees the
/// group or is seen here.
///
/// # Errors
/// There is no such configuration any more.
pub async fn hold(
    changes: &mut Changes<'_, AutoscalingFaults>,
    place: &Place,
    source: &Source,
) -> Result<(), Fault> {
    let Source::Configuration { name, created_at } = source else {
        return Ok(());
    };
    let key = names::configuration_key(place, name);
    let found = changes.find::<Configuration>(&key).await?;
    let found = found.filter(|it| it.created_at == *created_at);
    changes.put(&key, &found.ok_or_else(|| fault::no_configuration(name))?);
    Ok(())
}

/// A template that a request names.
///
/// # Errors
/// There is none.
pub async fn of_template(
    core: &Core,
    call: &Call,
    given: &LaunchTemplateSpecification,
) -> Result<Source, Fault> {
    if given.launch_template_id.is_some() == given.launch_template_name.is_some() {
        return Err(invalid(ONE_NAME));
    }
    let version = given.version.clone();
    let version = version.unwrap_or_else(|| "$Default".to_owned());
    let template = DescribeLaunchTemplateVersionsRequest {
        launch_template_id: given.launch_template_id.clone(),
        launch_template_name: given.launch_template_name.clone(),
        ..DescribeLaunchTemplateVersionsRequest::default()
    };
    let found = template_version(core, call, template, &version).await?;
    let found = found.ok_or_else(|| {
        invalid(format!(
            "You must use a valid fully-formed launch template. Could not find the specified version {version} for the launch template."
        ))
    })?;
    Ok(Source::Template {
        id: found.launch_template_id.unwrap_or_default(),
        name: found.launch_template_name.unwrap_or_default(),
        version,
    })
}

/// A version of the template that is named, if it has such a one.
///
/// # Errors
/// There is no such template, or the caller may not see it.
pub async fn template_version(
    core: &Core,
    call: &Call,
    template: DescribeLaunchTemplateVersionsRequest,
    version: &str,
) -> Result<Option<LaunchTemplateVersion>, Fault> {
    let request = DescribeLaunchTemplateVersionsRequest {
        versions: Some(vec![version.to_owned()]),
        ..template
    };
    let asked = call.passed_on_by(PRINCIPAL);
    let found = core
        .parts
        .ec2
        .describe_launch_template_versions(&asked, request)
        .await;
    let found = found.map_err(fault::of_launch)?.launch_template_versions;
    Ok(found.into_iter().flatten().next())
}

/// The caller could launch this by itself: in each subnet, and each type of a mixed instances policy.
///
/// # Errors
/// It could not; there is no such placement group.
pub async fn may_launch(
    core: &Core,
    call: &Call,
    source: &Source,
    (subnets, placement_group): (&[Subnet], Option<&str>),
    mixed: Option<&Mixed>,
) -> Result<(), Fault> {
    let place = Place::of(call);
    let types = mixed.map(|it| it.types.as_slice()).unwrap_or_default();
    let source = |of: Option<&String>| match (mixed, of) {
        (Some(mixed), Some(of)) => mixed.source(source, of),
        _ => source,
    };
    if let Some(name) = placement_group {
        let asked = DescribePlacementGroupsRequest {
            group_names: Some(vec![name.to_owned()]),
            ..DescribePlacementGroupsRequest::default()
        };
        let caller = call.forwarded_by(PRINCIPAL);
        let found = core
            .parts
            .ec2
            .describe_placement_groups(&caller, asked)
            .await;
        found.map_err(fault::of_launch)?;
    }
    for subnet in subnets {
        let id = Some(subnet.id.as_str());
        let of = types.first();
        let mut request = launch::of_source(core, &place, source(of), id).await?;
        request.placement = placement_group.map(launch::in_group);
        if let Some(of) = of {
            request.instance_type = Some(of.clone());
        }
        launch::could(core, call, request).await?;
    }
    let first = subnets.first().map(|it| it.id.as_str());
    for of in types.iter().skip(1) {
        let mut request = launch::of_source(core, &place, source(Some(of)), first).await?;
        request.instance_type = Some(of.clone());
        launch::could(core, call, request).await?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_go_together() {
        assert!(sizes(0, 0, 0).is_ok());
        assert!(sizes(1, 3, 3).is_ok());
        assert_eq!(
            sizes(1, 3, 4).unwrap_err().message,
            "Desired capacity:4 must be between the specified min size:1 and max size:3"
        );
        assert_eq!(
            sizes(3, 1, 2).unwrap_err().message,
            "Max bound, 1, must be greater than or equal to min bound, 3"
        );
        assert!(size(-1, "minSize").is_err());
        assert!(size(1001, "maxSize").is_err());
        assert_eq!(size(1000, "maxSize").unwrap(), 1000);
    }

    #[test]
    fn kinds_of_checks_and_policies_are_known_or_refused_by_name() {
        assert!(!health_check("EC2").unwrap());
        assert!(health_check("EC2,ELB").unwrap());
        let refused = |it: &str| health_check(it).unwrap_err().message;
        assert!(refused("EC2,EBS").contains("EBS is not supported"));
        assert_eq!(refused("X"), "Invalid Health Check Type: X");
        assert_eq!(termination(&[]).unwrap(), [Termination::Default]);
        let some = ["OldestInstance".to_owned(), "Default".to_owned()];
        assert_eq!(
            termination(&some).unwrap(),
            [Termination::OldestInstance, Termination::Default]
        );
        let refused = |it: &str| termination(&[it.to_owned()]).unwrap_err().message;
        assert!(refused("AllocationStrategy").contains("AllocationStrategy is not supported"));
        assert!(refused("arn:aws:lambda:x").contains("functions"));
        assert_eq!(refused("X"), "Termination policy X is not valid.");
    }

    #[test]
    fn a_maintenance_policy_has_two_percentages() {
        let read = |min, max| {
            maintenance(&InstanceMaintenancePolicy {
                min_healthy_percentage: min,
                max_healthy_percentage: max,
            })
        };
        assert_eq!(read(Some(-1), Some(-1)).unwrap(), None);
        let policy = Maintenance {
            min_healthy: 90,
            max_healthy: 120,
        };
        assert_eq!(read(Some(90), Some(120)).unwrap(), Some(policy));
        for (min, max) in [
            (None, None),
            (Some(90), None),
            (Some(-1), Some(120)),
            (Some(90), Some(-1)),
            (Some(101), Some(120)),
            (Some(90), Some(99)),
            (Some(90), Some(201)),
        ] {
            assert!(read(min, max).is_err(), "{min:?} {max:?}");
        }
        assert!(
            read(Some(90), Some(191))
                .unwrap_err()
                .message
                .contains("difference")
        );
    }

    #[test]
    fn a_lifetime_is_none_or_days() {
        assert_eq!(lifetime(0).unwrap(), None);
        assert_eq!(lifetime(DAY).unwrap(), Some(86_400));
        assert!(lifetime(DAY - 1).is_err());
        assert!(lifetime(-1).is_err());
    }
}
