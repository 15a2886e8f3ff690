//! Requirements as requests give them and as answers show them.

use wharf_api_ec2::types as wire;
use wharf_wire::Fault;

use super::{
    fault::bad_config,
    requirements::{Bounds, Requirements, Switch},
};
use crate::fault::{bad_value_of, missing_parameter};

/// Of a structure with both, in whole numbers.
macro_rules! whole {
    ($given:expr) => {
        $given.as_ref().map_or_else(Bounds::default, |it| Bounds {
            min: it.min.map(f64::from),
            max: it.max.map(f64::from),
        })
    };
}

/// … or in others.
macro_rules! real {
    ($given:expr) => {
        $given.as_ref().map_or_else(Bounds::default, |it| Bounds {
            min: it.min,
            max: it.max,
        })
    };
}

macro_rules! shown_whole {
    ($bounds:expr, $shape:ident) => {
        $bounds.is_given().then(|| wire::$shape {
            min: as_whole($bounds.min),
            max: as_whole($bounds.max),
        })
    };
}

macro_rules! shown_real {
    ($bounds:expr, $shape:ident) => {
        $bounds.is_given().then(|| wire::$shape {
            min: $bounds.min,
            max: $bounds.max,
        })
    };
}

/// It was one when it was given.
fn as_whole(number: Option<f64>) -> Option<i32> {
    number.map(|it| it as i32)
}

/// What a request says.
///
/// # Errors
/// Something of it is missing, contradicts something else or makes no sense.
pub fn read(given: &wire::InstanceRequirementsRequest) -> Result<Requirements, Fault> {
    let list = |list: &Option<Vec<String>>| list.clone().unwrap_or_default();
    let read = Requirements {
        vcpus: whole!(given.v_cpu_count),
        memory_mib: whole!(given.memory_mi_b),
        gib_per_vcpu: real!(given.memory_gi_b_per_v_cpu),
        makers: list(&given.cpu_manufacturers),
        excluded: list(&given.excluded_instance_types),
        allowed: list(&given.allowed_instance_types),
        generations: list(&given.instance_generations),
        bare_metal: switch(given.bare_metal.as_deref(), "BareMetal")?,
        burstable: switch(
            given.burstable_performance.as_deref(),
            "BurstablePerformance",
        )?,
        hibernates: given.require_hibernate_support,
        interfaces: whole!(given.network_interface_count),
        network_gbps: real!(given.network_bandwidth_gbps),
        ebs_mbps: whole!(given.baseline_ebs_bandwidth_mbps),
        encrypted: given.require_encryption_in_transit,
        local_storage: switch(given.local_storage.as_deref(), "LocalStorage")?,
        local_types: list(&given.local_storage_types),
        local_gb: real!(given.total_local_storage_gb),
        accelerators: whole!(given.accelerator_count),
        accelerator_types: list(&given.accelerator_types),
        accelerator_makers: list(&given.accelerator_manufacturers),
        accelerator_names: list(&given.accelerator_names),
        accelerator_mib: whole!(given.accelerator_total_memory_mi_b),
        on_demand_over: percent(
            given.on_demand_max_price_percentage_over_lowest_price,
            "OnDemandMaxPricePercentageOverLowestPrice",
        )?,
        spot_over: percent(
            given.spot_max_price_percentage_over_lowest_price,
            "SpotMaxPricePercentageOverLowestPrice",
        )?,
        spot_of_on_demand: percent(
            given.max_spot_price_as_percentage_of_optimal_on_demand_price,
            "MaxSpotPriceAsPercentageOfOptimalOnDemandPrice",
        )?,
    };
    check(&read)?;
    Ok(read)
}

fn check(it: &Requirements) -> Result<(), Fault> {
    for (bounds, name) in [
        (it.vcpus, "VCpuCount.Min"),
        (it.memory_mib, "MemoryMiB.Min"),
    ] {
        if bounds.min.is_none() {
            return Err(missing_parameter(name));
        }
    }
    for (bounds, name) in [
        (it.vcpus, "VCpuCount"),
        (it.memory_mib, "MemoryMiB"),
        (it.gib_per_vcpu, "MemoryGiBPerVCpu"),
        (it.interfaces, "NetworkInterfaceCount"),
        (it.network_gbps, "NetworkBandwidthGbps"),
        (it.ebs_mbps, "BaselineEbsBandwidthMbps"),
        (it.local_gb, "TotalLocalStorageGB"),
        (it.accelerators, "AcceleratorCount"),
        (it.accelerator_mib, "AcceleratorTotalMemoryMiB"),
    ] {
        if !bounds.holds_together() {
            return Err(bad_config(format!(
                "The range of {name} in InstanceRequirements is invalid."
            )));
        }
    }
    let both = |one: bool, other: bool, names: &str| match one && other {
        true => Err(bad_config(format!(
            "{names} in InstanceRequirements cannot be given together."
        ))),
        false => Ok(()),
    };
    both(
        !it.excluded.is_empty(),
        !it.allowed.is_empty(),
        "AllowedInstanceTypes and ExcludedInstanceTypes",
    )?;
    both(
        it.spot_over.is_some(),
        it.spot_of_on_demand.is_some(),
        "SpotMaxPricePercentageOverLowestPrice and MaxSpotPriceAsPercentageOfOptimalOnDemandPrice",
    )
}

