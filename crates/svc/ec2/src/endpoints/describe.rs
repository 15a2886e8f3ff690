//! DescribeVpcEndpoints and DescribeVpcEndpointServices.

use std::collections::BTreeMap;

use wharf_api_ec2::types::{
    DescribeVpcEndpointServicesRequest, DescribeVpcEndpointServicesResult,
    DescribeVpcEndpointsRequest, DescribeVpcEndpointsResult, PrivateDnsDetails, ServiceDetail,
    ServiceTypeDetail, VpcEndpoint as Shown,
};
use wharf_records::ecs::Tags;
use wharf_service::principals;
use wharf_wire::{Call, Context, Fault};

use super::{SERVICES, Service, VpcEndpoint, change::leads_to, fault};
use crate::{
    Ec2Service,
    endpoint_services::{self, Offered},
    fault::{Ec2Faults, dry_run},
    filter::{self, Asked, Fields, names},
    records::{RouteTable, SecurityGroup},
    zone,
};

/// Letters of the zones of each region.
const ZONES: [char; 3] = ['a', 'b', 'c'];

pub async fn describe(
    service: &Ec2Service,
    call: &Call,
    input: DescribeVpcEndpointsRequest,
) -> Result<DescribeVpcEndpointsResult, Fault> {
    dry_run(input.dry_run)?;
    let asked = Asked {
        ids: input.vpc_endpoint_ids,
        filters: input.filters,
        next_token: input.next_token,
        max_results: input.max_results,
    };
    let one = |text: &str| vec![text.to_owned()];
    let fields = |it: &VpcEndpoint| -> Fields {
        let of = it.service_name(&call.region);
        vec![
            ("ip-address-type", one("ipv4")),
            ("service-name", of.into_iter().collect()),
            ("service-region", one(&call.region)),
            ("vpc-endpoint-id", one(&it.id)),
            ("vpc-endpoint-state", one(it.state())),
            ("vpc-endpoint-type", one(it.kind.name())),
            ("vpc-id", one(&it.vpc_id)),
        ]
    };
    let (page, next_token) = service
        .select(call, asked, &names::VPC_ENDPOINTS, fields)
        .await?;
    let known = Known::read(service, call).await?;
    let mut vpc_endpoints = Vec::with_capacity(page.len());
    for endpoint in &page {
        vpc_endpoints.push(known.shown(call, endpoint).await?);
    }
    Ok(DescribeVpcEndpointsResult {
        vpc_endpoints: Some(vpc_endpoints),
        next_token,
    })
}

/// One endpoint as it is now.
pub async fn shown(
    service: &Ec2Service,
    call: &Call,
    endpoint: &VpcEndpoint,
) -> Result<Shown, Fault> {
    let known = Known::read(service, call).await?;
    known.shown(call, endpoint).await
}

/// What endpoints are shown with.
struct Known {
    tables: Vec<RouteTable>,
    group_names: BTreeMap<String, String>,
}

impl Known {
    async fn read(service: &Ec2Service, cx: &Context) -> Result<Self, Fault> {
        let groups: Vec<SecurityGroup> = service.all(cx).await?;
        Ok(Self {
            tables: service.all(cx).await?,
            group_names: groups.into_iter().map(|it| (it.id, it.name)).collect(),
        })
    }

    async fn shown(&self, call: &Call, endpoint: &VpcEndpoint) -> Result<Shown, Fault> {
        let tables = self.tables.iter();
        let tables = tables.filter(|table| leads_to(table, &endpoint.id));
        let tables = tables.map(|table| table.id.clone()).collect();
        let shown = endpoint.to_wire((&call.account, &call.region), tables, |id| {
            self.group_names.get(id).cloned()
        });
        let policy = principals::shown::<Ec2Faults>(call, endpoint.policy.clone()).await?;
        Ok(Shown {
            policy_document: Some(policy),
            ..shown
        })
    }
}

