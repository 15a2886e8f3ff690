//! DescribeAvailabilityZones and DescribeRegions: every region is here, and each has three zones.

use wharf_api_ec2::types::{
    AvailabilityZone, DescribeAvailabilityZonesRequest, DescribeAvailabilityZonesResult,
    DescribeRegionsRequest, DescribeRegionsResult, Region,
};
use wharf_base::{
    arn::partition_of,
    regions::{REGIONS, domain_of},
};
use wharf_records::ecs::Tags;
use wharf_wire::{Call, Fault};

use crate::{
    Ec2Service, fault,
    filter::{self, matches, names},
    zone,
};

pub async fn zones(
    _: &Ec2Service,
    call: &Call,
    input: DescribeAvailabilityZonesRequest,
) -> Result<DescribeAvailabilityZonesResult, Fault> {
    fault::dry_run(input.dry_run)?;
    let filters = filter::checked(input.filters, &names::AVAILABILITY_ZONES)?;
    let region = &call.region;
    let known: Vec<(String, String)> = zone::LETTERS
        .iter()
        .map(|letter| (zone::name(region, *letter), zone::id(region, *letter)))
        .collect();
    let names = input.zone_names.unwrap_or_default();
    let ids = input.zone_ids.unwrap_or_default();
    if let Some(name) = names
        .iter()
        .find(|name| !known.iter().any(|(known, _)| known == *name))
    {
        return Err(fault::zone_not_found(name));
    }
    if let Some(id) = ids
        .iter()
        .find(|id| !known.iter().any(|(_, known)| known == *id))
    {
        return Err(fault::zone_not_found(id));
    }
    let tags = Tags::new();
    let mut zones = Vec::new();
    for (name, id) in known {
        let asked =
            (names.is_empty() || names.contains(&name)) && (ids.is_empty() || ids.contains(&id));
        let named = vec![
            ("zone-name", vec![name.clone()]),
            ("zone-id", vec![id.clone()]),
            ("group-name", vec![group_name(region)]),
            ("region-name", vec![region.clone()]),
            ("state", vec!["available".to_owned()]),
            ("zone-type", vec!["availability-zone".to_owned()]),
            ("opt-in-status", vec!["opt-in-not-required".to_owned()]),
        ];
        if asked && matches(&filters, &named, &tags) {
            zones.push(AvailabilityZone {
                opt_in_status: Some("opt-in-not-required".to_owned()),
                messages: Some(vec![]),
                region_name: Some(region.clone()),
                zone_name: Some(name),
                zone_id: Some(id),
                group_name: Some(group_name(region)),
                network_border_group: Some(region.clone()),
                zone_type: Some("availability-zone".to_owned()),
                state: Some("available".to_owned()),
                ..AvailabilityZone::default()
            });
        }
    }
    Ok(DescribeAvailabilityZonesResult {
        availability_zones: Some(zones),
    })
}

/// The group that all zones of a region are in.
fn group_name(region: &str) -> String {
    format!("{region}-zg-1")
}

pub async fn regions(
    _: &Ec2Service,
    call: &Call,
    input: DescribeRegionsRequest,
) -> Result<DescribeRegionsResult, Fault> {
    fault::dry_run(input.dry_run)?;
    let filters = filter::checked(input.filters, &names::REGIONS)?;
    let own = call.region.as_str();
    let partition = partition_of(own);
    let known = REGIONS.iter().map(|(name, _)| *name);
    let known = known.filter(|name| *name != own && partition_of(name) == partition);
    // Others work as well; the one that is asked is told of in any case.
    let known: Vec<&str> = std::iter::once(own).chain(known).collect();
    let asked = input.region_names.unwrap_or_default();
    if let Some(name) = asked.iter().find(|name| !known.contains(&name.as_str())) {
        return Err(fault::region_not_found(name));
    }
    let tags = Tags::new();
    let shown = known.into_iter().filter_map(|name| {
        let region = Region {
            opt_in_status: Some("opt-in-not-required".to_owned()),
            region_name: Some(name.to_owned()),
            endpoint: Some(format!("ec2.{name}.{}", domain_of(partition))),
            ..Region::default()
        };
        let named = vec![
            ("region-name", vec![name.to_owned()]),
            ("endpoint", region.endpoint.clone().into_iter().collect()),
            ("opt-in-status", vec!["opt-in-not-required".to_owned()]),
        ];
        let wanted = asked.is_empty() || asked.iter().any(|it| it == name);
        (wanted && matches(&filters, &named, &tags)).then_some(region)
    });
    Ok(DescribeRegionsResult {
        regions: Some(shown.collect()),
    })
}
