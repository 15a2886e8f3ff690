//! DescribeVpcEndpointServiceConfigurations, and what DescribeVpcEndpointServices tells of services of accounts.

use wharf_api_ec2::types::{
    DescribeVpcEndpointServiceConfigurationsRequest,
    DescribeVpcEndpointServiceConfigurationsResult, ServiceDetail,
};
use wharf_records::ecs::Tags;
use wharf_service::platform;
use wharf_wire::{Call, Context, Fault};

use super::{EndpointService, ServicePlace, name_of, zones};
use crate::{
    Ec2Service,
    fault::dry_run,
    filter::{Asked, Fields, names},
    table::SERVICE,
};

pub async fn configurations(
    service: &Ec2Service,
    call: &Call,
    input: DescribeVpcEndpointServiceConfigurationsRequest,
) -> Result<DescribeVpcEndpointServiceConfigurationsResult, Fault> {
    dry_run(input.dry_run)?;
    let asked = Asked {
        ids: input.service_ids,
        filters: input.filters,
        next_token: input.next_token,
        max_results: input.max_results,
    };
    let fields = |it: &EndpointService| -> Fields {
        vec![
            ("service-id", vec![it.id.clone()]),
            ("service-name", vec![name_of(&it.id, &call.region)]),
            ("service-state", vec!["Available".to_owned()]),
            ("supported-ip-address-types", vec!["ipv4".to_owned()]),
        ]
    };
    let names = &names::VPC_ENDPOINT_SERVICE_CONFIGURATIONS;
    let (page, next_token) = service.select(call, asked, names, fields).await?;
    let mut shown = Vec::with_capacity(page.len());
    for it in page {
        let zones = zones(service, &it.balancers).await?;
        shown.push(it.to_wire(&call.region, zones));
    }
    Ok(DescribeVpcEndpointServiceConfigurationsResult {
        service_configurations: Some(shown),
        next_token,
    })
}

/// A service that the caller may connect to, as lists have it.
pub struct Offered {
    pub fields: Fields,
    /// None to those of other accounts.
    pub tags: Tags,
    pub detail: ServiceDetail,
}

/// All services of the region that the caller may connect to.
pub async fn offered(service: &Ec2Service, cx: &Context) -> Result<Vec<Offered>, Fault> {
    let of_all = platform::scope(SERVICE);
    let start = format!("{}:", cx.region);
    let places = service.table.all::<ServicePlace>(&of_all, &start).await?;
    let mut all = Vec::new();
    for (place, _) in places {
        let id = place.strip_prefix(&start).unwrap_or_default();
        let Some((owner, found)) = service.admitting_service(cx, id).await? else {
            continue;
        };
        let it = found.record;
        let zones = zones(service, &it.balancers).await?;
        let tags = match owner == cx.account {
            true => it.tags.clone(),
            false => Tags::new(),
        };
        all.push(Offered {
            fields: vec![
                ("owner", vec![owner.clone()]),
                ("service-name", vec![name_of(&it.id, &cx.region)]),
                ("service-region", vec![cx.region.clone()]),
                ("service-type", vec!["Interface".to_owned()]),
                ("supported-ip-address-types", vec!["ipv4".to_owned()]),
            ],
            detail: it.to_detail((&owner, &cx.region), zones, &tags),
            tags,
        });
    }
    Ok(all)
}
