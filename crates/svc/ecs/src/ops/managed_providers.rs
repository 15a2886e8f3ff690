//! Capacity providers of Managed Instances as requests describe them and answers show them. Pure, but for the subnets
//! and security groups, which are looked up.

use wharf_api_ecs as api;
use wharf_base::Arn;
use wharf_records::{
    Unknown,
    ecs::{InstanceRequirements, ManagedInstances, Range, Share},
};
use wharf_wire::{Call, Fault};

use crate::{
    core::Core,
    fault,
    launch::NetworkOrder,
    names::{self, PRINCIPAL},
    ops::subnets,
};

/// Longest wait before an idle instance ends, in seconds.
const MOST_SECONDS: i32 = 3600;
/// Longest list of instance types, of manufacturers or of generations.
const MOST_NAMES: usize = 400;
/// Longest name of an instance type, with `*`.
const MOST_OF_TYPE: usize = 30;
/// Of capacity options.
const SPOT: &str = "SPOT";
const MOST_SUBNETS: usize = 16;
const MOST_GROUPS: usize = 5;

/// What a new provider is to be.
pub async fn create(
    core: &Core,
    call: &Call,
    cluster: &str,
    given: api::CreateManagedInstancesProviderConfiguration,
) -> Result<ManagedInstances, Fault> {
    let template = given.instance_launch_template.unwrap_or_default();
    let network = template.network_configuration.unwrap_or_default();
    let mut wanted = ManagedInstances {
        cluster: cluster.to_owned(),
        role: role(call, given.infrastructure_role_arn.as_deref())?,
        profile: profile(call, template.ec2_instance_profile_arn.as_deref())?,
        subnets: Vec::new(),
        security_groups: Vec::new(),
        spot: template.capacity_option_type.as_deref() == Some(SPOT),
        storage_gib: None,
        monitoring: template.monitoring.filter(|it| !it.is_empty()),
        propagate_tags: false,
        scale_in_after: None,
        requirements: None,
        unknown: Unknown::new(),
    };
    let further = Further {
        network: Some(network),
        storage: template.storage_configuration,
        propagate_tags: given.propagate_tags,
        optimization: given.infrastructure_optimization,
        requirements: template.instance_requirements,
    };
    further.set(core, call, &mut wanted).await?;
    Ok(wanted)
}

/// What a provider is to be from now on; what is left out stays.
pub async fn update(
    core: &Core,
    call: &Call,
    before: &ManagedInstances,
    given: api::UpdateManagedInstancesProviderConfiguration,
) -> Result<ManagedInstances, Fault> {
    let template = given.instance_launch_template.unwrap_or_default();
    let mut wanted = before.clone();
    wanted.role = role(call, given.infrastructure_role_arn.as_deref())?;
    if let Some(arn) = &template.ec2_instance_profile_arn {
        wanted.profile = profile(call, Some(arn))?;
    }
    if let Some(monitoring) = template.monitoring.filter(|it| !it.is_empty()) {
        wanted.monitoring = Some(monitoring);
    }
    let further = Further {
        network: template.network_configuration,
        storage: template.storage_configuration,
        propagate_tags: given.propagate_tags,
        optimization: given.infrastructure_optimization,
        requirements: template.instance_requirements,
    };
    further.set(core, call, &mut wanted).await?;
    Ok(wanted)
}

/// What both requests may say.
struct Further {
    network: Option<api::ManagedInstancesNetworkConfiguration>,
    storage: Option<api::ManagedInstancesStorageConfiguration>,
    propagate_tags: Option<String>,
    optimization: Option<api::InfrastructureOptimization>,
    requirements: Option<api::InstanceRequirementsRequest>,
}

impl Further {
    async fn set(
        self,
        core: &Core,
        call: &Call,
        wanted: &mut ManagedInstances,
    ) -> Result<(), Fault> {
        if let Some(network) = self.network {
            set_network(core, call, wanted, network).await?;
        }
        if let Some(storage) = self.storage.and_then(|it| it.storage_size_gi_b) {
            wanted.storage_gib = u32::try_from(storage).ok();
        }
        if let Some(from) = self.propagate_tags.filter(|it| !it.is_empty()) {
            wanted.propagate_tags = from == "CAPACITY_PROVIDER";
        }
        if let Some(optimization) = self.optimization {
            let after = optimization.scale_in_after;
            if after.is_some_and(|it| !(-1..=MOST_SECONDS).contains(&it)) {
                return Err(fault::invalid(format!(
                    "scaleInAfter must be between -1 and {MOST_SECONDS}."
                )));
            }
            wanted.scale_in_after = after;
        }
        if let Some(given) = self.requirements {
            wanted.requirements = Some(requirements(given)?);
        }
        Ok(())
    }
}

