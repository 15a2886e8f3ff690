//! DescribeSpotInstanceRequests and DescribeSpotPriceHistory.

use std::collections::BTreeSet;

use wharf_api_ec2::types::{
    DescribeSpotInstanceRequestsRequest, DescribeSpotInstanceRequestsResult,
    DescribeSpotPriceHistoryRequest, DescribeSpotPriceHistoryResult, SpotPrice,
};
use wharf_records::ecs::Tags;
use wharf_wire::{Call, Fault};

use super::{
    fault as spot_fault, prices,
    records::{PRODUCT, SpotRequest},
};
use crate::{
    Ec2Service, fault,
    filter::{self, Asked, Fields, names},
    instance_types, zone,
};

/// Prices of one page.
const MOST_PRICES: usize = 1000;

pub fn check_ids(ids: &[String]) -> Result<(), Fault> {
    match ids.iter().find(|it| !SpotRequest::is_id(it)) {
        Some(id) => Err(spot_fault::malformed(id)),
        None => Ok(()),
    }
}

pub async fn describe(
    service: &Ec2Service,
    call: &Call,
    input: DescribeSpotInstanceRequestsRequest,
) -> Result<DescribeSpotInstanceRequestsResult, Fault> {
    fault::dry_run(input.dry_run)?;
    check_ids(
        input
            .spot_instance_request_ids
            .as_deref()
            .unwrap_or_default(),
    )?;
    let asked = Asked {
        ids: input.spot_instance_request_ids,
        filters: input.filters,
        next_token: input.next_token,
        max_results: input.max_results,
    };
    let selected = service.select(call, asked, &names::SPOT_REQUESTS, fields);
    let (page, next_token) = selected.await?;
    Ok(DescribeSpotInstanceRequestsResult {
        spot_instance_requests: Some(page.iter().map(|it| it.to_wire(call)).collect()),
        next_token,
    })
}

fn fields(it: &SpotRequest) -> Fields {
    let one = |value: &str| vec![value.to_owned()];
    let maybe = |value: Option<&String>| value.cloned().into_iter().collect::<Vec<_>>();
    let time = |at: Option<wharf_base::Timestamp>| at.map(|it| it.iso8601()).into_iter().collect();
    let launch = &it.launch;
    let interfaces = || launch.interfaces.iter();
    let groups = interfaces().flat_map(|it| it.groups.iter());
    let groups = groups.chain(&launch.security_group_ids);
    let profile = launch.profile.as_ref();
    vec![
        ("create-time", one(&it.created_at.iso8601())),
        ("fault-code", maybe(it.failed.as_ref().map(|it| &it.code))),
        (
            "fault-message",
            maybe(it.failed.as_ref().map(|it| &it.message)),
        ),
        ("instance-id", maybe(it.instance.as_ref())),
        (
            "instance-interruption-behavior",
            one(it.terms.on_interruption.name()),
        ),
        ("launch.group-id", groups.cloned().collect()),
        ("launch.group-name", launch.security_groups.clone()),
        ("launch.image-id", maybe(launch.image_id.as_ref())),
        ("launch.instance-type", maybe(launch.instance_type.as_ref())),
        ("launch.key-name", maybe(launch.key_name.as_ref())),
        (
            "launch.iam-instance-profile.arn",
            maybe(profile.and_then(|it| it.arn.as_ref())),
        ),
        (
            "launch.monitoring-enabled",
            one(&launch.monitoring.unwrap_or(false).to_string()),
        ),
        ("launched-availability-zone", maybe(it.zone.as_ref())),
        (
            "network-interface.subnet-id",
            interfaces().filter_map(|it| it.subnet_id.clone()).collect(),
        ),
        ("product-description", one(PRODUCT)),
        ("spot-instance-request-id", one(&it.id)),
        (
            "spot-price",
            it.price().map(|it| it.to_string()).into_iter().collect(),
        ),
        ("state", one(it.state.name())),
        ("status-code", one(&it.why.code)),
        ("status-message", one(&it.why.message)),
        (
            "type",
            one(if it.terms.persistent {
                "persistent"
            } else {
                "one-time"
            }),
        ),
        ("valid-from", time(it.terms.valid_from)),
        ("valid-until", time(it.terms.valid_until)),
    ]
}