pub async fn services(
    service: &Ec2Service,
    call: &Call,
    input: DescribeVpcEndpointServicesRequest,
) -> Result<DescribeVpcEndpointServicesResult, Fault> {
    dry_run(input.dry_run)?;
    let selection = (&input.service_names, &input.filters, &input.service_regions);
    let page = (input.next_token.as_deref(), input.max_results);
    let page = service.page(call, "vpc-endpoint-service", &selection, page)?;
    let filters = filter::checked(input.filters, &names::VPC_ENDPOINT_SERVICES)?;
    let names = input.service_names.filter(|names| !names.is_empty());
    let region = call.region.as_str();
    let of_aws = SERVICES.iter().map(|it| Offered {
        fields: service_fields(it, region),
        tags: Tags::new(),
        detail: detail(it, region),
    });
    let mut all: Vec<(String, Offered)> = of_aws
        .chain(endpoint_services::offered(service, call).await?)
        .map(|it| (it.detail.service_name.clone().unwrap_or_default(), it))
        .collect();
    let is_there = |name: &&String| all.iter().any(|(known, _)| known == *name);
    if let Some(missing) = names.iter().flatten().find(|name| !is_there(name)) {
        return Err(fault::no_service(missing));
    }
    let regions = input.service_regions.filter(|regions| !regions.is_empty());
    let is_here = regions.is_none_or(|regions| regions.iter().any(|it| it == region));
    all.retain(|(name, it)| {
        is_here
            && names.as_ref().is_none_or(|names| names.contains(name))
            && filter::matches(&filters, &it.fields, &it.tags)
    });
    all.sort_by(|a, b| a.0.cmp(&b.0));
    let (page, next_token) = page.cut(all, |(name, _)| name);
    let (names, details): (Vec<_>, Vec<_>) =
        page.into_iter().map(|(name, it)| (name, it.detail)).unzip();
    Ok(DescribeVpcEndpointServicesResult {
        service_names: Some(names),
        service_details: Some(details),
        next_token,
    })
}

fn service_fields(it: &Service, region: &str) -> Fields {
    let kinds = it.kinds().into_iter().map(str::to_owned);
    vec![
        ("owner", vec!["amazon".to_owned()]),
        ("service-name", vec![it.full_name(region)]),
        ("service-region", vec![region.to_owned()]),
        ("service-type", kinds.collect()),
        ("supported-ip-address-types", vec!["ipv4".to_owned()]),
    ]
}

fn detail(it: &Service, region: &str) -> ServiceDetail {
    let zones = ZONES.iter().map(|letter| format!("{region}{letter}"));
    let zone_ids = ZONES.iter().map(|letter| zone::id(region, *letter));
    let private = it.private_dns_name(region);
    let kind = |kind: &str| ServiceTypeDetail {
        service_type: Some(kind.to_owned()),
    };
    ServiceDetail {
        service_name: Some(it.full_name(region)),
        service_id: Some(format!("vpce-svc-{}", super::managed::number(it, region))),
        service_type: Some(it.kinds().into_iter().map(kind).collect()),
        service_region: Some(region.to_owned()),
        availability_zone_ids: Some(zone_ids.collect()),
        availability_zones: Some(zones.collect()),
        owner: Some("amazon".to_owned()),
        base_endpoint_dns_names: Some(vec![match it.interface {
            true => it.base_name(region),
            false => private.clone(),
        }]),
        private_dns_name: it.interface.then(|| private.clone()),
        private_dns_names: it.interface.then(|| {
            vec![PrivateDnsDetails {
                private_dns_name: Some(private.clone()),
            }]
        }),
        private_dns_name_verification_state: it.interface.then(|| "verified".to_owned()),
        vpc_endpoint_policy_supported: Some(true),
        acceptance_required: Some(false),
        manages_vpc_endpoints: Some(false),
        supported_ip_address_types: Some(vec!["ipv4".to_owned()]),
        tags: Some(vec![]),
        ..ServiceDetail::default()
    }
}