async fn set_network(
    core: &Core,
    call: &Call,
    wanted: &mut ManagedInstances,
    given: api::ManagedInstancesNetworkConfiguration,
) -> Result<(), Fault> {
    let named = given.subnets.unwrap_or_default();
    let groups = given.security_groups.unwrap_or_default();
    if named.is_empty() {
        return Err(fault::invalid("subnets can not be empty."));
    }
    if named.len() > MOST_SUBNETS {
        return Err(fault::invalid(format!(
            "subnets can have at most {MOST_SUBNETS} items."
        )));
    }
    if groups.len() > MOST_GROUPS {
        return Err(fault::invalid(format!(
            "securityGroups can have at most {MOST_GROUPS} items."
        )));
    }
    let order = NetworkOrder {
        subnets: named,
        security_groups: groups,
        public_ip: false,
        ipv6: false,
    };
    subnets::resolve(core, call, &order).await?;
    wanted.subnets = order.subnets;
    wanted.security_groups = order.security_groups;
    Ok(())
}

/// A role of the caller's account.
fn role(call: &Call, given: Option<&str>) -> Result<String, Fault> {
    let given = given.unwrap_or_default();
    let arn = names::role_arn(&call.account, given);
    of_account(call, &arn, "role/").ok_or_else(|| {
        fault::invalid(format!(
            "The specified infrastructure role '{given}' is not valid. Specify the ARN of a role that {PRINCIPAL} \
             can assume and try again."
        ))
    })
}

fn profile(call: &Call, given: Option<&str>) -> Result<String, Fault> {
    let given = given.unwrap_or_default();
    of_account(call, given, "instance-profile/").ok_or_else(|| {
        fault::invalid(format!(
            "The specified EC2 instance profile '{given}' is not valid. Specify the ARN of an instance profile and \
             try again."
        ))
    })
}

/// An ARN of IAM, if it is one of that kind in the caller's account.
fn of_account(call: &Call, arn: &str, kind: &str) -> Option<String> {
    let parsed: Arn = arn.parse().ok()?;
    let name = parsed.resource.strip_prefix(kind)?;
    let is_own = parsed.service == "iam" && parsed.account == call.account && !name.is_empty();
    is_own.then(|| arn.to_owned())
}

fn requirements(given: api::InstanceRequirementsRequest) -> Result<InstanceRequirements, Fault> {
    let vcpus = given.v_cpu_count.unwrap_or_default();
    let memory = given.memory_mi_b.unwrap_or_default();
    let (allowed, excluded) = (
        types("allowedInstanceTypes", given.allowed_instance_types)?,
        types("excludedInstanceTypes", given.excluded_instance_types)?,
    );
    if !allowed.is_empty() && !excluded.is_empty() {
        return Err(fault::invalid(
            "You can specify allowedInstanceTypes or excludedInstanceTypes, but not both.",
        ));
    }
    Ok(InstanceRequirements {
        vcpus: range("vCpuCount", vcpus.min, vcpus.max)?,
        memory_mib: range("memoryMiB", memory.min, memory.max)?,
        memory_gib_per_vcpu: given
            .memory_gi_b_per_v_cpu
            .map(|it| share(&it))
            .transpose()?,
        manufacturers: words("cpuManufacturers", given.cpu_manufacturers)?,
        allowed,
        excluded,
        generations: words("instanceGenerations", given.instance_generations)?,
        bare_metal: given.bare_metal.filter(|it| !it.is_empty()),
        burstable: given.burstable_performance.filter(|it| !it.is_empty()),
        unknown: Unknown::new(),
    })
}

fn range(name: &str, min: Option<i32>, max: Option<i32>) -> Result<Range, Fault> {
    let number = |it: i32| u32::try_from(it).ok();
    let bad = || {
        fault::invalid(format!(
            "The {name} of the instance requirements is invalid. The minimum must be 0 or more, and the maximum no \
             less than the minimum."
        ))
    };
    let min = number(min.unwrap_or(0)).ok_or_else(bad)?;
    let max = max.map(|it| number(it).ok_or_else(bad)).transpose()?;
    match max.is_none_or(|it| min <= it) {
        true => Ok(Range { min, max }),
        false => Err(bad()),
    }
}

fn share(given: &api::MemoryGiBPerVCpuRequest) -> Result<Share, Fault> {
    let is_sound = |it: &f64| it.is_finite() && *it >= 0.0;
    let sound = given.min.iter().chain(&given.max).all(is_sound);
    let ordered = given.min.unwrap_or(0.0) <= given.max.unwrap_or(f64::INFINITY);
    match sound && ordered {
        true => Ok(Share {
            min: given.min,
            max: given.max,
        }),
        false => Err(fault::invalid(
            "The memoryGiBPerVCpu of the instance requirements is invalid.",
        )),
    }
}

fn words(name: &str, given: Option<Vec<String>>) -> Result<Vec<String>, Fault> {
    let given = given.unwrap_or_default();
    match given.len() <= MOST_NAMES {
        true => Ok(given),
        false => Err(fault::invalid(format!(
            "{name} can have at most {MOST_NAMES} items."
        ))),
    }
}

