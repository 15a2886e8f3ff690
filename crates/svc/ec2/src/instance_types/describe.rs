//! DescribeInstanceTypes and DescribeInstanceTypeOfferings: every type is offered in every zone.

use wharf_api_ec2::types::{
    DescribeInstanceTypeOfferingsRequest, DescribeInstanceTypeOfferingsResult,
    DescribeInstanceTypesRequest, DescribeInstanceTypesResult, InstanceTypeInfo,
    InstanceTypeOffering,
};
use wharf_service::tags::Tags;
use wharf_wire::{Call, Fault};

use super::{all, find, wire::fields};
use crate::{
    Ec2Service, fault,
    filter::{self, Names, matches},
    zone,
};

/// Names that stand here and have no value match nothing.
const TYPES: Names = Names {
    tagged: false,
    known: &[
        "auto-recovery-supported",
        "bare-metal",
        "burstable-performance-supported",
        "current-generation",
        "dedicated-hosts-supported",
        "ebs-info.attachment-limit-type",
        "ebs-info.ebs-optimized-info.baseline-bandwidth-in-mbps",
        "ebs-info.ebs-optimized-info.baseline-iops",
        "ebs-info.ebs-optimized-info.baseline-throughput-in-mbps",
        "ebs-info.ebs-optimized-info.maximum-bandwidth-in-mbps",
        "ebs-info.ebs-optimized-info.maximum-iops",
        "ebs-info.ebs-optimized-info.maximum-throughput-in-mbps",
        "ebs-info.ebs-optimized-support",
        "ebs-info.encryption-support",
        "ebs-info.maximum-ebs-attachments",
        "ebs-info.nvme-support",
        "free-tier-eligible",
        "hibernation-supported",
        "hypervisor",
        "instance-storage-info.disk.count",
        "instance-storage-info.disk.size-in-gb",
        "instance-storage-info.disk.type",
        "instance-storage-info.encryption-support",
        "instance-storage-info.nvme-support",
        "instance-storage-info.total-size-in-gb",
        "instance-storage-supported",
        "instance-type",
        "memory-info.size-in-mib",
        "network-info.bandwidth-weightings",
        "network-info.efa-info.maximum-efa-interfaces",
        "network-info.efa-supported",
        "network-info.ena-support",
        "network-info.encryption-in-transit-supported",
        "network-info.flexible-ena-queues-support",
        "network-info.ipv4-addresses-per-interface",
        "network-info.ipv6-addresses-per-interface",
        "network-info.ipv6-supported",
        "network-info.maximum-network-cards",
        "network-info.maximum-network-interfaces",
        "network-info.network-performance",
        "nitro-enclaves-support",
        "nitro-tpm-info.supported-versions",
        "nitro-tpm-support",
        "processor-info.supported-architecture",
        "processor-info.supported-features",
        "processor-info.sustained-clock-speed-in-ghz",
        "reboot-migration-support",
        "supported-boot-mode",
        "supported-root-device-type",
        "supported-usage-class",
        "supported-virtualization-type",
        "vcpu-info.default-cores",
        "vcpu-info.default-threads-per-core",
        "vcpu-info.default-vcpus",
        "vcpu-info.valid-cores",
        "vcpu-info.valid-threads-per-core",
    ],
};

const OFFERINGS: Names = Names {
    tagged: false,
    known: &["instance-type", "location"],
};

pub async fn types(
    service: &Ec2Service,
    call: &Call,
    input: DescribeInstanceTypesRequest,
) -> Result<DescribeInstanceTypesResult, Fault> {
    fault::dry_run(input.dry_run)?;
    // All types are supported in all regions, so `IncludeUnsupportedInRegion` adds none.
    let asked = input.instance_types.unwrap_or_default();
    let selection = (&asked, &input.filters);
    let page = (input.next_token.as_deref(), input.max_results);
    let page = service.page(call, "instance-type", &selection, page)?;
    let filters = filter::checked(input.filters, &TYPES)?;
    let names = asked.iter().map(String::as_str);
    let unknown: Vec<&str> = names.filter(|it| find(it).is_none()).collect();
    if !unknown.is_empty() {
        return Err(fault::instance_types_not_found(&unknown));
    }
    let named = |name: &str| asked.is_empty() || asked.iter().any(|it| it == name);
    let shown = all().filter(|it| named(it.name)).map(|it| it.to_wire());
    let found = shown.filter(|it| matches(&filters, &fields(it), &Tags::new()));
    let (page, next_token) = page.cut(found, name);
    Ok(DescribeInstanceTypesResult {
        instance_types: Some(page),
        next_token,
    })
}

fn name(shown: &InstanceTypeInfo) -> &str {
    shown.instance_type.as_deref().unwrap_or_default()
}

pub async fn offerings(
    service: &Ec2Service,
    call: &Call,
    input: DescribeInstanceTypeOfferingsRequest,
) -> Result<DescribeInstanceTypeOfferingsResult, Fault> {
    fault::dry_run(input.dry_run)?;
    let selection = (&input.location_type, &input.filters);
    let page = (input.next_token.as_deref(), input.max_results);
    let page = service.page(call, "instance-type-offering", &selection, page)?;
    let filters = filter::checked(input.filters, &OFFERINGS)?;
    let location_type = input.location_type.as_deref().unwrap_or("region");
    let locations = locations(&call.region, location_type)?;
    let mut found = Vec::new();
    for it in all() {
        for location in &locations {
            let fields = vec![
                ("instance-type", vec![it.name.to_owned()]),
                ("location", vec![location.clone()]),
            ];
            if matches(&filters, &fields, &Tags::new()) {
                found.push((format!("{}:{location}", it.name), it.name, location));
            }
        }
    }
    found.sort();
    let (page, next_token) = page.cut(found, |(place, ..)| place);
    let offering = |(_, name, location): (String, &str, &String)| InstanceTypeOffering {
        instance_type: Some(name.to_owned()),
        location_type: Some(location_type.to_owned()),
        location: Some(location.clone()),
    };
    Ok(DescribeInstanceTypeOfferingsResult {
        instance_type_offerings: Some(page.into_iter().map(offering).collect()),
        next_token,
    })
}

/// Where types are offered; nobody has an outpost.
fn locations(region: &str, kind: &str) -> Result<Vec<String>, Fault> {
    let zones = zone::LETTERS.iter();
    match kind {
        "region" => Ok(vec![region.to_owned()]),
        "availability-zone" => Ok(zones.map(|it| zone::name(region, *it)).collect()),
        "availability-zone-id" => Ok(zones.map(|it| zone::id(region, *it)).collect()),
        "outpost" => Ok(vec![]),
        other => Err(fault::bad_location_type(other)),
    }
}