/// A price that does not move has one entry: the one that holds when the history begins.
pub async fn price_history(
    service: &Ec2Service,
    call: &Call,
    input: DescribeSpotPriceHistoryRequest,
) -> Result<DescribeSpotPriceHistoryResult, Fault> {
    fault::dry_run(input.dry_run)?;
    let selection = (
        &input.instance_types,
        &input.product_descriptions,
        &input.filters,
        &input.availability_zone,
        &input.availability_zone_id,
        (input.start_time, input.end_time),
    );
    let size = input
        .max_results
        .filter(|it| *it > 0)
        .unwrap_or(MOST_PRICES as i32);
    let size = size.min(MOST_PRICES as i32);
    let page = (input.next_token.as_deref(), Some(size));
    let page = service.page(call, "spot-price-history", &selection, page)?;
    let filters = filter::checked(input.filters.clone(), &names::SPOT_PRICES)?;
    let wanted: BTreeSet<&str> = input
        .instance_types
        .iter()
        .flatten()
        .map(String::as_str)
        .collect();
    let unknown: Vec<&str> = wanted
        .iter()
        .copied()
        .filter(|name| instance_types::find(name).is_none())
        .collect();
    if !unknown.is_empty() {
        return Err(fault::instance_types_not_found(&unknown));
    }
    if matches!((input.start_time, input.end_time), (Some(from), Some(to)) if to < from) {
        return Err(fault::bad_combination(
            "The end time must not be before the start time.",
        ));
    }
    let products = input.product_descriptions.unwrap_or_default();
    let zones: Vec<(String, String)> = zone::LETTERS
        .iter()
        .map(|letter| {
            (
                format!("{}{letter}", call.region),
                zone::id(&call.region, *letter),
            )
        })
        .collect();
    let mut known = vec![
        input
            .availability_zone
            .as_ref()
            .map(|it| (it, "AvailabilityZone")),
    ];
    known.push(
        input
            .availability_zone_id
            .as_ref()
            .map(|it| (it, "AvailabilityZoneId")),
    );
    for (given, name) in known.into_iter().flatten() {
        if !zones.iter().any(|(zone, id)| zone == given || id == given) {
            return Err(fault::bad_value_of(name, given));
        }
    }
    let at = input.start_time.unwrap_or(call.now).min(call.now);
    let mut found = Vec::new();
    for kind in instance_types::all() {
        if !wanted.is_empty() && !wanted.contains(kind.name) {
            continue;
        }
        let price = prices::spot(kind).to_string();
        for (zone, id) in &zones {
            let is_there =
                |given: &Option<String>, own: &String| given.as_ref().is_none_or(|it| it == own);
            let of_product = products.is_empty()
                || products
                    .iter()
                    .any(|it| it == PRODUCT || it == "Linux/UNIX (Amazon VPC)");
            let fields: Fields = vec![
                ("availability-zone", vec![zone.clone()]),
                ("availability-zone-id", vec![id.clone()]),
                ("instance-type", vec![kind.name.to_owned()]),
                ("product-description", vec![PRODUCT.to_owned()]),
                ("spot-price", vec![price.clone()]),
                ("timestamp", vec![at.iso8601()]),
            ];
            if is_there(&input.availability_zone, zone)
                && is_there(&input.availability_zone_id, id)
                && of_product
                && filter::matches(&filters, &fields, &Tags::new())
            {
                found.push((
                    format!("{} {zone}", kind.name),
                    SpotPrice {
                        availability_zone: Some(zone.clone()),
                        availability_zone_id: Some(id.clone()),
                        instance_type: Some(kind.name.to_owned()),
                        product_description: Some(PRODUCT.to_owned()),
                        spot_price: Some(price.clone()),
                        timestamp: Some(at),
                    },
                ));
            }
        }
    }
    found.sort_by(|(one, _), (other, _)| one.cmp(other));
    let (page, next_token) = page.cut(found, |(id, _)| id.as_str());
    Ok(DescribeSpotPriceHistoryResult {
        // Some clients go on until the token is empty.
        next_token: Some(next_token.unwrap_or_default()),
        spot_price_history: Some(page.into_iter().map(|(_, it)| it).collect()),
    })
}