fn types(name: &str, given: Option<Vec<String>>) -> Result<Vec<String>, Fault> {
    let given = words(name, given)?;
    let is_part = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'*' | b'-');
    let is_type = |it: &String| (1..=MOST_OF_TYPE).contains(&it.len()) && it.bytes().all(is_part);
    match given.iter().find(|it| !is_type(it)) {
        None => Ok(given),
        Some(bad) => Err(fault::invalid(format!(
            "{name} has an invalid instance type: '{bad}'."
        ))),
    }
}

/// As answers show it.
pub fn show(of: &ManagedInstances) -> api::ManagedInstancesProvider {
    let list = |it: &Vec<String>| Some(it.clone());
    let template = api::InstanceLaunchTemplate {
        ec2_instance_profile_arn: Some(of.profile.clone()),
        network_configuration: Some(api::ManagedInstancesNetworkConfiguration {
            subnets: list(&of.subnets),
            security_groups: list(&of.security_groups).filter(|it| !it.is_empty()),
        }),
        storage_configuration: of
            .storage_gib
            .map(|it| api::ManagedInstancesStorageConfiguration {
                storage_size_gi_b: i32::try_from(it).ok(),
            }),
        monitoring: of.monitoring.clone(),
        capacity_option_type: Some(if of.spot { SPOT } else { "ON_DEMAND" }.to_owned()),
        instance_requirements: of.requirements.as_ref().map(show_requirements),
        ..api::InstanceLaunchTemplate::default()
    };
    let propagates = match of.propagate_tags {
        true => "CAPACITY_PROVIDER",
        false => "NONE",
    };
    api::ManagedInstancesProvider {
        infrastructure_role_arn: Some(of.role.clone()),
        instance_launch_template: Some(template),
        propagate_tags: Some(propagates.to_owned()),
        infrastructure_optimization: of.scale_in_after.map(|it| api::InfrastructureOptimization {
            scale_in_after: Some(it),
        }),
        ..api::ManagedInstancesProvider::default()
    }
}

fn show_requirements(of: &InstanceRequirements) -> api::InstanceRequirementsRequest {
    let number = |it: u32| i32::try_from(it).ok();
    let list = |it: &Vec<String>| Some(it.clone()).filter(|it| !it.is_empty());
    api::InstanceRequirementsRequest {
        v_cpu_count: Some(api::VCpuCountRangeRequest {
            min: number(of.vcpus.min),
            max: of.vcpus.max.and_then(number),
        }),
        memory_mi_b: Some(api::MemoryMiBRequest {
            min: number(of.memory_mib.min),
            max: of.memory_mib.max.and_then(number),
        }),
        memory_gi_b_per_v_cpu: of
            .memory_gib_per_vcpu
            .map(|it| api::MemoryGiBPerVCpuRequest {
                min: it.min,
                max: it.max,
            }),
        cpu_manufacturers: list(&of.manufacturers),
        allowed_instance_types: list(&of.allowed),
        excluded_instance_types: list(&of.excluded),
        instance_generations: list(&of.generations),
        bare_metal: of.bare_metal.clone(),
        burstable_performance: of.burstable.clone(),
        ..api::InstanceRequirementsRequest::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn given() -> api::InstanceRequirementsRequest {
        api::InstanceRequirementsRequest {
            v_cpu_count: Some(api::VCpuCountRangeRequest {
                min: Some(1),
                max: Some(4),
            }),
            memory_mi_b: Some(api::MemoryMiBRequest {
                min: Some(512),
                max: None,
            }),
            allowed_instance_types: Some(vec!["m5*".to_owned(), "c5.large".to_owned()]),
            burstable_performance: Some("included".to_owned()),
            ..api::InstanceRequirementsRequest::default()
        }
    }

    #[test]
    fn requirements_are_shown_as_they_were_given() {
        assert_eq!(show_requirements(&requirements(given()).unwrap()), given());
    }

    #[test]
    fn requirements_that_make_no_sense_are_refused() {
        let cases: [fn(&mut api::InstanceRequirementsRequest); 5] = [
            |it| it.v_cpu_count.as_mut().unwrap().max = Some(0),
            |it| it.memory_mi_b.as_mut().unwrap().min = Some(-1),
            |it| it.excluded_instance_types = Some(vec!["t3.*".to_owned()]),
            |it| it.allowed_instance_types = Some(vec!["m5 large".to_owned()]),
            |it| {
                it.memory_gi_b_per_v_cpu = Some(api::MemoryGiBPerVCpuRequest {
                    min: Some(f64::NAN),
                    max: None,
                });
            },
        ];
        for (number, case) in cases.into_iter().enumerate() {
            let mut bad = given();
            case(&mut bad);
            assert!(requirements(bad).is_err(), "{number}");
        }
    }
}
