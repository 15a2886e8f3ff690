//! DescribeVpcPeeringConnections: those of the caller's account and region, whichever side of them it is.

use std::collections::BTreeMap;

use wharf_api_ec2::types::{
    DescribeVpcPeeringConnectionsRequest, DescribeVpcPeeringConnectionsResult,
};
use wharf_wire::{Call, Fault};

use super::{End, Peering, VpcPeeringConnection, fault};
use crate::{
    Ec2Service,
    filter::{Asked, Fields, names},
};

pub async fn describe(
    service: &Ec2Service,
    call: &Call,
    input: DescribeVpcPeeringConnectionsRequest,
) -> Result<DescribeVpcPeeringConnectionsResult, Fault> {
    crate::fault::dry_run(input.dry_run)?;
    let all = service.peerings(call).await?;
    let shown: BTreeMap<&str, &Peering> = all.iter().map(|it| (it.id.as_str(), it)).collect();
    for id in input.vpc_peering_connection_ids.iter().flatten() {
        if !shown.contains_key(id.as_str()) {
            return Err(fault::not_found(id));
        }
    }
    let asked = Asked {
        ids: input.vpc_peering_connection_ids,
        filters: input.filters,
        next_token: input.next_token,
        max_results: input.max_results,
    };
    let fields = |side: &VpcPeeringConnection| match shown.get(side.id.as_str()) {
        Some(peering) => fields(peering, call),
        None => Fields::new(),
    };
    let (page, next_token) = service
        .select(call, asked, &names::VPC_PEERING_CONNECTIONS, fields)
        .await?;
    let rows = page.iter().filter_map(|side| {
        let peering = shown.get(side.id.as_str())?;
        Some(peering.to_wire(&side.tags, call.now))
    });
    Ok(DescribeVpcPeeringConnectionsResult {
        vpc_peering_connections: Some(rows.collect()),
        next_token,
    })
}

fn fields(peering: &Peering, call: &Call) -> Fields {
    let shown = peering.to_wire(&Default::default(), call.now);
    let status = shown.status.unwrap_or_default();
    let ranges = |end: &End| end.cidrs.iter().map(ToString::to_string).collect();
    let (requester, accepter) = (&peering.requester, &peering.accepter);
    vec![
        ("accepter-vpc-info.cidr-block", ranges(accepter)),
        ("accepter-vpc-info.owner-id", vec![accepter.account.clone()]),
        ("accepter-vpc-info.vpc-id", vec![accepter.vpc_id.clone()]),
        (
            "expiration-time",
            shown
                .expiration_time
                .iter()
                .map(ToString::to_string)
                .collect(),
        ),
        ("requester-vpc-info.cidr-block", ranges(requester)),
        (
            "requester-vpc-info.owner-id",
            vec![requester.account.clone()],
        ),
        ("requester-vpc-info.vpc-id", vec![requester.vpc_id.clone()]),
        ("status-code", status.code.into_iter().collect()),
        ("status-message", status.message.into_iter().collect()),
        ("vpc-peering-connection-id", vec![peering.id.clone()]),
    ]
}