fn switch(given: Option<&str>, name: &str) -> Result<Option<Switch>, Fault> {
    match given.filter(|it| !it.is_empty()) {
        None => Ok(None),
        Some(text) => match Switch::parse(text) {
            Some(switch) => Ok(Some(switch)),
            None => Err(bad_value_of(name, text)),
        },
    }
}

fn percent(given: Option<i32>, name: &str) -> Result<Option<u32>, Fault> {
    let bad = |it: i32| bad_value_of(name, &it.to_string());
    let percent = given.map(|it| u32::try_from(it).map_err(|_| bad(it)));
    percent.transpose()
}

/// As it was given.
pub fn shown(it: &Requirements) -> wire::InstanceRequirements {
    let list = |list: &Vec<String>| (!list.is_empty()).then(|| list.clone());
    let switch = |of: Option<Switch>| of.map(|it| it.name().to_owned());
    let percent = |of: Option<u32>| of.and_then(|it| i32::try_from(it).ok());
    wire::InstanceRequirements {
        v_cpu_count: shown_whole!(it.vcpus, VCpuCountRange),
        memory_mi_b: shown_whole!(it.memory_mib, MemoryMiB),
        memory_gi_b_per_v_cpu: shown_real!(it.gib_per_vcpu, MemoryGiBPerVCpu),
        cpu_manufacturers: list(&it.makers),
        excluded_instance_types: list(&it.excluded),
        allowed_instance_types: list(&it.allowed),
        instance_generations: list(&it.generations),
        bare_metal: switch(it.bare_metal),
        burstable_performance: switch(it.burstable),
        require_hibernate_support: it.hibernates,
        network_interface_count: shown_whole!(it.interfaces, NetworkInterfaceCount),
        network_bandwidth_gbps: shown_real!(it.network_gbps, NetworkBandwidthGbps),
        baseline_ebs_bandwidth_mbps: shown_whole!(it.ebs_mbps, BaselineEbsBandwidthMbps),
        require_encryption_in_transit: it.encrypted,
        local_storage: switch(it.local_storage),
        local_storage_types: list(&it.local_types),
        total_local_storage_gb: shown_real!(it.local_gb, TotalLocalStorageGB),
        accelerator_count: shown_whole!(it.accelerators, AcceleratorCount),
        accelerator_types: list(&it.accelerator_types),
        accelerator_manufacturers: list(&it.accelerator_makers),
        accelerator_names: list(&it.accelerator_names),
        accelerator_total_memory_mi_b: shown_whole!(it.accelerator_mib, AcceleratorTotalMemoryMiB),
        on_demand_max_price_percentage_over_lowest_price: percent(it.on_demand_over),
        spot_max_price_percentage_over_lowest_price: percent(it.spot_over),
        max_spot_price_as_percentage_of_optimal_on_demand_price: percent(it.spot_of_on_demand),
        ..wire::InstanceRequirements::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn given() -> wire::InstanceRequirementsRequest {
        wire::InstanceRequirementsRequest {
            v_cpu_count: Some(wire::VCpuCountRangeRequest {
                min: Some(2),
                max: Some(4),
            }),
            memory_mi_b: Some(wire::MemoryMiBRequest {
                min: Some(4096),
                max: None,
            }),
            memory_gi_b_per_v_cpu: Some(wire::MemoryGiBPerVCpuRequest {
                min: Some(0.5),
                max: None,
            }),
            burstable_performance: Some("included".to_owned()),
            ..Default::default()
        }
    }

    #[test]
    fn what_is_given_is_shown() {
        let shown = shown(&read(&given()).unwrap());
        let vcpus = shown.v_cpu_count.unwrap();
        assert_eq!((vcpus.min, vcpus.max), (Some(2), Some(4)));
        assert_eq!(shown.memory_mi_b.unwrap().max, None);
        assert_eq!(shown.memory_gi_b_per_v_cpu.unwrap().min, Some(0.5));
        assert_eq!(shown.burstable_performance.as_deref(), Some("included"));
        assert_eq!(shown.accelerator_count, None);
        assert_eq!(shown.excluded_instance_types, None);
    }

    #[test]
    fn what_makes_no_sense() {
        let types = |it: &str| Some(vec![it.to_owned()]);
        let refused = |change: &dyn Fn(&mut wire::InstanceRequirementsRequest)| {
            let mut asked = given();
            change(&mut asked);
            read(&asked).unwrap_err().code.to_string()
        };
        assert_eq!(refused(&|it| it.v_cpu_count = None), "MissingParameter");
        let turned = wire::VCpuCountRangeRequest {
            min: Some(4),
            max: Some(2),
        };
        let config = "InvalidFleetConfig";
        assert_eq!(refused(&|it| it.v_cpu_count = Some(turned.clone())), config);
        assert_eq!(
            refused(&|it| {
                it.allowed_instance_types = types("m5*");
                it.excluded_instance_types = types("m5.large");
            }),
            config
        );
        assert_eq!(
            refused(&|it| it.bare_metal = Some("perhaps".to_owned())),
            "InvalidParameterValue"
        );
        assert_eq!(
            refused(&|it| it.spot_max_price_percentage_over_lowest_price = Some(-1)),
            "InvalidParameterValue"
        );
    }
}
